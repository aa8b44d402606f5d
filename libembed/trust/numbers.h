/* How numbers and times are spelled in a manifest: one spelling for each value, whatever the locale. */
#ifndef TRUST_NUMBERS_H
#define TRUST_NUMBERS_H
#include <stdint.h>

#define DECIMAL_TEXT 32
#define TIME_TEXT 24

/* Millionths, rounded to nearest; trailing zeros and a lone point dropped: "12.7", "0", "-3.25".  |value|
 * <= 1e9, else (also for NaN) returns 0 and "" in out. */
int decimal_format(double value, char out[DECIMAL_TEXT]);

/* Accepts exactly what decimal_format writes, in low..high. 1 or 0. */
int decimal_parse(const char *text, double low, double high, double *out);

/* Digits without leading zeros, in low..high. 1 or 0. */
int integer_parse(const char *text, uint64_t low, uint64_t high, uint64_t *out);

/* "2026-11-23T05:09:38Z"; seconds since 1970, 0 .. 253402300799 (9999-12-31). 1 or 0. */
#define TIME_LAST INT64_C(253402300799)
int time_format(int64_t seconds, char out[TIME_TEXT]);
int time_parse(const char *text, int64_t *seconds);
#endif
