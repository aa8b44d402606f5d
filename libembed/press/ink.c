/*
 * press: the ink model as a table.
 *
 * For each node of a grid over the inks that the artwork comes near, the change per unit of the mark is found once
 * (ink_solve.h), when it is first asked for: the one that moves the opponent signal most within the visibility budget
 * and the room each ink has. Artwork uses a few thousand of 50,000. A row of pixels
 * then is a look-up of the nearest node and a clamp to the room of the pixel itself. The grid is fine near 0
 * % and 100 %, where the room changes fast; between nodes the amplitude steps a little, which a zero-mean
 * noise hides.
 */
#include "press/ink.h"
#include "press/no_yellow.h"
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "press/ink_solve.h"

#define BUDGET      0.65f /* S-CIELAB delta-E, rms, at strength 1, behind texture; the mask lowers flat places to 0.45 */
#define DISTANCE    2.2f /* butteraugli's distance of it, likewise: the mask leaves 1.7 of it on flat places */
#define MAX_RMS     0.10f /* largest rms change of an ink at strength 1 */
#define CEILING_RMS 0.12f /* at any strength: 128 * 256 of int16_t would be reached at 2.0 */
/* delta-E^2 per ink^2: 10 % of an ink counts as a delta-E of 0.15 however little it shows. */
#define RIDGE 2.2f
#define FULL_YIELD  0.065f /* |d o| per delta-E below which a colour gets less than its budget, in proportion */
#define LEAST_SHARE 0.3f  /* and below this share nothing: it would be seen before it were read */
#define GREY_SHARE  1.31f  /* lightness hides behind texture better than S-CIELAB reckons; the mask takes it back where there is none */
#define DIFFERENCE  0.04f /* half step of the finite differences: about one rms of the mark */
#define BARE        PRESS_BARE
#define SOLID       252   /* 8-bit level from which it counts as solid (98.8 %) */
#define MARGIN      2     /* levels kept free at either end of an ink's range */
#define MAX_NODES   17
#define BLUE        2     /* the channel that moves blue alone: yellow, B or b* */
#define UNSEEN      0.3f  /* of what other inks add to the effect: a reader takes most of it for artwork (whiten.c) */
#define UNKNOWN     255 /* kind of a node that was not asked for yet */

/* Nodes in percent.  The first and last stand for an empty and a solid channel: not moved. */
static const float ink_nodes[] = {0, 2.5f, 4.5f, 7, 11, 16, 23, 32, 42, 54, 66, 78, 88, 95, 100};
static const float light_nodes[] = {0, 3, 7, 12, 18, 25, 32, 40, 48, 56, 64, 72, 80, 87, 93, 97, 100};

struct ink_model {
    enum press_colour colour;
    int channels, per_axis;
    float strength, tac_limit;
    uint32_t n_nodes, white_node; /* white_node: one more behind the grid, used by Lab only */
    uint32_t offset[4][256]; /* 8-bit value of a channel to its share of the node number */
    int16_t room[256];       /* largest |step| at a value, in 1/INK_UNIT levels */
    int32_t tac_levels;      /* tac_limit in 8-bit levels */
    const struct profile *profile;
    const float *nodes;
    pthread_mutex_t building; /* held while a node is found; its kind is stored last */
    struct ink_step *step;    /* n_nodes of each */
    _Atomic uint8_t *kind;
    float (*slope)[4]; /* d o / d channel */
    float *visibility;
};

static int is_light(enum press_colour c)
{
    return c == PRESS_RGB || c == PRESS_GREY;
}

/* ---- building ------------------------------------------------------------------------------------------ */

static void set_axes(struct ink_model *m, const float *nodes, int n)
{
    for (int v = 0; v < 256; v++) {
        int best = v <= BARE ? 0 : v >= SOLID ? n - 1 : 1;
        for (int k = 2; k < n - 1 && best && best < n - 1; k++)
            if (fabsf((float)v / 2.55f - nodes[k]) < fabsf((float)v / 2.55f - nodes[best])) best = k;
        uint32_t weight = 1;
        for (int c = m->channels - 1; c >= 0; c--, weight *= (uint32_t)n)
            m->offset[c][v] = (uint32_t)best * weight;
        int free_levels = (v < 255 - v ? v : 255 - v) - MARGIN;
        m->room[v] = (int16_t)(free_levels > 0 ? (float)free_levels * INK_UNIT / INK_PEAK : 0);
    }
    m->per_axis = n;
    m->n_nodes = 1;
    for (int c = 0; c < m->channels; c++) m->n_nodes *= (uint32_t)n;
    m->white_node = m->n_nodes; /* of Lab: white is no corner of the grid there */
}

static enum ink_kind store_step(struct ink_model *m, uint32_t node, const struct ink_local *at, const float *v)
{
    int any = 0;
    for (int c = 0; c < m->channels; c++) {
        m->step[node].d[c] = (int16_t)lrintf(v[c] * 255 * INK_UNIT);
        any |= m->step[node].d[c];
        m->slope[node][c] = at->g[c];
    }
    m->visibility[node] = ink_visibility(at, v);
    return any ? INK_TINT : INK_NONE;
}

/* Paper: the yellow step; RGB white: the drop of B that gives the same b*; Lab: that b*. Only the effect is
 * derived here. */
static enum ink_kind store_white(struct ink_model *m, uint32_t node, const struct ink_local *at,
                                 const struct profile *p)
{
    float v[4] = {0, 0, 0, 0};
    if (m->channels == 1) return INK_NONE;
    if (m->colour == PRESS_CMYK)
        v[2] = INK_WHITE_YELLOW * m->strength;
    else if (m->colour == PRESS_LAB)
        v[2] = INK_WHITE_B / 255 * m->strength;
    else {
        float lo = 0, hi = 0.5f, lab[3];
        for (int k = 0; k < 20; k++) {
            float rgb[3] = {1, 1, 1 - (lo + hi) / 2};
            profile_to_lab(p, rgb, 1, lab);
            if (lab[2] < INK_WHITE_B * m->strength)
                lo = (lo + hi) / 2;
            else
                hi = (lo + hi) / 2;
        }
        v[2] = -lo;
    }
    store_step(m, node, at, v);
    return INK_WHITE;
}

/* Room of each channel at a node: nothing where it is empty or solid, else what keeps +-INK_PEAK within the
 * range. */
static void set_limits(const struct ink_model *m, const int *k, const float *nodes, float *limit)
{
    float most = MAX_RMS * fmaxf(1, m->strength);
    if (most > CEILING_RMS) most = CEILING_RMS;
    for (int c = 0; c < m->channels; c++) {
        float at = nodes[k[c]] / 100, room = (at < 1 - at ? at : 1 - at) / INK_PEAK;
        limit[c] = k[c] == 0 || k[c] == m->per_axis - 1 ? 0 : room < most ? room : most;
    }
}

static enum ink_kind solve_node(struct ink_model *m, uint32_t node, const int *k, const float *nodes,
                       const struct ink_local *at)
{
    float limit[4], v[4] = {0, 0, 0, 0}, budget = BUDGET * m->strength;
    set_limits(m, k, nodes, limit);
    if (m->channels == 1) { /* luminance: darker for positive s */
        float per_unit = sqrtf(at->A[0][0] + RIDGE);
        v[0] = fminf(budget * GREY_SHARE / per_unit, limit[0]) * (is_light(m->colour) ? -1.f : 1.f);
        return store_step(m, node, at, v);
    }
    if (m->colour == PRESS_CMYK && !k[0] && !k[1] && !k[2])
        limit[3] = 0; /* black alone has no colour to move */
    if (m->colour == PRESS_LAB) limit[0] = limit[1] = 0; /* b* is the carrier itself */
    if (m->colour == PRESS_LAB && !k[0]) limit[2] = 0;
    const struct ink_budget both = {RIDGE, budget, DISTANCE * m->strength};
    ink_best_step(at, &both, limit, v);
    /* Where the opponent signal hardly answers, the budget would buy visible noise and no mark. */
    float yield = -ink_opponent(at, v) / fmaxf(ink_visibility(at, v), 0.25f * BUDGET);
    float share = fminf(1, yield / FULL_YIELD);
    if (share < LEAST_SHARE) share = 0;
    for (int c = 0; c < m->channels; c++) v[c] *= share;
    return store_step(m, node, at, v);
}

/* One device colour with the ends of the difference along each channel: rows of n
 * values, the colour itself, then 1 + 2c (below) and 2 + 2c (above). */
static void difference_points(int n, const float *dev, float *points, float *width)
{
    for (int r = 0; r < 1 + 2 * n; r++)
        for (int c = 0; c < n; c++) {
            float v = dev[c];
            if (r == 1 + 2 * c) v = fmaxf(0, v - DIFFERENCE);
            if (r == 2 + 2 * c) v = fminf(1, v + DIFFERENCE);
            points[r * n + c] = v;
        }
    for (int c = 0; c < n; c++) width[c] = fminf(1, dev[c] + DIFFERENCE) - fmaxf(0, dev[c] - DIFFERENCE);
}

static void linearise(const struct ink_model *m, const struct profile *p, const float *dev, struct ink_local *at)
{
    int n = m->channels;
    float points[9 * 4] = {0}, width[4], lab[9][3], below[4][3], above[4][3];
    difference_points(n, dev, points, width);
    profile_to_lab(p, points, (size_t)(1 + 2 * n), &lab[0][0]);
    for (int c = 0; c < n; c++) {
        memcpy(below[c], lab[1 + 2 * c], sizeof below[c]);
        memcpy(above[c], lab[2 + 2 * c], sizeof above[c]);
    }
    ink_linearise(at, n, lab[0], below, above, width);
}

/* Linear blue of a colour as a camera gives it, 0..1: the shot noise of its logarithm goes with the root of the inverse. */
static float blue_light(const struct profile *p, const float *dev)
{
    float lab[3], rgb[3];
    profile_to_lab(p, dev, 1, lab);
    profile_lab_to_srgb(lab, rgb);
    return powf(fmaxf(rgb[2], 0) / 255, 2.2f);
}

static enum ink_kind find_node(struct ink_model *m, uint32_t node)
{
    static const float lab_white[3] = {1, 128 / 255.f, 128 / 255.f};
    int k[4], n = m->channels, empty = 0, full = 0;
    float dev[4];
    uint32_t rest = node;
    for (int c = n - 1; c >= 0; c--, rest /= (uint32_t)m->per_axis) {
        k[c] = (int)(rest % (uint32_t)m->per_axis);
        dev[c] = m->nodes[k[c]] / 100;
        empty += k[c] == 0;
        full += k[c] == m->per_axis - 1;
    }
    struct ink_local at;
    int white = m->colour == PRESS_LAB ? node == m->white_node : is_light(m->colour) ? full == n : empty == n;
    if (m->colour != PRESS_LAB && !white && empty + full == n) return INK_NONE; /* solids and paper only: nothing may move */
    linearise(m, m->profile, white && m->colour == PRESS_LAB ? lab_white : dev, &at);
    if (m->colour == PRESS_CMYK && k[3] < m->per_axis - 1) {
        unsigned v[4];
        for (int c = 0; c < 4; c++) v[c] = (unsigned)lrintf(255 * dev[c]);
        white |= press_lacks_yellow(v[0], v[1], v[2], v[3], press_cmyk_tone(v[0], v[1], v[2], v[3])) != 0;
    }
    if (!white) return solve_node(m, node, k, m->nodes, &at);
    if (m->colour == PRESS_CMYK) at.g[BLUE] *= sqrtf(blue_light(m->profile, dev)); /* the less light, the more noise */
    return store_white(m, node, &at, m->profile);
}

/* Kind of a node; the first who asks finds its step. */
static inline uint8_t kind_of(const struct ink_model *m, uint32_t node)
{
    uint8_t kind = atomic_load_explicit(&m->kind[node], memory_order_acquire);
    if (kind != UNKNOWN) return kind;
    struct ink_model *w = (struct ink_model *)m; /* filling the table changes no answer */
    pthread_mutex_lock(&w->building);
    kind = atomic_load_explicit(&m->kind[node], memory_order_relaxed);
    if (kind == UNKNOWN) atomic_store_explicit(&w->kind[node], kind = (uint8_t)find_node(w, node), memory_order_release);
    pthread_mutex_unlock(&w->building);
    return kind;
}

static void free_tables(struct ink_model *m)
{
    free(m->step);
    free((void *)m->kind);
    free(m->slope);
    free(m->visibility);
    free(m);
}

void ink_model_free(struct ink_model *m)
{
    if (!m) return;
    pthread_mutex_destroy(&m->building);
    free_tables(m);
}

enum enn_status ink_model_new(struct ink_model **out, enum press_colour colour, const struct profile *p,
                              double strength, double tac_limit, struct enn_error *err)
{
    *out = NULL;
    if (!(strength >= 0.1 && strength <= 4)) return enn_fail(err, ENN_USAGE, "strength must be 0.1 to 4");
    if (tac_limit == 0) tac_limit = INK_TAC_LIMIT;
    if (!(tac_limit >= 1 && tac_limit <= 4))
        return enn_fail(err, ENN_USAGE, "ink limit must be 100 to 400 percent");
    struct ink_model *m = calloc(1, sizeof *m);
    if (!m) return enn_fail(err, ENN_NOMEM, "ink model: out of memory");
    m->colour = colour;
    m->channels = press_channels(colour);
    m->strength = (float)strength;
    m->tac_levels = (int32_t)(tac_limit * 255);
    const float *nodes = colour == PRESS_CMYK ? ink_nodes : light_nodes;
    size_t n_axis = colour == PRESS_CMYK ? sizeof ink_nodes / sizeof *ink_nodes
                                         : sizeof light_nodes / sizeof *light_nodes;
    set_axes(m, nodes, (int)n_axis);
    size_t n_all = m->n_nodes + 1; /* at most 17^4 + 1 */
    m->profile = p;
    m->nodes = nodes;
    m->step = calloc(n_all, sizeof *m->step);
    m->kind = malloc(n_all * sizeof *m->kind);
    m->slope = calloc(n_all, sizeof *m->slope);
    m->visibility = calloc(n_all, sizeof *m->visibility);
    if (pthread_mutex_init(&m->building, NULL)) {
        free_tables(m);
        return enn_fail(err, ENN_NOMEM, "ink model: out of memory");
    }
    if (!m->step || !m->kind || !m->slope || !m->visibility) {
        ink_model_free(m);
        return enn_fail(err, ENN_NOMEM, "ink model: out of memory");
    }
    for (size_t node = 0; node < n_all; node++) atomic_init(&m->kind[node], UNKNOWN);
    *out = m;
    return ENN_OK;
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static inline unsigned level(const void *samples, int bits, size_t i)
{
    return bits == 16 ? ((const uint16_t *)samples)[i] >> 8 : ((const uint8_t *)samples)[i];
}

/* Total coverage with the mark at its peak must stay below the limit; what is above already is not moved at
 * all. */
static void hold_ink_limit(const struct ink_model *m, const unsigned *v, struct ink_step *s)
{
    int32_t sum = (int32_t)(v[0] + v[1] + v[2] + v[3]);
    int32_t rise = abs(s->d[0] + s->d[1] + s->d[2] + s->d[3]);
    int32_t room = m->tac_levels - sum;
    float peak = (float)rise * INK_PEAK / INK_UNIT;
    if ((float)room >= peak) return;
    float share = room > 0 && peak > 0 ? (float)room / peak : 0;
    for (int c = 0; c < 4; c++) s->d[c] = (int16_t)((float)s->d[c] * share);
}

static inline int16_t clamp_step(int d, int room)
{
    return (int16_t)(d > room ? room : d < -room ? -room : d);
}

static inline uint32_t node_of(const struct ink_model *m, const unsigned *v, int channels)
{
    uint32_t node = 0;
    for (int c = 0; c < channels; c++) node += m->offset[c][v[c]];
    if (m->colour == PRESS_LAB && v[0] >= SOLID && v[1] - 128 + BARE <= 2 * BARE && v[2] - 128 + BARE <= 2 * BARE)
        return m->white_node; /* unsigned: |a*| and |b*| up to BARE */
    return node;
}

/* Kind and step of one pixel whose 8-bit levels are v. */
static inline __attribute__((always_inline)) uint8_t one_step(const struct ink_model *m, const unsigned *v,
                                                              int channels, struct ink_step *s)
{
    uint32_t node = node_of(m, v, channels);
    uint8_t kind = kind_of(m, node);
    *s = m->step[node];
    if (kind != INK_TINT) return kind;
    for (int c = 0; c < channels; c++) s->d[c] = clamp_step(s->d[c], m->room[v[c]]);
    if (m->colour == PRESS_CMYK && v[0] + v[1] + v[2] + v[3] > 2 * 255) hold_ink_limit(m, v, s);
    return INK_TINT;
}

/* A brand ink is there, or something shines through. */
static int spot_on(const struct press_pixels *px, const void *samples, size_t first)
{
    uint32_t opacity = px->opacity;
    for (uint32_t left = px->spots; left; first++, left >>= 1, opacity >>= 1) {
        if (!(left & 1)) continue;
        unsigned v = level(samples, px->bits, first);
        if (opacity & 1 ? v < 255 : v > BARE) return 1;
    }
    return 0;
}

/* The commonest layout, four bytes a pixel: as below, without loops over channels. */
static void cmyk8_steps(const struct ink_model *m, const uint8_t *p, size_t n, struct ink_step *step, uint8_t *kind)
{
    struct ink_step recent = {{0}};
    uint8_t recent_kind = INK_NONE;
    uint32_t last = 0;
    for (size_t i = 0; i < n; i++, p += 4) {
        uint32_t now;
        memcpy(&now, p, 4);
        if (now != last || !i) recent_kind = one_step(m, (unsigned[4]){p[0], p[1], p[2], p[3]}, 4, &recent);
        last = now;
        step[i] = recent;
        kind[i] = recent_kind;
    }
}

static void cmyk16_steps(const struct ink_model *m, const uint16_t *p, size_t n, struct ink_step *step, uint8_t *kind)
{
    uint8_t high[4 * PRESS_PIECE];
    for (size_t at = 0, some; at < n; at += some) {
        some = n - at < PRESS_PIECE ? n - at : PRESS_PIECE;
        press_high_bytes(p + 4 * at, 4 * some, high);
        cmyk8_steps(m, high, some, step + at, kind + at);
    }
}

void ink_steps(const struct ink_model *m, const struct press_pixels *px, const void *samples, size_t n,
               struct ink_step *step, uint8_t *kind)
{
    if (m->colour == PRESS_CMYK && px->bits == 8 && px->samples_per_pixel == 4) {
        cmyk8_steps(m, samples, n, step, kind);
        return;
    }
    if (m->colour == PRESS_CMYK && px->bits == 16 && px->samples_per_pixel == 4) {
        cmyk16_steps(m, samples, n, step, kind);
        return;
    }
    size_t per = (size_t)px->samples_per_pixel, channels = (size_t)m->channels;
    unsigned v[4] = {0, 0, 0, 0}, last[4] = {~0u, 0, 0, 0};
    struct ink_step recent = {{0}};
    uint8_t recent_kind = INK_NONE;
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < channels; c++) v[c] = level(samples, px->bits, i * per + c);
        if (px->spots && spot_on(px, samples, i * per + channels)) {
            memset(&step[i], 0, sizeof step[i]);
            kind[i] = INK_NONE;
            last[0] = ~0u;
        } else if (v[0] == last[0] && v[1] == last[1] && v[2] == last[2] && v[3] == last[3]) {
            step[i] = recent;
            kind[i] = recent_kind;
        } else {
            kind[i] = recent_kind = one_step(m, v, m->channels, &recent);
            step[i] = recent;
            memcpy(last, v, sizeof last);
        }
    }
}

struct ink_effect ink_effect_of(const struct ink_model *m, const struct press_pixels *px, const void *sample)
{
    struct ink_effect e = {0, 0};
    struct ink_step s;
    uint8_t kind;
    unsigned v[4] = {0, 0, 0, 0};
    ink_steps(m, px, sample, 1, &s, &kind);
    if (kind == INK_NONE) return e;
    for (int c = 0; c < m->channels; c++) v[c] = level(sample, px->bits, (size_t)c);
    uint32_t node = node_of(m, v, m->channels);
    float full = 0, held = 0;
    for (int c = 0; c < m->channels; c++) {
        float seen = m->channels == 1 || c == BLUE ? 1 : UNSEEN;
        e.opponent += seen * m->slope[node][c] * (float)s.d[c] / (255 * INK_UNIT);
        full += (float)abs(m->step[node].d[c]);
        held += (float)abs(s.d[c]);
    }
    e.visibility = full > 0 ? m->visibility[node] * held / full : 0;
    return e;
}
