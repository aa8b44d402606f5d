/* By how many pixels one picture is shifted against another. */
#ifndef DIFF_REGISTER_H
#define DIFF_REGISTER_H
#include <stdint.h>

enum { REGISTER_SIDE = 256 };

struct shift {
    double x, y;    /* of the second picture against the first, px: second(p) = first(p - shift) */
    double quality; /* height of the peak, 0 .. 1; below REGISTER_LEAST it means nothing */
};
#define REGISTER_LEAST 0.05

/* Phase correlation of two square pictures of REGISTER_SIDE, to some hundredths of a pixel.  Returns 0, or
 * -1: out of memory.  Flat pictures give quality 0. */
int register_pair(const uint8_t *first, const uint8_t *second, struct shift *out);

/* The shift that most of n pictures agree on, weighted by quality; quality 0 when there is none. */
struct shift register_agree(const struct shift *s, int n);
#endif
