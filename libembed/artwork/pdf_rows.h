/* An image on its way from its stream: shared by reading (pdf_read.c) and writing (pdf_write.c). */
#ifndef ARTWORK_PDF_ROWS_H
#define ARTWORK_PDF_ROWS_H
#include "artwork/pdf_codecs.h"
#include "artwork/pdf_file.h"
#include <stdio.h>

struct pdf_rows {
    const struct pdf_image *image;
    char name[320]; /* for messages */
    uint8_t *raw;   /* the stream, or what its filters gave before the codec */
    size_t raw_n;
    struct pdf_filter *filter;
    struct pdf_dct *dct;
    struct pdf_jpx *jpx;
    uint8_t *stored; /* one row as stored */
    size_t stored_bytes;
    uint8_t *plain; /* of a scaled image: pdf_rows_next puts the rows here before they are; NULL: not wanted */
    uint32_t y;
};

/* The rows of an image as delivered, from the top; `where` for messages. */
enum enn_status pdf_rows_open(struct pdf_artwork *a, const struct pdf_image *i, const char *where,
                              struct pdf_rows **out, struct enn_error *err);
enum enn_status pdf_rows_next(struct pdf_rows *r, void *to, uint32_t rows, struct enn_error *err);
void pdf_rows_close(struct pdf_rows *r);

uint32_t pdf_band_rows(const struct artwork_page *p); /* rows of a band, at least 1 */
#endif
