/*
 * Starts PYTHON with the reference tracer in front of whatever LD_PRELOAD has.
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
	setenv("REFERENCE_LOG", LOG, 1);
	arguments[0] = PYTHON;
	execv(PYTHON, arguments);
	perror(PYTHON);
	return 127;
}
