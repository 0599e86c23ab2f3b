/*
 * A document becomes its command's screen.
 */
#include "view/screens.h"

static const struct {
	const char *command;
	screen_fn show;
} screens[] = {
	{"explain", screen_explain},
	{"types", screen_types},
	{"dups", screen_dups},
	{"retained", screen_retained},
	{"why", screen_why},
	{"refs", screen_refs},
	{"native", screen_native},
	{"advice", screen_advice},
	{"caches", screen_caches},
	{"garbage", screen_garbage},
	{"ps", screen_ps},
	{"diff", screen_diff},
	{"watch", screen_diff},
	{"plot", screen_plot},
	{"doctor", screen_doctor},
	{"run", screen_run},
	{"lines", screen_lines},
	{"snap", screen_snap},
};

void view_text(const struct row *root, struct page *page)
{
	const char *command = row_text(root, "command", "");
	for (size_t i = 0; i < ARRAY_SIZE(screens); i++) {
		if (!strcmp(screens[i].command, command)) {
			screens[i].show(root, page);
			return;
		}
	}
	assert(!"a command without a screen");
}
