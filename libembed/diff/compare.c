/*
 * Comparing, pass 2: the conductor.  Rows of both pages are gathered into strips of one row of cells each;
 * threads compare strips; their cells go to the regions in order, so the result does not depend on the
 * threads.
 */
#include "diff/pair.h"
#include "status.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_WORKERS = 16, STRIPS_EACH = 4 };

struct worker {
    struct comparer *g;
    unsigned index;
    struct marking_row row;
    float *scratch;
    struct drift *drift;
};

struct comparer {
    struct compare *c;
    struct compare_strip *strips;
    unsigned n_strips, max_strips, n_workers;
    struct worker worker[MAX_WORKERS];
    /* a window of rows of both sides */
    uint8_t *rows[2];
    size_t bytes[2];
    uint32_t first, last, capacity;
    struct aligned *in[2];
    uint32_t columns;
};

uint32_t drift_columns(const struct compare *c)
{
    return (c->pair->width + c->block_x - 1) / c->block_x;
}
uint32_t drift_rows(const struct compare *c)
{
    return (c->pair->height + c->block_y - 1) / c->block_y;
}

void compare_put(struct compare_strip *s, uint32_t x, uint32_t y, const struct pixel_change *d)
{
    const struct compare *c = s->c;
    const double tolerance = c->pair->o->tolerance;
    const float INK_PER_DE =
        0.03f; /* 3 points of an ink count as a difference of 1, whatever they look like */
    float de = colour_difference(d->expected, d->after), ink = d->spot;
    for (int i = 0; i < REGION_INKS; i++) ink = fmaxf(ink, d->ink[i]);
    de = fmaxf(de, 50 * d->spot);
    if (de < tolerance && ink < tolerance * INK_PER_DE) {
        s->below_tolerance++;
        return;
    }
    struct cell_sum *cell = &s->cells[x / c->cell_x];
    cell_sum_pixel(cell, x, y, d->before, d->after, de);
    for (int i = 0; i < REGION_INKS; i++) cell->ink[i] += d->ink[i];
    cell->strong += (uint32_t)d->strong;
}

static void *work(void *user)
{
    struct worker *w = user;
    for (unsigned i = w->index; i < w->g->n_strips; i += w->g->n_workers) {
        struct compare_strip *s = &w->g->strips[i];
        s->row = &w->row;
        s->scratch = w->scratch;
        s->drift = w->drift;
        s->drift_columns = drift_columns(s->c);
        if (s->c->pair->mode == PAIR_EXACT)
            compare_exact(s);
        else
            compare_soft(s);
    }
    return NULL;
}

static enum enn_status begin(struct comparer *g, struct enn_error *err)
{
    struct compare *c = g->c;
    const struct pair *p = c->pair;
    long n = p->o->verify.threads > 0 ? p->o->verify.threads : sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t memory = p->o->verify.limits.max_memory;
    g->n_workers = n < 1 ? 1 : n > MAX_WORKERS ? MAX_WORKERS : (unsigned)n;
    g->max_strips = g->n_workers * STRIPS_EACH;
    g->columns = (p->width + c->cell_x - 1) / c->cell_x;
    g->capacity = g->max_strips * c->cell_y + 2 * CONTEXT;
    const struct pair_side *side[2] = {&p->before, &p->after};
    uint64_t need = (uint64_t)g->max_strips * g->columns * sizeof(struct cell_sum);
    for (int i = 0; i < 2; i++) {
        g->bytes[i] =
            (size_t)p->width * (size_t)side[i]->pixels.samples_per_pixel * (size_t)side[i]->pixels.bits / 8;
        need += (uint64_t)g->bytes[i] * g->capacity;
    }
    if (p->mode != PAIR_EXACT) need += compare_soft_scratch(c) * sizeof(float) * g->n_workers;
    if (need > memory / 2) return enn_fail(err, ENN_LIMIT, "comparing takes more memory than allowed");
    g->rows[0] = malloc(g->bytes[0] * g->capacity);
    g->rows[1] = malloc(g->bytes[1] * g->capacity);
    g->strips = calloc(g->max_strips, sizeof *g->strips);
    int ok = g->rows[0] && g->rows[1] && g->strips;
    for (unsigned i = 0; ok && i < g->max_strips; i++)
        ok = (g->strips[i].cells = malloc(g->columns * sizeof(struct cell_sum))) != NULL;
    if (!ok) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_status st = ENN_OK;
    for (unsigned i = 0; i < g->n_workers && !st; i++) {
        struct worker *w = &g->worker[i];
        w->g = g;
        w->index = i;
        if (p->mode != PAIR_EXACT) w->scratch = malloc(compare_soft_scratch(c) * sizeof(float));
        if (c->fit.kind != FIT_NONE) {
            st = marking_row_new(&w->row, &c->marking, err);
            w->drift = calloc((size_t)drift_columns(c) * drift_rows(c), sizeof *w->drift);
        }
        if (!st && ((p->mode != PAIR_EXACT && !w->scratch) || (c->fit.kind != FIT_NONE && !w->drift)))
            st = enn_fail(err, ENN_NOMEM, "out of memory");
    }
    if (!st) st = pair_open(&p->before, memory, &g->in[0], err);
    if (!st) st = pair_open(&p->after, memory, &g->in[1], err);
    return st;
}

static void end(struct comparer *g)
{
    aligned_close(g->in[0]);
    aligned_close(g->in[1]);
    for (unsigned i = 0; i < g->n_workers; i++) {
        marking_row_clear(&g->worker[i].row);
        free(g->worker[i].scratch);
        free(g->worker[i].drift);
    }
    for (unsigned i = 0; g->strips && i < g->max_strips; i++) free(g->strips[i].cells);
    free(g->strips);
    free(g->rows[0]);
    free(g->rows[1]);
}

/* Keeps the rows from `keep` on and reads up to `want`. */
static enum enn_status fill(struct comparer *g, uint32_t keep, uint32_t want, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    for (int i = 0; i < 2; i++)
        memmove(g->rows[i], g->rows[i] + (keep - g->first) * g->bytes[i], (g->last - keep) * g->bytes[i]);
    g->first = keep;
    for (; g->last < want && !st; g->last++)
        for (int i = 0; i < 2 && !st; i++)
            st = aligned_next(g->in[i], g->rows[i] + (g->last - g->first) * g->bytes[i], err);
    return st;
}

/* Paints the cells into the preview: an edit of one pixel shows as well. */
static void paint(struct comparer *g, const struct compare_strip *s)
{
    struct enn_diff_preview *v = g->c->preview;
    if (!v || !v->heat) return;
    for (uint32_t i = 0; i < g->columns; i++) {
        const struct cell_sum *cell = &s->cells[i];
        uint8_t heat = (uint8_t)fminf(255, fmaxf(1, 10 * cell->max_de));
        if (!cell->n) continue;
        for (uint32_t y = cell->y0 / v->reduction; y <= (cell->y1 - 1) / v->reduction; y++)
            for (uint32_t x = cell->x0 / v->reduction; x <= (cell->x1 - 1) / v->reduction; x++) {
                uint8_t *to = &v->heat[(size_t)y * v->width + x];
                if (*to < heat) *to = heat;
            }
    }
}

static void run_strips(struct comparer *g)
{
    pthread_t thread[MAX_WORKERS];
    int started[MAX_WORKERS] = {0};
    for (unsigned i = g->n_workers; i-- > 0;) {
        if (i && g->n_strips > i) started[i] = !pthread_create(&thread[i], NULL, work, &g->worker[i]);
        if (!started[i])
            work(&g->worker[i]); /* the caller's share, and that of a thread that could not be had */
    }
    for (unsigned i = 0; i < g->n_workers; i++)
        if (started[i]) pthread_join(thread[i], NULL);
}

static enum enn_status one_batch(struct comparer *g, uint32_t y, struct enn_error *err)
{
    struct compare *c = g->c;
    const struct pair *p = c->pair;
    uint64_t end = (uint64_t)y + (uint64_t)g->max_strips * c->cell_y;
    uint32_t y1 = end < p->height ? (uint32_t)end : p->height;
    uint32_t want = p->height - y1 > CONTEXT ? y1 + CONTEXT : p->height;
    enum enn_status st = fill(g, y > CONTEXT ? y - CONTEXT : 0, want, err);
    if (st) return st;
    g->n_strips = 0;
    for (uint32_t at = y; at < y1; at += c->cell_y) {
        struct compare_strip *s = &g->strips[g->n_strips++];
        struct cell_sum *cells = s->cells;
        memset(cells, 0, g->columns * sizeof *cells);
        *s = (struct compare_strip){.c = c,
                                    .y0 = at,
                                    .y1 = y1 - at > c->cell_y ? at + c->cell_y : y1,
                                    .before_bytes = g->bytes[0],
                                    .after_bytes = g->bytes[1],
                                    .cells = cells};
        s->first = at > CONTEXT ? at - CONTEXT : 0;
        s->last = p->height - s->y1 > CONTEXT ? s->y1 + CONTEXT : p->height;
        s->before = g->rows[0] + (s->first - g->first) * g->bytes[0];
        s->after = g->rows[1] + (s->first - g->first) * g->bytes[1];
    }
    run_strips(g);
    for (unsigned i = 0; i < g->n_strips && !st; i++) {
        c->differing += g->strips[i].differing;
        c->explained += g->strips[i].explained;
        c->below_tolerance += g->strips[i].below_tolerance;
        paint(g, &g->strips[i]);
        st = regions_row(c->regions, g->strips[i].cells, err);
    }
    if (p->progress) p->progress(p->progress_user, (double)y1 / p->height);
    return st;
}

enum enn_status compare_pair(struct compare *c, struct enn_error *err)
{
    struct comparer g = {.c = c};
    enum enn_status st = begin(&g, err);
    for (uint32_t y = 0; y < c->pair->height && !st; y += g.max_strips * c->cell_y) {
        st = one_batch(&g, y, err);
        if (c->pair->height - y <= g.max_strips * c->cell_y) break;
    }
    if (!st && c->fit.kind != FIT_NONE) {
        size_t n = (size_t)drift_columns(c) * drift_rows(c);
        c->drift = calloc(n, sizeof *c->drift);
        if (!c->drift) st = enn_fail(err, ENN_NOMEM, "out of memory");
        for (unsigned k = 0; !st && k < g.n_workers; k++)
            for (size_t i = 0; i < n; i++) {
                c->drift[i].signal += g.worker[k].drift[i].signal;
                c->drift[i].weight += g.worker[k].drift[i].weight;
            }
    }
    end(&g);
    return st;
}
