/* PDF: samples that are stretched on the way to their meaning, and back. */
#ifndef ARTWORK_PDF_SCALE_H
#define ARTWORK_PDF_SCALE_H
#include "artwork/pdf_file.h"

/* Sample j, as delivered, has values from .. to where its colour has zero .. one from the lowest level to the
 * highest.  Sets invert[j] where that is a complement, `scaled` where it is neither that nor plain.  0: constant,
 * or out of all range. */
int pdf_scale_set(struct pdf_image *i, unsigned j, double from, double to, double zero, double one);
/* One row of samples in the order of delivery, as stored: becomes as delivered, in place. */
void pdf_scale_row(const struct pdf_image *i, void *row);
/* A row as delivered that may have been changed becomes one to store, in place; plain: the row as it was stored. */
void pdf_scale_back(const struct pdf_image *i, const void *plain, void *row);
#endif
