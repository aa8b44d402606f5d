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
     * never marked.  The others (die lines, inks that may be marked over) are not looked at. */
    uint32_t spots;
    /* Those of these bits whose sample is opacity, not ink: pixels that are not wholly opaque are never marked.  A bit
     * counts in both sets only. */
    uint32_t opacity;
    int premultiplied; /* the colour has been multiplied by the opacity */
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

/* A tone of light, 0 .. 255, of a pixel laid over white paper as its opacity says; `first` is the index of the first
 * sample behind the pixel's colour.  Inks that are multiplied by opacity lie over paper already. */
static inline unsigned press_over_white(const struct press_pixels *px, const void *samples, size_t first,
                                        unsigned tone)
{
    int ink = px->colour == PRESS_CMYK || px->colour == PRESS_GREY_INK;
    for (uint32_t left = px->spots & px->opacity; left; first++, left >>= 1) {
        if (!(left & 1)) continue;
        unsigned a =
            px->bits == 16 ? ((const uint16_t *)samples)[first] >> 8 : ((const uint8_t *)samples)[first];
        if (!px->premultiplied) tone = (tone * a + 255 * (255 - a) + 127) / 255;
        if (px->premultiplied && !ink) tone = tone + 255 - a < 255 ? tone + 255 - a : 255;
    }
    return tone;
}

/* The high bytes of n samples of 16 bits, which is all that press/ looks at in them; a loop that becomes vectors. */
static inline void press_high_bytes(const uint16_t *restrict samples, size_t n, uint8_t *restrict out)
{
    for (size_t i = 0; i < n; i++) out[i] = (uint8_t)(samples[i] >> 8);
}
#define PRESS_PIECE 512 /* pixels whose high bytes are taken at a time */

#endif
