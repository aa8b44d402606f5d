/*
 * Sample artwork: a pharma carton of the kind that is mostly white, a flat tint, and a picture from edge to
 * edge.
 *
 * Everything is drawn in mm into 8-bit CMYK; barcodes come from libzint, module by module, on whole pixels as
 * pre-press software places them.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <zint.h>
#include "test/sim.h"

struct box {
    double x, y, w, h;
}; /* mm */

/* Pixel range of an interval in mm, clipped to 0..limit. */
static void range(double from, double length, double ppmm, uint32_t limit, uint32_t *a, uint32_t *b)
{
    double lo = floor(from * ppmm + 0.5), hi = floor((from + length) * ppmm + 0.5);
    *a = lo < 0 ? 0 : lo > limit ? limit : (uint32_t)lo;
    *b = hi < 0 ? 0 : hi > limit ? limit : (uint32_t)hi;
}

/* Fills a box with a linear gradient from left to right; percent of ink. */
static void gradient(struct sim_image *m, struct box b, const double left[4], const double right[4])
{
    uint32_t x0, x1, y0, y1;
    range(b.x, b.w, m->ppmm, m->width, &x0, &x1);
    range(b.y, b.h, m->ppmm, m->height, &y0, &y1);
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++) {
            double t = (x - x0 + 0.5) / (x1 - x0);
            for (int k = 0; k < 4; k++)
                m->data[4 * ((size_t)y * m->width + x) + (size_t)k] =
                    (uint8_t)(2.55 * (left[k] + t * (right[k] - left[k])) + 0.5);
        }
}

static void tint(struct sim_image *m, struct box b, double c, double y, double n, double k)
{
    const double ink[4] = {c, y, n, k};
    gradient(m, b, ink, ink);
}

/* ---- the picture: hills in haze under an evening sky ---- */

static double noise(uint64_t seed, double x, double y)
{
    double sum = 0, weight = 0.5;
    for (int octave = 0; octave < 6; octave++, x *= 2, y *= 2, weight /= 2) {
        double fx = floor(x), fy = floor(y), u = x - fx, v = y - fy, c[4];
        for (int i = 0; i < 4; i++)
            c[i] = sim_uniform(seed + (uint64_t)octave, (uint64_t)((int64_t)fx + (i & 1) + 65536) * 131072u +
                                                            (uint64_t)((int64_t)fy + (i >> 1) + 65536));
        u = u * u * (3 - 2 * u);
        v = v * v * (3 - 2 * v);
        sum += weight * ((c[0] * (1 - u) + c[1] * u) * (1 - v) + (c[2] * (1 - u) + c[3] * u) * v);
    }
    return sum;
}

/* Ink (percent) of the picture at u, v in 0..1. */
static void picture_ink(uint64_t seed, double u, double v, double ink[4])
{
    static const double sky_top[4] = {62, 28, 4, 0}, sky_low[4] = {4, 22, 38, 0};
    static const double hill[4][4] = {{42, 30, 18, 4}, {52, 26, 42, 8}, {58, 24, 78, 14}, {66, 38, 92, 34}};
    double cloud = noise(seed + 50, 5 * u, 14 * v) - 0.52, t = v / 0.6;
    for (int k = 0; k < 4; k++) ink[k] = sky_top[k] + (sky_low[k] - sky_top[k]) * (t > 1 ? 1 : t);
    for (int k = 0; k < 3; k++) ink[k] *= cloud > 0 ? exp(-6 * cloud) : 1;
    double sun = hypot((u - 0.7) * 1.4, v - 0.36);
    for (int k = 0; k < 2; k++) ink[k] *= 1 - exp(-sun * sun * 60);
    for (int i = 0; i < 4; i++) {
        double ridge = 0.42 + 0.13 * i + 0.28 * (noise(seed + (uint64_t)i * 9, u * (2 + i), i * 7.3) - 0.5);
        if (v < ridge) continue;
        double texture = 0.75 + 0.5 * noise(seed + 31 + (uint64_t)i, u * 20 * (i + 1), v * 30 * (i + 1));
        for (int k = 0; k < 4; k++) ink[k] = hill[i][k] * texture;
    }
}

static void picture(struct sim_image *m, struct box b, uint64_t seed)
{
    uint32_t x0, x1, y0, y1;
    range(b.x, b.w, m->ppmm, m->width, &x0, &x1);
    range(b.y, b.h, m->ppmm, m->height, &y0, &y1);
    for (uint32_t y = y0; y < y1; y++)
        for (uint32_t x = x0; x < x1; x++) {
            double ink[4];
            picture_ink(seed, (x - x0 + 0.5) / (x1 - x0), (y - y0 + 0.5) / (y1 - y0), ink);
            for (int k = 0; k < 4; k++) {
                double v = ink[k] < 0 ? 0 : ink[k] > 100 ? 100 : ink[k];
                m->data[4 * ((size_t)y * m->width + x) + (size_t)k] = (uint8_t)(2.55 * v + 0.5);
            }
        }
}

/* ---- barcodes ---- */

/* Black modules of about module_mm, a whole number of pixels; linear codes are height_mm high. */
static int barcode(struct sim_image *m, double x, double y, int symbology, const char *data, double module_mm,
                   double height_mm)
{
    struct zint_symbol *s = ZBarcode_Create();
    if (!s) return -1;
    s->symbology = symbology;
    s->input_mode = symbology == BARCODE_DATAMATRIX ? GS1_MODE : DATA_MODE;
    s->show_hrt = 0;
    int bad = ZBarcode_Encode(s, (const unsigned char *)data, 0) >= ZINT_ERROR;
    if (bad) fprintf(stderr, "barcode %s: %s\n", data, s->errtxt);
    uint32_t n = (uint32_t)fmax(1, floor(module_mm * m->ppmm + 0.5)), left = (uint32_t)(x * m->ppmm),
             top = (uint32_t)(y * m->ppmm);
    uint32_t tall = symbology == BARCODE_DATAMATRIX ? n : (uint32_t)(height_mm * m->ppmm);
    for (int r = 0; !bad && r < s->rows; r++)
        for (int c = 0; c < s->width; c++) {
            if (!(s->encoded_data[r][c >> 3] >> (c & 7) & 1)) continue;
            for (uint32_t j = 0; j < tall; j++)
                for (uint32_t i = 0; i < n; i++) {
                    uint32_t px = left + (uint32_t)c * n + i, py = top + (uint32_t)r * tall + j;
                    if (px >= m->width || py >= m->height) continue;
                    static const uint8_t black[4] = {0, 0, 0, 255};
                    memcpy(m->data + 4 * ((size_t)py * m->width + px), black, 4);
                }
        }
    ZBarcode_Delete(s);
    return bad ? -1 : 0;
}

/* ---- the carton ---- */

static const uint8_t black[4] = {0, 0, 0, 255}, blue[4] = {235, 150, 20, 20}, white[4] = {0, 0, 0, 0},
                     orange[4] = {0, 130, 235, 0};

static void carton_text(struct sim_image *m, double q, uint64_t seed)
{
    static const char *const fine[] = {
        "Each film-coated tablet contains 20 mg of ennalin (as hydrochloride).",
        "Also contains lactose. See leaflet for further information. For oral use.",
        "Keep out of the sight and reach of children. Do not store above 25 C.",
        "Store in the original package in order to protect from moisture.",
    };
    char lot[40];
    sim_text(m, 4 * q, 7.4 * q, 3.2 * q, 0.55 * q, white, "Ennova Laboratories");
    sim_text(m, 4 * q, 19.5 * q, 6.4 * q, 1.15 * q, blue, "Ennalin");
    sim_text(m, 38 * q, 19.5 * q, 4.4 * q, 0.8 * q, orange, "20 mg");
    sim_text(m, 4 * q, 25 * q, 2.2 * q, 0.32 * q, black, "30 film-coated tablets");
    for (int i = 0; i < 4; i++) sim_text(m, 4 * q, (29 + 2 * i) * q, 1.05 * q, 0.14 * q, black, fine[i]);
    sim_text(m, 7 * q, 44 * q, 2.6 * q, 0.42 * q, blue, "one tablet daily, with water");
    snprintf(lot, sizeof lot, "LOT  EN%04u", (unsigned)(sim_random(seed, 7) % 10000));
    sim_text(m, 6 * q, 55.5 * q, 1.9 * q, 0.28 * q, black, lot);
    sim_text(m, 6 * q, 60 * q, 1.9 * q, 0.28 * q, black, "EXP  12/2028");
    sim_text(m, 6 * q, 64.5 * q, 1.9 * q, 0.28 * q, black, "(01) 09506000134352");
    sim_text(m, 61 * q, 65.6 * q, 2.2 * q, 0.25 * q, black, "9 506000 134352");
}

static int carton(struct sim_image *m, double q, uint64_t seed)
{
    static const double deep[4] = {92, 58, 8, 6}, light[4] = {62, 14, 6, 0};
    gradient(m, (struct box){0, 0, 100 * q, 10 * q}, deep, light);
    picture(m, (struct box){62 * q, 10 * q, 38 * q, 32 * q}, seed);
    tint(m, (struct box){4 * q, 38 * q, 55 * q, 9 * q}, 16, 4, 2, 0);
    tint(m, (struct box){4 * q, 50 * q, 34 * q, 17 * q}, 2, 8, 24, 0);
    gradient(m, (struct box){0, 68.5 * q, 100 * q, 1.5 * q}, light, deep);
    carton_text(m, q, seed);
    if (barcode(m, 42 * q, 50.5 * q, BARCODE_DATAMATRIX, "[01]09506000134352[17]281231[10]EN9459", 0.5 * q,
                0))
        return -1;
    return barcode(m, 62 * q, 46 * q, BARCODE_EANX, "950600013435", 0.34 * q, 16 * q);
}

int sim_make_artwork(struct sim_image *cmyk, enum sim_artwork_kind kind, double width_mm, double height_mm,
                     double dpi, uint64_t seed)
{
    double ppmm = dpi / 25.4;
    if (sim_image_new(cmyk, (uint32_t)(width_mm * ppmm + 0.5), (uint32_t)(height_mm * ppmm + 0.5), 4, ppmm))
        return -1;
    struct box all = {0, 0, width_mm, height_mm};
    if (kind == SIM_TINT)
        tint(cmyk, all, 20, 30, 12, 0);
    else if (kind == SIM_PICTURE)
        picture(cmyk, all, seed);
    else if (carton(cmyk, fmin(width_mm / 100, height_mm / 70), seed)) {
        sim_image_free(cmyk);
        return -1;
    }
    return 0;
}
