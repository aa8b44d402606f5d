/*
 * Comparing, step 8: regions (regions.h).
 *
 * Connected components over the stream of cell rows (A. Rosenfeld and J. L. Pfaltz, J. ACM 1966): cells
 * closer than REACH belong together, so that the letters of a word are one region.  Only the labels of the
 * last REACH rows and the regions that they touch are kept open; a region is closed when the stream has
 * passed it.
 */
#include "diff/regions.h"
#include "status.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { REACH = 3, NONE = -1 };

struct open_region {
    struct cell_sum sum;
    int32_t parent;
    uint64_t last_row;
};

struct regions {
    struct region_options o;
    int32_t *label[REACH + 1]; /* of the rows row, row - 1, .. modulo REACH + 1 */
    struct open_region *open;
    int32_t n_open, max_open, *moved;
    struct cell_sum *closed;
    uint32_t n_closed, max_closed;
    uint64_t row, small_pixels, all;
};

void cell_sum_pixel(struct cell_sum *c, uint32_t x, uint32_t y, const float before[3], const float after[3],
                    float de)
{
    if (!c->n || x < c->x0) c->x0 = x;
    if (!c->n || y < c->y0) c->y0 = y;
    if (x + 1 > c->x1) c->x1 = x + 1;
    if (y + 1 > c->y1) c->y1 = y + 1;
    c->n++;
    c->de += de;
    if (de > c->max_de) c->max_de = de;
    for (int i = 0; i < 3; i++) {
        float d = after[i] - before[i];
        c->before[i] += before[i];
        c->after[i] += after[i];
        c->change[i] += d;
        c->before_square += before[i] * before[i];
        c->after_square += after[i] * after[i];
        c->change_square += d * d;
    }
}

static void join(struct cell_sum *to, const struct cell_sum *from)
{
    if (!to->n || from->x0 < to->x0) to->x0 = from->x0;
    if (!to->n || from->y0 < to->y0) to->y0 = from->y0;
    if (from->x1 > to->x1) to->x1 = from->x1;
    if (from->y1 > to->y1) to->y1 = from->y1;
    to->n = from->n > UINT32_MAX - to->n ? UINT32_MAX : to->n + from->n;
    to->strong = from->strong > UINT32_MAX - to->strong ? UINT32_MAX : to->strong + from->strong;
    to->de += from->de;
    if (from->max_de > to->max_de) to->max_de = from->max_de;
    for (int i = 0; i < 3; i++) {
        to->before[i] += from->before[i];
        to->after[i] += from->after[i];
        to->change[i] += from->change[i];
    }
    to->before_square += from->before_square;
    to->after_square += from->after_square;
    to->change_square += from->change_square;
    for (int i = 0; i < REGION_INKS; i++) to->ink[i] += from->ink[i];
}

enum enn_status regions_new(struct regions **out, const struct region_options *o, struct enn_error *err)
{
    struct regions *r = calloc(1, sizeof *r);
    *out = NULL;
    int ok = r != NULL;
    for (int i = 0; ok && i <= REACH; i++) {
        r->label[i] = malloc(o->columns * sizeof **r->label);
        ok = r->label[i] != NULL;
        for (uint32_t x = 0; ok && x < o->columns; x++) r->label[i][x] = NONE;
    }
    if (!ok) {
        regions_free(r);
        return enn_fail(err, ENN_NOMEM, "out of memory");
    }
    r->o = *o;
    *out = r;
    return ENN_OK;
}

void regions_free(struct regions *r)
{
    if (!r) return;
    for (int i = 0; i <= REACH; i++) free(r->label[i]);
    free(r->open);
    free(r->moved);
    free(r->closed);
    free(r);
}

static int32_t root(struct regions *r, int32_t i)
{
    while (r->open[i].parent != i) i = r->open[i].parent = r->open[r->open[i].parent].parent;
    return i;
}

static void unite(struct regions *r, int32_t a, int32_t b)
{
    a = root(r, a);
    b = root(r, b);
    if (a == b) return;
    if (b < a) {
        int32_t t = a;
        a = b;
        b = t;
    }
    join(&r->open[a].sum, &r->open[b].sum);
    if (r->open[b].last_row > r->open[a].last_row) r->open[a].last_row = r->open[b].last_row;
    r->open[b].parent = a;
}

/* When twice as many are closed as are kept, the lesser half goes. */
static int by_sum(const void *a, const void *b)
{
    double p = ((const struct cell_sum *)a)->de, q = ((const struct cell_sum *)b)->de;
    return p > q ? -1 : p < q;
}

static int by_place(const void *a, const void *b)
{
    const struct cell_sum *p = a, *q = b;
    if (p->y0 != q->y0) return p->y0 < q->y0 ? -1 : 1;
    return p->x0 < q->x0 ? -1 : p->x0 > q->x0;
}

static enum enn_status close_region(struct regions *r, const struct cell_sum *s, struct enn_error *err)
{
    if (s->n * r->o.px_mm_x * r->o.px_mm_y < r->o.min_area * (1 - 1e-6)) {
        r->small_pixels += s->n;
        return ENN_OK;
    }
    r->all++;
    if (r->n_closed == r->max_closed) {
        if (r->n_closed >= 2 * (uint64_t)r->o.keep) {
            qsort(r->closed, r->n_closed, sizeof *r->closed, by_sum);
            r->n_closed = r->o.keep;
        } else {
            uint32_t max = r->max_closed ? 2 * r->max_closed : 64;
            if (max > 2 * r->o.keep) max = 2 * r->o.keep;
            struct cell_sum *more = realloc(r->closed, max * sizeof *more);
            if (!more) return enn_fail(err, ENN_NOMEM, "out of memory");
            r->closed = more;
            r->max_closed = max;
        }
    }
    r->closed[r->n_closed++] = *s;
    return ENN_OK;
}

/* Closes what the stream has passed, and renumbers the rest; `all`: everything. */
static enum enn_status sweep(struct regions *r, int all, struct enn_error *err)
{
    int32_t n = 0;
    enum enn_status st = ENN_OK;
    for (int32_t i = 0; i < r->n_open && !st; i++) {
        r->moved[i] = NONE;
        if (r->open[i].parent != i) continue;
        if (all || r->open[i].last_row + REACH <= r->row)
            st = close_region(r, &r->open[i].sum, err);
        else
            r->moved[i] = n++;
    }
    if (st) return st;
    for (int k = 0; k <= REACH; k++)
        for (uint32_t x = 0; x < r->o.columns; x++)
            if (r->label[k][x] != NONE) r->label[k][x] = r->moved[root(r, r->label[k][x])];
    for (int32_t i = 0; i < r->n_open;
         i++) { /* roots only move down: none is overwritten before it is moved */
        int32_t to = r->moved[i];
        if (to == NONE) continue;
        r->open[to] = r->open[i];
        r->open[to].parent = to;
    }
    r->n_open = n;
    return ENN_OK;
}

static enum enn_status open_at(struct regions *r, int32_t *label, struct enn_error *err)
{
    if (r->n_open == r->max_open) {
        int32_t max = r->max_open ? 2 * r->max_open : 256; /* bounded by the cells of REACH + 1 rows */
        struct open_region *more = realloc(r->open, (size_t)max * sizeof *more);
        if (more) r->open = more;
        int32_t *moved = realloc(r->moved, (size_t)max * sizeof *moved);
        if (moved) r->moved = moved;
        if (!more || !moved) return enn_fail(err, ENN_NOMEM, "out of memory");
        r->max_open = max;
    }
    *label = r->n_open++;
    memset(&r->open[*label], 0, sizeof *r->open);
    r->open[*label].parent = *label;
    return ENN_OK;
}

static void join_neighbours(struct regions *r, uint32_t x, int32_t *label)
{
    for (int k = 0; k <= REACH; k++) {
        if ((uint64_t)k > r->row) break;
        const int32_t *row = r->label[(r->row - (uint64_t)k) % (REACH + 1)];
        uint32_t from = x > REACH ? x - REACH : 0, to = k ? x + REACH + 1 : x;
        if (to > r->o.columns) to = r->o.columns;
        for (uint32_t i = from; i < to; i++) {
            if (row[i] == NONE) continue;
            if (*label == NONE)
                *label = root(r, row[i]);
            else
                unite(r, *label, row[i]);
        }
    }
}

enum enn_status regions_row(struct regions *r, const struct cell_sum *cells, struct enn_error *err)
{
    int32_t *row = r->label[r->row % (REACH + 1)];
    enum enn_status st = ENN_OK;
    for (uint32_t x = 0; x < r->o.columns; x++) row[x] = NONE;
    for (uint32_t x = 0; x < r->o.columns && !st; x++) {
        if (!cells[x].n) continue;
        int32_t label = NONE;
        join_neighbours(r, x, &label);
        if (label == NONE) st = open_at(r, &label, err);
        if (st) break;
        row[x] = label;
        label = root(r, label);
        join(&r->open[label].sum, &cells[x]);
        r->open[label].last_row = r->row;
    }
    if (!st && r->n_open) st = sweep(r, 0, err);
    r->row++;
    return st;
}

enum enn_status regions_finish(struct regions *r, const struct cell_sum **sums, uint32_t *n,
                               struct enn_error *err)
{
    enum enn_status st = sweep(r, 1, err);
    if (r->n_closed > r->o.keep) {
        qsort(r->closed, r->n_closed, sizeof *r->closed, by_sum);
        r->n_closed = r->o.keep;
    }
    if (r->n_closed) qsort(r->closed, r->n_closed, sizeof *r->closed, by_place);
    *sums = r->closed;
    *n = r->n_closed;
    return st;
}

uint64_t regions_small_pixels(const struct regions *r)
{
    return r->small_pixels;
}
uint64_t regions_all(const struct regions *r)
{
    return r->all;
}

/* Standard deviation of a colour over the n pixels. */
static double spread(const double sum[3], double square, double n)
{
    double v = square / n;
    for (int i = 0; i < 3; i++) v -= sum[i] / n * (sum[i] / n);
    return v > 0 ? sqrt(v) : 0;
}

static int is_paper(const double sum[3], double n)
{
    return sum[0] / n > 97 && hypot(sum[1] / n, sum[2] / n) < 3;
}

enum enn_change_kind regions_kind(const struct cell_sum *s, double width_mm, double height_mm)
{
    const double FLAT = 2.5, TEXT_MM = 4, COVERED = 10; /* L*: what is flat and so much darker or lighter is not only the ground */
    double n = s->n, before = spread(s->before, s->before_square, n),
           after = spread(s->after, s->after_square, n);
    double even = spread(s->change, s->change_square, n);
    double size =
        sqrt(s->change[0] * s->change[0] + s->change[1] * s->change[1] + s->change[2] * s->change[2]) / n;
    if (is_paper(s->before, n) && before < FLAT) return ENN_CHANGE_ADDED;
    if (is_paper(s->after, n) && after < FLAT) return ENN_CHANGE_REMOVED;
    if (even < 0.6 * size && (before > FLAT) == (after > FLAT)) return ENN_CHANGE_COLOUR;
    double lighter = (s->after[0] - s->before[0]) / n;
    if (before < FLAT && after > FLAT) return lighter > COVERED ? ENN_CHANGE_REMOVED : ENN_CHANGE_ADDED;
    if (after < FLAT && before > FLAT) return lighter < -COVERED ? ENN_CHANGE_ADDED : ENN_CHANGE_REMOVED;
    return fmin(width_mm, height_mm) <= TEXT_MM ? ENN_CHANGE_TEXT : ENN_CHANGE_SHAPE;
}
