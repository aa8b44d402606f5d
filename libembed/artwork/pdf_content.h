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
    size_t begin, end, data_begin, data_end; /* in the content: from BI to behind EI, and of the data */
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

/* ---- all of it, token by token ---- */

enum pdf_token_kind {
    PDF_TOKEN_NUMBER,
    PDF_TOKEN_NAME,     /* text without its slash, #xx resolved */
    PDF_TOKEN_STRING,   /* (..) or <..> */
    PDF_TOKEN_OPERATOR, /* also true, false, null */
    PDF_TOKEN_BRACKET,
    PDF_TOKEN_INLINE    /* BI .. EI */
};
struct pdf_token {
    enum pdf_token_kind kind;
    double number;
    const char *text;  /* of names and operators, "" when longer than PDF_NAME_MAX - 1 */
    const uint8_t *at; /* as written */
    size_t n;
};
/* Anything but 0 from `token` stops, and is returned. */
int pdf_content_tokens(const uint8_t *data, size_t n, int (*token)(void *user, const struct pdf_token *t), void *user);
/* The bytes that a string token stands for; to: at least t->n bytes.  Returns how many. */
size_t pdf_token_string(const struct pdf_token *t, uint8_t *to);
#endif
