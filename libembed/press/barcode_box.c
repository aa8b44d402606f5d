/*
 * press: how large a barcode is that a reader found, and how wide its modules are.
 *
 * Readers tell little more than the scan lines that made sense. A linear code is taken from there
 * along its bars as long as rows look like the ones that were read; the module of EAN and UPC follows
 * from the width, else from the narrowest bars and spaces. A matrix code comes with corners.
 *
 * Ref: GS1 General Specifications, 5.2 - 5.8 (modules per symbol, quiet zones); J. Bigun, G.
 * Granlund, ICCV 1987 (structure tensor).
 */
#include "press/barcode.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEARBY = 80 }; /* px */

static double quiet_modules(enum barcode_kind k)
{
    switch (k) {
    case BARCODE_KIND_EAN13:
    case BARCODE_KIND_EAN8:
    case BARCODE_KIND_UPCE:
        return 7; /* 11 on the left of an EAN-13: the reader does not tell which side is which */
    case BARCODE_KIND_UPCA:
        return 9;
    case BARCODE_KIND_ITF14:
    case BARCODE_KIND_CODE128:
    case BARCODE_KIND_CODE39:
        return 10;
    case BARCODE_KIND_QR:
        return 4;
    case BARCODE_KIND_DATAMATRIX:
        return 1;
    case BARCODE_KIND_DATABAR:
    case BARCODE_KIND_DATABAR_EXPANDED:
        break;
    }
    return 0;
}

static double symbol_modules(enum barcode_kind k)
{
    return k == BARCODE_KIND_EAN13 || k == BARCODE_KIND_UPCA ? 95
           : k == BARCODE_KIND_EAN8                          ? 67
           : k == BARCODE_KIND_UPCE                          ? 51
                                                             : 0;
}

/* The crop seen with the scan direction as u and the bars along v. */
struct view {
    const struct grey *g;
    int across;
    int nu, nv;
};

static int at(const struct view *w, int u, int v)
{
    return w->across ? w->g->px[(size_t)u * w->g->width + (size_t)v]
                     : w->g->px[(size_t)v * w->g->width + (size_t)u];
}

static int clamped(double v, int n)
{
    return v < 0 ? 0 : v > n - 1 ? n - 1 : (int)v;
}

static int by_length(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean of the shorter third of the bars and spaces between u0 and u1 of row v, edges at the middle tone. */
static double narrowest(const struct view *w, int u0, int u1, int v, int middle)
{
    double run[512], last = -1, sum = 0;
    int n = 0;
    for (int u = u0 + 1; u <= u1 && n < 512; u++) {
        int a = at(w, u - 1, v), b = at(w, u, v);
        if ((a < middle) == (b < middle)) continue;
        double edge = u - 1 + (double)(middle - a) / (b - a);
        if (last >= 0) run[n++] = edge - last;
        last = edge;
    }
    if (n < 6) return 0;
    qsort(run, (size_t)n, sizeof *run, by_length);
    for (int i = 0; i < n / 3; i++) sum += run[i];
    return sum / (n / 3);
}

/* The fewest modules that a symbol of n characters has, and the widest space in it. */
static double least_modules(enum barcode_kind k, size_t n)
{
    double characters = (double)n, known = symbol_modules(k);
    return known > 0                   ? known
           : k == BARCODE_KIND_CODE128 ? 11 * (characters / 2 + 2) + 13
           : k == BARCODE_KIND_CODE39  ? 13 * (characters + 2)
           : k == BARCODE_KIND_ITF14   ? 7 * characters + 8
                                       : 90;
}

static double widest_space(enum barcode_kind k)
{
    return k == BARCODE_KIND_DATABAR || k == BARCODE_KIND_DATABAR_EXPANDED ? 9.5 : 5.5;
}

/* From u outwards in steps of `step`, over spaces of at most `gap` px, to the last bar. */
static int outermost(const struct view *w, int u, int v, int step, double gap, int middle)
{
    int last = u;
    for (int x = u; x >= 0 && x < w->nu && abs(x - last) <= gap; x += step)
        if (at(w, x, v) < middle) last = x;
    return last;
}

/* How far rows beyond v, in steps of `step`, look like row v: the last one that does. */
static int follow(const struct view *w, int u0, int u1, int v, int step, int middle)
{
    int last = v, misses = 0;
    for (int y = v + step; y >= 0 && y < w->nv && misses < 3; y += step) {
        int differ = 0;
        for (int u = u0; u <= u1; u++) differ += (at(w, u, y) < middle) != (at(w, u, v) < middle);
        if (differ * 8 > u1 - u0) {
            misses++;
        } else {
            misses = 0;
            last = y;
        }
    }
    return last;
}

static int middle_tone(const struct view *w, int u0, int u1, int v)
{
    int low = 255, high = 0;
    for (int u = u0; u <= u1; u++) {
        int t = at(w, u, v);
        if (t < low) low = t;
        if (t > high) high = t;
    }
    return (low + high + 1) / 2;
}

/* The reader may have marked one end of the symbol only: then the box grows over its bars. Returns the
 * module. */
static double whole_width(const struct view *w, const struct barcode *b, int *u0, int *u1, int v)
{
    int near0 = clamped(*u0 - NEARBY, w->nu), near1 = clamped(*u1 + NEARBY, w->nu);
    int middle = middle_tone(w, near0, near1, v);
    double module = narrowest(w, near0, near1, v, middle), gap = widest_space(b->kind) * module;
    if (*u1 - *u0 < 0.8 * module * least_modules(b->kind, b->n)) {
        *u0 = outermost(w, *u0, v, -1, gap, middle);
        *u1 = outermost(w, *u1, v, 1, gap, middle);
    }
    double modules = symbol_modules(b->kind);
    return modules > 0 ? (*u1 - *u0) / modules : narrowest(w, *u0, *u1, v, middle);
}

void barcode_box_linear(const struct grey *g, int across, struct barcode *b)
{
    struct view w = {g, across, (int)(across ? g->height : g->width), (int)(across ? g->width : g->height)};
    double from = across ? b->y : b->x, length = across ? b->height : b->width;
    double v_from = across ? b->x : b->y, v_length = across ? b->width : b->height;
    int u0 = clamped(from, w.nu), u1 = clamped(from + length, w.nu), v = clamped(v_from + v_length / 2, w.nv);
    b->module = whole_width(&w, b, &u0, &u1, v);
    int middle = middle_tone(&w, u0, u1, v);
    int v0 = follow(&w, u0, u1, v, -1, middle), v1 = follow(&w, u0, u1, v, 1, middle);
    b->quiet = -1;
    b->quiet_needed = b->module * quiet_modules(b->kind);
    b->x = across ? v0 : u0;
    b->y = across ? u0 : v0;
    b->width = (across ? v1 - v0 : u1 - u0) + 1;
    b->height = (across ? u1 - u0 : v1 - v0) + 1;
}

/* Length of the first dark run from `from` to `to`, a hundredth of the side inside: 7 modules at a
 * finder pattern. */
static double first_dark(const struct grey *g, const double from[2], const double to[2],
                         const double centre[2])
{
    double side = hypot(to[0] - from[0], to[1] - from[1]), dark = 0;
    int begun = 0, steps = (int)(4 * side);
    for (int i = 0; i <= steps; i++) {
        double t = (double)i / (steps + 1), x = from[0] + t * (to[0] - from[0]),
               y = from[1] + t * (to[1] - from[1]);
        x += 0.02 * (centre[0] - x), y += 0.02 * (centre[1] - y);
        int is_dark =
            g->px[(size_t)clamped(y, (int)g->height) * g->width + (size_t)clamped(x, (int)g->width)] < 128;
        if (is_dark)
            begun = 1, dark += side / (steps + 1);
        else if (begun)
            break;
    }
    return dark;
}

static double qr_module(const struct grey *g, const double corner[4][2])
{
    double run[8], centre[2] = {0, 0};
    for (int k = 0; k < 4; k++) centre[0] += corner[k][0] / 4, centre[1] += corner[k][1] / 4;
    for (int k = 0; k < 4; k++) {
        run[2 * k] = first_dark(g, corner[k], corner[(k + 1) % 4], centre);
        run[2 * k + 1] = first_dark(g, corner[k], corner[(k + 3) % 4], centre);
    }
    qsort(run, 8, sizeof *run, by_length);
    return (run[4] + run[5]) / 2 / 7; /* two of the eight start where there is no finder pattern */
}

void barcode_box_matrix(const struct grey *g, const double corner[4][2], int modules, struct barcode *b)
{
    double x0 = 1e9, x1 = -1e9, y0 = 1e9, y1 = -1e9;
    for (int k = 0; k < 4; k++) {
        x0 = fmin(x0, corner[k][0]), x1 = fmax(x1, corner[k][0]);
        y0 = fmin(y0, corner[k][1]), y1 = fmax(y1, corner[k][1]);
    }
    b->x = fmax(0, x0), b->y = fmax(0, y0);
    b->width = fmin(x1, g->width) - b->x, b->height = fmin(y1, g->height) - b->y;
    double dx = fabs(corner[1][0] - corner[0][0]), dy = fabs(corner[1][1] - corner[0][1]),
           side = hypot(dx, dy);
    b->turned = fmin(dx, dy) > 0.05 * side + 1;
    b->module = modules > 0 ? side / modules : qr_module(g, corner);
    b->quiet = -1;
    b->quiet_needed = b->module * quiet_modules(b->kind);
}

double barcode_direction(const struct grey *g, double *coherence)
{
    double xx = 0, yy = 0, xy = 0;
    for (uint32_t y = 1; y + 1 < g->height; y++) {
        const uint8_t *p = g->px + (size_t)y * g->width;
        int64_t rxx = 0, ryy = 0, rxy = 0;
        for (uint32_t x = 1; x + 1 < g->width; x++) {
            int dx = p[x + 1] - p[x - 1], dy = p[x + g->width] - p[(int64_t)x - g->width];
            rxx += dx * dx;
            ryy += dy * dy;
            rxy += dx * dy;
        }
        xx += (double)rxx, yy += (double)ryy, xy += (double)rxy;
    }
    *coherence = hypot(xx - yy, 2 * xy) / (xx + yy + 1);
    return 0.5 * atan2(2 * xy, xx - yy);
}

int barcode_turn(const struct grey *g, double angle, struct grey *out)
{
    double c = cos(angle), s = sin(angle);
    out->width = (uint32_t)(fabs(g->width * c) + fabs(g->height * s)) + 2;
    out->height = (uint32_t)(fabs(g->width * s) + fabs(g->height * c)) + 2;
    out->px = malloc((size_t)out->width * out->height);
    if (!out->px) return 0;
    memset(out->px, 255, (size_t)out->width * out->height);
    for (uint32_t j = 0; j < out->height; j++)
        for (uint32_t i = 0; i < out->width; i++) {
            double u = i + 0.5 - out->width / 2.0, v = j + 0.5 - out->height / 2.0;
            double x = c * u - s * v + g->width / 2.0 - 0.5, y = s * u + c * v + g->height / 2.0 - 0.5;
            if (!(x >= 0 && y >= 0 && x < g->width - 1 && y < g->height - 1)) continue;
            uint32_t x0 = (uint32_t)x, y0 = (uint32_t)y;
            double fx = x - x0, fy = y - y0;
            const uint8_t *p = g->px + (size_t)y0 * g->width + x0, *q = p + g->width;
            out->px[(size_t)j * out->width + i] = (uint8_t)((1 - fy) * ((1 - fx) * p[0] + fx * p[1]) +
                                                            fy * ((1 - fx) * q[0] + fx * q[1]) + 0.5);
        }
    return 1;
}
