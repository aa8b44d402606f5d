/* Rows of a picture as they come out of a decoder, kept or averaged; and the decoders behind picture_read. */
#ifndef ARTWORK_PICTURE_ROWS_H
#define ARTWORK_PICTURE_ROWS_H
#include "artwork/picture.h"

struct picture_rows {
    struct picture *out;
    const struct picture_options *options;
    const char *name; /* for messages */
    uint32_t y;       /* rows taken */
    uint32_t *sums;   /* 3 * out->width, when reduced */
};

/* Allocates the picture (tests the limits first).  ENN_LIMIT, ENN_NOMEM. */
enum enn_status picture_rows_begin(struct picture_rows *r, uint32_t width, uint32_t height,
                                   struct enn_error *err);
/* The next row, 3 * full width bytes.  Rows beyond the height are ignored. */
void picture_rows_add(struct picture_rows *r, const uint8_t *rgb);
void picture_rows_end(struct picture_rows *r); /* frees what is not the picture's */
/* dpi of the file's pixels; recorded when both agree within 1 % */
void picture_rows_dpi(struct picture_rows *r, double x, double y);

/* CMYK or Lab to RGB by the caller's conversion or the plain formula. */
enum enn_status picture_cmyk(const struct picture_options *o, const struct artwork_page *page,
                             const void *samples, uint32_t n, uint8_t *rgb);

/* All rows of a readable page. */
enum enn_status picture_page(struct picture_rows *rows, struct artwork *a, size_t page,
                             struct enn_error *err);

/* Each fills r->out.  data/size: the whole file; fd: seekable, owned by the callee. */
enum enn_status picture_read_png(struct picture_rows *r, const uint8_t *data, size_t size,
                                 struct enn_error *err);
enum enn_status picture_read_jpeg(struct picture_rows *r, const uint8_t *data, size_t size,
                                  struct enn_error *err);
enum enn_status picture_read_tiff(struct picture_rows *r, int fd, struct enn_error *err);
enum enn_status picture_read_pdf(struct picture_rows *r, int fd, struct enn_error *err);
#endif
