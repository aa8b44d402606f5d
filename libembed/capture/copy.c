/*
 * The response of print and capture to the mark, and what it says of a copy (copy.h).
 *
 * Over a ring of waves, sum(a y) / sum(a^2 w) with the embedded amplitudes a (message and seal together, signs known) is
 * the least-squares estimate of what is left of them.  The reader's own part, the averaging of pixels and the mean that
 * whiten.c takes off, is divided out, so the same print gives the same bands at any resolution.
 *
 * A band that a first print lets through and a second screen or scanner does not is the usual sign of a copy (C. Wong,
 * M. Wu, "Counterfeit detection based on unclonable feature of paper using mobile camera", IEEE Trans. Information
 * Forensics and Security 12, 2017, review it; J. Picard, "Digital authentication with copy-detection patterns", SPIE 5310,
 * 2004, where it began).  It is looked for on both sides: detail that was lost, and slow waves too weak beside
 * the fast ones, which sharpening leaves behind.
 */
#include "capture/copy.h"
#include "capture/copy_place.h"
#include "capture/screen.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int EDGE[COPY_BANDS][2] = {{12, 18}, {18, 24}, {24, 30}, {30, 37},
                                        {38, 44}, {44, 50}, {50, 55}, {55, 59}};
enum { RINGS = SEAL_FRAGILE_LAST + 1, DIRECTIONS = 48, BOX = 5 /* whiten.c: 2 NEAR + 1 */ };
/* Pixels of the picture to a sample of the plane: 9.5 samples per mm at least show the fragile band, much finer ones show the
 * screen, too.  Three pixels of a photograph fold a screen of 175 lpi onto that band; two leave its deviation a tenth less. */
static const double PLANE_PX_PER_MM = 9.5;

static int plane_factor(double px_per_mm)
{
    int factor = px_per_mm < 1e4 ? (int)(px_per_mm / PLANE_PX_PER_MM) : 0;
    return factor == 3 ? 2 : factor;
}

struct sums {
    double t[RINGS], e[RINGS], v[RINGS];
};

static double sinc(double x)
{
    return fabs(x) < 1e-9 ? 1 : sin(M_PI * x) / (M_PI * x);
}

/* Mean over BOX samples of a wave of x per sample. */
static double box(double x)
{
    return fabs(x) < 1e-9 ? 1 : sin(BOX * M_PI * x) / (BOX * sin(M_PI * x));
}

/* What reading leaves of waves of radius r: blocks of pixels, the local mean taken off, the raster of cells.c. */
static double reading(int r, double pitch_mm)
{
    double f = r / TILE_MM, sum = 0;
    for (int k = 0; k < DIRECTIONS; k++) {
        double at = (k + 0.5) / DIRECTIONS * M_PI / 2, a = f * pitch_mm * cos(at), b = f * pitch_mm * sin(at);
        sum += (1 - box(a) * box(b)) * sinc(a) * sinc(b);
    }
    return sum / DIRECTIONS * sinc(f * 0.8 * TILE_MM / SEAL_SIDE);
}

static void add_cell(struct sums *s, const struct seal_layout *l, const float *message, const uint8_t *bits,
                     const struct cell_view *w)
{
    for (int k = 0; k < 2 * l->bins; k++) {
        int ring = (int)(hypot(l->bin[k / 2].kx, l->bin[k / 2].ky) + 0.5);
        double a = l->amplitude[k / 2] * seal_chip(bits, k), y = w->y[k];
        if (k < CODE_N) a += message[k];
        s->t[ring] += a * y;
        s->e[ring] += a * a * w->weight;
        s->v[ring] += a * a * y * y;
    }
}

static void gather(const struct sums *s, double pitch_mm, struct copy_bands *out)
{
    memset(out, 0, sizeof *out);
    for (int b = 0; b < COPY_BANDS; b++) {
        double sum = 0, weight = 0;
        for (int r = EDGE[b][0]; r < EDGE[b][1]; r++) {
            if (!(s->e[r] > 0) || !(s->v[r] > 0)) continue;
            double left = reading(r, pitch_mm), d = sqrt(s->v[r]) / s->e[r] / left;
            sum += s->t[r] / s->e[r] / left / (d * d);
            weight += 1 / (d * d);
        }
        if (!(weight > 0)) continue;
        out->gain[b] = sum / weight;
        out->deviation[b] = 1 / sqrt(weight);
    }
    double norm = (out->gain[2] + out->gain[3]) / 2, d = hypot(out->deviation[2], out->deviation[3]) / 2;
    out->norm = norm > 0 ? d / norm : 1;
    if (out->norm > 0.5) norm = INFINITY; /* nothing there: all bands 0 */
    for (int b = 0; b < COPY_BANDS; b++) out->gain[b] /= norm, out->deviation[b] /= norm;
}

static float *message_signal(const struct seal_request *r)
{
    struct carrier *c = malloc(sizeof *c);
    int8_t chips[CODE_N];
    float *m = c ? malloc(CODE_N * sizeof *m) : NULL;
    if (m) {
        carrier_init(c, r->anchor);
        carrier_chips(c, r->source.found->message, chips);
        for (int k = 0; k < CODE_N; k++) m[k] = (float)sqrt(1 - SEAL_SHARE) * c->amplitude[k / 2] * chips[k];
    }
    free(c);
    return m;
}

enum seal_status copy_measure(const struct seal_request *r, const struct seal_found *seal, int top,
                              struct copy_bands *out)
{
    const struct seal_page *p = NULL;
    int factor = plane_factor(r->source.found->px_per_mm);
    for (int i = 0; i < r->n_pages; i++)
        if (r->pages[i].number == seal->page) p = &r->pages[i];
    if (!p || factor < 1) return SEAL_NOTHING;
    struct seal_layout *l = malloc(sizeof *l);
    float *message = message_signal(r);
    struct cells cells = {0};
    struct sums s = {{0}, {0}, {0}};
    enum seal_status st = l && message ? SEAL_OK : SEAL_NO_MEMORY;
    if (!st) {
        seal_layout_init(l, top);
        enum cells_status got = cells_read(&r->source, l, factor, &cells);
        st = got == CELLS_OK ? SEAL_OK : got == CELLS_NO_MEMORY ? SEAL_NO_MEMORY : SEAL_NOTHING;
    }
    for (int i = 0; !st && i < cells.n; i++) {
        uint8_t bits[SEAL_BYTES];
        int a = cells.at[i].column + seal->shift[0], b = cells.at[i].row + seal->shift[1];
        if (a < 0 || b < 0 || a >= p->columns || b >= p->rows) continue;
        if (p->bits(p->user, a, b, bits)) st = SEAL_NO_MEMORY;
        if (st) break;
        copy_place(&cells.at[i], l, message, bits);
        add_cell(&s, l, message, bits, &cells.at[i]);
    }
    if (!st) gather(&s, factor / r->source.found->px_per_mm, out);
    if (!st) out->px_per_mm = r->source.found->px_per_mm;
    struct screen_seen seen;
    if (!st && screen_measure(&r->source, &seen)) st = SEAL_NO_MEMORY;
    if (!st) out->screen = seen.amplitude, out->lpi[0] = out->lpi[1] = seen.lpi;
    cells_clear(&cells);
    free(l);
    free(message);
    return st;
}
