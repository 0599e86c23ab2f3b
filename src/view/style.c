#include "view/style.h"

#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The number in environment variable `name`, or 0. */
static unsigned environment_size(const char *name)
{
	const char *text = getenv(name);
	char *end;
	unsigned long value = text && *text ? strtoul(text, &end, 10) : 0;
	return value && !*end && value <= 10000 ? (unsigned)value : 0;
}

static unsigned first_of(unsigned a, unsigned b, unsigned c)
{
	return a ? a : b ? b : c;
}

static bool is_colour_wanted(bool no_colour)
{
	const char *forbidden = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	return !no_colour && !(forbidden && *forbidden) && term && *term &&
	       strcmp(term, "dumb") != 0;
}

struct style style_detect(int fd, bool no_colour)
{
	struct winsize size = {0};
	bool is_terminal = isatty(fd);
	if (is_terminal && ioctl(fd, TIOCGWINSZ, &size))
		size = (struct winsize){0};
	unsigned width = first_of(environment_size("COLUMNS"), size.ws_col, 80);
	unsigned height = is_terminal ? first_of(environment_size("LINES"), size.ws_row, 24) : 24;
	return (struct style){
		.width = MAX(width, STYLE_WIDTH_MIN),
		.height = height,
		.colour = is_terminal && is_colour_wanted(no_colour),
		.unicode = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};
}
