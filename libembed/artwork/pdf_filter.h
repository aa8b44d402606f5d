/* The filters of PDF streams, pulled: no more is decoded than is asked for, so that a small stream that
 * would swell to gigabytes costs what its declared size costs.  ISO 32000-1:2008, 7.4. */
#ifndef ARTWORK_PDF_FILTER_H
#define ARTWORK_PDF_FILTER_H
#include <stddef.h>
#include <stdint.h>

enum pdf_filter_kind { PDF_HEX, PDF_ASCII85, PDF_RUN_LENGTH, PDF_LZW, PDF_FLATE };

#define PDF_MAX_FILTERS 8

/* One filter and its DecodeParms; predictor 1: none, 2: TIFF, 10 and above: PNG. */
struct pdf_filter_spec {
    enum pdf_filter_kind kind;
    int predictor, early_change;
    uint32_t colors, bits, columns;
};

struct pdf_filter;

/* Decodes the n bytes at data (not copied: they must stay) through specs[0], then specs[1] ...  NULL: out
 * of memory, or predictor parameters out of range. */
struct pdf_filter *pdf_filter_open(const uint8_t *data, size_t n, const struct pdf_filter_spec *specs,
                                   unsigned n_specs);
/* Up to n bytes.  Fewer: the end, or damage. */
size_t pdf_filter_read(struct pdf_filter *f, uint8_t *to, size_t n);
int pdf_filter_damaged(const struct pdf_filter *f);
void pdf_filter_close(struct pdf_filter *f); /* NULL allowed */
#endif
