/* PDF content streams as far as images are concerned: where each is painted.  ISO 32000-1:2008, 7.8.2 and
 * annex A. */
#ifndef ARTWORK_PDF_CONTENT_H
#define ARTWORK_PDF_CONTENT_H
#include <stddef.h>
#include <stdint.h>

#define PDF_NAME_MAX 128 /* names may have 127 bytes (annex C) */

/* Matrices are [a b c d e f] as in PDF: x' = a x + c y + e, y' = b x + d y + f. */
void pdf_matrix_multiply(const double first[6], const double then[6], double out[6]); /* out may be either */

struct pdf_inline_image {
    double width, height, bits; /* as written; 0 where missing */
    int mask;
};

struct pdf_content_events {
    void *user;
    /* Do: name without its slash and with #xx resolved, the matrix from the unit square to the space the
     * stream began in, and where the name stands in the data (begin: its slash).  Anything but 0 stops. */
    int (*paint)(void *user, const char *name, const double matrix[6], size_t begin, size_t end);
    int (*inline_image)(void *user, const struct pdf_inline_image *image, const double matrix[6]);
};

enum pdf_content_result { PDF_CONTENT_OK, PDF_CONTENT_STOPPED, PDF_CONTENT_TOO_DEEP };

/* Follows q, Q, cm, Do and BI.  What cannot be understood is passed over, as readers do.  *draws becomes 1
 * when anything else is painted (paths, text, shadings). */
enum pdf_content_result pdf_content_run(const uint8_t *data, size_t n,
                                        const struct pdf_content_events *events, int *draws);
#endif
