/* The samples of one page of a TIFF, asked for by rows instead of delivered by bands: for those who read
 * several files side by side. */
#ifndef ARTWORK_TIFF_ROWS_H
#define ARTWORK_TIFF_ROWS_H
#include "artwork/artwork.h"

struct tiff_rows;

/* The artwork must be a TIFF that stays open; faults as artwork_read. */
enum enn_status tiff_rows_open(struct artwork *a, size_t page, struct tiff_rows **out, struct enn_error *err);
void tiff_rows_close(struct tiff_rows *r); /* NULL allowed */
/* The next n rows, of `tiff_rows_bytes` each; ENN_USAGE past the end of the page. */
enum enn_status tiff_rows_next(struct tiff_rows *r, uint32_t n, void *rows, struct enn_error *err);
size_t tiff_rows_bytes(const struct tiff_rows *r);

/* An uncompressed TIFF with rows of 8-bit samples of inks of these names, written from the top: what a set of
 * plates looks like as contone. Cyan, Magenta, Yellow and Black, if they come first, make it CMYK with spot
 * inks; else it is a set of separations. path is emptied when it is there. */
struct proof;
enum enn_status proof_open(const char *path, uint32_t width, uint32_t height, unsigned inks,
                           const char *const *names, double dpi, struct proof **out, struct enn_error *err);
enum enn_status proof_row(struct proof *p, void *row, struct enn_error *err); /* the row may be spoilt */
enum enn_status proof_close(struct proof *p, struct enn_error *err); /* frees it in any case; NULL allowed */
#endif
