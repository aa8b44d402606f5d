/*
 * press: how the samples of an artwork are laid out, as all of press/ takes them.
 *
 * Samples are interleaved, 8 or 16 bits in native byte order (a row of 16-bit samples is a const uint16_t *,
 * passed as const void *). Ink samples grow with ink (0 = paper), light samples grow with light (0 = black).
 */
#ifndef PRESS_PIXELS_H
#define PRESS_PIXELS_H
#include <stdint.h>

enum press_colour {
    PRESS_CMYK,    /* 4 ink channels: cyan, magenta, yellow, black */
    PRESS_RGB,     /* 3 light channels */
    PRESS_GREY,    /* 1 light channel (TIFF MinIsBlack) */
    PRESS_GREY_INK /* 1 ink channel (TIFF MinIsWhite, or a lone K separation) */
};

struct press_pixels {
    enum press_colour colour;
    int bits;              /* 8 or 16 */
    int samples_per_pixel; /* >= channels of the colour */
    /* Spot inks that follow directly behind the colour's channels: pixels that carry more than 1.5 % of one
     * are never marked.  Channels behind those (alpha, dielines) are ignored. */
    int n_spots;
};

/* Channels of the colour itself: 4, 3 or 1. */
static inline int press_channels(enum press_colour c)
{
    return c == PRESS_CMYK ? 4 : c == PRESS_RGB ? 3 : 1;
}
#endif
