/*
 * Judging edges (copy_edges.h): captures of good prints -> the power across every edge of the artwork -> what another capture has
 * left of it, band by band, beside its own middle bands.
 *
 * Each cell is compared with itself, so the artwork cancels; the middle bands take contrast and exposure.  What is left is lens and
 * print, and the matched filter for a change is its likelihood ratio (H. L. Van Trees, "Detection, Estimation, and Modulation
 * Theory" I, 1968), with the camera's blur as a common factor of unknown size (J. Sherman, W. Morrison, Ann. Math. Statist. 21,
 * 1950, invert that).
 */
#include "capture/copy_edges.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MIDDLE = 2, LOW = 3 /* bands that tell the direction */, LEAST_CELLS = 8, ALL_BUT_ONE = 30 };
/* Power across an edge over that along it; screens and noise reach 2.  Of 4 as much is an edge, but its cells are less alike. */
static const double STANDS_OUT = 6;
/* All of the logarithm of the gain over that of the middle bands, fitted to 204 simulated photographs of 27 to 46 px/mm. */
/* What they differ by beside what their cells tell. */
static const double SPREAD[EDGE_BANDS] = {0.009, 0.005, 0, 0, 0.011, 0.016, 0.026};
/* By the logarithm of the screen's contrast, which tells how blurred a capture is. */
static const double CONTRAST[EDGE_BANDS] = {-0.03, -0.019, 0, 0, 0.026, 0.055, 0.072};
/* What is left of blur then, and where no screen tells. */
static const double BLUR[EDGE_BANDS] = {-0.01, -0.008, 0, 0, 0.01, 0.022, 0.03};
static const double UNTOLD = 3;
/* What reprints of scans lose, and what sharpening leaves behind. */
static const double LOST[EDGE_BANDS] = {0.02, 0.04, 0, 0, -0.085, -0.18, -0.22};
static const double CLEAN[EDGE_BANDS] = {-0.2, -0.07};
static const double PRIOR = 4; /* captures that SPREAD counts for beside the enrolled ones */
static const double DEVIATION =
    1.5; /* of means over cells that overlap by half, over that of as many independent ones */

static double power_of(double level)
{
    return exp((level - 240) / 12);
}

/* Mean power of a band around a direction. */
static double around(const struct edge_cell *c, int band, int direction)
{
    double sum = 0;
    int n = 0;
    for (int k = -1; k <= 1; k++) {
        int level = c->level[band][(direction + k + EDGE_DIRECTIONS) % EDGE_DIRECTIONS];
        if (level) sum += power_of(level), n++;
    }
    return n ? sum / n : power_of(0);
}

/* ---- the reference ---- */

static int by_place(const void *a, const void *b)
{
    const struct edge_cell *p = *(const struct edge_cell *const *)a, *q = *(const struct edge_cell *const *)b;
    int row = (p->row > q->row) - (p->row < q->row);
    return row ? row : (p->column > q->column) - (p->column < q->column);
}

/* Across what is in the cells of one place: the axis of their power in the slow bands. */
static int direction_of(const struct edge_cell *const *cell, int n)
{
    double re = 0, im = 0;
    for (int i = 0; i < n; i++)
        for (int b = 0; b < LOW; b++)
            for (int d = 0; d < EDGE_DIRECTIONS; d++) {
                double f = 0.8 + 0.4 * b, at = 2 * M_PI * d / EDGE_DIRECTIONS;
                double p = cell[i]->level[b][d] ? f * f * power_of(cell[i]->level[b][d]) : 0;
                re += p * cos(at);
                im += p * sin(at);
            }
    return (int)lrint(atan2(im, re) / (2 * M_PI) * EDGE_DIRECTIONS + EDGE_DIRECTIONS) % EDGE_DIRECTIONS;
}

/* 1: there is an edge. */
static int place_of(const struct edge_cell *const *cell, int n, struct edge_place *out)
{
    *out = (struct edge_place){.column = (uint16_t)cell[0]->column, .row = (uint16_t)cell[0]->row};
    int d = direction_of(cell, n), middle = 3 << MIDDLE;
    out->direction = (uint8_t)d;
    for (int b = 0; b < EDGE_BANDS; b++) {
        double across = 0, along = 0;
        for (int i = 0; i < n; i++) {
            across += log(around(cell[i], b, d)) / n;
            along += log(around(cell[i], b, d + EDGE_DIRECTIONS / 2)) / n;
        }
        out->level[b] = (uint8_t)fmin(255, fmax(1, 240 + 12 * across + 0.5));
        if (across - along > log(STANDS_OUT)) out->bands |= (uint8_t)(1 << b);
    }
    return (out->bands & middle) == middle;
}

/* All cells of all captures of one page, by place; their number in *total.  NULL: none, or out of memory (*total is not 0). */
static const struct edge_cell **all_cells(const struct edges *captures, int n, size_t *total)
{
    size_t k = 0;
    *total = 0;
    for (int i = 0; i < n; i++)
        if (captures[i].page == captures[0].page) *total += (size_t)captures[i].n;
    const struct edge_cell **all = *total ? malloc(*total * sizeof *all) : NULL;
    if (!all) return NULL;
    for (int i = 0; i < n; i++)
        for (int c = 0; captures[i].page == captures[0].page && c < captures[i].n; c++)
            all[k++] = &captures[i].at[c];
    qsort(all, *total, sizeof *all, by_place);
    return all;
}

/* Where at least `least` captures show a cell: places[total / least]; returns how many. */
static size_t find_places(const struct edge_cell **all, size_t total, int least, struct edge_place *places)
{
    size_t found = 0;
    for (size_t i = 0, next; i < total; i = next) {
        for (next = i + 1; next < total && !by_place(&all[i], &all[next]);) next++;
        if (next - i >= (size_t)least) found += (size_t)place_of(all + i, (int)(next - i), &places[found]);
    }
    return found;
}

static double mean_contrast(const double *contrast, int n)
{
    double sum = 0;
    int seen = 0;
    for (int i = 0; i < n; i++)
        if (contrast[i] > 0) sum += log(contrast[i]), seen++;
    return seen ? sum / seen : 0;
}

static int spread_of(const struct edges *captures, const double *contrast, int n, struct edge_reference *out)
{
    double mean = mean_contrast(contrast, n), more[EDGE_BANDS] = {0};
    int seen[EDGE_BANDS] = {0};
    for (int i = 0; i < n; i++) {
        struct edge_fit f;
        if (edges_compare(&captures[i], out, contrast[i] > 0 ? log(contrast[i]) - mean : 0, &f)) return -1;
        for (int b = 0; b < EDGE_BANDS; b++)
            if (f.deviation[b] > 0)
                more[b] += f.gain[b] * f.gain[b] - f.deviation[b] * f.deviation[b], seen[b]++;
    }
    for (int b = 0; b < EDGE_BANDS; b++) {
        double prior = SPREAD[b] * SPREAD[b], all = PRIOR * prior + more[b];
        out->spread[b] = seen[b] > 1 ? sqrt(fmax(prior, all / (PRIOR + seen[b] - 1))) : SPREAD[b];
    }
    return 0;
}

int edges_enrol(const struct edges *captures, const double *contrast, int n, struct edge_reference *out)
{
    size_t total, found = 0;
    int least = n / 3 > 2 ? n / 3 : 2;
    *out = (struct edge_reference){.page = captures[0].page, .captures = (uint32_t)n};
    const struct edge_cell **all = all_cells(captures, n, &total);
    if (!all) return total ? -1 : 0;
    struct edge_place *places = malloc((total / (size_t)least + 1) * sizeof *places);
    if (places) found = find_places(all, total, least, places);
    out->n = (uint32_t)(found < EDGE_MOST ? found : EDGE_MOST);
    for (size_t i = 0; i < out->n; i++) out->at[i] = places[i * found / out->n]; /* evenly over the artwork */
    int bad = !places || spread_of(captures, contrast, n, out);
    free(places);
    free(all);
    return bad ? -1 : 0;
}

/* ---- a capture beside it ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Mean of v[n], those beyond two deviations (from the quartiles) taken for two, and its deviation. */
static double robust_mean(double *v, int n, double *deviation)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    double middle = v[n / 2], reach = 2 * (v[3 * n / 4] - v[n / 4]) / 1.35, sum = 0, square = 0;
    for (int i = 0; i < n; i++) {
        v[i] = fmin(fmax(v[i], middle - reach), middle + reach);
        sum += v[i];
    }
    for (int i = 0; i < n; i++) square += (v[i] - sum / n) * (v[i] - sum / n);
    *deviation = DEVIATION * sqrt(square) / n;
    return sum / n;
}

/* Adds what a cell has left of the edge, beside its middle bands, of the amplitude. */
static void add_place(const struct edge_cell *c, const struct edge_place *p, double *v[EDGE_BANDS],
                      int n[EDGE_BANDS])
{
    double left[EDGE_BANDS];
    for (int b = 0; b < EDGE_BANDS; b++)
        left[b] = (log(around(c, b, p->direction)) - (p->level[b] - 240) / 12.0) / 2;
    double middle = (left[MIDDLE] + left[MIDDLE + 1]) / 2;
    for (int b = 0; b < EDGE_BANDS; b++)
        if (p->bands >> b & 1) v[b][n[b]++] = left[b] - middle;
}

static int place_order(const struct edge_cell *c, const struct edge_place *p)
{
    return c->row != p->row ? (c->row > p->row) - (c->row < p->row)
                            : (c->column > p->column) - (c->column < p->column);
}

int edges_compare(const struct edges *capture, const struct edge_reference *ref, double contrast,
                  struct edge_fit *out)
{
    *out = (struct edge_fit){0};
    if (!ref->n || !capture->n || capture->page != ref->page) return 0;
    double *all = malloc(sizeof *all * EDGE_BANDS * ref->n), *v[EDGE_BANDS];
    int n[EDGE_BANDS] = {0};
    if (!all) return -1;
    for (int b = 0; b < EDGE_BANDS; b++) v[b] = all + (size_t)b * ref->n;
    for (uint32_t k = 0, i = 0; k < ref->n && i < (uint32_t)capture->n;) {
        int order = place_order(&capture->at[i], &ref->at[k]);
        if (!order) add_place(&capture->at[i], &ref->at[k], v, n);
        i += order <= 0;
        k += order >= 0;
    }
    out->cells = n[MIDDLE] >= LEAST_CELLS ? n[MIDDLE] : 0;
    for (int b = 0; b < EDGE_BANDS; b++) {
        if (n[b] < LEAST_CELLS || b == MIDDLE || b == MIDDLE + 1) continue;
        out->gain[b] = robust_mean(v[b], n[b], &out->deviation[b]) - CONTRAST[b] * contrast;
    }
    free(all);
    return 0;
}

/* A third of the deviation is the reference's, the same in all. */
void edges_pool(const struct edge_fit *fits, int n, struct edge_fit *out)
{
    *out = (struct edge_fit){0};
    for (int b = 0; b < EDGE_BANDS; b++) {
        double square = 0;
        int m = 0;
        for (int i = 0; i < n; i++) {
            if (!(fits[i].deviation[b] > 0)) continue;
            out->gain[b] += fits[i].gain[b];
            square += fits[i].deviation[b] * fits[i].deviation[b];
            m++;
        }
        if (!m) continue;
        out->gain[b] /= m;
        out->deviation[b] = sqrt(square / m * (1 + 2.0 / m) / 3);
    }
    for (int i = 0; i < n; i++)
        if (fits[i].cells > out->cells) out->cells = fits[i].cells;
}

/* a' C^-1 b with C = D + u u', D diagonal; variance 0: not measured. */
static double inner(const double *a, const double *b, const double *variance, const double *u)
{
    double ab = 0, au = 0, bu = 0, uu = 0;
    for (int i = 0; i < EDGE_BANDS; i++) {
        if (!(variance[i] > 0)) continue;
        ab += a[i] * b[i] / variance[i];
        au += a[i] * u[i] / variance[i];
        bu += b[i] * u[i] / variance[i];
        uu += u[i] * u[i] / variance[i];
    }
    return ab - au * bu / (1 + uu);
}

void edges_judge(const struct edge_fit *fit, const struct edge_reference *ref, int captures, int told,
                 struct edge_judgement *out)
{
    double variance[EDGE_BANDS] = {0}, blur[EDGE_BANDS];
    double wide = 0.5 + 0.5 / fmax(captures, 1) + 1 / fmax(ref->captures, 2);
    *out = (struct edge_judgement){0};
    for (int b = 0; b < EDGE_BANDS; b++) {
        blur[b] = BLUR[b] * (told ? 1 : UNTOLD);
        if (fit->deviation[b] > 0)
            variance[b] = fit->deviation[b] * fit->deviation[b] + wide * ref->spread[b] * ref->spread[b];
    }
    double lost = sqrt(fmax(0, inner(LOST, LOST, variance, blur)));
    double clean = sqrt(fmax(0, inner(CLEAN, CLEAN, variance, blur)));
    if (lost > 0) out->lost = inner(LOST, fit->gain, variance, blur) / lost;
    if (clean > 0) out->clean = inner(CLEAN, fit->gain, variance, blur) / clean;
    out->lost_power = lost;
    out->clean_power = clean;
}

/* ---- captures among themselves ---- */

/* ref: of captures[n]. */
static int one_apart(const struct edges *capture, double contrast, double mean,
                     const struct edge_reference *ref, double *apart)
{
    struct edge_fit fit;
    struct edge_judgement j;
    int told = contrast > 0 && mean != 0;
    if (edges_compare(capture, ref, told ? log(contrast) - mean : 0, &fit)) return -1;
    edges_judge(&fit, ref, 1, told, &j);
    *apart = fmax(fabs(j.lost), fabs(j.clean));
    return 0;
}

int edges_apart(const struct edges *captures, const double *contrast, int n, double *apart)
{
    struct edge_reference *ref = malloc(sizeof *ref);
    struct edges *others = malloc(sizeof *others * (size_t)n);
    double *contrasts = malloc(sizeof *contrasts * (size_t)n), mean = 0;
    int bad = !ref || !others || !contrasts;
    for (int i = 0; i < n && !bad; i++) {
        int m = 0;
        for (int k = 0; k < n; k++)
            if (k != i || n > ALL_BUT_ONE) others[m] = captures[k], contrasts[m++] = contrast[k];
        if (!i || n <= ALL_BUT_ONE) { /* of many captures one more does not move the mean */
            mean = mean_contrast(contrasts, m);
            bad = edges_enrol(others, contrasts, m, ref);
        }
        bad = bad || one_apart(&captures[i], contrast[i], mean, ref, &apart[i]);
    }
    free(contrasts);
    free(others);
    free(ref);
    return bad ? -1 : 0;
}
