/* Hexadecimal digits and base64, strict: one text for one sequence of bytes. */
#ifndef TRUST_HEX_H
#define TRUST_HEX_H
#include <stddef.h>
#include <stdint.h>

/* Writes 2n lower-case digits and a terminating 0; out holds 2n + 1 bytes. */
void hex_encode(const uint8_t *bytes, size_t n, char *out);

/* Reads exactly n bytes from exactly 2n digits and the end of the string.  `lower_only` refuses A-F.
 * Returns 1, or 0 and leaves out unspecified. */
int hex_decode(const char *text, int lower_only, uint8_t *out, size_t n);

/* Room base64_encode needs for n bytes, with the terminating 0 (n < 2^60). */
size_t base64_size(size_t n);

/* One line of base64 with padding (RFC 4648 section 4), terminated. */
void base64_encode(const uint8_t *bytes, size_t n, char *out);

/* Reads base64: alphabet of RFC 4648 section 4, padding required, unused bits 0; space, tab, CR and LF
 * between digits are skipped and nothing else is.  Returns the number of bytes, or -1 (wrong text, or more
 * than `room` bytes). */
long base64_decode(const char *text, size_t length, uint8_t *out, size_t room);
#endif
