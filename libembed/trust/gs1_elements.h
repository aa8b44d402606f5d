/* What a barcode with GS1 data says: application identifiers (AI) and their values. */
#ifndef TRUST_GS1_ELEMENTS_H
#define TRUST_GS1_ELEMENTS_H
#include <stddef.h>
#include "status.h"

#define GS1_PROBLEM 160

/* Splits scanned GS1 data: n bytes without the leading FNC1, further ones as 0x1d; or the bracketed form
 * "(01)...(10)..." that some put into a symbol as plain text. At most `room` elements (32 are enough
 * for any symbol) are written; returns their number, or -1 when the text has no such form, and then
 * problem (GS1_PROBLEM bytes) says why. */
int gs1_split_scanned(const char *text, size_t n, struct enn_element *out, int room, char *problem);
int gs1_split_brackets(const char *text, size_t n, struct enn_element *out, int room, char *problem);

/* gs1_lint.c: the GS1 rules (lengths, characters, check digits, dates, pairs that exclude each other)
 * as libzint knows them. 1: they hold; 0: they do not, problem says which; -1: out of memory. */
int gs1_lint(const struct enn_element *e, int n, char *problem);

/* Value of the AI, or NULL. */
const char *gs1_value(const struct enn_element *e, int n, const char *ai);
#endif
