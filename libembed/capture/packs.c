/*
 * Several prints in one picture (packs.h): what was read is painted over, and the picture is searched again,
 * until nothing more is read.
 */
#include "capture/packs.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void paint(uint8_t *rgb, const struct detect_request *r, double x0, double y0, double x1, double y1)
{
    uint32_t left = (uint32_t)fmax(0, x0), right = (uint32_t)fmax(0, fmin(r->width, x1));
    uint32_t top = (uint32_t)fmax(0, y0), bottom = (uint32_t)fmax(0, fmin(r->height, y1));
    for (uint32_t y = top; y < bottom && right > left; y++)
        memset(rgb + (size_t)y * r->width * 3 + (size_t)left * 3, 128, (size_t)(right - left) * 3);
}

/* Covers the surroundings of every locked node; a neighbour's print beyond them stays. */
static void paint_over(uint8_t *rgb, const struct detect_request *r, const struct detection *d)
{
    const struct field *f = &d->field;
    double half = 0.9 * f->spacing;
    for (int i = 0; i < f->columns * f->rows; i++) {
        const struct lock *l = &f->nodes[i].at;
        if (f->nodes[i].state == NODE_LOCKED)
            paint(rgb, r, (l->x - half) * d->factor, (l->y - half) * d->factor, (l->x + half) * d->factor,
                  (l->y + half) * d->factor);
    }
}

int detect_packs(const struct detect_request *r, int most, struct detection *found, int *n)
{
    struct detect_request rest = *r;
    uint8_t *copy = NULL;
    *n = 1;
    rest.whole |= most > 1;
    int bad = detect(&rest, &found[0]);
    while (!bad && found[*n - 1].read && *n < most) {
        if (!copy) {
            copy = malloc((size_t)r->width * r->height * 3 + 1);
            if (!copy) return -1;
            for (uint32_t y = 0; y < r->height; y++)
                memcpy(copy + (size_t)y * r->width * 3, r->rgb + (size_t)y * r->stride, (size_t)r->width * 3);
            rest.rgb = copy;
            rest.stride = (size_t)r->width * 3;
        }
        paint_over(copy, &rest, &found[*n - 1]);
        bad = detect(&rest, &found[*n]);
        if (!bad && found[*n].read)
            ++*n;
        else {
            detection_clear(&found[*n]);
            break;
        }
    }
    free(copy);
    return bad ? -1 : 0;
}
