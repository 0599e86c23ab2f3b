/*
 * A plot document as a picture or as a file of mprof.
 */
#ifndef WHYMEM_CHART_PICTURE_H
#define WHYMEM_CHART_PICTURE_H

#include "base/document.h"
#include "base/error.h"
#include "view/sink.h"

struct error *plot_write_svg(const struct row *root, struct sink *sink);
struct error *plot_write_png(const struct row *root, struct sink *sink);

/* As `mprof run -M` writes it. USAGE when there are several runs. */
struct error *plot_write_dat(const struct row *root, struct sink *sink);

#endif
