/*
 * What the place of output can show: how wide, which characters, colours.
 */
#ifndef WHYMEM_STYLE_H
#define WHYMEM_STYLE_H

#include "base/base.h"

struct style {
	unsigned width;  /* columns that a line may take */
	unsigned height; /* lines of the screen; 24 when there is none */
	bool colour;
	bool unicode; /* else ASCII only */
};

#define STYLE_WIDTH_MIN 20

/*
 * The style of descriptor `fd`: the terminal's size, COLUMNS when set, 80 columns
 * when it is none; colours on terminals only, unless NO_COLOR, TERM=dumb or
 * `no_colour` forbid them; UTF-8 as the locale (setlocale() was called) says.
 */
struct style style_detect(int fd, bool no_colour);

#endif
