/* Which CMYK colours the mark treats as paper: bare paper, and pale tints in which yellow does not print. Cyan and magenta alone cannot
 * carry the mark (readers predict blue from red and green); what can be added to either is a tint of yellow. */
#ifndef PRESS_PALE_H
#define PRESS_PALE_H
#include <stdint.h>

#define PRESS_BARE 3 /* 8-bit levels of ink that still count as none: 1.2 % */
#define PRESS_PALE 215 /* tone from which a tint is pale: cyan to 46 %, magenta to 40 %, black to 15 % */

/* 8-bit levels of ink to a tone 0..255 in which each ink tells. */
static inline __attribute__((always_inline)) uint8_t press_cmyk_tone(unsigned c, unsigned m, unsigned y, unsigned k)
{
    unsigned light = (255 * 256 - (86 * c + 100 * m + 64 * y)) >> 8; /* 5 .. 255; C, M, Y solids 169 155 191 */
    return (uint8_t)((light * (255 - k) + 127) / 255);
}

static inline __attribute__((always_inline)) unsigned press_is_pale(unsigned tone, unsigned y)
{
    return (tone >= PRESS_PALE ? 1u : 0u) & (y <= PRESS_BARE ? 1u : 0u);
}
#endif
