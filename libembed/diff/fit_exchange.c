/*
 * Comparing, step 6d: one mark in the place of another (fit_work.h).
 *
 * The pilots of both cancel; what is left are chips that agree, 0, or do not, twice a chip.  A small image has too few of
 * them to tell that from an edit.  But there both pages show the pilots by themselves: their colour, less its mean along the
 * row and clipped, is held against the picture of the pilots (diff/pilots.h), as a blind detector would.
 */
#include "diff/fit_work.h"
#include "diff/pilots.h"
#include "diff/unfold.h"
#include "status.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What bare paper, or RGB white, gets of yellow or loses of blue per unit of the signal, in levels; 0: nothing, or nothing
 * that marking_is_tinted_paper() knows. */
static float white_step(const struct marking *m)
{
    uint16_t white[ARTWORK_MAX_SAMPLES] = {0};
    struct ink_step step;
    uint8_t kind;
    if (m->pixels.colour != PRESS_CMYK && m->pixels.colour != PRESS_RGB) return 0;
    if (m->pixels.colour == PRESS_RGB) memset(white, 255, 3 * sizeof *white); /* of 8 bits as of 16 */
    ink_steps(m->ink, &m->pixels, white, 1, &step, &kind);
    return kind == INK_WHITE ? (float)step.d[2] / INK_UNIT * (m->pixels.bits == 16 ? 257 : 1) : 0;
}

/* Paper that both marks tint, or leave bare: in stretches of a row where enough is changed, since nobody
 * knows any more where paper could be marked. */
static void fold_paper(struct fit_work *w)
{
    enum { STRETCH = 24, LEAST = 3 }; /* px */
    const struct marking *m = w->m;
    size_t pixel = (size_t)m->pixels.samples_per_pixel * (size_t)m->pixels.bits / 8, yellow = 2;
    float unit = white_step(m);
    struct fit_band *b = &w->band[TILE_PAPER];
    memset(b->sum, 0, FIT_GRID * sizeof(float));
    memset(b->weights, 0, FIT_GRID * sizeof(float));
    for (uint32_t i = 0; i < w->rows->n; i++) {
        const uint8_t *before = w->rows->before + i * w->rows->row_bytes,
                      *after = w->rows->after + i * w->rows->row_bytes;
        struct survey_line l = marking_line(m, w->rows->y[i]);
        for (uint32_t x0 = 0; x0 + STRETCH <= m->width; x0 += STRETCH) {
            int changed = 0, paper = 1;
            for (uint32_t x = x0; paper && x < x0 + STRETCH; x++) {
                changed += memcmp(before + x * pixel, after + x * pixel, pixel) != 0;
                paper = marking_is_tinted_paper(&m->pixels, before + x * pixel) &&
                        marking_is_tinted_paper(&m->pixels, after + x * pixel);
            }
            for (uint32_t x = x0; paper && changed >= LEAST && x < x0 + STRETCH; x++) {
                float d = (float)(fit_sample(after + x * pixel, m->pixels.bits, yellow) -
                                  fit_sample(before + x * pixel, m->pixels.bits, yellow));
                uint32_t cell =
                    TILE_SIDE * fit_tile_place(l.y_mm + x * l.dy_mm) + fit_tile_place(l.x_mm + x * l.dx_mm);
                b->sum[cell] += d / unit;
                b->weights[cell] += 1;
            }
        }
    }
    fft2_forward(w->fft, b->sum, b->waves);
}

/* Whether the difference is that of two marks, by the ink or by the paper. */
enum enn_status fit_is_exchange(struct fit_work *w, int *yes, struct enn_error *err)
{
    /* NOISE: of rounding, where weights are squares of the step; of what the threshold of paper distorts.
     * EVIDENCE: 90 edits of all of a page (an ink by 2 %, noise, waves, JPEG, sharpening) gave 2.7 at most,
     * two lots on paper alone 6 - 8, on a page with ink everywhere 27. */
    const double NOISE[TILE_BANDS] = {1.0 / 12, 0.1}, EVIDENCE = 5;
    struct cplx *z = malloc(sizeof *z * UNFOLD_WAVES),
                *weight = malloc(sizeof *weight * TILE_SIDE * FIT_HALF);
    int bad = !z || !weight;
    *yes = 0;
    for (int band = 0; band < TILE_BANDS && !bad && !*yes; band++) {
        struct unfolded x;
        if (band == TILE_PAPER && white_step(w->m) == 0) break;
        if (band == TILE_PAPER) fold_paper(w);
        fft2_forward(w->fft, w->band[band].weights, weight);
        bad = unfold(w->band[band].waves, weight, w->carrier, NOISE[band], z);
        if (bad) break;
        x = unfold_judge(w->carrier, z);
        *yes = x.level > (band == TILE_PAPER ? 0.05 : 0.3) &&
               fabs(x.pilot) < 0.5 * FIT_PILOT_LEAST * x.level && x.evidence > EVIDENCE;
    }
    free(z);
    free(weight);
    return bad ? enn_fail(err, ENN_NOMEM, "out of memory") : ENN_OK;
}

/* ---- each page by itself ---- */

/* Yellow against the mean of cyan and magenta, or blue against red and green, or the one channel. */
static float opponent(const struct press_pixels *px, const float v[4])
{
    return press_channels(px->colour) == 1 ? v[0] : v[2] - (v[0] + v[1]) / 2;
}

static float opponent_at(const struct press_pixels *px, const uint8_t *row, size_t x)
{
    float v[4] = {0};
    size_t at = x * (size_t)px->samples_per_pixel;
    for (int c = 0; c < press_channels(px->colour); c++)
        v[c] = (float)fit_sample(row, px->bits, at + (size_t)c) / (px->bits == 16 ? 257 : 1);
    return opponent(px, v);
}

/* What one unit of the signal adds to that, 8-bit levels; 0: the pixel tells nothing. */
static float opponent_step(const struct fit_work *w, const uint8_t *row, size_t x, float paper, int *band)
{
    const struct press_pixels *px = &w->m->pixels;
    float v[4];
    *band = TILE_PAPER;
    if (marking_is_tinted_paper(px, row + x * (size_t)px->samples_per_pixel * (size_t)px->bits / 8))
        return paper;
    *band = w->row.kind[x] == INK_WHITE ? TILE_PAPER : TILE_INK;
    if (w->row.kind[x] == INK_NONE || w->row.gain_tint[x] < 128) return 0;
    for (int c = 0; c < 4; c++) v[c] = (float)w->row.step[x].d[c] / INK_UNIT;
    return opponent(px, v);
}

/* sums: width + 1 floats. */
static void fold_page_row(struct fit_work *w, const uint8_t *row, uint32_t y, uint32_t reach, float paper,
                          double *sums)
{
    const float LARGEST = 6, CLIP = 2; /* of the signal: beyond is the artwork's own texture */
    const struct marking *m = w->m;
    struct survey_line l = marking_line(m, y);
    marking_steps(m, y, row, &w->row);
    sums[0] = 0;
    for (uint32_t x = 0; x < m->width; x++) sums[x + 1] = sums[x] + opponent_at(&m->pixels, row, x);
    for (uint32_t x = 0; x < m->width; x++) {
        int band;
        float step = opponent_step(w, row, x, paper, &band);
        uint32_t from = x > reach ? x - reach : 0, to = x + reach < m->width ? x + reach + 1 : m->width;
        if (fabsf(step) < 0.5f) continue;
        float mean = (float)((sums[to] - sums[from]) / (to - from));
        float s = (opponent_at(&m->pixels, row, x) - mean) / step;
        if (fabsf(s) > LARGEST) continue;
        float weight = fminf(step * step, 25);
        uint32_t cell =
            TILE_SIDE * fit_tile_place(l.y_mm + x * l.dy_mm) + fit_tile_place(l.x_mm + x * l.dx_mm);
        w->band[band].sum[cell] += weight * fmaxf(-CLIP, fminf(CLIP, s));
        w->band[band].weights[cell] += weight;
    }
}

/* Standard deviations of the pilots in the page whose rows these are. */
static enum enn_status pilots_of(struct fit_work *w, const uint8_t *rows, const struct tile *pilots,
                                 double *deviations, struct enn_error *err)
{
    const double REACH_MM = 1;
    const struct marking *m = w->m;
    struct survey_line l = marking_line(m, 0);
    double pitch = hypot(l.dx_mm, l.dy_mm), *sums = malloc((m->width + (size_t)1) * sizeof *sums);
    uint32_t reach = pitch > 0 ? (uint32_t)ceil(REACH_MM / pitch) : 1;
    float paper = white_step(m) / (m->pixels.bits == 16 ? 257 : 1);
    *deviations = 0;
    if (!sums) return enn_fail(err, ENN_NOMEM, "out of memory");
    for (int b = 0; b < TILE_BANDS; b++) {
        memset(w->band[b].sum, 0, FIT_GRID * sizeof(float));
        memset(w->band[b].weights, 0, FIT_GRID * sizeof(float));
    }
    for (uint32_t i = 0; i < w->rows->n; i++)
        fold_page_row(w, rows + i * w->rows->row_bytes, w->rows->y[i], reach, paper, sums);
    for (int b = 0; b < TILE_BANDS; b++) {
        double z = pilots_match(w->band[b].sum, w->band[b].weights, pilots, b, 1).deviations;
        if (fabs(z) > fabs(*deviations)) *deviations = z;
    }
    free(sums);
    return ENN_OK;
}

int fit_could_be_exchange(struct fit_work *w)
{
    static const struct marking_room bounds = {2.3f, 1, 0.15f};
    const double SHARE = 0.95, ONE_WAY = 0.3;
    const struct press_pixels *px = &w->m->pixels;
    unsigned n = (unsigned)press_channels(px->colour);
    size_t pixel = (size_t)px->samples_per_pixel * (size_t)px->bits / 8;
    double paper = white_step(w->m), sum = 0, square = 0, changed = 0, may = 0;
    for (uint32_t i = 0; i < w->rows->n; i++) {
        const uint8_t *before = w->rows->before + i * w->rows->row_bytes,
                      *after = w->rows->after + i * w->rows->row_bytes;
        marking_steps(w->m, w->rows->y[i], before, &w->row);
        for (uint32_t x = 0; x < w->m->width; x++) {
            const uint8_t *b = before + x * pixel, *a = after + x * pixel;
            int32_t d[4] = {0};
            float signal = 0;
            if (!memcmp(b, a, pixel)) continue;
            changed++;
            for (unsigned c = 0; c < n; c++) d[c] = fit_sample(a, px->bits, c) - fit_sample(b, px->bits, c);
            if (paper != 0 && marking_is_tinted_paper(px, b) && marking_is_tinted_paper(px, a))
                signal = (float)(d[2] / paper);
            else if (!marking_allows(&w->row.step[x], w->row.kind[x], d, n, px->bits, &bounds, &signal))
                continue;
            may++;
            sum += signal;
            square += signal * signal;
        }
    }
    return may > SHARE * changed && fabs(sum) < ONE_WAY * sqrt(square * may);
}

enum enn_status fit_marked_sides(struct fit_work *w, enum fit_kind *kind, struct enn_error *err)
{
    const double LEAST = 4, NONE = 2;
    const int8_t none[CODE_N] = {0};
    struct tile *pilots = malloc(sizeof *pilots);
    double before = 0, after = 0;
    enum enn_status st = pilots ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
    *kind = FIT_NONE;
    if (w->known && (w->known->exchanged || w->known->changed)) { /* what is known of the file needs no proof in each image */
        free(pilots);
        if (!st && fit_could_be_exchange(w)) *kind = FIT_CHANGED;
        return st;
    }
    if (!st) tile_render(pilots, w->carrier, none);
    if (!st) st = pilots_of(w, w->rows->before, pilots, &before, err);
    if (!st && before > LEAST) st = pilots_of(w, w->rows->after, pilots, &after, err);
    free(pilots);
    if (st || before < LEAST) return st;
    if (after < NONE) *kind = FIT_REMOVED;
    if (after > LEAST && fit_could_be_exchange(w)) *kind = FIT_CHANGED;
    return ENN_OK;
}
