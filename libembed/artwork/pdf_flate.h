/* Flate: decoding piece by piece, and image rows into a Flate stream in memory. */
#ifndef ARTWORK_PDF_FLATE_H
#define ARTWORK_PDF_FLATE_H
#include <stddef.h>
#include <stdint.h>

struct pdf_inflate;
enum pdf_inflate_state { PDF_INFLATE_MORE, PDF_INFLATE_END, PDF_INFLATE_DAMAGED };
struct pdf_inflate *pdf_inflate_new(void); /* NULL: out of memory */
/* Takes *used of the in_n bytes at in and gives *made of at most out_n. */
enum pdf_inflate_state pdf_inflate_run(struct pdf_inflate *z, const uint8_t *in, size_t in_n, size_t *used,
                                       uint8_t *out, size_t out_n, size_t *made);
void pdf_inflate_free(struct pdf_inflate *z);

/* Rows of row_bytes each; pixel_bytes > 0: with PNG predictors (Predictor 15), the filter of each row
 * chosen by the least sum of absolute differences. */
struct pdf_deflate;
struct pdf_deflate *pdf_deflate_new(size_t row_bytes, size_t pixel_bytes);  /* NULL: out of memory */
int pdf_deflate_rows(struct pdf_deflate *z, const uint8_t *rows, size_t n); /* 0: out of memory */
/* Ends the stream; *out (free() it) holds *n bytes.  0: out of memory. */
int pdf_deflate_end(struct pdf_deflate *z, uint8_t **out, size_t *n);
size_t pdf_deflate_size(const struct pdf_deflate *z); /* bytes so far */
void pdf_deflate_free(struct pdf_deflate *z);
#endif
