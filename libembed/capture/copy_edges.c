/*
 * Measuring edges (copy_edges.h): picture -> laid on the artwork in millimetres -> power spectra of small windows.
 *
 * The power spectrum of a window that holds an edge lies on a line across it, whatever the edge's exact place, so nothing has to be
 * registered better than a fraction of the window, and no picture need be kept.  How power falls with frequency is the product of
 * artwork, print and lens (the slanted-edge method of ISO 12233 without the edge's place; averages of short windows as
 * P. Welch, IEEE Trans. Audio and Electroacoustics 15, 1967).
 */
#include "capture/copy_edges.h"
#include "capture/fft.h"
#include "capture/rectify.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 20 samples per mm: the highest band, 3.4 cycles/mm, is a sixth of that. */
enum { PER_TILE = 384, STEP = PER_TILE / EDGE_PER_TILE, SIDE = 2 * STEP, HALF = SIDE / 2 + 1, LAST = 11 };
static const double FIRST_BAND = 0.6, BAND = 0.4; /* cycles/mm */
static const float DARK = 16;                     /* of 255, as in whiten.c */
static const double IN_VIEW = 0.95;
static const uint64_t MAX_BYTES = (uint64_t)1 << 29;

struct spectrum {
    struct fft2 *fft;
    float canvas[SIDE * SIDE], window[SIDE];
    struct cplx x[SIDE * HALF];
    int8_t band[SIDE][LAST + 1], direction[SIDE][LAST + 1]; /* band -1: of none */
    int samples[EDGE_BANDS][EDGE_DIRECTIONS];
    double scale; /* power of a sample of the spectrum to power of the signal */
};

static void map_spectrum(struct spectrum *s)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x <= LAST; x++) {
            int v = y < SIDE / 2 ? y : y - SIDE;
            double f = hypot(x, v) / SIDE * PER_TILE / TILE_MM, at = atan2(v, x) / M_PI * EDGE_DIRECTIONS;
            int b = (int)floor((f - FIRST_BAND) / BAND + 1e-9),
                d = (int)lrint(at + EDGE_DIRECTIONS) % EDGE_DIRECTIONS;
            int used = b >= 0 && b < EDGE_BANDS && (x > 0 || v > 0); /* of x = 0 both halves are there */
            s->band[y][x] = (int8_t)(used ? b : -1);
            s->direction[y][x] = (int8_t)d;
            if (used) s->samples[b][d]++;
        }
}

static struct spectrum *spectrum_new(void)
{
    struct spectrum *s = calloc(1, sizeof *s);
    double square = 0;
    if (!s || !(s->fft = fft2_new(SIDE))) {
        free(s);
        return NULL;
    }
    for (int i = 0; i < SIDE; i++) {
        s->window[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * (i + 0.5) / SIDE));
        square += s->window[i] * s->window[i];
    }
    s->scale = 1 / (square * square);
    map_spectrum(s);
    return s;
}

static void spectrum_free(struct spectrum *s)
{
    if (!s) return;
    fft2_free(s->fft);
    free(s);
}

/* The window into the canvas, less its mean; samples that no pixel fell on are as the ones before them.  0: too little of it is
 * in view. */
static int take_window(struct spectrum *s, const struct rectified *in, int x0, int y0)
{
    double sum = 0;
    int seen = 0;
    for (int y = 0; y < SIDE; y++) {
        float last = 0;
        for (int x = 0; x < SIDE; x++) {
            size_t at = (size_t)(y0 + y) * (size_t)in->columns + (size_t)(x0 + x);
            const float *v = in->v + 3 * at;
            if (in->weight[at] > 0) last = 0.3f * v[0] + 0.59f * v[1] + 0.11f * v[2] + DARK, seen++;
            s->canvas[y * SIDE + x] = last;
        }
    }
    if (seen < IN_VIEW * SIDE * SIDE) return 0;
    for (int k = 0; k < SIDE * SIDE; k++) {
        s->canvas[k] = logf(fmaxf(s->canvas[k], DARK));
        sum += s->canvas[k];
    }
    float mean = (float)(sum / (SIDE * SIDE));
    for (int k = 0; k < SIDE * SIDE; k++)
        s->canvas[k] = (s->canvas[k] - mean) * s->window[k / SIDE] * s->window[k % SIDE];
    return 1;
}

static uint8_t level_of(double power)
{
    return power > 0 ? (uint8_t)fmin(255, fmax(1, 240 + 12 * log(power) + 0.5)) : 0;
}

static void measure_cell(struct spectrum *s, struct edge_cell *out)
{
    double power[EDGE_BANDS][EDGE_DIRECTIONS] = {{0}};
    fft2_columns(s->fft, s->canvas, s->x, LAST);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x <= LAST; x++) {
            const struct cplx *c = &s->x[y * HALF + x];
            if (s->band[y][x] >= 0)
                power[s->band[y][x]][s->direction[y][x]] += (double)c->re * c->re + (double)c->im * c->im;
        }
    for (int b = 0; b < EDGE_BANDS; b++)
        for (int d = 0; d < EDGE_DIRECTIONS; d++)
            out->level[b][d] = s->samples[b][d] ? level_of(power[b][d] * s->scale / s->samples[b][d]) : 0;
}

/* All windows that lie on the artwork. */
static void measure_all(struct spectrum *s, const struct rectified *in, const int shift[2], struct edges *out)
{
    for (int y = 0; y + SIDE <= in->rows; y += STEP)
        for (int x = 0; x + SIDE <= in->columns; x += STEP) {
            long column = x / STEP + (long)EDGE_PER_TILE * (in->tile[0] + shift[0]);
            long row = y / STEP + (long)EDGE_PER_TILE * (in->tile[1] + shift[1]);
            if (column < 0 || row < 0 || column > EDGE_COORDINATE || row > EDGE_COORDINATE) continue;
            if (!take_window(s, in, x, y)) continue;
            struct edge_cell *c = &out->at[out->n++];
            c->column = (int)column, c->row = (int)row;
            measure_cell(s, c);
        }
}

int edges_measure(const struct cells_source *src, const struct seal_found *seal, struct edges *out)
{
    struct rectify_picture pic = {src->rgb, src->width, src->height, src->stride, src->found->factor};
    struct rectified in = {0};
    *out = (struct edges){.page = seal->page};
    enum rectify_status st = rectify_rgb(&in, &pic, &src->found->field, PER_TILE, MAX_BYTES);
    int bad = st == RECTIFY_NO_MEMORY;
    if (st == RECTIFY_OK && in.columns >= SIDE && in.rows >= SIDE) {
        struct spectrum *s = spectrum_new();
        /* windows: less than one to STEP x STEP samples of an array within MAX_BYTES */
        size_t n = (size_t)(in.columns / STEP) * (size_t)(in.rows / STEP);
        out->at = malloc(n * sizeof *out->at);
        bad = !s || !out->at;
        if (!bad) measure_all(s, &in, seal->shift, out);
        spectrum_free(s);
    }
    rectified_free(&in);
    return bad ? -1 : 0;
}

void edges_clear(struct edges *e)
{
    free(e->at);
    *e = (struct edges){0};
}
