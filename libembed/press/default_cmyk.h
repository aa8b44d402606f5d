/* press: the built-in CMYK characterisation (coated offset, FOGRA39); origin and licence in
 * default_cmyk.c. */
#ifndef PRESS_DEFAULT_CMYK_H
#define PRESS_DEFAULT_CMYK_H
#include <stdint.h>

#define DEFAULT_CMYK_SIDE  9
#define DEFAULT_CMYK_NODES (DEFAULT_CMYK_SIDE * DEFAULT_CMYK_SIDE * DEFAULT_CMYK_SIDE * DEFAULT_CMYK_SIDE)

/* L* a* b* in tenths of node ((c * 9 + m) * 9 + y) * 9 + k. */
extern const int16_t default_cmyk_lab[DEFAULT_CMYK_NODES * 3];
#endif
