/*
 * Tile synthesis (tile.h): s(x, y) = sum over bins of Re[ a_k exp(2 pi i (kx x + ky y)) ], summed first over
 * kx for every (ky, x), then over ky: 2 * 40 * 512^2 steps, no transform needed.  On paper the specks that result are then
 * spread evenly (level).
 */
#include "mark/tile.h"
#include "clones.h"
#include "press/ink.h"
#include <math.h>
#include <string.h>

#define NO_PEAK     7.99  /* the largest int16_t: seven standard deviations of the chips, pilots in phase */
#define LEVEL_TINT  0.345 /* what paper may carry of max(0, min(s, 1.8) - 0.1) around a place: the mean of it is 0.340 */
#define LEVEL_RAISE 1.15  /* how far it is raised where it carries less, in each pass */

/* LEVEL_REACH: of the averages, in samples; three of 35 are a bell of 0.66 mm (standard deviation).  The first pass leaves
 * what a bell cannot follow. */
enum { KX = 2 * BIN_MAX - 1, BLOCK = 64, LEVEL_REACH = 35, LEVEL_PASSES = 2 };

struct spectrum {
    double re[BIN_MAX][KX], im[BIN_MAX][KX];
};

static int on_paper(const struct bin *b)
{
    return b->kx * b->kx + b->ky * b->ky <= PAPER_RADIUS * PAPER_RADIUS;
}

double tile_paper_gain(const struct carrier *c)
{
    double power = PILOT_POWER;
    for (int j = 0; j < CARRIER_BINS; j++)
        if (on_paper(&c->bins[j])) power += (double)c->amplitude[j] * c->amplitude[j];
    return 1 / sqrt(power);
}

static void fill(struct spectrum *a, const struct carrier *c, const int8_t chips[CODE_N], enum tile_band band,
                 double scale)
{
    memset(a, 0, sizeof *a);
    double gain = band == TILE_PAPER ? scale * tile_paper_gain(c) : scale, p = gain * carrier_pilot_amplitude();
    for (int j = 0; j < CARRIER_BINS; j++) { /* c0 cos(t) - c1 sin(t) = Re[(c0 + i c1) exp(i t)] */
        const struct bin *b = &c->bins[j];
        if (band == TILE_PAPER && !on_paper(b)) continue;
        a->re[b->ky][b->kx + BIN_MAX - 1] = gain * c->amplitude[j] * chips[2 * j];
        a->im[b->ky][b->kx + BIN_MAX - 1] = gain * c->amplitude[j] * chips[2 * j + 1];
    }
    for (int i = 0; i < N_PILOTS; i++) {
        const struct pilot *q = &carrier_pilots[i];
        a->re[q->ky][q->kx + BIN_MAX - 1] = p * cos(2 * M_PI * q->phase / 16);
        a->im[q->ky][q->kx + BIN_MAX - 1] = p * sin(2 * M_PI * q->phase / 16);
    }
}

/* Columns x0 .. x0 + BLOCK - 1 of the tile: rows of the spectrum first, then, a row of samples at a time, its columns. */
CLONED static void transform_block(int16_t out[TILE_SIDE][TILE_SIDE], const struct spectrum *a, int x0,
                            const double cosine[TILE_SIDE], const double sine[TILE_SIDE], double peak)
{
    double re[BIN_MAX][BLOCK], im[BIN_MAX][BLOCK];
    for (int ky = 0; ky < BIN_MAX; ky++)
        for (int x = 0; x < BLOCK; x++) {
            double r = 0, m = 0;
            for (int k = 0; k < KX; k++) {
                int w = (k - (BIN_MAX - 1)) * (x0 + x) & (TILE_SIDE - 1);
                r += a->re[ky][k] * cosine[w] - a->im[ky][k] * sine[w];
                m += a->re[ky][k] * sine[w] + a->im[ky][k] * cosine[w];
            }
            re[ky][x] = r;
            im[ky][x] = m;
        }
    for (int y = 0; y < TILE_SIDE; y++) {
        double s[BLOCK] = {0};
        for (int ky = 0; ky < BIN_MAX; ky++) {
            double c = cosine[ky * y & (TILE_SIDE - 1)], d = sine[ky * y & (TILE_SIDE - 1)];
            for (int x = 0; x < BLOCK; x++) s[x] += re[ky][x] * c - im[ky][x] * d;
        }
        for (int x = 0; x < BLOCK; x++)
            out[y][x0 + x] = (int16_t)lrint(TILE_UNIT * fmax(-peak, fmin(peak, s[x])));
    }
}

static void transform(int16_t out[TILE_SIDE][TILE_SIDE], const struct spectrum *a, double peak)
{
    double cosine[TILE_SIDE], sine[TILE_SIDE];
    for (int i = 0; i < TILE_SIDE; i++) {
        cosine[i] = cos(2 * M_PI * i / TILE_SIDE);
        sine[i] = sin(2 * M_PI * i / TILE_SIDE);
    }
    for (int x = 0; x < TILE_SIDE; x += BLOCK) transform_block(out, a, x, cosine, sine, peak);
}

/* The average of LEVEL_REACH samples around each, along a row (stride 1) or a column (TILE_SIDE), around the tile. */
static void average(int16_t *v, int stride)
{
    enum { HALF = LEVEL_REACH / 2 };
    int16_t was[TILE_SIDE];
    int32_t sum = 0;
    for (int i = 0; i < TILE_SIDE; i++) was[i] = v[i * stride];
    for (int i = -HALF; i <= HALF; i++) sum += was[i & (TILE_SIDE - 1)];
    for (int i = 0; i < TILE_SIDE; i++) {
        v[i * stride] = (int16_t)((sum + HALF) / LEVEL_REACH);
        sum += was[(i + HALF + 1) & (TILE_SIDE - 1)] - was[(i - HALF) & (TILE_SIDE - 1)];
    }
}

/* Lowers s where many specks of the paper's tint meet by chance, and raises it a little where few do.  s: of the power
 * scale^2; m: to work in. */
static void level(int16_t s[TILE_SIDE][TILE_SIDE], double scale, int16_t m[TILE_SIDE][TILE_SIDE])
{
    const double theta = TILE_UNIT * (double)INK_THETA, peak = TILE_UNIT * (double)INK_PAPER_PEAK;
    for (int y = 0; y < TILE_SIDE; y++)
        for (int x = 0; x < TILE_SIDE; x++) m[y][x] = (int16_t)lrint(fmax(0, fmin(s[y][x] / scale, peak) - theta));
    for (int k = 0; k < 3; k++) {
        for (int y = 0; y < TILE_SIDE; y++) average(m[y], 1);
        for (int x = 0; x < TILE_SIDE; x++) average(&m[0][x], TILE_SIDE);
    }
    for (int y = 0; y < TILE_SIDE; y++)
        for (int x = 0; x < TILE_SIDE; x++) {
            double w = m[y][x] * LEVEL_RAISE > LEVEL_TINT * TILE_UNIT ? LEVEL_TINT * TILE_UNIT / m[y][x] : LEVEL_RAISE;
            s[y][x] = (int16_t)lrint(s[y][x] * w);
        }
}

/* Paper is made first, without a limit, which is levelled; ink's samples are room for that. */
static void render(struct tile *t, const struct carrier *c, const int8_t chips[CODE_N], double scale, double peak)
{
    struct spectrum a;
    fill(&a, c, chips, TILE_PAPER, scale);
    transform(t->s[TILE_PAPER], &a, NO_PEAK / (LEVEL_RAISE * LEVEL_RAISE));
    for (int k = 0; k < LEVEL_PASSES; k++) level(t->s[TILE_PAPER], scale, t->s[TILE_INK]);
    int most = (int)lrint(TILE_UNIT * peak);
    for (int y = 0; y < TILE_SIDE; y++)
        for (int x = 0; x < TILE_SIDE; x++) {
            int v = t->s[TILE_PAPER][y][x];
            t->s[TILE_PAPER][y][x] = (int16_t)(v < -most ? -most : v > most ? most : v);
        }
    fill(&a, c, chips, TILE_INK, scale);
    transform(t->s[TILE_INK], &a, peak);
}

void tile_render(struct tile *t, const struct carrier *c, const int8_t chips[CODE_N])
{
    render(t, c, chips, 1, TILE_PEAK);
}

void tile_render_share(struct tile *t, const struct carrier *c, const int8_t chips[CODE_N], double power)
{
    render(t, c, chips, sqrt(power), NO_PEAK);
}

/* Position in 1/65536 of a sample, reduced to the tile, so that a row costs one addition and one mask a
 * pixel. */
static uint32_t phase(double mm)
{
    double turns = mm / TILE_MM;
    return (uint32_t)(int64_t)llrint((turns - floor(turns)) * TILE_SIDE * 65536.0);
}

void tile_row(const struct tile *t, enum tile_band band, double y_mm, double x0_mm, double dx_mm, size_t n,
              int16_t *out)
{
    const int16_t *row = t->s[band][phase(y_mm) >> 16 & (TILE_SIDE - 1)];
    /* re-anchored every 1024 pixels: the fixed-point step is off by < 2^-17 sample, so drift stays below 0.01
     * sample */
    for (size_t i = 0; i < n; i += 1024) {
        uint32_t p = phase(x0_mm + (double)i * dx_mm),
                 step = (uint32_t)(int64_t)llrint(dx_mm / TILE_MM * TILE_SIDE * 65536.0);
        size_t end = n - i < 1024 ? n : i + 1024;
        for (size_t j = i; j < end; j++, p += step) out[j] = row[p >> 16 & (TILE_SIDE - 1)];
    }
}

void tile_line(const struct tile *t, enum tile_band band, double x0_mm, double y0_mm, double dx_mm,
               double dy_mm, size_t n, int16_t *out)
{
    if (dy_mm == 0) { /* most artwork: one row of the tile serves */
        tile_row(t, band, y0_mm, x0_mm, dx_mm, n, out);
        return;
    }
    const double unit = TILE_SIDE * 65536.0 / TILE_MM;
    uint32_t step_x = (uint32_t)(int64_t)llrint(dx_mm * unit),
             step_y = (uint32_t)(int64_t)llrint(dy_mm * unit);
    for (size_t i = 0; i < n; i += 1024) { /* re-anchored as in tile_row */
        uint32_t x = phase(x0_mm + (double)i * dx_mm), y = phase(y0_mm + (double)i * dy_mm);
        size_t end = n - i < 1024 ? n : i + 1024;
        for (size_t j = i; j < end; j++, x += step_x, y += step_y)
            out[j] = t->s[band][y >> 16 & (TILE_SIDE - 1)][x >> 16 & (TILE_SIDE - 1)];
    }
}
