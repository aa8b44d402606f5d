/*
 * Judging the response of print and capture (copy.h): captures of good prints -> what such a capture should show -> how far
 * this one is from it, in the directions in which copies are.
 *
 * All is relative to the reference: lens, chroma filter and prints change a band by a share of it.  The reference is brought
 * to the size of the capture's pixels and to the contrast that the print's screen has in it, which tells how sharp the capture
 * is whatever was printed.  What is left is normal, common to all bands in part, and the matched filter for a change is its
 * likelihood ratio (H. L. Van Trees, "Detection, Estimation, and Modulation Theory" I, 1968).
 */
#include "capture/copy.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of one artwork printed well and captured alike, from capture to capture beyond the deviations and relative to the gain: in the
 * fragile bands three quarters of it (of its square) are common to them.  Simulated: docs/measurements.md. */
static const double SPREAD[2][COPY_BANDS] = {{0.026, 0.01, 0.01, 0.015, 0.026, 0.04, 0.052, 0.066},
                                             {0.02, 0.015, 0.008, 0.008, 0.03, 0.04, 0.06, 0.07}};
static const double COMMON = 0.75;
enum { FRAGILE = 4 };
static const double LEAST_GAIN = 0.1; /* a spread is relative to that at least: noise leaves no less */
/* Part of the deviations that is another one in every capture: in photographs, of which several are enrolled, what the artwork
 * adds by chance is half of them and the same in all. */
static const double NOISE[2] = {0.8, 0.6};
/* Of the square of the spread: what differs from print to print, and so stays when captures of one print are taken together. */
static const double PRINTS[2] = {0.75, 0.25};
/* What a reprint takes away, and sharpening: relative. */
static const double LOST[2][COPY_BANDS] = {{0, 0, 0, 0, -0.155, -0.24, -0.39, -0.45},
                                           {0, 0, 0, 0, -0.13, -0.19, -0.26, -0.36}};
static const double CLEAN[COPY_BANDS] = {-0.17, -0.055};
/* What lens and chroma filter of a camera take grows with the size of its pixels on the print: logarithm of gain by
 * (FINE / px_per_mm)^2, and by the logarithm of the screen's contrast; the former alone where no screen tells.  Fitted to 122
 * simulated photographs of 29 to 35 px/mm; true to some 15 %. */
static const double FINE = 30, TRUE_TO = 0.15;
static const double PIXELS[2][COPY_BANDS] = {{0.17, 0.14, 0.07, -0.085, -0.43, -0.9, -1.2, -1.8},
                                             {0.08, 0.07, 0.02, -0.03, -0.30, -0.64, -1.01, -1.24}};
static const double CONTRAST[COPY_BANDS] = {-0.05, -0.04, -0.02, 0.02, 0.10, 0.15, 0.16, 0.24};
static const double UNTOLD = 1.3; /* times the spread where no screen tells */

static const double NORM_WORST = 0.06; /* relative deviation of the mean that all is measured by */
static const double PAPER = 1.9;       /* slow waves this strong are those of paper, which has no others */
static const double ALIKE = 1.25;      /* ratio of resolutions within which captures are compared */
static const double RULING = 1.04;     /* the same of rulings, which are seen to 0.5 % */
static const double NO_SCREEN =
    0.15; /* of the enrolled contrast: what a copy on an FM screen keeps of it is 0.04 */
/* The same: prints of one kind agree within 3 % in scans, of which copies keep 0.92; in photographs to 15 % when the size of
 * the pixels is allowed for (FOCUS).  Half of it is a lens that takes a tenth of the highest band. */
static const double SHARPNESS[2] = {0.87, 0.5}, FOCUS = -2.5;
/* Of `clean`, where no screen tells how sharp a capture is: another, worse scanner or lens, not another print. */
static const double BLURRED = -5.5;
/* A capture that was compressed more than the enrolled ones, or is duller, loses slower waves, too, and noise with the waves; a
 * copy brings noise of its own.  JPEG quality 75 instead of 90 leaves 0.65 to 0.75 of the noise of fine waves beside slow ones in
 * scans, copies 0.88 and more; it costs `clean` 0.4 to 1.1 of what it adds to `lost`, quality 60 instead of 85 in photographs
 * 0.8 and more, copies 0.2 to 0.57. */
static const double QUIET = 0.82, BLUR_SHARE = 0.6;
/* Genuine captures deviate by 1.0, reprints by 3 and more where a capture shows enough. */
static const double SUSPECT[2] = {2.8, 3.3};
static const double LEAST_POWER[2] = {3,
                                      2}; /* where a reprint would show less nothing is said of lost detail */
static const double FINER =
    -3.5; /* of `lost` in captures of the enrolled sharpness: finer than any print of this kind */
/* Original: reprints and sharpened prints would be so far below, and this is so much nearer to the enrolled ones. */
static const double POWER = 3, SHARP_POWER = 2.5, APART = 2.5, AS_GOOD[2] = {1.3, 1.7},
                    AS_CLEAN[2] = {1.3, 2};
static const double DOUBT = 2, DOUBT_CLEAN = 2.2; /* of one capture among several that are judged together */
/* With the artwork's edges a copy shows more, and what is suspected lies farther off in proportion; an average of many packs
 * shows a third to a half of what a sharpened copy does.  LOUDEST: of either part, so that neither alone decides. */
static const double LOUDEST = 8, SHARE = 0.45, CLEAN_SHARE = 0.5, GOOD_SHARE = 0.25, TWO_SIDED = 3;
static const double PRIOR = 4; /* captures that the built-in spread counts for beside the enrolled ones */

/* What a capture of `to` would show of the gain that one of `from` shows.  Scans have one resolution. */
static double seen_by(enum copy_capture kind, double gain, int band, const struct copy_bands *from,
                      const struct copy_bands *to)
{
    if (kind == COPY_SCAN || !(from->px_per_mm > 0) || !(to->px_per_mm > 0)) return gain;
    int told = from->screen > 0 && to->screen > 0;
    double size = 1 / (to->px_per_mm * to->px_per_mm) - 1 / (from->px_per_mm * from->px_per_mm);
    double change = PIXELS[told][band] * FINE * FINE * size;
    if (told) change += CONTRAST[band] * log(to->screen / from->screen);
    return gain * exp(change);
}

/* The same of the screen's contrast, as a factor. */
static double focus(enum copy_capture kind, double from, double to)
{
    if (kind == COPY_SCAN || !(from > 0) || !(to > 0)) return 1;
    return exp(FOCUS * FINE * FINE * (1 / (to * to) - 1 / (from * from)));
}

static void mean_screen(enum copy_capture kind, const struct copy_bands *bands, int n, struct copy_bands *out)
{
    int seen = 0;
    for (int i = 0; i < n; i++) {
        if (!(bands[i].screen > 0)) continue;
        out->screen += bands[i].screen * focus(kind, bands[i].px_per_mm, out->px_per_mm);
        out->lpi[0] = seen ? fmin(out->lpi[0], bands[i].lpi[0]) : bands[i].lpi[0];
        out->lpi[1] = fmax(out->lpi[1], bands[i].lpi[1]);
        seen++;
    }
    if (seen) out->screen /= seen;
}

/* Prints and captures that differ more than the built-in spread widen it. */
static double spread_of(enum copy_capture kind, const struct copy_bands *bands, int n, int b,
                        const struct copy_bands *mean)
{
    double prior = SPREAD[kind][b] * fmax(mean->gain[b], LEAST_GAIN), more = 0;
    for (int i = 0; i < n; i++) {
        if (!(bands[i].deviation[b] > 0)) continue;
        double d = seen_by(kind, bands[i].gain[b], b, &bands[i], mean) - mean->gain[b];
        double noise = NOISE[kind] * bands[i].deviation[b];
        more += d * d - noise * noise * (n - 1) / n;
    }
    return fmax(prior, sqrt(fmax(0, (PRIOR * prior * prior + more) / (PRIOR + n - 1))));
}

void copy_pool(enum copy_capture kind, const struct copy_bands *bands, int n, struct copy_bands *out)
{
    double square = 0;
    *out = (struct copy_bands){.captures = n};
    for (int i = 0; i < n; i++) {
        square += bands[i].norm * bands[i].norm / n / n;
        out->px_per_mm += bands[i].px_per_mm / n;
    }
    out->norm = sqrt(square);
    mean_screen(kind, bands, n, out);
    for (int b = 0; b < COPY_BANDS; b++) {
        double sum = 0, weight = 0;
        for (int i = 0; i < n; i++) {
            if (!(bands[i].deviation[b] > 0)) continue;
            double w = 1 / (bands[i].deviation[b] * bands[i].deviation[b]);
            sum += w * seen_by(kind, bands[i].gain[b], b, &bands[i], out);
            weight += w;
        }
        if (!(weight > 0)) continue;
        out->gain[b] = sum / weight;
        out->deviation[b] = 1 / sqrt(weight);
    }
}

int copy_enrol(enum copy_capture kind, const struct copy_bands *bands, int n, struct copy_bands *out)
{
    copy_pool(kind, bands, n, out);
    for (int b = 0; b < COPY_BANDS; b++)
        if (out->deviation[b] > 0) out->spread[b] = spread_of(kind, bands, n, b, out);
    return n >= COPY_ENROL_LEAST && out->norm <= NORM_WORST;
}

int copy_measured(const struct copy_bands *x)
{
    return x->px_per_mm > 0 && x->norm <= NORM_WORST;
}

/* The reference as a capture like x would show it: at its resolution and sharpness, and as uncertain as that makes it.  told:
 * the contrast of the screen may be compared. */
static struct copy_bands as_seen_by(enum copy_capture kind, const struct copy_bands *x,
                                    const struct copy_bands *ref, int told)
{
    struct copy_bands out = *ref, to = *x;
    if (!told) to.screen = 0;
    for (int b = 0; b < COPY_BANDS && kind == COPY_PHOTO; b++) {
        out.gain[b] = seen_by(kind, ref->gain[b], b, ref, &to);
        double share = fmax(out.gain[b], LEAST_GAIN) / fmax(ref->gain[b], LEAST_GAIN);
        out.spread[b] = (to.screen > 0 ? 1 : UNTOLD) * share * ref->spread[b] +
                        TRUE_TO * fabs(out.gain[b] - ref->gain[b]);
        out.deviation[b] *= share;
    }
    return out;
}

static enum copy_why comparable(enum copy_capture kind, const struct copy_bands *x,
                                const struct copy_bands *ref)
{
    if (!(x->norm <= NORM_WORST) || !(ref->norm <= NORM_WORST)) return COPY_TOO_LITTLE;
    if (!(x->px_per_mm < ref->px_per_mm * ALIKE) || !(x->px_per_mm * ALIKE > ref->px_per_mm))
        return COPY_OTHER_RESOLUTION;
    if (!(ref->screen > 0)) return COPY_JUDGED;
    if (x->screen < NO_SCREEN * ref->screen || x->lpi[1] > RULING * ref->lpi[1] ||
        x->lpi[0] * RULING < ref->lpi[0])
        return COPY_OTHER_SCREEN;
    double seen = x->screen / (ref->screen * focus(kind, ref->px_per_mm, x->px_per_mm));
    return seen < SHARPNESS[kind] || seen * SHARPNESS[kind] > 1 ? COPY_OTHER_SHARPNESS : COPY_JUDGED;
}

/* Another ruling takes no fine detail by itself, a first print on it has all of it.  A coarser one has more contrast: a capture
 * that shows at least that of the enrolled screen is not a dull one. */
static int coarser(enum copy_capture kind, const struct copy_bands *x, const struct copy_bands *ref)
{
    return x->lpi[1] * RULING < ref->lpi[0] &&
           x->screen >= ref->screen * focus(kind, ref->px_per_mm, x->px_per_mm);
}

/* Covariance of the differences between a genuine capture and the reference. */
static void covariance(enum copy_capture kind, const struct copy_bands *x, const struct copy_bands *ref,
                       double c[COPY_BANDS][COPY_BANDS])
{
    const double *spread = ref->spread;
    const double noise = NOISE[kind] * NOISE[kind];
    double wide = PRINTS[kind] + (1 - PRINTS[kind]) / fmax(x->captures, 1) + 1 / fmax(ref->captures, 2);
    for (int i = 0; i < COPY_BANDS; i++)
        for (int j = 0; j < COPY_BANDS; j++) {
            double common = i == j ? 1 : i >= FRAGILE && j >= FRAGILE ? COMMON : 0;
            c[i][j] = wide * common * spread[i] * spread[j] +
                      noise * ref->gain[i] * ref->gain[j] * (x->norm * x->norm + ref->norm * ref->norm);
            if (i == j)
                c[i][j] +=
                    noise * (x->deviation[i] * x->deviation[i] + ref->deviation[i] * ref->deviation[i]);
        }
}

/* w = c^-1 v over the bands that both have, by Cholesky's factors; c is positive definite: its diagonal adds to squares. */
static void solve(double c[COPY_BANDS][COPY_BANDS], const int *have, const double *v, double w[COPY_BANDS])
{
    double l[COPY_BANDS][COPY_BANDS] = {{0}}, y[COPY_BANDS] = {0};
    for (int i = 0; i < COPY_BANDS; i++) {
        w[i] = 0;
        if (!have[i]) continue;
        for (int j = 0; j <= i; j++) {
            double sum = c[i][j];
            for (int k = 0; k < j; k++) sum -= l[i][k] * l[j][k];
            if (have[j]) l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
        }
        y[i] = v[i];
        for (int k = 0; k < i; k++) y[i] -= l[i][k] * y[k];
        y[i] /= l[i][i];
    }
    for (int i = COPY_BANDS - 1; i >= 0; i--) {
        if (!have[i]) continue;
        w[i] = y[i];
        for (int k = i + 1; k < COPY_BANDS; k++) w[i] -= l[k][i] * w[k];
        w[i] /= l[i][i];
    }
}

/* Paper carries the two slowest bands and no others; where it has a share in them they say nothing. */
static int on_ink(const struct copy_bands *x, const struct copy_bands *ref)
{
    return x->gain[0] < PAPER && ref->gain[0] < PAPER;
}

/* The matched filter for a relative change: how much of it there is, in standard deviations of genuine captures; *power: what
 * the change itself would give. */
static double filter(enum copy_capture kind, const struct copy_bands *x, const struct copy_bands *ref,
                     const double *change, double *power)
{
    int first = on_ink(x, ref) ? 0 : 2;
    double c[COPY_BANDS][COPY_BANDS], w[COPY_BANDS], v[COPY_BANDS], sum = 0, full = 0;
    int have[COPY_BANDS], any = 0;
    for (int b = 0; b < COPY_BANDS; b++) {
        have[b] = b >= first && x->deviation[b] > 0 && ref->deviation[b] > 0;
        v[b] = change[b] * fmax(ref->gain[b], 0);
        any |= have[b] && v[b] != 0;
    }
    *power = 0;
    if (!any) return 0;
    covariance(kind, x, ref, c);
    solve(c, have, v, w);
    for (int b = 0; b < COPY_BANDS; b++) {
        if (!have[b]) continue;
        sum += w[b] * (x->gain[b] - ref->gain[b]);
        full += w[b] * v[b];
    }
    *power = sqrt(full);
    return sum / *power;
}

/* The whole difference, in whatever bands it is: root of its mean square in deviations, 1 for a good capture. */
static double misfit(enum copy_capture kind, const struct copy_bands *x, const struct copy_bands *ref)
{
    double c[COPY_BANDS][COPY_BANDS], w[COPY_BANDS], v[COPY_BANDS], sum = 0;
    int have[COPY_BANDS], n = 0, first = on_ink(x, ref) ? 0 : 2;
    for (int b = 0; b < COPY_BANDS; b++) {
        have[b] = b >= first && x->deviation[b] > 0 && ref->deviation[b] > 0;
        v[b] = x->gain[b] - ref->gain[b];
        n += have[b];
    }
    if (!n) return 0;
    covariance(kind, x, ref, c);
    solve(c, have, v, w);
    for (int b = 0; b < COPY_BANDS; b++) sum += have[b] ? w[b] * v[b] : 0;
    return sqrt(sum / n);
}

/* Noise of fine waves beside slow ones; 0: not measured. */
static double fine_noise(const struct copy_bands *b)
{
    double slow = b->deviation[1] + b->deviation[2] + b->deviation[3];
    return slow > 0 ? (b->deviation[5] + b->deviation[6] + b->deviation[7]) / slow : 0;
}

/* What is missing was taken by the capture's compression or blur. */
static int other_quality(enum copy_capture kind, const struct copy_bands *x, const struct copy_bands *ref,
                         const struct copy_judgement *j)
{
    if (kind == COPY_SCAN && fine_noise(x) < QUIET * fine_noise(ref)) return 1;
    if (x->gain[0] >= PAPER && ref->gain[0] < PAPER) return 1;
    return -j->clean > BLUR_SHARE * j->lost || (!(ref->screen > 0) && j->clean < BLURRED);
}

/* On another ruling than enrolled only lost detail is looked for. */
static void judge_coarser(enum copy_capture kind, const struct copy_bands *x,
                          const struct copy_bands *enrolled, struct copy_judgement *out)
{
    struct copy_judgement j = *out;
    struct copy_bands ref = as_seen_by(kind, x, enrolled, 0);
    j.lost = filter(kind, x, &ref, LOST[kind], &j.power);
    if (!(j.lost > SUSPECT[kind]) || j.power < LEAST_POWER[kind]) return;
    if (other_quality(kind, x, &ref, &j)) return;
    *out = j;
    out->answer = COPY_LOST;
    out->why = COPY_JUDGED;
}

void copy_judge(enum copy_capture kind, const struct copy_bands *x, const struct copy_bands *enrolled,
                struct copy_judgement *out)
{
    *out = (struct copy_judgement){.answer = COPY_INCONCLUSIVE, .why = comparable(kind, x, enrolled)};
    if (out->why == COPY_OTHER_SCREEN && coarser(kind, x, enrolled)) judge_coarser(kind, x, enrolled, out);
    if (out->why || out->answer) return;
    struct copy_bands ref = as_seen_by(kind, x, enrolled, 1);
    out->lost = filter(kind, x, &ref, LOST[kind], &out->power);
    out->clean = filter(kind, x, &ref, CLEAN, &out->clean_power);
    int inked = on_ink(x, &ref);
    int lost = out->lost > SUSPECT[kind] && out->power >= LEAST_POWER[kind];
    int finer = out->power >= LEAST_POWER[kind] && out->lost < FINER;
    if (lost && other_quality(kind, x, &ref, out))
        out->why = COPY_OTHER_QUALITY;
    else if (lost)
        out->answer = COPY_LOST;
    else if (inked && (finer || out->clean > SUSPECT[kind]))
        out->answer = COPY_CLEAN;
    else if (out->power < LEAST_POWER[kind])
        out->why = COPY_TOO_LITTLE;
    else if (inked && out->power >= POWER && out->lost < fmin(AS_GOOD[kind], out->power - APART) &&
             out->lost > -2 && out->clean_power >= SHARP_POWER && out->clean < AS_CLEAN[kind])
        out->answer = COPY_ORIGINAL;
}

/* ---- with the artwork's edges ---- */

/* Both statistics are normal with a deviation of 1: the likelihood ratio weighs each by what a copy would show in it. */
static void join(struct copy_judgement *mark, const struct edge_judgement *e)
{
    double m = fmin(mark->power, LOUDEST), n = fmin(e->lost_power, LOUDEST);
    double p = fmin(mark->clean_power, LOUDEST), q = fmin(e->clean_power, LOUDEST);
    mark->lost = (m * mark->lost + n * e->lost) / hypot(m, n);
    mark->power = (m * mark->power + n * e->lost_power) / hypot(m, n);
    mark->clean = q > 0 ? (p * mark->clean + q * e->clean) / hypot(p, q) : mark->clean;
    mark->clean_power =
        q > 0 ? (p * mark->clean_power + q * e->clean_power) / hypot(p, q) : mark->clean_power;
}

/* j: of both.  suspected: what the mark alone would say. */
static void answer_both(enum copy_capture kind, struct copy_judgement *j, int suspected)
{
    double lost = fmax(SUSPECT[kind], SHARE * j->power),
           clean = fmax(SUSPECT[kind], CLEAN_SHARE * j->clean_power);
    double good = fmin(fmax(AS_GOOD[kind], GOOD_SHARE * j->power), j->power - APART);
    j->why = COPY_JUDGED;
    if (j->lost > lost && j->power >= LEAST_POWER[kind])
        j->answer = COPY_LOST;
    else if (j->clean > clean)
        j->answer = COPY_CLEAN;
    else if (j->power < LEAST_POWER[kind])
        j->why = COPY_TOO_LITTLE;
    else if (!suspected && j->power >= POWER && j->lost < good && j->lost > -TWO_SIDED &&
             j->clean_power >= SHARP_POWER && j->clean < AS_CLEAN[kind] && j->clean > -TWO_SIDED)
        j->answer = COPY_ORIGINAL;
}

void copy_judge_edges(enum copy_capture kind, const struct copy_bands *x, const struct copy_bands *enrolled,
                      const struct edge_judgement *edges, struct copy_judgement *out)
{
    struct copy_judgement both;
    copy_judge(kind, x, enrolled, out);
    if (!edges || !(edges->lost_power > 0)) return;
    int suspected = out->answer == COPY_LOST || out->answer == COPY_CLEAN;
    int another = comparable(kind, x, enrolled) == COPY_OTHER_SCREEN;
    if (another ? !suspected : out->why == COPY_OTHER_RESOLUTION || out->why == COPY_OTHER_SHARPNESS) return;
    both = *out;
    both.answer = COPY_INCONCLUSIVE;
    if (both.why ==
        COPY_OTHER_QUALITY) /* slow waves are missing in it, too: that says nothing of the edges */
        both.lost = both.clean = both.power = both.clean_power = 0;
    join(&both, edges);
    answer_both(kind, &both, suspected);
    if (!another || both.answer == COPY_LOST) *out = both;
}

/* ---- captures among themselves ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Band b of all captures but one, as `one` would show them: median, and what they differ by where that is more than prints and
 * noise do, from the upper quartile of the distances, so that prints on two papers make each other no outliers (F. Hampel, J. Amer.
 * Statist. Assoc. 69, 1974, with the median of them). */
static void middle(enum copy_capture kind, const struct copy_bands *bands, int n, int one, int b,
                   struct copy_bands *out, double *v)
{
    double noise = 0;
    int m = 0;
    for (int i = 0; i < n; i++) {
        if (i == one || !(bands[i].deviation[b] > 0)) continue;
        noise += bands[i].deviation[b] * bands[i].deviation[b];
        v[m++] = seen_by(kind, bands[i].gain[b], b, &bands[i], &bands[one]);
    }
    out->gain[b] = out->deviation[b] = out->spread[b] = 0;
    if (!m) return;
    noise = NOISE[kind] * sqrt(noise / m);
    out->gain[b] = median(v, m);
    out->deviation[b] = noise / NOISE[kind] * (m > 1 ? 1.25 : 1) / sqrt(m);
    for (int i = 0; i < m; i++) v[i] = fabs(v[i] - out->gain[b]);
    qsort(v, (size_t)m, sizeof *v, by_value);
    double apart = v[(3 * m + 3) / 4 - 1] / 1.15;
    out->spread[b] =
        fmax(SPREAD[kind][b] * fmax(out->gain[b], LEAST_GAIN), sqrt(fmax(0, apart * apart - noise * noise)));
}

int copy_apart(enum copy_capture kind, const struct copy_bands *bands, int n, double *apart)
{
    double *v = calloc((size_t)(n > 0 ? n : 1), sizeof *v);
    if (!v) return -1;
    for (int one = 0; one < n; one++) {
        struct copy_bands ref = {.px_per_mm = bands[one].px_per_mm, .captures = n - 1};
        double norm = 0, power, lost, clean;
        for (int i = 0; i < n; i++) norm += i == one ? 0 : bands[i].norm * bands[i].norm;
        ref.norm = n > 1 ? 1.25 * sqrt(norm) / (n - 1) : 1;
        for (int b = 0; b < COPY_BANDS; b++) middle(kind, bands, n, one, b, &ref, v);
        lost = fabs(filter(kind, &bands[one], &ref, LOST[kind], &power));
        clean = fabs(filter(kind, &bands[one], &ref, CLEAN, &power));
        apart[one] = fmax(fmax(lost, clean), misfit(kind, &bands[one], &ref));
    }
    free(v);
    return 0;
}

int copy_compare(enum copy_capture kind, const struct copy_bands *bands, int n,
                 const struct copy_bands *reference, const struct edge_judgement *edges,
                 enum copy_harmony *out)
{
    double *apart = calloc((size_t)(n > 0 ? n : 1), sizeof *apart);
    *out = COPY_AGREE;
    if (!apart || copy_apart(kind, bands, n, apart)) {
        free(apart);
        return -1;
    }
    for (int i = 0; i < n; i++) {
        struct copy_judgement one;
        copy_judge_edges(kind, &bands[i], reference, edges ? &edges[i] : NULL, &one);
        if ((n > 1 && apart[i] > COPY_APART) || one.answer == COPY_LOST || one.answer == COPY_CLEAN)
            *out = COPY_DIFFER;
        else if (*out == COPY_AGREE && (one.lost > DOUBT || one.clean > DOUBT_CLEAN))
            *out = COPY_DOUBT;
    }
    free(apart);
    return 0;
}
