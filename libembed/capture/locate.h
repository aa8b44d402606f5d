/* Finds the artwork in a capture by what is printed, from a small grey picture of it: where the mark lies is then known
 * before any of it is seen. */
#ifndef CAPTURE_LOCATE_H
#define CAPTURE_LOCATE_H
#include "capture/content.h"
#include "capture/whiten.h"

struct placement {
    double h
        [3]
        [3]; /* (X, Y, 1) of the picture, pixels, (0.5, 0.5) the middle of the first -> w (x, y, 1), mm on the
                     * artwork; w > 0 in view */
    double px_per_mm; /* of the picture, at its middle */
    int points;       /* of the artwork that were found in their places */
};

#define LOCATE_MIN_POINTS 8 /* other artwork reaches 7, of the same design any number */

/* Returns 1 when the artwork, or part of it, was found - which proves nothing, it is where to look -, 0 when not, -1 when out of memory. */
int locate(const struct plane_source *picture, const struct content_reference *artwork,
           struct placement *out);
#endif
