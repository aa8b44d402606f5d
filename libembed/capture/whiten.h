/* From a picture to the plane the detector works on: the carrier (yellowness, or darkness), freed from the
 * artwork's slow and strong parts. */
#ifndef CAPTURE_WHITEN_H
#define CAPTURE_WHITEN_H
#include <stddef.h>
#include <stdint.h>

enum carrier_kind { CARRIER_YELLOW_BLUE, CARRIER_LUMINANCE };

struct plane {
    int width, height;
    int factor;    /* pixels of the picture per sample of the plane, each way */
    float *v;      /* the carrier in units of its local deviation, clipped at +-2.5; 0 outside */
    float *weight; /* 0..1, falls with the local deviation: busy places count less */
};

struct plane_source {
    const uint8_t *rgb; /* height rows of stride bytes, 8-bit R G B interleaved (coded values) */
    uint32_t width, height;
    size_t stride;
    int threads; /* more than one: two halves side by side, with the same result to the bit */
};

/* factor 1 .. 257: samples are means of factor x factor pixels. Returns 0, or -1 when out of memory (nothing allocated
 * then). Release with plane_free. */
int plane_from_rgb(struct plane *p, const struct plane_source *in, int factor, enum carrier_kind kind);
/* Left and right change places. */
void plane_mirror(struct plane *p);
void plane_free(struct plane *p);
#endif
