/* Patches (patches.h): the pilots' phases against a map. */
#include "capture/patches.h"
#include <math.h>

double patch_slopes(const struct cplx y[N_PILOTS], const double du[2], double g[2], double h[3])
{
    g[0] = g[1] = h[0] = h[1] = h[2] = 0;
    const double f = 2 * M_PI / TILE_MM;
    double sum = 0;
    for (int i = 0; i < N_PILOTS; i++) {
        double kx = f * carrier_pilots[i].kx, ky = f * carrier_pilots[i].ky, t = kx * du[0] + ky * du[1];
        double c = cos(t), s = sin(t), re = y[i].re * c + y[i].im * s, im = y[i].im * c - y[i].re * s;
        sum += re;
        g[0] += kx * im;
        g[1] += ky * im;
        h[0] += kx * kx * re;
        h[1] += kx * ky * re;
        h[2] += ky * ky * re;
    }
    return sum;
}

float patches_z(const struct patch *patches, size_t n)
{
    double sum = 0, power = 1e-30;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; patches[i].there && k < N_PILOTS; k++) {
            const struct cplx *y = &patches[i].pilots.y[k];
            sum += y->re;
            power += (double)(y->re * y->re + y->im * y->im) / 2;
        }
    return (float)(sum / sqrt(power));
}

void patches_take(struct field *f, const struct patch *patches, float least)
{
    f->locked = 0;
    f->pooled = 1;
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++) {
            struct patch around[9];
            struct node *n = &f->nodes[(size_t)j * f->columns + i];
            size_t count = 0;
            float gain = 0;
            const double still[2] = {0, 0};
            n->state = NODE_UNKNOWN;
            for (int b = j - 1; b <= j + 1; b++)
                for (int a = i - 1; a <= i + 1; a++) {
                    if (a < 0 || b < 0 || a >= f->columns || b >= f->rows) continue;
                    const struct patch *q = &patches[(size_t)b * f->columns + a];
                    if (!q->there) continue;
                    gain += sync_gain(&q->pilots, still);
                    around[count++] = *q;
                }
            if (!count || !patches[(size_t)j * f->columns + i].there) continue;
            float z = patches_z(around, count);
            if (z < least || gain <= 0) continue;
            n->at = patches[(size_t)j * f->columns + i].at;
            n->at.z_phase = z;
            n->gain = gain / (float)count;
            n->state = NODE_LOCKED;
            f->locked++;
        }
}
