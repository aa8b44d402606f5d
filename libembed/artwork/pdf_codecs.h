/* The image codecs of PDF, one library each. */
#ifndef ARTWORK_PDF_CODECS_H
#define ARTWORK_PDF_CODECS_H
#include "enn.h"
#include <stddef.h>

/* ---- DCT (pdf_dct.c) ---- */
struct pdf_dct;
/* Decodes the n bytes at data (not copied: they must stay).  components 1, 3 (delivered as RGB) or 4 (as
 * the inks are in the data); the size must be the one given.  color_transform: of DecodeParms, -1 when
 * absent. */
enum enn_status pdf_dct_open(const uint8_t *data, size_t n, uint32_t width, uint32_t height,
                             unsigned components, int color_transform, uint64_t max_memory, const char *name,
                             struct pdf_dct **out, struct enn_error *err);
enum enn_status pdf_dct_row(struct pdf_dct *d, uint8_t *to, struct enn_error *err);
void pdf_dct_close(struct pdf_dct *d);

/* Encodes rows of the same kind of picture with the quantisation tables, colour transform and scan order
 * of `like` (which has been opened, and must stay), but without chroma subsampling. */
struct pdf_dct_writer;
enum enn_status pdf_dct_writer_new(struct pdf_dct *like, struct pdf_dct_writer **out, struct enn_error *err);
enum enn_status pdf_dct_writer_row(struct pdf_dct_writer *w, const uint8_t *row, struct enn_error *err);
/* *out (free() it) holds *n bytes. */
enum enn_status pdf_dct_writer_end(struct pdf_dct_writer *w, uint8_t **out, size_t *n, struct enn_error *err);
void pdf_dct_writer_free(struct pdf_dct_writer *w);

/* ---- JPX (pdf_jpx.c) ---- */
struct pdf_jpx_info {
    uint32_t width, height;
    unsigned components, bits; /* 8 or 16, unsigned, all of one size */
    unsigned colours;          /* 1 grey, 3 RGB, 4 CMYK by the data's own word; 0: they do not say */
};
struct pdf_jpx;
/* Reads the header; the n bytes at data must stay.  ENN_UNSUPPORTED: subsampled, signed, other depths,
 * opacity. */
enum enn_status pdf_jpx_open(const uint8_t *data, size_t n, const char *name, struct pdf_jpx_info *info,
                             struct pdf_jpx **out, struct enn_error *err);
/* Decodes all of it: 8 bytes a sample while it lasts, 4 afterwards. */
enum enn_status pdf_jpx_decode(struct pdf_jpx *x, uint64_t max_memory, const char *name,
                               struct enn_error *err);
/* The next row, interleaved, 16-bit samples with the high byte first.  0: there is none. */
int pdf_jpx_row(struct pdf_jpx *x, uint8_t *to);
void pdf_jpx_close(struct pdf_jpx *x);
#endif
