/*
 * The simulated press: a picture of the halftoned print of CMYK artwork.
 *
 * 1. Screening: each ink is compared with a rotated clustered-dot threshold (spot function cos u + cos v,
 * ranked so that tone is linear) on a grid of twice the output resolution.
 * 2. Ink spread: the 1-bit plate is blurred (ink edge) and re-thresholded softly below one half (mechanical
 * gain), then averaged 2 x 2.
 * 3. Colour: the 16 Neugebauer primaries (Neugebauer 1937; Demichel weights) in linear light.
 * 4. Paper: light enters and leaves through the ink, scattered in between: R = T (T * psf), T = sqrt(R of
 * step 3) (Ruckdeschel and Hauser, Applied Optics 17, 1978): optical dot gain.
 */
#include "test/sim.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

int sim_image_new(struct sim_image *m, uint32_t width, uint32_t height, int channels, double ppmm)
{
    *m = (struct sim_image){.width = width, .height = height, .channels = channels, .ppmm = ppmm};
    if ((uint64_t)width * height > 400000000u) return -1;
    m->data = calloc((size_t)width * height + 1, (size_t)channels);
    return m->data ? 0 : -1;
}

void sim_image_free(struct sim_image *m)
{
    free(m->data);
    *m = (struct sim_image){0};
}

uint64_t sim_random(uint64_t seed, uint64_t n)
{
    uint64_t z = seed * 0xd1342543de82ef95u + (n + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double sim_uniform(uint64_t seed, uint64_t n)
{
    return (double)(sim_random(seed, n) >> 11) * 0x1p-53;
}

/* Sum of eight 8-bit numbers: variance 8 (256^2 - 1) / 12. */
double sim_normal(uint64_t seed, uint64_t n)
{
    uint64_t bits = sim_random(seed, n);
    int sum = 0;
    for (int i = 0; i < 8; i++) sum += (int)(bits >> (8 * i) & 255);
    return (sum - 1020) / 209.02;
}

struct sim_press sim_press_default(void)
{
    return (struct sim_press){.lpi = 175,
                              .angle_deg = {15, 75, 0, 45},
                              .out_dpi = 1200,
                              .softness_um = 9,
                              .gain_um = 3,
                              .scatter_um = 30,
                              .misregister_um = 25,
                              .seed = 1};
}

/* ---- colour ---- */

/* CIELAB (D50) of the primaries on coated paper after ISO 12647-2:2004 paper type 1 (relative to paper) and,
 * for the three-colour overprint, the black that such presses print; order of bits C, M, Y. */
static const double primary_lab[8][3] = {
    {100, 0, 0},  {55, -36, -44}, {49, 72, -3}, {25, 20, -42},
    {92, -5, 88}, {51, -65, 28},  {48, 67, 46}, {23, 1, 1},
};
#define BLACK_INK 0.025 /* reflectance of black ink over anything, relative */

static double lab_inverse(double t)
{
    return t > 6.0 / 29 ? t * t * t : 3 * 36.0 / 841 * (t - 4.0 / 29);
}

/* D50 XYZ to linear sRGB, Bradford-adapted (Lindbloom's matrix), then clipped: cyan lies outside. */
static void lab_to_linear(const double lab[3], double rgb[3])
{
    double y = (lab[0] + 16) / 116, x = y + lab[1] / 500, z = y - lab[2] / 200;
    double xyz[3] = {0.96422 * lab_inverse(x), lab_inverse(y), 0.82521 * lab_inverse(z)};
    static const double m[3][3] = {{3.1338561, -1.6168667, -0.4906146},
                                   {-0.9787684, 1.9161415, 0.0334540},
                                   {0.0719453, -0.2289914, 1.4052427}};
    for (int i = 0; i < 3; i++) {
        double v = m[i][0] * xyz[0] + m[i][1] * xyz[1] + m[i][2] * xyz[2];
        rgb[i] = v < 0.012 ? 0.012 : v > 1 ? 1 : v;
    }
}

static void make_primaries(float p[16][3])
{
    for (int i = 0; i < 8; i++) {
        double rgb[3];
        lab_to_linear(primary_lab[i], rgb);
        for (int k = 0; k < 3; k++) {
            p[i][k] = (float)rgb[k];
            p[i + 8][k] = (float)(BLACK_INK * (0.4 + 0.6 * rgb[k]));
        }
    }
}

/* Demichel: 4-linear interpolation between the 16 primaries, one ink after the other. */
static void mix(float p[16][3], const float ink[4], float out[3])
{
    for (int k = 0; k < 3; k++) {
        float w[16];
        for (int i = 0; i < 16; i++) w[i] = p[i][k];
        for (int j = 3, n = 8; j >= 0; j--, n /= 2)
            for (int i = 0; i < n; i++) w[i] += ink[j] * (w[i + n] - w[i]);
        out[k] = w[0];
    }
}

void sim_ink_colour(const double ink[4], double linear[3])
{
    float p[16][3], in[4], out[3];
    make_primaries(p);
    for (int j = 0; j < 4; j++) in[j] = (float)ink[j];
    mix(p, in, out);
    for (int k = 0; k < 3; k++) linear[k] = out[k];
}

/* ---- screening ---- */

enum { CELL = 64 }; /* the threshold cell is CELL x CELL, 64 = 2^(32 - 26) below */

struct spot {
    double value;
    int place;
};

static int by_value(const void *a, const void *b)
{
    const struct spot *s = a, *t = b;
    return s->value < t->value ? -1 : s->value > t->value ? 1 : s->place - t->place;
}

/* Thresholds 1..65534 ranked over one period of the spot function, so that a tone covers exactly its share.
 */
static int make_thresholds(uint16_t t[CELL * CELL])
{
    struct spot *s = malloc(CELL * CELL * sizeof *s);
    if (!s) return -1;
    for (int i = 0; i < CELL * CELL; i++) {
        double u = (i % CELL + 0.5) / CELL, v = (i / CELL + 0.5) / CELL;
        s[i] = (struct spot){-(cos(2 * M_PI * u) + cos(2 * M_PI * v)), i};
    }
    qsort(s, CELL * CELL, sizeof *s, by_value);
    for (int i = 0; i < CELL * CELL; i++) t[s[i].place] = (uint16_t)((i + 0.5) * 65535 / (CELL * CELL));
    free(s);
    return 0;
}

/* One row of the plate of one ink: dot[x] = 1 where ink is printed.  step: artwork pixels per plate pixel. */
struct screen {
    const struct sim_image *art;
    const uint16_t *threshold;
    int ink;
    double step, shift_x, shift_y; /* artwork pixels */
    uint32_t ux, uy; /* screen periods per plate pixel along the rotated axes, 2^32 = one period */
};

static void screen_row(const struct screen *s, uint32_t y, uint32_t width, float *dot)
{
    double ay = (y + 0.5) * s->step + s->shift_y;
    int64_t j = (int64_t)floor(ay);
    j = j < 0 ? 0 : j >= s->art->height ? s->art->height - 1 : j;
    const uint8_t *row = s->art->data + (size_t)j * s->art->width * 4 + s->ink;
    int64_t at = (int64_t)((0.5 * s->step + s->shift_x) * 0x1p32), step = (int64_t)(s->step * 0x1p32);
    uint32_t u = y * s->uy, v = y * s->ux; /* phases wrap around as they should */
    for (uint32_t x = 0; x < width; x++, at += step, u += s->ux, v -= s->uy) {
        int64_t i = at >> 32;
        i = i < 0 ? 0 : i >= s->art->width ? s->art->width - 1 : i;
        unsigned tone = row[4 * i] * 257u;
        if (!s->threshold)
            dot[x] = (float)tone / 65535;
        else
            dot[x] = tone > s->threshold[(v >> 26) * CELL + (u >> 26)] ? 1 : 0;
    }
}

/* ---- blur ---- */

enum { MAX_TAPS = 33 };

/* Normalised Gaussian, returns the number of taps (odd). */
static int gaussian(double sigma, float taps[MAX_TAPS])
{
    int half = (int)ceil(2.5 * sigma);
    if (half < 0 || sigma <= 0) half = 0;
    if (half > MAX_TAPS / 2) half = MAX_TAPS / 2;
    double sum = 0;
    for (int i = -half; i <= half; i++)
        sum += taps[i + half] = (float)(half ? exp(-0.5 * i * i / (sigma * sigma)) : 1);
    for (int i = 0; i <= 2 * half; i++) taps[i] = (float)(taps[i] / sum);
    return 2 * half + 1;
}

static void blur_row(const float *in, float *out, uint32_t width, int step, const float *taps, int n)
{
    int64_t half = n / 2;
    for (int64_t x = 0; x < width; x++) {
        float sum = 0;
        if (x >= half && x + half < width) {
            const float *from = in + (x - half) * step;
            for (int i = 0; i < n; i++) sum += taps[i] * from[i * step];
        } else {
            for (int64_t i = -half; i <= half; i++) {
                int64_t at = x + i < 0 ? 0 : x + i >= width ? width - 1 : x + i;
                sum += taps[i + half] * in[at * step];
            }
        }
        out[x * step] = sum;
    }
}

/* Sum over rows of a ring buffer that holds row y at y % n. */
static void blur_column(float *const *ring, int64_t y, int64_t height, size_t width, const float *taps, int n,
                        float *out)
{
    int half = n / 2;
    memset(out, 0, width * sizeof *out);
    for (int i = -half; i <= half; i++) {
        int64_t at = y + i < 0 ? 0 : y + i >= height ? height - 1 : y + i;
        const float *in = ring[at % n];
        for (size_t x = 0; x < width; x++) out[x] += taps[i + half] * in[x];
    }
}

/* Rings of n rows of `width` floats. */
static float **ring_new(int n, size_t width)
{
    float **ring = calloc((size_t)n, sizeof *ring);
    float *rows = ring ? calloc((size_t)n * width, sizeof *rows) : NULL;
    if (!rows) {
        free(ring);
        return NULL;
    }
    for (int i = 0; i < n; i++) ring[i] = rows + (size_t)i * width;
    return ring;
}

static void ring_free(float **ring)
{
    if (ring) free(ring[0]);
    free(ring);
}

/* ---- the print ---- */

/* Coverage of one ink at output resolution, 0..255, from plate rows at twice that; steps 1 and 2 of the head.
 */
static int print_ink(const struct screen *s, const struct sim_press *o, uint8_t *cover, uint32_t width,
                     uint32_t height)
{
    float taps[MAX_TAPS];
    double um = 25400 / (2 * o->out_dpi);
    int n = gaussian(o->softness_um / um, taps);
    /* an edge blurred with sigma s passes 1/2 - d / (s sqrt(2 pi)) at the distance d outside */
    float cut = (float)(0.5 - (s->threshold ? o->gain_um / (o->softness_um * 2.5066) : 0)),
          slope = s->threshold ? 2 : 1;
    uint32_t w2 = 2 * width, h2 = 2 * height, made = 0;
    float **ring = ring_new(n, w2), *dot = malloc(w2 * sizeof *dot), *sum = calloc(width, sizeof *sum);
    float *row = malloc(w2 * sizeof *row);
    int bad = !ring || !dot || !sum || !row;
    for (uint32_t y = 0; !bad && y < h2; y++) {
        for (; made < h2 && made <= y + (uint32_t)n / 2; made++) {
            screen_row(s, made, w2, dot);
            blur_row(dot, ring[made % (uint32_t)n], w2, 1, taps, n);
        }
        blur_column(ring, y, h2, w2, taps, n, row);
        if (y % 2 == 0) memset(sum, 0, width * sizeof *sum);
        for (uint32_t x = 0; x < w2; x++) {
            float a = (row[x] - cut) * slope + 0.5f;
            if (!s->threshold)
                a += 0.55f * a * (1 - a); /* a proof shows the tone value increase of the print */
            sum[x / 2] += a < 0 ? 0 : a > 1 ? 1 : a;
        }
        if (y % 2)
            for (uint32_t x = 0; x < width; x++)
                cover[(size_t)(y / 2) * width + x] = (uint8_t)(sum[x] * 63.75f + 0.5f);
    }
    ring_free(ring);
    free(dot);
    free(sum);
    free(row);
    return bad ? -1 : 0;
}

static uint8_t code_srgb(float v)
{
    v = v <= 0 ? 0 : v >= 1 ? 1 : v;
    double c = v <= 0.0031308f ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055;
    return (uint8_t)(255 * c + 0.5);
}

/* Steps 3 and 4: from the coverage of the inks to light.  cover: four planes. */
static int print_light(const uint8_t *cover, const struct sim_press *o, struct sim_image *rgb)
{
    float p[16][3], taps[MAX_TAPS];
    uint8_t coded[4097];
    size_t plane = (size_t)rgb->width * rgb->height, width3 = 3 * (size_t)rgb->width;
    int n = gaussian(o->scatter_um * o->out_dpi / 25400, taps);
    float **blurred = ring_new(n, width3), **through = ring_new(n, width3),
          *row = malloc(width3 * sizeof *row);
    int bad = !blurred || !through || !row;
    make_primaries(p);
    for (int i = 0; i <= 4096; i++) coded[i] = code_srgb((float)i / 4096);
    uint32_t made = 0;
    for (uint32_t y = 0; !bad && y < rgb->height; y++) {
        for (; made < rgb->height && made <= y + (uint32_t)n / 2; made++) {
            float *t = through[made % (uint32_t)n];
            for (uint32_t x = 0; x < rgb->width; x++) {
                float ink[4];
                for (int j = 0; j < 4; j++)
                    ink[j] = cover[(size_t)j * plane + (size_t)made * rgb->width + x] / 255.0f;
                mix(p, ink, t + 3 * (size_t)x);
                for (int k = 0; k < 3; k++)
                    t[3 * (size_t)x + (size_t)k] = sqrtf(t[3 * (size_t)x + (size_t)k]);
            }
            for (int k = 0; k < 3; k++)
                blur_row(t + k, blurred[made % (uint32_t)n] + k, rgb->width, 3, taps, n);
        }
        blur_column(blurred, y, rgb->height, width3, taps, n, row);
        const float *t = through[y % (uint32_t)n];
        for (size_t i = 0; i < width3; i++) {
            float v = t[i] * row[i] * 4096;
            rgb->data[(size_t)y * width3 + i] = coded[v >= 4096 ? 4096 : (int)(v + 0.5f)];
        }
    }
    ring_free(blurred);
    ring_free(through);
    free(row);
    return bad ? -1 : 0;
}

int sim_print(const struct sim_image *cmyk, const struct sim_press *o, struct sim_image *rgb)
{
    uint16_t threshold[CELL * CELL];
    double ppmm = o->out_dpi / 25.4, um_to_art = cmyk->ppmm / 1000;
    uint32_t width = (uint32_t)(cmyk->width / cmyk->ppmm * ppmm + 0.5),
             height = (uint32_t)(cmyk->height / cmyk->ppmm * ppmm + 0.5);
    *rgb = (struct sim_image){0};
    if (cmyk->channels != 4 || make_thresholds(threshold) || sim_image_new(rgb, width, height, 3, ppmm))
        return -1;
    size_t plane = (size_t)width * height;
    uint8_t *cover = malloc(4 * plane + 1);
    int bad = !cover;
    for (int j = 0; j < 4 && !bad; j++) {
        double a = o->angle_deg[j] * M_PI / 180, period = 2 * o->out_dpi / (o->lpi > 0 ? o->lpi : 1);
        struct screen s = {.art = cmyk,
                           .threshold = o->lpi > 0 ? threshold : NULL,
                           .ink = j,
                           .step = cmyk->ppmm / (2 * ppmm),
                           .ux = (uint32_t)(int64_t)(cos(a) / period * 0x1p32),
                           .uy = (uint32_t)(int64_t)(sin(a) / period * 0x1p32),
                           .shift_x = o->misregister_um * sim_normal(o->seed, 2 * (uint64_t)j) * um_to_art,
                           .shift_y =
                               o->misregister_um * sim_normal(o->seed, 2 * (uint64_t)j + 1) * um_to_art};
        bad = print_ink(&s, o, cover + (size_t)j * plane, width, height);
    }
    if (!bad) bad = print_light(cover, o, rgb);
    free(cover);
    if (bad) sim_image_free(rgb);
    return bad;
}
