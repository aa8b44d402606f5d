/*
 * The response of print and capture to the mark, and what it says of a copy (copy.h).
 *
 * Over a ring of waves, sum(a y) / sum(a^2 w) with the embedded amplitudes a (message and seal together, signs known) is
 * the least-squares estimate of what is left of them.  The reader's own part, the averaging of pixels and the mean that
 * whiten.c takes off, is divided out, so the same print gives the same bands at any resolution.
 *
 * A band that a first print lets through and a second screen or scanner does not is the usual sign of a copy (C. Wong,
 * M. Wu, "Counterfeit detection based on unclonable feature of paper using mobile camera", IEEE Trans. Information
 * Forensics and Security 12, 2017, review it; J. Picard, "Digital authentication with copy-detection patterns", SPIE 5310,
 * 2004, where it began).  It is looked for on both sides: detail that was lost, and slow waves too weak beside
 * the fast ones, which sharpening leaves behind.
 */
#include "capture/copy.h"
#include "capture/copy_place.h"
#include "capture/screen.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int EDGE[COPY_BANDS][2] = {{12, 18}, {18, 24}, {24, 30}, {30, 37},
                                        {38, 44}, {44, 50}, {50, 55}, {55, 59}};
enum { RINGS = SEAL_FRAGILE_LAST + 1, DIRECTIONS = 48, BOX = 5 /* whiten.c: 2 NEAR + 1 */ };
/* Pixels of the picture to a sample of the plane: 9.5 samples per mm at least show the fragile band, much finer ones show the
 * screen, too.  Three pixels of a photograph fold a screen of 175 lpi onto that band; two leave its deviation a tenth less. */
static const double PLANE_PX_PER_MM = 9.5;

static int plane_factor(double px_per_mm)
{
    int factor = px_per_mm < 1e4 ? (int)(px_per_mm / PLANE_PX_PER_MM) : 0;
    return factor == 3 ? 2 : factor;
}

struct sums {
    double t[RINGS], e[RINGS], v[RINGS];
};

static double sinc(double x)
{
    return fabs(x) < 1e-9 ? 1 : sin(M_PI * x) / (M_PI * x);
}

/* Mean over BOX samples of a wave of x per sample. */
static double box(double x)
{
    return fabs(x) < 1e-9 ? 1 : sin(BOX * M_PI * x) / (BOX * sin(M_PI * x));
}

/* What reading leaves of waves of radius r: blocks of pixels, the local mean taken off, the raster of cells.c. */
static double reading(int r, double pitch_mm)
{
    double f = r / TILE_MM, sum = 0;
    for (int k = 0; k < DIRECTIONS; k++) {
        double at = (k + 0.5) / DIRECTIONS * M_PI / 2, a = f * pitch_mm * cos(at), b = f * pitch_mm * sin(at);
        sum += (1 - box(a) * box(b)) * sinc(a) * sinc(b);
    }
    return sum / DIRECTIONS * sinc(f * 0.8 * TILE_MM / SEAL_SIDE);
}

static void add_cell(struct sums *s, const struct seal_layout *l, const float *message, const uint8_t *bits,
                     const struct cell_view *w)
{
    for (int k = 0; k < 2 * l->bins; k++) {
        int ring = (int)(hypot(l->bin[k / 2].kx, l->bin[k / 2].ky) + 0.5);
        double a = l->amplitude[k / 2] * seal_chip(bits, k), y = w->y[k];
        if (k < CODE_N) a += message[k];
        s->t[ring] += a * y;
        s->e[ring] += a * a * w->weight;
        s->v[ring] += a * a * y * y;
    }
}

static void gather(const struct sums *s, double pitch_mm, struct copy_bands *out)
{
    memset(out, 0, sizeof *out);
    for (int b = 0; b < COPY_BANDS; b++) {
        double sum = 0, weight = 0;
        for (int r = EDGE[b][0]; r < EDGE[b][1]; r++) {
            if (!(s->e[r] > 0) || !(s->v[r] > 0)) continue;
            double left = reading(r, pitch_mm), d = sqrt(s->v[r]) / s->e[r] / left;
            sum += s->t[r] / s->e[r] / left / (d * d);
            weight += 1 / (d * d);
        }
        if (!(weight > 0)) continue;
        out->gain[b] = sum / weight;
        out->deviation[b] = 1 / sqrt(weight);
    }
    double norm = (out->gain[2] + out->gain[3]) / 2, d = hypot(out->deviation[2], out->deviation[3]) / 2;
    out->norm = norm > 0 ? d / norm : 1;
    if (out->norm > 0.5) norm = INFINITY; /* nothing there: all bands 0 */
    for (int b = 0; b < COPY_BANDS; b++) out->gain[b] /= norm, out->deviation[b] /= norm;
}

static float *message_signal(const struct seal_request *r)
{
    struct carrier *c = malloc(sizeof *c);
    int8_t chips[CODE_N];
    float *m = c ? malloc(CODE_N * sizeof *m) : NULL;
    if (m) {
        carrier_init(c, r->anchor);
        carrier_chips(c, r->source.found->message, chips);
        for (int k = 0; k < CODE_N; k++) m[k] = (float)sqrt(1 - SEAL_SHARE) * c->amplitude[k / 2] * chips[k];
    }
    free(c);
    return m;
}

enum seal_status copy_measure(const struct seal_request *r, const struct seal_found *seal, int top,
                              struct copy_bands *out)
{
    const struct seal_page *p = NULL;
    int factor = plane_factor(r->source.found->px_per_mm);
    for (int i = 0; i < r->n_pages; i++)
        if (r->pages[i].number == seal->page) p = &r->pages[i];
    if (!p || factor < 1) return SEAL_NOTHING;
    struct seal_layout *l = malloc(sizeof *l);
    float *message = message_signal(r);
    struct cells cells = {0};
    struct sums s = {{0}, {0}, {0}};
    enum seal_status st = l && message ? SEAL_OK : SEAL_NO_MEMORY;
    if (!st) {
        seal_layout_init(l, top);
        enum cells_status got = cells_read(&r->source, l, factor, &cells);
        st = got == CELLS_OK ? SEAL_OK : got == CELLS_NO_MEMORY ? SEAL_NO_MEMORY : SEAL_NOTHING;
    }
    for (int i = 0; !st && i < cells.n; i++) {
        uint8_t bits[SEAL_BYTES];
        int a = cells.at[i].column + seal->shift[0], b = cells.at[i].row + seal->shift[1];
        if (a < 0 || b < 0 || a >= p->columns || b >= p->rows) continue;
        if (p->bits(p->user, a, b, bits)) st = SEAL_NO_MEMORY;
        if (st) break;
        copy_place(&cells.at[i], l, message, bits);
        add_cell(&s, l, message, bits, &cells.at[i]);
    }
    if (!st) gather(&s, factor / r->source.found->px_per_mm, out);
    if (!st) out->px_per_mm = r->source.found->px_per_mm;
    struct screen_seen seen;
    if (!st && screen_measure(&r->source, &seen)) st = SEAL_NO_MEMORY;
    if (!st) out->screen = seen.amplitude, out->lpi[0] = out->lpi[1] = seen.lpi;
    cells_clear(&cells);
    free(l);
    free(message);
    return st;
}

/* ---- judging ---- */

/* Of one artwork printed well and captured alike, from capture to capture beyond the deviations: half of it independent from
 * band to band, the rest common to all.  What a reprint takes away, and sharpening.  Simulated: docs/measurements.md. */
static const double SPREAD[2][COPY_BANDS] = {{0.03, 0.01, 0.01, 0.015, 0.02, 0.025, 0.025, 0.025},
                                             {0.03, 0.02, 0.01, 0.012, 0.03, 0.035, 0.03, 0.025}};
static const double LOST[2][COPY_BANDS] = {{0, 0, 0, 0, -0.12, -0.15, -0.19, -0.17},
                                           {0, 0, 0, 0, -0.07, -0.10, -0.09, -0.07}};
static const double CLEAN[COPY_BANDS] = {-0.2, -0.06};
/* What lens and chroma filter of a camera take grows with the size of its pixels on the print: relative change of gain with
 * (FINE / px_per_mm)^2, fitted to 88 simulated photographs of 29 to 35 px/mm; true to some 30 %. */
static const double FINE = 30, TRUE_TO = 0.3;
static const double PIXELS[COPY_BANDS] = {0.17, 0.14, 0.07, -0.085, -0.43, -0.9, -1.2, -1.8};

static const double NORM_WORST = 0.06; /* relative deviation of the mean that all is measured by */
static const double PAPER = 1.9;       /* slow waves this strong are those of paper, which has no others */
static const double ALIKE = 1.25;      /* ratio of resolutions within which captures are compared */
static const double RULING = 1.04;     /* the same of rulings, which are seen to 0.5 % */
static const double NO_SCREEN =
    0.15; /* of the enrolled contrast: what a copy on an FM screen keeps of it is 0.04 */
/* The same: prints of one kind agree within 3 % in scans, of which copies keep 0.92; in photographs to 15 % when the size of
 * the pixels is allowed for (FOCUS).  Half of it is a lens that takes a tenth of the highest band. */
static const double SHARPNESS[2] = {0.87, 0.5}, FOCUS = -2.5;
/* Where no screen tells how sharp a capture is.  BLURRED: of `clean`: another, worse scanner or lens, not another print.
 * In scans a duller scanner costs `clean` 0.6 to 1.1 of what it adds to `lost`, a copy 0.2 to 0.57. */
static const double BLURRED = -5.5, BLUR_SHARE[2] = {0.6, 10};
/* Genuine captures deviate by 1.0 (`clean` in scans by 0.6), reprints by 3 and more where a scan shows enough. */
static const double SUSPECT[2] = {2.8, 3.3};
static const double LEAST_POWER[2] = {
    3, 1.5}; /* where a reprint would show less nothing is said of lost detail */
static const double FINER =
    -3.5; /* of `lost` in scans of the enrolled sharpness: finer than any print of this kind */
static const double POWER = 3.5,
                    AS_GOOD = 1.2; /* original: a reprint would be 3.5 below, this is 1.2 at most */
static const double PRIOR = 4;     /* captures that the built-in spread counts for beside the enrolled ones */

/* What a photograph of px_per_mm would show of the gain that another shows. */
static double at_resolution(double gain, int band, double from, double to)
{
    return from > 0 && to > 0 ? gain * exp(PIXELS[band] * FINE * FINE * (1 / (to * to) - 1 / (from * from)))
                              : gain;
}

/* The same of the screen's contrast, as a factor; scans have one resolution. */
static double focus(enum copy_capture kind, double from, double to)
{
    if (kind == COPY_SCAN || !(from > 0) || !(to > 0)) return 1;
    return exp(FOCUS * FINE * FINE * (1 / (to * to) - 1 / (from * from)));
}

static void enrol_screen(enum copy_capture kind, const struct copy_bands *bands, int n,
                         struct copy_bands *out)
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
    double prior = SPREAD[kind][b], more = 0;
    for (int i = 0; i < n; i++) {
        if (!(bands[i].deviation[b] > 0)) continue;
        double g = bands[i].gain[b];
        if (kind == COPY_PHOTO) g = at_resolution(g, b, bands[i].px_per_mm, mean->px_per_mm);
        double d = g - mean->gain[b];
        more += d * d - bands[i].deviation[b] * bands[i].deviation[b] * (n - 1) / n;
    }
    return fmax(prior, sqrt(fmax(0, (PRIOR * prior * prior + more) / (PRIOR + n - 1))));
}

int copy_enrol(enum copy_capture kind, const struct copy_bands *bands, int n, struct copy_bands *out)
{
    double square = 0;
    *out = (struct copy_bands){.norm = 0};
    for (int i = 0; i < n; i++) {
        square += bands[i].norm * bands[i].norm / n / n;
        out->px_per_mm += bands[i].px_per_mm / n;
    }
    out->norm = sqrt(square);
    for (int b = 0; b < COPY_BANDS; b++) {
        double sum = 0, weight = 0;
        for (int i = 0; i < n; i++) {
            if (!(bands[i].deviation[b] > 0)) continue;
            double w = 1 / (bands[i].deviation[b] * bands[i].deviation[b]), g = bands[i].gain[b];
            sum += w * (kind == COPY_PHOTO ? at_resolution(g, b, bands[i].px_per_mm, out->px_per_mm) : g);
            weight += w;
        }
        if (!(weight > 0)) continue;
        out->gain[b] = sum / weight;
        out->deviation[b] = 1 / sqrt(weight);
        out->spread[b] = spread_of(kind, bands, n, b, out);
    }
    enrol_screen(kind, bands, n, out);
    return n >= COPY_ENROL_LEAST && out->norm <= NORM_WORST;
}

/* The reference as a capture like x would show it: at its resolution, and as uncertain as that makes it. */
static struct copy_bands as_seen_by(enum copy_capture kind, const struct copy_bands *x,
                                    const struct copy_bands *ref)
{
    struct copy_bands out = *ref;
    for (int b = 0; b < COPY_BANDS && kind == COPY_PHOTO; b++) {
        out.gain[b] = at_resolution(ref->gain[b], b, ref->px_per_mm, x->px_per_mm);
        out.spread[b] += TRUE_TO * fabs(out.gain[b] - ref->gain[b]);
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

/* Covariance of the differences between a genuine capture and the reference. */
static void covariance(const struct copy_bands *x, const struct copy_bands *ref,
                       double c[COPY_BANDS][COPY_BANDS])
{
    const double *spread = ref->spread;
    for (int i = 0; i < COPY_BANDS; i++)
        for (int j = 0; j < COPY_BANDS; j++) {
            c[i][j] = 0.75 * spread[i] * spread[j] +
                      x->gain[i] * x->gain[j] * (x->norm * x->norm + ref->norm * ref->norm);
            if (i == j)
                c[i][j] += 0.25 * spread[i] * spread[i] + x->deviation[i] * x->deviation[i] +
                           ref->deviation[i] * ref->deviation[i];
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

/* The matched filter for a change: how much of it there is, in standard deviations of genuine captures; *power: what the
 * change itself would give. */
static double filter(const struct copy_bands *x, const struct copy_bands *ref, const double *change,
                     double *power)
{
    int first = on_ink(x, ref) ? 0 : 2;
    double c[COPY_BANDS][COPY_BANDS], w[COPY_BANDS], sum = 0, full = 0;
    int have[COPY_BANDS], any = 0;
    for (int b = 0; b < COPY_BANDS; b++) {
        have[b] = b >= first && x->deviation[b] > 0 && ref->deviation[b] > 0;
        any |= have[b] && change[b] != 0;
    }
    *power = 0;
    if (!any) return 0;
    covariance(x, ref, c);
    solve(c, have, change, w);
    for (int b = 0; b < COPY_BANDS; b++) {
        if (!have[b]) continue;
        sum += w[b] * (x->gain[b] - ref->gain[b]);
        full += w[b] * change[b];
    }
    *power = sqrt(full);
    return sum / *power;
}

void copy_judge(enum copy_capture kind, const struct copy_bands *x, const struct copy_bands *enrolled,
                struct copy_judgement *out)
{
    double sharp;
    *out = (struct copy_judgement){.answer = COPY_INCONCLUSIVE, .why = comparable(kind, x, enrolled)};
    if (out->why) return;
    struct copy_bands ref = as_seen_by(kind, x, enrolled);
    out->lost = filter(x, &ref, LOST[kind], &out->power);
    out->clean = filter(x, &ref, CLEAN, &sharp);
    int inked = on_ink(x, &ref);
    int lost = out->lost > SUSPECT[kind] && out->power >= LEAST_POWER[kind];
    int finer = kind == COPY_SCAN && out->power >= LEAST_POWER[kind] && out->lost < FINER;
    if (inked && !(ref.screen > 0) &&
        (out->clean < BLURRED || (lost && -out->clean > BLUR_SHARE[kind] * out->lost)))
        out->why = COPY_OTHER_SHARPNESS;
    else if (lost)
        out->answer = COPY_LOST;
    else if (inked && (finer || out->clean > SUSPECT[kind]))
        out->answer = COPY_CLEAN;
    else if (out->power < LEAST_POWER[kind])
        out->why = COPY_TOO_LITTLE;
    else if (inked && out->power >= POWER && out->lost < AS_GOOD && out->lost > -SUSPECT[kind] &&
             out->clean < 2)
        out->answer = COPY_ORIGINAL;
}
