/*
 * press: how the samples of an artwork are laid out, as all of press/ takes them.
 *
 * Samples are interleaved, 8 or 16 bits in native byte order (a row of 16-bit samples is a const uint16_t *,
 * passed as const void *). Ink samples grow with ink (0 = paper), light samples grow with light (0 = black).
 */
#ifndef PRESS_PIXELS_H
#define PRESS_PIXELS_H
#include <stddef.h>
#include <stdint.h>

enum press_colour {
    PRESS_CMYK,    /* 4 ink channels: cyan, magenta, yellow, black */
    PRESS_RGB,     /* 3 light channels */
    PRESS_GREY,    /* 1 light channel (TIFF MinIsBlack) */
    PRESS_GREY_INK, /* 1 ink channel (a lone separation) */
    PRESS_LAB       /* L*, a*, b*: 0 .. 100 and -128 .. 127 over the range of the samples */
};

struct press_pixels {
    enum press_colour colour;
    int bits;              /* 8 or 16 */
    int samples_per_pixel; /* >= channels of the colour */
    /* Bit c: the c-th sample behind the colour's channels is an ink: pixels that carry more than 1.5 % of it are
     * never marked.  The others (alpha, die lines, inks that may be marked over) are not looked at. */
    uint32_t spots;
};

/* Channels of the colour itself: 4, 3 or 1. */
static inline int press_channels(enum press_colour c)
{
    return c == PRESS_CMYK ? 4 : c == PRESS_RGB || c == PRESS_LAB ? 3 : 1;
}

/* 1: the mark can only be lightness (docs/press.md). */
static inline int press_is_luminance(enum press_colour c)
{
    return c == PRESS_GREY || c == PRESS_GREY_INK;
}
/* The high bytes of n samples of 16 bits, which is all that press/ looks at in them; a loop that becomes vectors. */
static inline void press_high_bytes(const uint16_t *restrict samples, size_t n, uint8_t *restrict out)
{
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(samples[i] >> 8);
}
#define PRESS_PIECE 512 /* pixels whose high bytes are taken at a time */

#endif
