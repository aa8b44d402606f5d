/*
 * Writing one self-contained HTML page: escaping, the page's frame and style, tables, embedded pictures.
 *
 * Everything goes to a FILE that the caller opened; write errors are found at the end with ferror().  Markup
 * is written by the caller with fputs(); text from files goes through html_put() or html_printf() only.  The
 * page needs no network and no script, prints on white, follows the reader's light or dark setting and is as
 * wide as the window: wide tables and pictures scroll or shrink inside it.
 */
#ifndef ENN_HTML_H
#define ENN_HTML_H
#include <stdio.h>
#include "enn.h"

/* <!doctype> to <main>, with the title as <h1>.  css: further rules, not escaped, or NULL. */
void html_begin(FILE *f, const char *title, const char *css);
void html_end(FILE *f); /* a footer that names the tool and its version, </main> ... </html> */

/* Text or attribute value (in double quotes): < > & " ' escaped, control characters and bytes that are not
 * UTF-8 shown as '?'. */
void html_put(FILE *f, const char *text);
/* The same for the formatted text; what is over 1023 bytes is cut. */
void html_printf(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A table in a box that scrolls sideways where it must.  heads: n column headings.  Rows are
 * fputs("<tr>", f), html_cell() and so on; the first cell of a row may be html_head() instead. */
void html_table(FILE *f, const char *caption, const char *const *heads, int n);
void html_head(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void html_cell(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
void html_number(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3))); /* right-aligned */
void html_table_end(FILE *f);

/* <img> with the PNG inside as a data: address.  rgb: height rows of 3 * width bytes; alt is escaped;
 * attributes: further ones, not escaped, or NULL.  ENN_NOMEM, ENN_IO. */
enum enn_status html_image(FILE *f, const uint8_t *rgb, uint32_t width, uint32_t height, const char *alt,
                           const char *attributes, struct enn_error *err);
/* Base64 of n bytes. */
void html_base64(FILE *f, const uint8_t *bytes, size_t n);
#endif
