/* Which CMYK colours the mark treats as paper: bare paper, and every colour in which yellow does not print and which is not too dark
 * for blue light to tell. Cyan and magenta alone cannot carry the mark, since readers predict blue from red and green; what can be
 * added to them, as to paper, is a tint of yellow: it takes the same share of their blue light as of white's. */
#ifndef PRESS_NO_YELLOW_H
#define PRESS_NO_YELLOW_H
#include <stdint.h>

#define PRESS_BARE       3  /* 8-bit levels of ink that still count as none: 1.2 % */
#define PRESS_PALE_BLACK 40 /* 15 % */
#define PRESS_LEAST_TONE 64 /* cyan with magenta, both solid, has 69; solid magenta under 58 % black 65 */

/* 8-bit levels of ink to a tone 0..255 in which each ink tells. */
static inline __attribute__((always_inline)) uint8_t press_cmyk_tone(unsigned c, unsigned m, unsigned y,
                                                                     unsigned k)
{
    unsigned light =
        (255 * 256 - (86 * c + 100 * m + 64 * y)) >> 8; /* 5 .. 255; C, M, Y solids 169 155 191 */
    return (uint8_t)((light * (255 - k) + 127) / 255);
}

/* Black by itself stays neutral, but for its palest tints. */
static inline __attribute__((always_inline)) unsigned press_lacks_yellow(unsigned c, unsigned m, unsigned y,
                                                                         unsigned k, unsigned tone)
{
    unsigned coloured =
        (c > PRESS_BARE ? 1u : 0u) | (m > PRESS_BARE ? 1u : 0u) | (k <= PRESS_PALE_BLACK ? 1u : 0u);
    return (tone >= PRESS_LEAST_TONE ? 1u : 0u) & (y <= PRESS_BARE ? 1u : 0u) & coloured;
}
#endif
