/*
 * Finding the screen (screen.h): picture -> laid on the artwork in millimetres -> power spectra of windows, summed.
 *
 * A ruled (AM) screen puts lines into the spectrum, two for each ink, all at about the ruling's distance from the origin; the
 * artwork, noise and FM screens have none.  On every ring of the spectrum the power of what stands out from the ring's
 * median is taken (M. Welch, IEEE Trans. Audio and Electroacoustics 15, 1967, for the sum of windows).
 */
#include "capture/screen.h"
#include "capture/fft.h"
#include "capture/rectify.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 256, HALF = SIDE / 2 + 1, STEP = SIDE / 2, PER_TILE = 512, RINGS = SIDE / 2 };
static const double LPI_MIN = 110, LPI_MAX = 320; /* what offset, gravure and flexo print packages with */
static const double NYQUIST = 0.46; /* of a sample per pixel: rulings above are folded back to others */
static const double STANDS_OUT = 8; /* power over the ring's median; noise of some windows stays below 4 */
static const double AROUND = 0.05;  /* inks of one screen differ by so much: their angles are rational */
static const float DARK = 16;       /* of 255, as in whiten.c */
static const uint64_t MAX_BYTES = (uint64_t)1 << 30;

struct spectra {
    struct fft2 *fft;
    float *canvas, *power;
    float window[SIDE];
    struct cplx *x;
    int n;
};

static int ready(struct spectra *s)
{
    *s = (struct spectra){.fft = fft2_new(SIDE), .canvas = malloc(sizeof(float) * SIDE * SIDE)};
    s->power = calloc((size_t)SIDE * HALF, sizeof *s->power);
    s->x = malloc(sizeof *s->x * SIDE * HALF);
    for (int i = 0; i < SIDE; i++) s->window[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * (i + 0.5) / SIDE));
    return s->fft && s->canvas && s->power && s->x ? 0 : -1;
}

static void done(struct spectra *s)
{
    fft2_free(s->fft);
    free(s->canvas);
    free(s->power);
    free(s->x);
}

/* One window, where nearly all of it is in view: samples that no pixel fell on are as the ones before them. */
static void add_window(struct spectra *s, const struct rectified *in, int x0, int y0)
{
    double sum = 0;
    int seen = 0;
    for (int y = 0; y < SIDE; y++) {
        float last = 0;
        for (int x = 0; x < SIDE; x++) {
            size_t at = (size_t)(y0 + y) * (size_t)in->columns + (size_t)(x0 + x);
            const float *v = in->v + 3 * at;
            if (in->weight[at] > 0) last = logf(v[0] + v[1] + v[2] + 3 * DARK), seen++;
            s->canvas[y * SIDE + x] = last;
            sum += last;
        }
    }
    if (seen < SIDE * SIDE * 4 / 5) return;
    float mean = (float)(sum / (SIDE * SIDE));
    for (int k = 0; k < SIDE * SIDE; k++)
        s->canvas[k] = (s->canvas[k] - mean) * s->window[k / SIDE] * s->window[k % SIDE];
    fft2_forward(s->fft, s->canvas, s->x);
    for (int k = 0; k < SIDE * HALF; k++) s->power[k] += s->x[k].re * s->x[k].re + s->x[k].im * s->x[k].im;
    s->n++;
}

static int by_value(const void *a, const void *b)
{
    float p = *(const float *)a, q = *(const float *)b;
    return (p > q) - (p < q);
}

/* What stands out of every ring, both halves of the spectrum; the axes, where straight edges and the pixels' own raster
 * leave their lines, are left out. */
static void stand_out(const struct spectra *s, double out[RINGS])
{
    float ring[8 * RINGS], sorted[8 * RINGS];
    for (int r = 0; r < RINGS; r++) {
        int n = 0;
        out[r] = 0;
        for (int y = -r - 1; y <= r + 1; y++)
            for (int x = 2; x <= r + 1; x++)
                if (abs(y) > 1 && x < HALF && abs(y) < SIDE / 2 && (int)(hypot(x, y) + 0.5) == r &&
                    n < 8 * RINGS)
                    ring[n++] = s->power[(y & (SIDE - 1)) * HALF + x];
        if (n < 8) continue;
        memcpy(sorted, ring, (size_t)n * sizeof *ring);
        qsort(sorted, (size_t)n, sizeof *sorted, by_value);
        for (int k = 0; k < n; k++)
            if (ring[k] > STANDS_OUT * sorted[n / 2]) out[r] += 2.0 * (ring[k] - sorted[n / 2]);
    }
}

static void find_ruling(const struct spectra *s, double px_per_mm, struct screen_seen *out)
{
    const double per_ring = 25.4 * PER_TILE / TILE_MM / SIDE; /* lpi */
    double power[RINGS], best = 0, moment = 0;
    int last = (int)(fmin(LPI_MAX, NYQUIST * px_per_mm * 25.4) / per_ring), at = 0;
    stand_out(s, power);
    for (int r = (int)(LPI_MIN / per_ring); r <= last && r < RINGS; r++) {
        double sum = 0;
        for (int k = (int)(r * (1 - AROUND)); k <= r * (1 + AROUND) && k < RINGS; k++) sum += power[k];
        if (sum > best) best = sum, at = r;
    }
    if (!(best > 0)) return;
    for (int k = (int)(at * (1 - AROUND)); k <= at * (1 + AROUND) && k < RINGS; k++) moment += k * power[k];
    double square = 0; /* Parseval: the mean square of n windows that were multiplied with Hann's */
    for (int k = 0; k < SIDE; k++) square += s->window[k] * s->window[k];
    out->lpi = moment / best * per_ring;
    out->amplitude = sqrt(best / ((double)SIDE * SIDE * square * square * s->n));
}

int screen_measure(const struct cells_source *src, struct screen_seen *out)
{
    struct rectify_picture pic = {src->rgb, src->width, src->height, src->stride, src->found->factor};
    struct rectified in = {0};
    struct spectra s;
    *out = (struct screen_seen){0};
    enum rectify_status st = rectify_rgb(&in, &pic, &src->found->field, PER_TILE, MAX_BYTES);
    int bad = st == RECTIFY_NO_MEMORY;
    if (!st && !(bad = ready(&s))) {
        for (int y = 0; y + SIDE <= in.rows; y += STEP)
            for (int x = 0; x + SIDE <= in.columns; x += STEP) add_window(&s, &in, x, y);
        if (s.n) find_ruling(&s, src->found->px_per_mm, out);
    }
    if (!st) done(&s);
    rectified_free(&in);
    return bad ? -1 : 0;
}
