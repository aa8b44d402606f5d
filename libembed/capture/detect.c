/*
 * The conductor of the reading side, and the false-alarm probability of what it reads.
 *
 * Let l_i be the log-likelihood ratios of the 4096 chips and c a codeword's signs.  In a picture without this
 * issuer's mark the signs are, chip by chip, those of a key stream that the picture cannot depend on, so each
 * factor of
 *
 *     e(g) = product over i of 2 / (1 + exp(-g l_i c_i))
 *
 * has mean 1 whatever the picture is: e is a likelihood ratio of "this codeword" against "random signs", and
 * by Markov's inequality P(e >= 1/a) <= a (J. Ville 1939; V. Vovk and R. Wang, "E-values", Ann. Statist. 49,
 * 2021).  No noise model is assumed.  The scales g = 1 and 1/2 are averaged, since ratios of weak captures
 * come out too large.  A decoder picks the best of at most 2^120 valid messages, and several fields and
 * issuers are tried; the union bound gives
 *
 *     p_false = tries * 2^120 / e     (decoded)
 *     p_false = tries / e             (the message of a manifest matched, not decoded)
 *
 * Against codewords that agree with the true one by half - another unit of the same lot - the ratio is far
 * below 1, where a correlation would still be significant.
 */
#include "capture/detect.h"
#include "capture/decode.h"
#include "capture/demod.h"
#include "capture/flat.h"
#include "capture/locate.h"
#include "capture/smooth.h"
#include "capture/windows.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * A window of 256 samples must span a few tiles for its pilots to stand out, and few enough that tilt does
 * not smear them; and a plane must resolve the pilots: at 2.5 samples per mm a photograph of 7 px/mm has a third of the
 * energy that it has at twice that.  12 megapixels at half their resolution show 5 - 25 px/mm, at a quarter 9 - 50, in
 * a fifth of the time: that is tried first.
 */
static const double BASE_PLANE = 3.3e6;                 /* samples */
static const float SEED_STRONG = 16, SEED_WEAK = 12.6f; /* sync_score */
static const double FLAT_SHARE = 0.9;                   /* of the nodes that were followed */
static const double FINE_PX_PER_MM = 5;                 /* below it a finer plane says more */
static const double PLACED_PX_PER_MM = 7;               /* of the plane tried first where the place is known */
enum { MAX_WEAK = 4, MAX_SEEDS = 8, MAX_PLACED = 3, LIST = 32, ENOUGH = 110, MIRROR_WINDOWS = 12 };

struct reading {
    const struct detect_request *r;
    struct detection *d;
    struct plane_source source;
    struct sync *sync, *syncs[WINDOWS_MAX_THREADS]; /* the first of them, and one per thread */
    int threads;
    struct decoder *decoder;
    struct carrier *carriers; /* n_anchors */
    struct chips *chips;
    double tries;
    enum carrier_kind kind;
    int seeds; /* fields that may still be grown */
};

/* ln of the mean of e(1) and e(1/2). */
static double log_evidence(const struct chips *c, const int8_t signs[CODE_N])
{
    double e[2] = {0, 0};
    for (int i = 0; i < CODE_N; i++) {
        double l = (double)c->weight[i] * c->y[i] * signs[i];
        for (int k = 0; k < 2; k++) {
            double x = k ? l / 2 : l; /* ln 2 - ln(1 + exp(-x)), without overflow */
            e[k] += M_LN2 - (x > 0 ? log1p(exp(-x)) : log1p(exp(x)) - x);
        }
    }
    double high = fmax(e[0], e[1]), low = fmin(e[0], e[1]);
    return high + log1p(exp(low - high)) - M_LN2;
}

static double false_alarm(double evidence, double tries, double free_bits)
{
    return fmin(1, exp(log(tries) + free_bits * M_LN2 - evidence));
}

/* What the chips really carry once they are known: the model's energy times the squared share of its
 * amplitudes that is there. */
static double true_energy(const struct chips *c, const int8_t signs[CODE_N])
{
    double there = 0, model = 1e-30;
    for (int i = 0; i < CODE_N; i++) {
        there += (double)c->weight[i] * c->y[i] * signs[i];
        model += (double)c->weight[i] * c->amplitude[i];
    }
    double share = fmax(0, there / model);
    return c->energy * share * share;
}

static void accept(struct reading *g, int anchor, const uint8_t message[PAYLOAD_BYTES],
                   const int8_t signs[CODE_N], int matched, double p)
{
    struct detection *d = g->d;
    if (p < d->p_false) d->p_false = p;
    if (p > g->r->p_false || d->read) return;
    d->read = 1;
    d->matched = matched;
    g->chips->energy = true_energy(g->chips, signs);
    d->anchor = anchor;
    memcpy(d->message, message, PAYLOAD_BYTES);
    payload_unpack(message, &d->payload);
}

/* Shares of the fast waves that are tried: all on ink, all on paper, some of both. */
static const float SHARES[] = {1, 0, 0.35f};
enum { N_SHARES = sizeof SHARES / sizeof *SHARES };

static void decode_for(struct reading *g, int anchor)
{
    const struct carrier *k = &g->carriers[anchor];
    float llr[CODE_N];
    uint8_t message[PAYLOAD_BYTES];
    int8_t signs[CODE_N];
    struct payload p;
    for (int i = 0; i < CODE_N; i++) {
        int chip = k->chip_of_bit[i];
        float l = g->chips->weight[chip] * g->chips->y[chip];
        llr[i] = k->flip[i] ? -l : l;
    }
    g->tries++;
    if (!decoder_run(g->decoder, llr, message, &p)) return;
    carrier_chips(k, message, signs);
    accept(g, anchor, message, signs, 0,
           false_alarm(log_evidence(g->chips, signs), g->tries, PAYLOAD_FREE_BITS));
}

static void read_message(struct reading *g)
{
    for (int s = 0; s < N_SHARES && !g->d->read; s++) {
        chips_weigh(g->chips, SHARES[s]);
        for (int a = 0; a < g->r->n_anchors && !g->d->read; a++) decode_for(g, a);
    }
    int8_t signs[CODE_N];
    if (g->r->expected) carrier_chips(&g->carriers[g->r->expected_anchor], g->r->expected, signs);
    for (int s = 0; g->r->expected && s < N_SHARES && !g->d->read; s++) {
        chips_weigh(g->chips, SHARES[s]);
        g->tries++;
        double p = false_alarm(log_evidence(g->chips, signs), g->tries, 0);
        accept(g, g->r->expected_anchor, g->r->expected, signs, 1, p);
    }
    if (!g->d->read) chips_weigh(g->chips, 0); /* what the slow waves alone promise is what is reported */
}

static void invert(const double j[2][2], double u, double v, double x[2])
{
    double det = j[0][0] * j[1][1] - j[0][1] * j[1][0];
    x[0] = (j[1][1] * u - j[0][1] * v) / det;
    x[1] = (j[0][0] * v - j[1][0] * u) / det;
}

/* The one affine map u = u0 + J (x - x0) that fits all locked nodes best, through their centre (x0, u0). */
static int fit_affine(const struct field *f, struct lock *out)
{
    double n = 0, sx[2] = {0}, su[2] = {0}, xx[2][2] = {{0}}, ux[2][2] = {{0}};
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < f->columns * f->rows; i++) {
            const struct lock *l = &f->nodes[i].at;
            double x[2] = {l->x, l->y};
            if (f->nodes[i].state != NODE_LOCKED) continue;
            n += !pass;
            for (int a = 0; a < 2; a++) {
                if (!pass) sx[a] += x[a], su[a] += l->u[a];
                for (int b = 0; pass && b < 2; b++) {
                    xx[a][b] += (x[a] - sx[a] / n) * (x[b] - sx[b] / n);
                    ux[a][b] += (l->u[a] - su[a] / n) * (x[b] - sx[b] / n);
                }
            }
        }
    double det = xx[0][0] * xx[1][1] - xx[0][1] * xx[1][0];
    if (n < 3 || det < 1e-6 * f->spacing * f->spacing) return 0;
    out->x = sx[0] / n;
    out->y = sx[1] / n;
    for (int a = 0; a < 2; a++) {
        out->u[a] = su[a] / n;
        out->j[a][0] = (ux[a][0] * xx[1][1] - ux[a][1] * xx[1][0]) / det;
        out->j[a][1] = (ux[a][1] * xx[0][0] - ux[a][0] * xx[0][1]) / det;
    }
    return 1;
}

static int locked_at(const struct field *f, int i, int j)
{
    return i < 0 || j < 0 || i >= f->columns || j >= f->rows || f->nodes[(size_t)j * f->columns + i].state == NODE_LOCKED;
}

/* Whether the node shows that the mark is at its own place, too. */
static int shows_mark(const struct field *f, int node)
{
    int i = node % f->columns, j = node / f->columns;
    if (!f->pooled) return locked_at(f, i, j);
    return locked_at(f, i, j) && locked_at(f, i - 1, j) && locked_at(f, i + 1, j) && locked_at(f, i, j - 1) &&
           locked_at(f, i, j + 1);
}

/* Geometry of the field for the report: scale, tilt and rotation on average, and a box along the artwork's
 * axes. */
static void describe(struct detection *d, const struct field *f, const struct lock *seed)
{
    double lo[2] = {1e300, 1e300}, hi[2] = {-1e300, -1e300};
    struct lock m = {.x = 0};
    if (seed) m = *seed;
    for (int all = 0; all < 2 && hi[0] < lo[0]; all++)
        for (int i = 0; i < f->columns * f->rows; i++) {
            if (!(all ? f->nodes[i].state == NODE_LOCKED : shows_mark(f, i))) continue;
            for (int k = 0; k < 2; k++) {
                lo[k] = fmin(lo[k], f->nodes[i].at.u[k]);
                hi[k] = fmax(hi[k], f->nodes[i].at.u[k]);
            }
        }
    if (!fit_affine(f, &m) && (!seed || hi[0] < lo[0])) return;
    /* singular values of a 2 x 2: a +- b */
    double a = hypot(m.j[0][0] + m.j[1][1], m.j[1][0] - m.j[0][1]) / 2,
           b = hypot(m.j[0][0] - m.j[1][1], m.j[1][0] + m.j[0][1]) / 2;
    d->px_per_mm = d->factor / sqrt(fabs(a * a - b * b));
    d->tilt_rad = acos(fmin(1, fabs(a - b) / (a + b)));
    d->rotation_rad = atan2(m.j[0][1] - m.j[1][0], m.j[0][0] + m.j[1][1]);
    for (int c = 0; c < 4; c++) {
        double x[2];
        invert(m.j, (c == 1 || c == 2 ? hi[0] : lo[0]) - m.u[0], (c >= 2 ? hi[1] : lo[1]) - m.u[1], x);
        d->box[c][0] = (m.x + x[0] + 0.5) * d->factor;
        d->box[c][1] = (m.y + x[1] + 0.5) * d->factor;
    }
}

/* Hill climbing on nothing can end in a map that no capture has: flat, or of a scale that was not searched.
 * Its field would have any number of nodes. */
static int plausible(const struct lock *l)
{
    double a = hypot(l->j[0][0] + l->j[1][1], l->j[1][0] - l->j[0][1]) / 2;
    double b = hypot(l->j[0][0] - l->j[1][1], l->j[1][0] + l->j[0][1]) / 2; /* singular values: a +- b */
    double high = a + b, low = fabs(a - b);
    return low > 0.4 * high && high < 1.5 / SYNC_MIN_PX_PER_MM && low > 1 / (1.5 * SYNC_MAX_PX_PER_MM);
}

/* Demodulates and reads one field, keeps it when it is the best so far, else frees it. seed: where it began, or NULL. */
static int try_field(struct reading *g, const struct plane *p, struct field *f, const struct lock *seed)
{
    int had = g->d->read;
    if (f->locked <= 2) {
        field_free(f);
        return 0;
    }
    if (demodulate(g->chips, p, f)) {
        field_free(f);
        return -1;
    }
    g->d->pilot = 1;
    read_message(g);
    if ((g->d->read && !had) || (!g->d->read && g->chips->energy > g->d->energy)) {
        field_free(&g->d->field);
        g->d->field = *f;
        g->d->factor = p->factor;
        g->d->kind = g->kind;
        g->d->energy = g->chips->energy;
        g->d->tiles = g->chips->tiles;
        describe(g->d, f, seed);
    } else {
        field_free(f);
    }
    return 0;
}

static struct lock on_plane(const struct lock *l, const struct plane *from, const struct plane *to)
{
    struct lock out = *l;
    double f = (double)from->factor / to->factor;
    out.x = (l->x + 0.5) * f - 0.5;
    out.y = (l->y + 0.5) * f - 0.5;
    for (int k = 0; k < 4; k++) out.j[k / 2][k % 2] /= f;
    return out;
}

/* A field made by one of these, read and kept or freed. */
static int try_grown(struct reading *g, const struct plane *p, const struct lock *seed, int most, int *all)
{
    struct field f;
    if (field_grow(&f, g->sync, p, seed, most)) {
        field_free(&f);
        return -1;
    }
    *all = f.locked < most;
    return try_field(g, p, &f, seed);
}

static int try_map(struct reading *g, const struct plane *p, const struct lock *seed, int flat, float *z)
{
    struct field f;
    if ((flat ? field_flat : field_smooth)(&f, g->sync, p, seed, z)) {
        field_free(&f);
        return -1;
    }
    return try_field(g, p, &f, seed);
}

static double scale_of(const struct lock *l)
{
    return 1 / sqrt(fabs(l->j[0][0] * l->j[1][1] - l->j[0][1] * l->j[1][0]));
}

/* The maps again on a finer plane, where samples are few on this one. */
static int try_finer(struct reading *g, const struct plane *p, const struct lock *seed)
{
    struct plane fine;
    float z;
    if (p->factor < 2 || scale_of(seed) > FINE_PX_PER_MM) return 0;
    if (plane_from_rgb(&fine, &g->source, (p->factor + 1) / 2, g->kind))
        return -1;
    struct lock l = on_plane(seed, p, &fine);
    int bad = try_map(g, &fine, &l, 1, &z);
    if (!bad && !g->d->read && z >= SMOOTH_MIN_Z) bad = try_map(g, &fine, &l, 0, &z);
    plane_free(&fine);
    return bad;
}

/* What was followed from place to place and proves flat is known better by one map: it takes the field's place. */
static int flatten(struct reading *g, const struct plane *p, const struct lock *seed)
{
    struct field f, *best = &g->d->field;
    float z;
    if (field_flat(&f, g->sync, p, seed, &z)) {
        field_free(&f);
        return -1;
    }
    if (f.locked < FLAT_SHARE * best->locked) {
        field_free(&f);
        return 0;
    }
    field_free(best);
    *best = f;
    describe(g->d, best, seed);
    return 0;
}

/*
 * A strong seed is followed from place to place as far as is enough to read; then one projective map is tried, which needs
 * a tenth of the mark; then what is neither strong nor flat. A picture full of a mark that no given issuer made offers
 * many seeds: their number is bounded.
 */
static int try_seed(struct reading *g, const struct plane *p, const struct lock *seed, int strong)
{
    int all = 1;
    float z;
    if (!plausible(seed) || g->seeds-- <= 0) return 0;
    if (strong && try_grown(g, p, seed, g->r->whole ? INT_MAX : ENOUGH, &all)) return -1;
    if (strong && g->d->read) return g->r->whole ? flatten(g, p, seed) : 0;
    if (try_map(g, p, seed, 1, &z)) return -1;
    if (!g->d->read && !all && try_grown(g, p, seed, INT_MAX, &all)) return -1;
    if (g->d->read || z < SMOOTH_MIN_Z) return 0;
    if (try_map(g, p, seed, 0, &z)) return -1;
    return g->d->read ? 0 : try_finer(g, p, seed);
}

/* Upright at the stated resolution with the corner of the artwork at the corner of the picture: files and
 * exports of them. */
static int try_upright(struct reading *g, const struct plane *p)
{
    if (!(g->r->dpi > 0)) return 0;
    double mm = 25.4 / g->r->dpi * p->factor;
    if (1 / mm < SYNC_MIN_PX_PER_MM) return 0;
    struct lock best = {.z_phase = 0};
    for (int j = 1; j < 8; j++)
        for (int i = 1; i < 8; i++) {
            double x = p->width * i / 8.0, y = p->height * j / 8.0;
            struct lock l = {.x = x, .y = y, .u = {(x + 0.5) * mm, (y + 0.5) * mm}, .j = {{mm, 0}, {0, mm}}};
            struct pilots got;
            double du[2];
            sync_pilots(g->sync, p, &l, &got);
            l.z_phase = sync_shift(g->sync, got.y, 0.2, du);
            if (l.z_phase > best.z_phase) best = l;
        }
    return best.z_phase >= 6 ? try_seed(g, p, &best, 1) : 0;
}

/* What the best field so far, of this carrier, says already: the place, and the same about it. A field that was not read may
 * be false, and must not hide what contradicts it. */
static int inside(const struct reading *g, const struct plane *p, const struct lock *l)
{
    const struct detection *d = g->d;
    const struct field *f = &d->field;
    if (!f->nodes || d->factor != p->factor || d->kind != g->kind) return 0;
    int i = (int)(l->x / f->spacing), j = (int)(l->y / f->spacing);
    if (i < 0 || j < 0 || i >= f->columns || j >= f->rows) return 0;
    const struct node *n = &f->nodes[(size_t)j * f->columns + i];
    double apart = 0, size = 0;
    for (int k = 0; k < 4; k++) {
        apart += pow(l->j[k / 2][k % 2] - n->at.j[k / 2][k % 2], 2);
        size += pow(n->at.j[k / 2][k % 2], 2);
    }
    return n->state == NODE_LOCKED && apart < 0.1 * 0.1 * size;
}

static int by_score(const void *a, const void *b)
{
    float x = sync_score(a), y = sync_score(b);
    return (x < y) - (x > y);
}

/* The strongest of the weak locks, as far as the places around them agree. */
static int try_weak(struct reading *g, const struct plane *p, struct lock *weak, int n, int most)
{
    float z[MAX_WEAK];
    int bad = 0, kept = 0;
    qsort(weak, (size_t)n, sizeof *weak, by_score);
    for (int k = 0; k < n && kept < most; k++)
        if (plausible(&weak[k]) && !inside(g, p, &weak[k])) weak[kept++] = weak[k];
    smooth_screen(g->syncs, g->threads, p, weak, kept, z);
    for (int k = 0; k < kept && !bad && !g->d->read; k++)
        if (z[k] >= SMOOTH_MIN_Z) bad = try_seed(g, p, &weak[k], 0);
    return bad;
}

/* Windows over the whole plane; a strong lock is followed at once, up to `most` weak ones last, the strongest first. */
static int try_windows(struct reading *g, const struct plane *p, int most, double from, double to)
{
    struct windows w;
    struct lock l;
    int n_weak = 0, bad = windows_begin(&w, p, g->syncs, g->threads);
    struct lock *weak = malloc((size_t)w.n * sizeof *weak);
    if (!weak) bad = -1;
    while (!bad && !g->d->read && windows_next(&w, &l)) {
        if (g->r->progress) g->r->progress(g->r->progress_user, from + (to - from) * windows_share(&w));
        if (inside(g, p, &l)) continue;
        if (sync_score(&l) >= SEED_STRONG)
            bad = try_seed(g, p, &l, 1);
        else if (sync_score(&l) >= SEED_WEAK)
            weak[n_weak++] = l;
    }
    windows_end(&w);
    if (!bad && !g->d->read) bad = try_weak(g, p, weak, n_weak, most);
    free(weak);
    return bad;
}

/* A strong lock in the mirror image of a few windows says why nothing else was found. */
static int try_mirrored(struct reading *g, struct plane *p)
{
    struct windows w;
    struct lock l;
    plane_mirror(p);
    int bad = windows_begin(&w, p, g->syncs, g->threads);
    for (int k = 0; k < MIRROR_WINDOWS && !bad && !g->d->mirrored && windows_next(&w, &l); k++) {
        struct field f;
        float z;
        if (sync_score(&l) < SEED_STRONG || !plausible(&l)) continue;
        bad = field_smooth(&f, g->sync, p, &l, &z);
        field_free(&f);
        g->d->mirrored = z >= SMOOTH_MIN_Z;
    }
    windows_end(&w);
    return bad;
}

static int detect_at(struct reading *g, int factor, int most, int mirror, double from, double to)
{
    struct plane p;
    if (plane_from_rgb(&p, &g->source, factor, g->kind)) return -1;
    int bad = try_upright(g, &p);
    if (!bad && !g->d->read) bad = try_windows(g, &p, most, from, to);
    if (!bad && mirror && !g->d->pilot) bad = try_mirrored(g, &p);
    plane_free(&p);
    return bad;
}

/* Planes of one carrier: first the coarse one, which does for close-ups and is quick, then the base; of a small picture
 * nothing tells its scale, so that a close-up of a few tiles is searched at all four; others on request. */
static int detect_carrier(struct reading *g)
{
    const struct detect_request *r = g->r;
    int base = 1, bad = 0;
    while ((double)(r->width / (uint32_t)base) * (r->height / (uint32_t)base) > BASE_PLANE) base++;
    const int factors[5] = {2 * base, base, base < 3 ? 4 * base : 0, base < 2 ? 3 : base - 1, base < 3 ? 3 : base - 2};
    int n = r->effort <= 0 ? 1 : r->effort == 1 ? (base < 2 ? 4 : 3) : base < 2 ? 4 : 5;
    for (int i = 0; i < n && !bad && !g->d->read; i++) {
        if (factors[i] < 1 || r->width / (uint32_t)factors[i] < 64 || r->height / (uint32_t)factors[i] < 64)
            continue;
        /* what is weak on the coarse plane of a large picture is stronger on the next */
        int most = i || base < 2 ? MAX_WEAK : 0;
        bad = detect_at(g, factors[i], most, !i, i / (double)n, (i + 1) / (double)n);
    }
    return bad;
}

/* Where the artwork is seen: from samples of a plane to mm. */
static void placed_on(double h[3][3], const struct placement *at, int factor)
{
    for (int k = 0; k < 3; k++) {
        for (int c = 0; c < 2; c++) h[k][c] = at->h[k][c] * factor;
        h[k][2] = at->h[k][2] + (at->h[k][0] + at->h[k][1]) * factor / 2;
    }
}

/* What no window shows the pilots of is looked for by what is printed: the artwork is found by the manifest's picture of it,
 * and the mark is read where it must be. A match needs a tenth of the energy that finding it does. */
static int detect_placed(struct reading *g)
{
    const struct detect_request *r = g->r;
    const struct content_reference *ref = r->artwork;
    struct placement at;
    int found = locate(&g->source, ref, &at), bad = found < 0;
    const double low[2] = {ref->x_mm, ref->y_mm}, high[2] = {ref->x_mm + ref->width_mm, ref->y_mm + ref->height_mm};
    int first = found > 0 ? (int)fmax(1, fmin(64, round(at.px_per_mm / PLACED_PX_PER_MM))) : 1;
    const int factors[MAX_PLACED] = {first, first > 1 ? first - 1 : 2, first > 1 ? first + 1 : 3};
    for (int i = 0; found > 0 && i < MAX_PLACED && !bad && !g->d->read; i++) {
        struct plane p;
        struct field f;
        double h[3][3];
        float z;
        if (!(at.px_per_mm / factors[i] >= SYNC_MIN_PX_PER_MM && r->width / (uint32_t)factors[i] >= 64 &&
              r->height / (uint32_t)factors[i] >= 64))
            continue;
        if (plane_from_rgb(&p, &g->source, factors[i], g->kind)) return -1;
        placed_on(h, &at, factors[i]);
        int seen = g->d->pilot;
        bad = field_placed(&f, g->sync, &p, h, low, high, &z);
        if (bad)
            field_free(&f);
        else
            bad = try_field(g, &p, &f, NULL);
        if (!g->d->read && z < SMOOTH_MIN_Z) g->d->pilot = seen;
        plane_free(&p);
    }
    return bad ? -1 : 0;
}

/* Whether a picture could be of one ink: hardly any pixel of a coarse grid has colour. */
static int is_neutral(const struct detect_request *r)
{
    enum { GRID = 64, COLOUR = 28 };
    int coloured = 0;
    for (int j = 0; j < GRID; j++)
        for (int i = 0; i < GRID; i++) {
            const uint8_t *p = r->rgb + (size_t)((uint64_t)r->height * (uint32_t)j / GRID) * r->stride +
                               3 * (size_t)((uint64_t)r->width * (uint32_t)i / GRID);
            int high = p[0] > p[1] ? p[0] : p[1], low = p[0] < p[1] ? p[0] : p[1];
            coloured += (high > p[2] ? high : p[2]) - (low < p[2] ? low : p[2]) > COLOUR;
        }
    return coloured < GRID * GRID / 25;
}

int detect(const struct detect_request *r, struct detection *d)
{
    memset(d, 0, sizeof *d);
    d->p_false = 1;
    d->factor = 1;
    struct reading g = {.r = r,
                        .d = d,
                        .threads = r->threads < 1 ? 1 : r->threads > WINDOWS_MAX_THREADS ? WINDOWS_MAX_THREADS : r->threads,
                        .decoder = decoder_new(LIST),
                        .chips = malloc(sizeof *g.chips),
                        .carriers = malloc(sizeof *g.carriers * (size_t)(r->n_anchors + 1))};
    for (int t = 0; t < g.threads; t++)
        if ((g.syncs[t] = sync_new()) == NULL) g.threads = t;
    g.sync = g.syncs[0];
    g.source = (struct plane_source){r->rgb, r->width, r->height, r->stride, g.threads};
    int bad = !g.threads || !g.decoder || !g.chips || !g.carriers;
    for (int a = 0; !bad && a < r->n_anchors; a++) carrier_init(&g.carriers[a], r->anchors[a]);
    const int most = MAX_SEEDS * (1 + 2 * (r->effort > 0) + 6 * (r->effort > 1));
    for (int kind = CARRIER_YELLOW_BLUE; kind <= CARRIER_LUMINANCE && !bad && !d->read; kind++) {
        if (kind == CARRIER_YELLOW_BLUE ? r->luminance == 1
            : r->luminance < 0          ? !is_neutral(r)
                                        : !r->luminance)
            continue;
        g.kind = (enum carrier_kind)kind;
        g.seeds = most;
        bad = detect_carrier(&g);
        if (!bad && !d->read && r->artwork && r->expected && !d->mirrored) bad = detect_placed(&g);
    }
    for (int t = 0; t < g.threads; t++) sync_free(g.syncs[t]);
    decoder_free(g.decoder);
    free(g.chips);
    free(g.carriers);
    return bad ? -1 : 0;
}

void detection_clear(struct detection *d)
{
    field_free(&d->field);
    memset(d, 0, sizeof *d);
}
