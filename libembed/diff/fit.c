/*
 * Comparing, step 6: the mark in the difference (fit.h).
 *
 * Where the mark may move the inks, the change of a pixel divided by its step is the mark's signal s.
 * Folded onto one tile and transformed, s shows each of its sinusoids: the pilots, of known phase, tell sign
 * and strength; the sign of every other cosine and sine is one chip.  From the chips the whole tile follows,
 * without the message, and with it what every sample of the marked page must be.  (Matched filtering of
 * known waveforms; the artwork, which a blind detector fights, cancels here.)  Whether the tile found is
 * right is not assumed: it counts when it reproduces most of the changed pixels to the last level.
 */
#include "diff/fit_work.h"
#include "status.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = FIT_GRID, HALF = FIT_HALF, MAX_ROUNDS = 5 };
/* A mark changes nearly all pixels that it may, an edit few. */
static const uint64_t LEAST_PIXELS = 1000;
static const double LEAST_SHARE = 0.02;
static const uint64_t SHARE_PIXELS = 400000; /* enough to tell what share of them comes out right */
static const float MAX_SIGNAL =
    9; /* per step at strength 1: the peak at strength 4; what is beyond is an edit */
/* A band is known when it gives this share of its pixels to the last level; chance gives a tenth, another
 * strength than the right one a half.  From FIT_DONE on there is nothing to improve. */
#define FIT_SHARP 0.9
#define FIT_DONE  0.995
/* From FIT_NEARLY on it is worth while to look for another strength.  Where no band gives FIT_HOPELESS in the
 * second round, or a round gains less than FIT_GAIN, the tile is not all of the mark: it is sealed, or there
 * is too little to see. */
#define FIT_NEARLY   0.3
#define FIT_HOPELESS 0.25
#define FIT_GAIN     0.03
/* d E[max(0, min(s, INK_PAPER_PEAK) - INK_THETA)] / d s for a normal s: what paper passes of a small wave. */
double fit_paper_slope(void)
{
    return 0.5 * (erfc((double)INK_THETA / sqrt(2)) - erfc((double)INK_PAPER_PEAK / sqrt(2)));
}

/* Signal of one pixel from its change; 0 when the pixel tells nothing. */
static float signal_of(const struct marking *m, const struct marking_row *r, const uint8_t *before,
                       const uint8_t *after, uint32_t x, float *weight)
{
    size_t at = (size_t)x * (size_t)m->pixels.samples_per_pixel;
    int kind = r->kind[x], gain = kind == INK_TINT ? r->gain_tint[x] : r->gain_white[x];
    float unit = (m->pixels.bits == 16 ? 257.0f : 1.0f) / INK_UNIT * (float)gain / 255, dot = 0, norm = 0;
    *weight = 0;
    if (kind == INK_NONE || gain < 32) return 0;
    /* paper that is marked already looks like a tint, and would tell of its own mark only */
    if (kind == INK_TINT && marking_is_tinted_paper(&m->pixels, before + at * (size_t)m->pixels.bits / 8))
        return 0;
    for (int c = 0; c < press_channels(m->pixels.colour); c++) {
        float s = (float)r->step[x].d[c] * unit;
        dot += s * (float)(fit_sample(after, m->pixels.bits, at + (size_t)c) -
                           fit_sample(before, m->pixels.bits, at + (size_t)c));
        norm += s * s;
    }
    float scale = m->pixels.bits == 16 ? 257 * 257 : 1;
    /* rounding hides it; a mark of lightness is weaker, and of one channel, whose rounding is a tenth of this */
    if (norm < (press_is_luminance(m->pixels.colour) ? 0.2f : 1.5f) * scale) return 0;
    if (fabsf(dot) > MAX_SIGNAL * norm) return 0;
    *weight = fminf(norm / scale, 25); /* variance of the rounding is as 1 / norm; no pixel outweighs many */
    return dot / norm;
}

uint32_t fit_tile_place(double mm)
{
    double turns = mm / TILE_MM;
    return (uint32_t)((turns - floor(turns)) * TILE_SIDE) & (TILE_SIDE - 1);
}

/* Adds one row to the folded tile; with a tile, only what it leaves unexplained at strength k. */
static void fold_row(struct fit_work *w, uint32_t i, const double k[TILE_BANDS])
{
    const struct marking *m = w->m;
    const uint8_t *before = w->rows->before + i * w->rows->row_bytes,
                  *after = w->rows->after + i * w->rows->row_bytes;
    uint32_t y = w->rows->y[i];
    struct survey_line l = marking_line(m, y);
    if (!memcmp(before, after, w->rows->row_bytes)) return;
    if (m->tile)
        marking_signal(m, y, before, &w->row);
    else
        marking_steps(m, y, before, &w->row);
    uint32_t line = TILE_SIDE * fit_tile_place(l.y_mm);
    int level = l.dy_mm == 0 && l.x_mm == w->x_mm;
    for (uint32_t x = 0; x < m->width; x++) {
        float weight, s = signal_of(m, &w->row, before, after, x, &weight);
        if (weight == 0) continue;
        int paper = w->row.kind[x] == INK_WHITE;
        struct fit_band *b = &w->band[paper ? TILE_PAPER : TILE_INK];
        if (m->tile) {
            float t = (float)(paper ? w->row.s_paper[x] : w->row.s_ink[x]) / TILE_UNIT;
            if (paper) t = fmaxf(0, fminf(t, INK_PAPER_PEAK) - INK_THETA);
            b->dot += weight * s * t;
            b->norm += weight * t * t;
            s -= (float)k[paper ? TILE_PAPER : TILE_INK] * t;
        }
        uint32_t cell = level ? line + w->column[x]
                              : TILE_SIDE * fit_tile_place(l.y_mm + x * l.dy_mm) + fit_tile_place(l.x_mm + x * l.dx_mm);
        b->sum[cell] += weight * s;
        b->weights[cell] += weight;
        b->weight += weight;
        b->pixels++;
        b->changed += s != 0;
    }
}

void fit_fold(struct fit_work *w, const double k[TILE_BANDS])
{
    for (int i = 0; i < TILE_BANDS; i++) {
        memset(w->band[i].sum, 0, GRID * sizeof(float));
        memset(w->band[i].weights, 0, GRID * sizeof(float));
        w->band[i].weight = w->band[i].dot = w->band[i].norm = 0;
        w->band[i].pixels = w->band[i].changed = 0;
    }
    for (uint32_t i = 0; i < w->rows->n; i++) fold_row(w, i, k);
    for (int i = 0; i < TILE_BANDS; i++) fft2_forward(w->fft, w->band[i].sum, w->band[i].waves);
}

/* Cosine and sine amplitude of wave (kx, ky) in a band, per unit of s. */
static struct cplx wave(const struct fit_work *w, int band, int kx, int ky)
{
    const struct fit_band *b = &w->band[band];
    int u = kx < 0 ? -kx : kx, v = ((kx < 0 ? -ky : ky) + TILE_SIDE) % TILE_SIDE;
    struct cplx x = b->waves[v * HALF + u];
    float scale = b->weight > 0 ? (float)(2 / b->weight) : 0;
    if (band == TILE_PAPER) scale /= (float)(fit_paper_slope() * tile_paper_gain(w->carrier));
    return (struct cplx){x.re * scale, (kx < 0 ? -x.im : x.im) * scale};
}

static int on_paper(const struct bin *b)
{
    return b->kx * b->kx + b->ky * b->ky <= PAPER_RADIUS * PAPER_RADIUS;
}

/* Paper tells less of a wave per pixel: its weight against ink. */
static double paper_share(const struct fit_work *w)
{
    double ink = w->band[TILE_INK].weight, paper = fit_paper_slope() * w->band[TILE_PAPER].weight;
    return ink + paper > 0 ? paper / (ink + paper) : 0;
}

static void measure(struct fit_work *w)
{
    for (int band = 0; band < TILE_BANDS; band++) {
        double sum = 0;
        for (int i = 0; i < N_PILOTS; i++) {
            const struct pilot *p = &carrier_pilots[i];
            struct cplx x = wave(w, band, p->kx, p->ky);
            sum += x.re * cos(2 * M_PI * p->phase / 16) + x.im * sin(2 * M_PI * p->phase / 16);
        }
        w->pilot[band] = sum / N_PILOTS / carrier_pilot_amplitude();
    }
    double share = paper_share(w), energy = 0, n = 0;
    for (int j = 0; j < CARRIER_BINS; j++) {
        const struct bin *b = &w->carrier->bins[j];
        struct cplx x = wave(w, share > 0.5 ? TILE_PAPER : TILE_INK, b->kx, b->ky);
        double a = w->carrier->amplitude[j];
        if (!on_paper(b)) continue;
        energy += (x.re * x.re + x.im * x.im) / (2 * a * a);
        n++;
    }
    w->energy = energy / n;
}

/* chips: kept from the last round where the residual is small; 0 in the first. */
static void decide(const struct fit_work *w, const double k[TILE_BANDS], int8_t chips[CODE_N])
{
    double share = paper_share(w);
    for (int j = 0; j < CARRIER_BINS; j++) {
        const struct bin *b = &w->carrier->bins[j];
        struct cplx ink = wave(w, TILE_INK, b->kx, b->ky), paper = wave(w, TILE_PAPER, b->kx, b->ky);
        double a = w->carrier->amplitude[j], p = on_paper(b) ? share : 0;
        double was = a * ((1 - p) * k[TILE_INK] + p * k[TILE_PAPER]);
        double re = (1 - p) * ink.re + p * paper.re + was * chips[2 * j];
        double im = (1 - p) * ink.im + p * paper.im + was * chips[2 * j + 1];
        chips[2 * j] = re < 0 ? -1 : 1;
        chips[2 * j + 1] = im < 0 ? -1 : 1;
    }
}

/* Whether a mark of any message could have made this change, within `room`. */
static int possible(const struct fit_work *w, const uint8_t *before, const uint8_t *after, uint32_t x,
                    const struct marking_room *room)
{
    const struct press_pixels *px = &w->m->pixels;
    int32_t d[4];
    float signal;
    int n = press_channels(px->colour);
    for (int c = 0; c < n; c++)
        d[c] = fit_sample(after, px->bits, (size_t)c) - fit_sample(before, px->bits, (size_t)c);
    return marking_allows(&w->row.step[x], w->row.kind[x], d, (unsigned)n, px->bits, room, &signal);
}

/* Shares of the pixels changed as by a mark that the marked row gives to the last level, and the lesser of
 * them. */
static double exact_share(struct fit_work *w)
{
    /* edits do not speak for or against a tile; but a mark of another strength does, so the room is wide */
    static const struct marking_room any_strength = {8, 4, 0.5f};
    const struct marking *m = w->m;
    size_t pixel = (size_t)m->pixels.samples_per_pixel * (size_t)m->pixels.bits / 8;
    uint64_t changed[TILE_BANDS] = {0, 0}, same[TILE_BANDS] = {0, 0};
    uint32_t step = (uint32_t)((uint64_t)w->rows->n * m->width / SHARE_PIXELS) + 1;
    for (uint32_t i = 0; i < w->rows->n; i += step) {
        const uint8_t *before = w->rows->before + i * w->rows->row_bytes,
                      *after = w->rows->after + i * w->rows->row_bytes, *marked = w->row.marked;
        marking_apply(m, w->rows->y[i], before, &w->row);
        for (uint32_t x = 0; x < m->width; x++) {
            const uint8_t *b = before + x * pixel, *a = after + x * pixel;
            int band = w->row.kind[x] == INK_WHITE ? TILE_PAPER : TILE_INK;
            if (!memcmp(b, a, pixel)) continue;
            int exact = !memcmp(marked + x * pixel, a, pixel);
            if (!exact && !possible(w, b, a, x, &any_strength)) continue;
            changed[band]++;
            same[band] += (uint64_t)exact;
        }
    }
    double least = 1;
    for (int b = 0; b < TILE_BANDS; b++) {
        w->seen[b] = changed[b];
        w->share[b] = changed[b] ? (double)same[b] / (double)changed[b] : 1;
        if (w->share[b] < least) least = w->share[b];
    }
    if (changed[0] + changed[1]) return least;
    w->share[0] = w->share[1] = 0; /* nothing that speaks for it */
    return 0;
}

/* What the marked rows can be judged by: the chips and the strength that did best, by the sum of the shares,
 * since a band may be known while there is too little of the other. */
struct best {
    double share, sum, strength; /* share: of the lesser band */
    int8_t chips[CODE_N];
};

/* Takes what exact_share has just seen; 1: nothing was better before. */
static int keep_best(const struct fit_work *w, double share, const int8_t chips[CODE_N], struct best *best)
{
    double sum = w->share[TILE_INK] + w->share[TILE_PAPER];
    if (sum <= best->sum) return 0;
    *best = (struct best){.share = share, .sum = sum, .strength = w->m->strength};
    memcpy(best->chips, chips, sizeof best->chips);
    return 1;
}

/* The strengths people type: tenths, twentieths, hundredths. */
static enum enn_status try_strengths(struct fit_work *w, double k, const int8_t chips[CODE_N], struct best *best,
                                     struct enn_error *err)
{
    const double step[] = {0.1, 0.05, 0.01};
    double tried = 0;
    enum enn_status st = ENN_OK;
    for (int i = 0; i < 3 && !st && best->share < FIT_DONE; i++) {
        double s = fmin(4, fmax(0.1, rint(k / step[i]) * step[i]));
        if (fabs(s - tried) < 1e-9) continue;
        tried = s;
        st = marking_set_strength(w->m, s, err);
        if (!st) keep_best(w, exact_share(w), chips, best);
    }
    if (!st) st = marking_set_strength(w->m, best->strength, err);
    return st;
}

/* The known message whose chips those of `chips` are nearest to; NULL when it is none of them. */
static const int8_t *recognise(const struct fit_work *w, const int8_t chips[CODE_N])
{
    const int8_t *best = NULL;
    int most = 0, n = 0;
    for (int j = 0; j < CARRIER_BINS; j++) n += 2 * on_paper(&w->carrier->bins[j]);
    for (int i = 0; w->known && i < w->known->n; i++) {
        int agree = 0;
        for (int j = 0; j < CARRIER_BINS; j++)
            for (int k = 2 * j; k < 2 * j + 2 && on_paper(&w->carrier->bins[j]); k++)
                agree += w->known->chips[i][k] == chips[k];
        if (agree > most) most = agree, best = w->known->chips[i];
    }
    return most > 0.65 * n ? best : NULL; /* half of them would agree by chance, +- 2 % */
}

static int is_hopeless(const struct fit_work *w)
{
    int hope = 0;
    for (int b = 0; b < TILE_BANDS; b++)
        hope |= w->band[b].changed > LEAST_PIXELS && w->share[b] >= FIT_HOPELESS;
    return !hope;
}

/* Chips, strength, chips again with what the first ones leave, until the marked rows come out right. */
static enum enn_status refine(struct fit_work *w, double by_pilots, struct enn_error *err)
{
    struct marking *m = w->m;
    struct best best = {.share = -1, .sum = -1, .strength = w->m->strength};
    int8_t chips[CODE_N] = {0};
    double k[TILE_BANDS] = {0, 0};
    enum enn_status st = ENN_OK;
    if (!(m->tile = malloc(sizeof *m->tile))) return enn_fail(err, ENN_NOMEM, "out of memory");
    for (int round = 0; !st && round < MAX_ROUNDS; round++) {
        double before = best.sum;
        decide(w, k, chips);
        const int8_t *known = recognise(w, chips);
        if (known) memcpy(chips, known, sizeof chips);
        tile_render(m->tile, w->carrier, chips);
        double share = exact_share(w);
        if (round && best.share >= FIT_SHARP && share < best.share + 0.005) break; /* as good as it gets */
        keep_best(w, share, chips, &best);
        if (round && (best.sum < before + FIT_GAIN || is_hopeless(w))) break;
        int nearly = share >= FIT_NEARLY && best.share < FIT_DONE;
        if (nearly && !round) st = try_strengths(w, by_pilots, chips, &best, err);
        if (best.share >= FIT_DONE || st) break;
        k[0] = k[1] = 0;
        fit_fold(w, k);
        for (int b = 0; b < TILE_BANDS; b++)
            k[b] = w->band[b].norm > 0 ? w->band[b].dot / w->band[b].norm : 0;
        double p = paper_share(w), was = m->strength;
        if (nearly)
            st = try_strengths(w, was * ((1 - p) * k[TILE_INK] + p * k[TILE_PAPER]), chips, &best, err);
        if (best.share >= FIT_DONE) break;
        for (int b = 0; b < TILE_BANDS; b++) k[b] *= was / m->strength;
        if (!st) fit_fold(w, k);
    }
    if (!st) tile_render(m->tile, w->carrier, best.chips);
    if (!st) st = marking_set_strength(m, best.strength, err);
    if (!st) exact_share(w);
    return st;
}

/*
 * How far the signal reaches where the tile is not known, in units of its peak: what all but a thousandth of
 * the changed pixels need that a mark of another strength could have changed.  An edit of some percent of
 * them does not widen it.
 */
float fit_bound_reach(struct fit_work *w)
{
    enum { BINS = 400 };
    static const struct marking_room any_strength = {8, 2, 0.35f};
    const struct marking *m = w->m;
    const struct press_pixels *px = &m->pixels;
    size_t pixel = (size_t)px->samples_per_pixel * (size_t)px->bits / 8;
    uint64_t count[BINS + 1] = {0}, all = 0, beyond = 0;
    uint32_t step = (uint32_t)((uint64_t)w->rows->n * m->width / SHARE_PIXELS) + 1;
    int n = press_channels(px->colour), bin = BINS;
    for (uint32_t i = 0; i < w->rows->n; i += step) {
        const uint8_t *before = w->rows->before + i * w->rows->row_bytes,
                      *after = w->rows->after + i * w->rows->row_bytes;
        marking_steps(m, w->rows->y[i], before, &w->row);
        for (uint32_t x = 0; x < m->width; x++) {
            const uint8_t *b = before + x * pixel, *a = after + x * pixel;
            int32_t d[4];
            float signal;
            if (!memcmp(b, a, pixel)) continue;
            for (int c = 0; c < n; c++)
                d[c] = fit_sample(a, px->bits, (size_t)c) - fit_sample(b, px->bits, (size_t)c);
            if (!marking_allows(&w->row.step[x], w->row.kind[x], d, (unsigned)n, px->bits, &any_strength,
                                &signal))
                continue;
            float at = fabsf(signal) / INK_PEAK * 50;
            count[at < BINS ? (int)at : BINS]++;
            all++;
        }
    }
    while (bin > 0 && beyond + count[bin] <= all / 1000) beyond += count[bin--];
    return fmaxf(1.4f, 1.1f * (float)(bin + 1) / 50);
}

/* Strength in the pilots, at the strength that the steps are taken for. */
static double pilots(const struct fit_work *w)
{
    double p = paper_share(w);
    return (1 - p) * w->pilot[TILE_INK] + p * w->pilot[TILE_PAPER];
}

/* Share of the changed pixels that a mark of the strength in work could have made, whatever its tile; -1: there are none that
 * speak for or against it. */
double fit_possible_share(struct fit_work *w)
{
    static const struct marking_room bounds = {1, 0, 0}, any_strength = {8, 4, 0.5f};
    const struct marking *m = w->m;
    size_t pixel = (size_t)m->pixels.samples_per_pixel * (size_t)m->pixels.bits / 8;
    uint64_t changed = 0, may = 0;
    uint32_t step = (uint32_t)((uint64_t)w->rows->n * m->width / SHARE_PIXELS) + 1;
    for (uint32_t i = 0; i < w->rows->n; i += step) {
        const uint8_t *before = w->rows->before + i * w->rows->row_bytes,
                      *after = w->rows->after + i * w->rows->row_bytes;
        marking_steps(m, w->rows->y[i], before, &w->row);
        for (uint32_t x = 0; x < m->width; x++) {
            const uint8_t *b = before + x * pixel, *a = after + x * pixel;
            if (!memcmp(b, a, pixel)) continue;
            int yes = possible(w, b, a, x, &bounds);
            changed += (uint64_t)(yes || possible(w, b, a, x, &any_strength));
            may += (uint64_t)yes;
        }
    }
    return changed ? (double)may / (double)changed : -1;
}

/*
 * The strength, in tenths as people type it, whose bounds hold best.  The room of the inks holds strong marks
 * back and turns their steps towards other inks, so the pilots alone would say too little.  Of a weak mark any bounds
 * hold that are wide enough: the narrowest of them.  Of a strong mark on inks that are nearly full the pilots may say as
 * little as a quarter, so the search goes on where too little is explained.
 */
enum enn_status fit_find_strength(struct fit_work *w, double by_pilots, struct enn_error *err)
{
    const double HOLDS = 0.998, LITTLE = 0.95, USUAL = 0.7, none[TILE_BANDS] = {0, 0};
    double best = by_pilots > USUAL ? fit_possible_share(w) : 0, strength = 1;
    int last = (int)fmin(40, ceil(32 * by_pilots));
    enum enn_status st = ENN_OK;
    if (best >= HOLDS) return ENN_OK;
    for (int tenths = (int)fmax(1, floor(8 * by_pilots)); tenths <= (best < LITTLE ? 40 : last) && !st; tenths++) {
        st = marking_set_strength(w->m, tenths / 10.0, err);
        double share = st ? 0 : fit_possible_share(w);
        if (share > best + 0.0005) best = share, strength = tenths / 10.0;
        if (best >= HOLDS && (by_pilots <= USUAL || tenths > 10 * strength + 2)) break;
    }
    if (!st) st = marking_set_strength(w->m, strength, err);
    if (!st) fit_fold(w, none);
    if (!st) measure(w);
    return st;
}

/* Resampled, or saved as JPEG again, no pixel tells the bounds any more; the pilots say how strong the mark is, a tenth too
 * little at most. */
enum enn_status fit_soft_strength(struct fit_work *w, double by_pilots, struct enn_error *err)
{
    double k = by_pilots > 0.7 && by_pilots < 1.2 ? 1 : ceil(10 * by_pilots) / 10;
    return marking_set_strength(w->m, fmin(4, fmax(0.1, k)), err);
}

/* 1: enough is changed for a mark.  Paper may be left as it is, so either band will do. */
static int covers(const struct fit_work *w)
{
    for (int b = 0; b < TILE_BANDS; b++) {
        const struct fit_band *x = &w->band[b];
        double share = (double)x->changed / ((double)x->pixels + 1) * w->rows->n / w->rows->seen;
        if (x->changed >= LEAST_PIXELS && share >= LEAST_SHARE) return 1;
    }
    return 0;
}

/* One mark, added: its tile where the change shows it to the last level, else its bounds. */
static enum enn_status added(struct fit_work *w, double by_pilots, int soft, struct fit *out, struct enn_error *err)
{
    enum enn_status st = soft ? fit_soft_strength(w, by_pilots, err) : fit_find_strength(w, by_pilots, err);
    double bounds = w->m->strength;
    if (!st && !soft) st = refine(w, by_pilots, err);
    for (int b = 0; b < TILE_BANDS && !soft; b++)
        out->sharp[b] = (w->share[b] >= FIT_SHARP) + (w->share[b] >= FIT_DONE);
    for (int b = 0; b < TILE_BANDS; b++) /* where there is nothing to tell, the other band tells */
        if (w->seen[b] == 0 && out->sharp[b]) out->sharp[b] = out->sharp[!b];
    if (!st && !out->sharp[0] && !out->sharp[1]) st = marking_set_strength(w->m, bounds, err);
    out->kind = FIT_ADDED;
    out->strength = w->m->strength;
    if (out->sharp[0] == 2 && out->sharp[1] == 2) return st;
    if (!st) out->reach = fit_bound_reach(w);
    return st;
}

static enum enn_status judge(struct fit_work *w, int soft, struct fit *out, struct enn_error *err)
{
    const double none[TILE_BANDS] = {0, 0};
    enum enn_status st = marking_set_strength(w->m, 1, err);
    int yes = 0;
    if (st) return st;
    fit_fold(w, none);
    measure(w);
    double k = pilots(w);
    double level = sqrt(w->energy);
    if (covers(w)) {
        if (w->known && w->known->exchanged) {
            out->kind = FIT_CHANGED;
            return ENN_OK;
        }
        if (k < -0.08 && -k > FIT_PILOT_LEAST * level) {
            out->kind = FIT_REMOVED;
            return ENN_OK;
        }
        if (k > 0.08 && k > FIT_PILOT_LEAST * level) return added(w, k, soft, out, err);
    }
    st = fit_in_part(w, soft, out, err);
    if (st || out->kind != FIT_NONE) return st;
    int other = w->m->strength != 1;
    st = marking_set_strength(w->m, 1, err);
    if (!st && covers(w)) {
        if (other) fit_fold(w, none);
        st = fit_is_exchange(w, &yes, err);
    }
    if (!st && yes) out->kind = FIT_CHANGED;
    if (!st && !yes) st = fit_marked_sides(w, &out->kind, err);
    if (!st && out->kind == FIT_NONE) st = fit_as_elsewhere(w, out, err);
    return st;
}

enum enn_status fit_mark(struct marking *m, const struct fit_rows *rows, const struct fit_known *known,
                         int soft, struct fit *out, struct enn_error *err)
{
    struct fit_work w = {.m = m,
                     .rows = rows,
                     .known = known,
                     .carrier = malloc(sizeof *w.carrier),
                     .fft = fft2_new(TILE_SIDE),
                     .column = malloc(m->width * sizeof *w.column)};
    static const uint8_t no_anchor[32] = {0}; /* waves and amplitudes are the same for every issuer */
    struct survey_line first = marking_line(m, 0);
    w.x_mm = first.x_mm;
    int ok = w.carrier && w.fft && w.column;
    *out = (struct fit){.kind = FIT_NONE, .reach = 1.4f};
    for (int i = 0; i < TILE_BANDS; i++) {
        w.band[i].sum = malloc(GRID * sizeof(float));
        w.band[i].weights = malloc(GRID * sizeof(float));
        w.band[i].waves = malloc(sizeof(struct cplx) * TILE_SIDE * HALF);
        ok = ok && w.band[i].sum && w.band[i].weights && w.band[i].waves;
    }
    enum enn_status st = ok ? marking_row_new(&w.row, m, err) : enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st) {
        for (uint32_t x = 0; x < m->width; x++) w.column[x] = fit_tile_place(first.x_mm + x * first.dx_mm);
        carrier_init(w.carrier, no_anchor);
        st = judge(&w, soft, out, err);
        marking_row_clear(&w.row);
    }
    for (int i = 0; i < TILE_BANDS; i++) {
        free(w.band[i].sum);
        free(w.band[i].weights);
        free(w.band[i].waves);
    }
    free(w.carrier);
    free(w.column);
    fft2_free(w.fft);
    return st;
}
