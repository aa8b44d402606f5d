/* The seal as the rows of the artwork's pixels see it: cells are rendered when a row first meets them and forgotten
 * when a band no longer does, so that memory holds the cells of one band. */
#ifndef MARK_SEALROWS_H
#define MARK_SEALROWS_H
#include "mark/seal.h"

struct seal_rows;

/* top: seal_top(); at most max_bytes are held at a time.  NULL: out of memory. */
struct seal_rows *seal_rows_new(int top, uint64_t max_bytes);
void seal_rows_free(struct seal_rows *s); /* NULL allowed */

/* Another page: its key stream.  `user` must live until the next call. */
void seal_rows_page(struct seal_rows *s, seal_bits_fn bits, const void *user);

/* Between two bands: forgets the cells that the last band did not use.  No seal_line() may be running. */
void seal_rows_next(struct seal_rows *s);
/* The same, where none of the last band's cells are needed any more: forgets them all. */
void seal_rows_clear(struct seal_rows *s);

/* Adds the seal to the n samples of the message in ink and paper (NULL allowed) that tile_line() gave for the same
 * line, mark/tile.h, and limits the sum to +-TILE_PEAK.  Thread-safe.  0, or -1: no memory, over max_bytes, or no
 * key stream. */
int seal_line(struct seal_rows *s, double x0_mm, double y0_mm, double dx_mm, double dy_mm, size_t n,
              int16_t *ink, int16_t *paper);
#endif
