/*
 * Starts PYTHON with LIBRARY in front of whatever LD_PRELOAD has: the reference
 * tracer, which writes to LOG, or a sanitizer.
 * Linked statically: nothing that is preloaded is in this program, to rewrite
 * the environment that it passes on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int n, char **arguments)
{
	char preload[1 << 16];
	const char *others = getenv("LD_PRELOAD");
	(void)n;
	snprintf(preload, sizeof(preload), "%s:%s", LIBRARY, others ? others : "");
	setenv("LD_PRELOAD", preload, 1);
#ifdef LOG
	setenv("REFERENCE_LOG", LOG, 1);
#endif
	arguments[0] = PYTHON;
	execv(PYTHON, arguments);
	perror(PYTHON);
	return 127;
}
