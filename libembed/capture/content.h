/* Does a capture show the artwork that a small grey picture of it promises, and which part of it? */
#ifndef CAPTURE_CONTENT_H
#define CAPTURE_CONTENT_H
#include "capture/rectify.h"

/* The thumbnail of a manifest: width x height samples, 0 = black, over this rectangle of the artwork. */
struct content_reference {
    const uint8_t *grey;
    uint32_t width, height;
    double x_mm, y_mm, width_mm, height_mm; /* width_mm, height_mm > 0 */
};

enum content_answer { CONTENT_NOT_MEASURABLE, CONTENT_AGREES, CONTENT_DIFFERS };

struct content {
    enum content_answer answer;
    double agreement;  /* correlation at the place that fits best, -1 .. 1; 0: there was nothing to compare */
    double detail_cm2; /* what the artwork has of detail there */
    double view_cm2;   /* what was compared with it */
    int tiles[2];      /* of CONTENT_AGREES: position on the artwork = u of the field - tiles * TILE_MM */
};

/*
 * CONTENT_DIFFERS is said only when at every place where the view could lie there is much that should be
 * seen and is not.  Views that are small, flat, or of artwork that is, are not measurable.  pic and f as
 * for rectify_rgb.  Returns 0, or -1 when out of memory.
 */
int content_compare(const struct rectify_picture *pic, const struct field *f,
                    const struct content_reference *ref, struct content *out);
#endif
