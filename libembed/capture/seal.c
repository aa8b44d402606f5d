/*
 * Detection of the seal (seal.h).
 *
 * cells.c gives an observation y of every chip in every cell in view.  The known message says what print and capture
 * left of each ring of waves, h(r), and the power around it, P(r); the matched filter for chips of amplitude a(r) then has
 * the weights g(r) = a(r) h(r) / P(r).  For a shift,
 *
 *     T = sum over cells and chips  g y c,        V = sum  g^2 y^2,        z = T / sqrt(V)
 *
 * with the chips c of the artwork's cells that the shift puts there.  Whatever the capture is, under a key it does not
 * depend on T is a sum of independent terms of random sign, so P(z >= t) <= exp(-t^2 / 2) (W. Hoeffding, J. Amer.
 * Statist. Assoc. 58, 1963), and the union bound over the shifts is the p that is reported: no model of noise, and no
 * use of the message's CRC.
 */
#include "capture/seal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RINGS = 39, SEARCH_CELLS = 24 };
static const double PX_PER_MM =
    6; /* of the plane: below it the robust band suffers, above it resolved screens do harm */

struct search {
    const struct seal_request *r;
    struct seal_layout *layout;
    struct cells cells;
    int8_t *message; /* CODE_N chips */
    float *g;        /* per bin: weight of its chips */
};

/* ---- what the message tells ---- */

static int ring_of(const struct seal_layout *l, int bin)
{
    return (int)(hypot(l->bin[bin].kx, l->bin[bin].ky) + 0.5);
}

/* Rings are smoothed over so many on either side. */
enum { SMOOTH = 2 };

static void smooth(const double in[RINGS], double out[RINGS])
{
    for (int r = 0; r < RINGS; r++) {
        out[r] = 0;
        for (int d = -SMOOTH; d <= SMOOTH; d++)
            if (r + d >= 0 && r + d < RINGS) out[r] += in[r + d];
    }
}

/* g of every bin, from the response of the message's rings and the power of all. */
static void weigh(struct search *s, const struct carrier *c)
{
    double t[RINGS] = {0}, e[RINGS] = {0}, p[RINGS] = {0}, n[RINGS] = {0}, q[4][RINGS];
    const struct seal_layout *l = s->layout;
    for (int i = 0; i < s->cells.n; i++)
        for (int k = 0; k < CODE_N; k++) {
            int r = ring_of(l, k / 2);
            double y = s->cells.at[i].y[k], a = c->amplitude[k / 2];
            p[r] += y * y;
            n[r]++;
            t[r] += y * s->message[k] * a;
            e[r] += a * a * s->cells.at[i].weight;
        }
    smooth(t, q[0]), smooth(e, q[1]), smooth(p, q[2]), smooth(n, q[3]);
    for (int k = 0; k < l->robust; k++) {
        int r = ring_of(l, k);
        s->g[k] = (float)(l->amplitude[k] * fmax(0, q[0][r] / q[1][r]) / (q[2][r] / q[3][r] + 1e-30));
    }
}

/* ---- correlation ---- */

static int by_weight(const void *a, const void *b)
{
    const struct cell_view *p = a, *q = b;
    return (p->weight < q->weight) - (p->weight > q->weight);
}

struct best {
    double z, tries;
    int page, shift[2];
};

/* Key streams of all cells of a page. */
static uint8_t *page_bits(const struct seal_page *p)
{
    size_t n = (size_t)p->columns * (size_t)p->rows;
    uint8_t *all = malloc(n * SEAL_BYTES);
    for (size_t k = 0; all && k < n; k++)
        if (p->bits(p->user, (int32_t)(k % (size_t)p->columns), (int32_t)(k / (size_t)p->columns),
                    all + k * SEAL_BYTES)) {
            free(all);
            return NULL;
        }
    return all;
}

/* T of so many views with every cell of the page: t[view][cell], one pass over signed observations. */
static void correlate_page(const struct search *s, const struct seal_page *p, const uint8_t *all, int n,
                           float *t)
{
    size_t cells = (size_t)p->columns * (size_t)p->rows;
    int chips = 2 * s->layout->robust;
    for (int i = 0; i < n; i++) {
        float x[CODE_N];
        for (int k = 0; k < chips; k++) x[k] = s->g[k / 2] * s->cells.at[i].y[k];
        for (size_t c = 0; c < cells; c++) {
            const uint8_t *bits = all + c * SEAL_BYTES;
            float lanes[8] = {0};
            for (int k = 0; k < chips; k += 8)
                for (int j = 0; j < 8; j++) lanes[j] += bits[k >> 3] >> (7 - j) & 1 ? -x[k + j] : x[k + j];
            float sum = 0;
            for (int j = 0; j < 8; j++) sum += lanes[j];
            t[(size_t)i * cells + c] = sum;
        }
    }
}

static void try_shifts(const struct search *s, const struct seal_page *p, int index, int n, const float *t,
                       const double *var, struct best *best)
{
    size_t cells = (size_t)p->columns * (size_t)p->rows;
    int low[2] = {1 << 30, 1 << 30}, high[2] = {-(1 << 30), -(1 << 30)};
    for (int i = 0; i < n; i++) {
        const int at[2] = {s->cells.at[i].column, s->cells.at[i].row};
        for (int k = 0; k < 2; k++) {
            if (at[k] < low[k]) low[k] = at[k];
            if (at[k] > high[k]) high[k] = at[k];
        }
    }
    for (int dy = -high[1]; dy < p->rows - low[1]; dy++)
        for (int dx = -high[0]; dx < p->columns - low[0]; dx++) {
            double sum = 0, square = 0;
            for (int i = 0; i < n; i++) {
                int a = s->cells.at[i].column + dx, b = s->cells.at[i].row + dy;
                if (a < 0 || b < 0 || a >= p->columns || b >= p->rows) continue;
                sum += t[(size_t)i * cells + (size_t)b * (size_t)p->columns + (size_t)a];
                square += var[i];
            }
            if (!(square > 0)) continue;
            best->tries++;
            double z = sum / sqrt(square);
            if (z > best->z) *best = (struct best){z, best->tries, index, {dx, dy}};
        }
}

static enum seal_status search_page(struct search *s, int index, int n, const double *var, struct best *best)
{
    const struct seal_page *p = &s->r->pages[index];
    uint8_t *all = page_bits(p);
    float *t = malloc(sizeof *t * (size_t)n * (size_t)p->columns * (size_t)p->rows);
    if (all && t) {
        correlate_page(s, p, all, n, t);
        try_shifts(s, p, index, n, t, var, best);
    }
    int bad = !all || !t;
    free(all);
    free(t);
    return bad ? SEAL_NO_MEMORY : SEAL_OK;
}

/* ---- at the shift that was found ---- */

/* A cell that does not fit where it is may be of a second copy of the artwork beside the first. */
static enum seal_status fits_elsewhere(const struct search *s, const struct cell_view *w, double var,
                                       double *z)
{
    uint8_t bits[SEAL_BYTES];
    for (int k = 0; k < s->r->n_pages; k++) {
        const struct seal_page *p = &s->r->pages[k];
        for (int b = 0; b < p->rows; b++)
            for (int a = 0; a < p->columns; a++) {
                double t = 0;
                if (p->bits(p->user, a, b, bits)) return SEAL_NO_MEMORY;
                for (int i = 0; i < CODE_N; i++) t += (double)s->g[i / 2] * w->y[i] * seal_chip(bits, i);
                *z = fmax(*z, t / sqrt(var));
            }
    }
    return SEAL_OK;
}

static enum seal_status measure(struct search *s, const struct best *best, struct seal_found *out)
{
    const struct seal_page *p = &s->r->pages[best->page];
    /* the chips of message and seal have the same spectrum, so their z stand as the roots of their powers */
    const double share = sqrt(SEAL_SHARE / ((1 - SEAL_SHARE) * (1 - PILOT_POWER)));
    double sum = 0, square = 1e-300, message = 0, all_square = 1e-300, all_message = 0;
    uint8_t bits[SEAL_BYTES];
    out->views = calloc((size_t)s->cells.n, sizeof *out->views);
    if (!out->views) return SEAL_NO_MEMORY;
    for (int i = 0; i < s->cells.n; i++) {
        const struct cell_view *w = &s->cells.at[i];
        int a = w->column + best->shift[0], b = w->row + best->shift[1];
        double t = 0, var = 1e-300, m = 0;
        int inside = a >= 0 && b >= 0 && a < p->columns && b < p->rows;
        if (inside && p->bits(p->user, a, b, bits)) return SEAL_NO_MEMORY;
        for (int k = 0; k < CODE_N; k++) {
            double x = (double)s->g[k / 2] * w->y[k];
            if (inside) t += x * seal_chip(bits, k);
            m += x * s->message[k];
            var += x * x;
        }
        all_square += var, all_message += share * m;
        if (!inside) continue;
        sum += t, square += var, message += share * m;
        struct seal_view *v = &out->views[out->n_views++];
        *v = (struct seal_view){a, b, w->share, t / sqrt(var), share * m / sqrt(var), 0};
        if (v->expected < SEAL_LOCAL || v->z > v->expected / 2) continue;
        enum seal_status st = fits_elsewhere(s, w, var, &v->elsewhere);
        if (st) return st;
    }
    out->z = sum / sqrt(square);
    out->expected = message / sqrt(square);
    out->possible = all_message / sqrt(all_square);
    return SEAL_OK;
}

static enum seal_status look(struct search *s, struct seal_found *out)
{
    struct best best = {0};
    int n = s->cells.n < SEARCH_CELLS ? s->cells.n : SEARCH_CELLS;
    double var[SEARCH_CELLS] = {0};
    enum seal_status st = SEAL_OK;
    qsort(s->cells.at, (size_t)s->cells.n, sizeof *s->cells.at, by_weight);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < CODE_N; k++) {
            double x = (double)s->g[k / 2] * s->cells.at[i].y[k];
            var[i] += x * x;
        }
    for (int p = 0; p < s->r->n_pages && !st; p++) st = search_page(s, p, n, var, &best);
    if (!st) st = measure(s, &best, out);
    out->tries = best.tries;
    out->p = out->z > 0 ? fmin(1, best.tries * exp(-out->z * out->z / 2)) : 1;
    out->present = !st && out->p <= SEAL_P;
    out->page = s->r->pages[best.page].number;
    memcpy(out->shift, best.shift, sizeof out->shift);
    return st;
}

static enum seal_status status_of(enum cells_status st)
{
    switch (st) {
    case CELLS_OK:
        return SEAL_OK;
    case CELLS_NOTHING:
        return SEAL_NOTHING;
    case CELLS_TOO_LARGE:
        return SEAL_TOO_LARGE;
    default:
        return SEAL_NO_MEMORY;
    }
}

enum seal_status seal_detect(const struct seal_request *r, struct seal_found *out)
{
    *out = (struct seal_found){.p = 1};
    uint64_t cells = 0;
    for (int p = 0; p < r->n_pages; p++) cells += (uint64_t)r->pages[p].columns * (uint64_t)r->pages[p].rows;
    if (!cells) return SEAL_NOTHING;
    if (cells > SEAL_MOST_CELLS) return SEAL_TOO_LARGE;
    struct search s = {.r = r,
                       .layout = malloc(sizeof *s.layout),
                       .message = malloc(CODE_N),
                       .g = malloc(CARRIER_BINS * sizeof *s.g)};
    struct carrier *c = malloc(sizeof *c);
    enum seal_status st = s.layout && s.message && s.g && c ? SEAL_OK : SEAL_NO_MEMORY;
    if (!st) {
        int factor = (int)(r->source.found->px_per_mm / PX_PER_MM + 0.5);
        seal_layout_init(s.layout, 0);
        carrier_init(c, r->anchor);
        carrier_chips(c, r->source.found->message, s.message);
        st = status_of(cells_read(&r->source, s.layout, factor < 1 ? 1 : factor, &s.cells));
    }
    if (!st) weigh(&s, c);
    if (!st) st = look(&s, out);
    cells_clear(&s.cells);
    free(s.layout);
    free(s.message);
    free(s.g);
    free(c);
    return st;
}

void seal_found_clear(struct seal_found *s)
{
    free(s->views);
    memset(s, 0, sizeof *s);
}
