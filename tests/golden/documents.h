/*
 * Fixed documents of every command, for the golden tests of the views.
 */
#ifndef WHYMEM_TEST_DOCUMENTS_H
#define WHYMEM_TEST_DOCUMENTS_H

#include "base/document.h"

struct golden_document {
	const char *name;
	void (*fill)(struct row *root);
	bool is_picture; /* can be drawn */
};

extern const struct golden_document golden_documents[];
extern const size_t n_golden_documents;

/* Of document_plot.c. */
void fill_plot_curve(struct row *root);
void fill_plot_children(struct row *root);

/* Of document_run.c. */
void fill_run_lines(struct row *root);
void fill_run_tree(struct row *root);
void fill_run_window(struct row *root);

#endif
