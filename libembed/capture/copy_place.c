/*
 * Laying a cell in place (copy_place.h).
 *
 * The field of a capture follows the pilots, waves of a millimetre and more, to some hundredths of a millimetre, and further
 * off in tilted views: 0.08 mm at 15 degrees, which takes half of the waves of 3 cycles/mm.  Message and seal are known, so
 * a cell's shift d follows from the phases of all its waves, which turn by k d: least squares, weighted as the phases are
 * known (B. Lucas, T. Kanade, IJCAI 1981, in the frequency domain), a few times over.  The highest waves do not take part:
 * what is judged by them must not have been fitted to them.
 */
#include "capture/copy_place.h"
#include <math.h>
#include <string.h>

enum { STEPS = 4, LAST = 44, RINGS = LAST + 1 };

struct rings {
    double signal[RINGS], energy[RINGS], power[RINGS];
};

static int ring_of(const struct bin *b)
{
    return (int)(hypot(b->kx, b->ky) + 0.5);
}

/* Observation of bin j after the shift. */
static void turned(const struct cell_view *w, const struct seal_layout *l, int j, const double d[2],
                   double y[2])
{
    double t = 2 * M_PI * (l->bin[j].kx * d[0] + l->bin[j].ky * d[1]) / TILE_MM, c = cos(t), s = sin(t);
    y[0] = w->y[2 * j] * c - w->y[2 * j + 1] * s;
    y[1] = w->y[2 * j] * s + w->y[2 * j + 1] * c;
}

static void known(const struct seal_layout *l, const float *message, const uint8_t *bits, int j, double c[2])
{
    for (int k = 0; k < 2; k++) {
        c[k] = l->amplitude[j] * seal_chip(bits, 2 * j + k);
        if (2 * j < CODE_N) c[k] += message[2 * j + k];
    }
}

static void sum_rings(struct rings *r, const struct cell_view *w, const struct seal_layout *l,
                      const float *message, const uint8_t *bits, const double d[2])
{
    memset(r, 0, sizeof *r);
    for (int j = 0; j < l->bins; j++) {
        int n = ring_of(&l->bin[j]);
        double c[2], y[2];
        if (n > LAST) continue;
        known(l, message, bits, j, c);
        turned(w, l, j, d, y);
        r->signal[n] += y[0] * c[0] + y[1] * c[1];
        r->energy[n] += c[0] * c[0] + c[1] * c[1];
        r->power[n] += y[0] * y[0] + y[1] * y[1];
    }
}

/* One step of least squares; 0 when the waves do not tell a place. */
static int step(const struct rings *r, const struct cell_view *w, const struct seal_layout *l,
                const float *message, const uint8_t *bits, double d[2])
{
    double a[3] = {0}, b[2] = {0};
    for (int j = 0; j < l->bins; j++) {
        int n = ring_of(&l->bin[j]);
        double c[2], y[2], k[2] = {2 * M_PI * l->bin[j].kx / TILE_MM, 2 * M_PI * l->bin[j].ky / TILE_MM};
        if (n > LAST || !(r->signal[n] > 0) || !(r->power[n] > 0)) continue;
        known(l, message, bits, j, c);
        turned(w, l, j, d, y);
        double left = r->signal[n] / r->energy[n], weight = left / r->power[n];
        double f = weight * left * (c[0] * c[0] + c[1] * c[1]), off = weight * (y[1] * c[0] - y[0] * c[1]);
        a[0] += f * k[0] * k[0], a[1] += f * k[0] * k[1], a[2] += f * k[1] * k[1];
        for (int i = 0; i < 2; i++) b[i] -= off * k[i];
    }
    double det = a[0] * a[2] - a[1] * a[1];
    if (!(det > 1e-9 * a[0] * a[2])) return 0;
    d[0] += (a[2] * b[0] - a[1] * b[1]) / det;
    d[1] += (a[0] * b[1] - a[1] * b[0]) / det;
    return hypot(d[0], d[1]) <= COPY_PLACE_MOST;
}

void copy_place(struct cell_view *w, const struct seal_layout *l, const float *message, const uint8_t *bits)
{
    struct rings r;
    double d[2] = {0, 0};
    for (int i = 0; i < STEPS; i++) {
        sum_rings(&r, w, l, message, bits, d);
        if (!step(&r, w, l, message, bits, d)) return;
    }
    for (int j = 0; j < l->bins; j++) {
        double y[2];
        turned(w, l, j, d, y);
        w->y[2 * j] = (float)y[0];
        w->y[2 * j + 1] = (float)y[1];
    }
}
