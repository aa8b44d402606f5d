/* The rows of a page on demand: artwork_read pushes bands from a thread of its own, rows_read takes them. */
#ifndef DIFF_ROWS_H
#define DIFF_ROWS_H
#include "artwork/artwork.h"

struct rows;

/* The rows of one page, kept from the first time that it is read to its end.  All zero at first. */
struct rows_kept {
    uint8_t *samples; /* NULL: the page is too large to be kept */
    int complete;
};
void rows_forget(struct rows_kept *k);

/* Begins to read page `page` of an artwork, which must not be used otherwise before rows_close.  Of a page of at most
 * max_memory / 4 bytes the rows stay in *kept (NULL: they do not), and whoever opens it with them again decodes nothing;
 * *kept must outlive what is opened.  ENN_NOMEM, ENN_LIMIT when a row is over max_memory / 8. */
enum enn_status rows_open(struct artwork *a, size_t page, uint64_t max_memory, struct rows_kept *kept,
                          struct rows **out, struct enn_error *err);
/* The next row, valid until the next call.  Faults of artwork_read come out here. */
enum enn_status rows_next(struct rows *r, const void **row, struct enn_error *err);
void rows_close(struct rows *r); /* also before the end; NULL allowed */
#endif
