/*
 * Rows of the seal (sealrows.h): a chained hash table of cells under one lock.  A row asks for a cell once per cell it
 * crosses, some dozens of times, so the lock is not in the way; rendering is done outside of it.
 */
#include "mark/sealrows.h"
#include "mark/tile.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

enum { BUCKETS = 1024 };

struct held {
    struct held *next;
    int64_t i, j;
    int used; /* by this band */
    struct seal_cell cell;
};

struct seal_rows {
    struct seal_layout layout;
    seal_bits_fn bits;
    const void *user;
    pthread_mutex_t lock;
    uint64_t n, max; /* cells */
    struct held *bucket[BUCKETS];
};

struct seal_rows *seal_rows_new(int top, uint64_t max_bytes)
{
    struct seal_rows *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    seal_layout_init(&s->layout, top);
    s->max = max_bytes / sizeof(struct held);
    pthread_mutex_init(&s->lock, NULL); /* cannot fail with default attributes on Linux */
    return s;
}

/* Frees the cells that were not used, or all. */
static void forget(struct seal_rows *s, int all)
{
    for (int b = 0; b < BUCKETS; b++)
        for (struct held **at = &s->bucket[b]; *at;) {
            struct held *h = *at;
            if (h->used && !all) {
                h->used = 0;
                at = &h->next;
                continue;
            }
            *at = h->next;
            free(h);
            s->n--;
        }
}

void seal_rows_free(struct seal_rows *s)
{
    if (!s) return;
    forget(s, 1);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void seal_rows_page(struct seal_rows *s, seal_bits_fn bits, const void *user)
{
    forget(s, 1);
    s->bits = bits;
    s->user = user;
}

void seal_rows_next(struct seal_rows *s)
{
    forget(s, 0);
}

void seal_rows_clear(struct seal_rows *s)
{
    forget(s, 1);
}

static struct held **place(struct seal_rows *s, int64_t i, int64_t j)
{
    return &s->bucket[((uint64_t)i + 31 * (uint64_t)j) % BUCKETS];
}

static struct held *look(struct seal_rows *s, int64_t i, int64_t j)
{
    struct held *h = *place(s, i, j);
    while (h && (h->i != i || h->j != j)) h = h->next;
    if (h) h->used = 1;
    return h;
}

static struct held *render(struct seal_rows *s, int64_t i, int64_t j)
{
    uint8_t bits[SEAL_BYTES];
    struct held *h = malloc(sizeof *h);
    if (!h) return NULL;
    *h = (struct held){.i = i, .j = j, .used = 1};
    if (i < INT32_MIN || i > INT32_MAX || j < INT32_MIN || j > INT32_MAX ||
        s->bits(s->user, (int32_t)i, (int32_t)j, bits) || seal_render(&h->cell, &s->layout, bits)) {
        free(h);
        return NULL;
    }
    return h;
}

static const struct seal_cell *cell_at(struct seal_rows *s, int64_t i, int64_t j)
{
    pthread_mutex_lock(&s->lock);
    struct held *h = look(s, i, j);
    int room = s->n < s->max;
    pthread_mutex_unlock(&s->lock);
    if (h) return &h->cell;
    struct held *made = room ? render(s, i, j) : NULL;
    if (!made) return NULL;
    pthread_mutex_lock(&s->lock);
    h = look(s, i, j); /* another thread may have been faster */
    if (!h && s->n < s->max) {
        struct held **at = place(s, i, j);
        made->next = *at;
        *at = h = made;
        made = NULL;
        s->n++;
    }
    pthread_mutex_unlock(&s->lock);
    free(made);
    return h ? &h->cell : NULL;
}

static int16_t limited(int v)
{
    const int peak = (int)(TILE_PEAK * TILE_UNIT);
    return (int16_t)(v < -peak ? -peak : v > peak ? peak : v);
}

int seal_line(struct seal_rows *s, double x0_mm, double y0_mm, double dx_mm, double dy_mm, size_t n,
              int16_t *ink, int16_t *paper)
{
    const double unit =
        SEAL_SIDE / TILE_MM * 0x1p32; /* places in 2^-32 samples: 1e6 mm are 2^56, the last pixel of a
                                                         million is off by less than 2^-12 samples */
    if (!(fabs(x0_mm) < 1e7 && fabs(y0_mm) < 1e7 && fabs(x0_mm + dx_mm * (double)n) < 1e7 &&
          fabs(y0_mm + dy_mm * (double)n) < 1e7))
        return -1;
    int64_t x = llrint(x0_mm * unit), y = llrint(y0_mm * unit), dx = llrint(dx_mm * unit),
            dy = llrint(dy_mm * unit);
    const struct seal_cell *c = NULL;
    int64_t i = 0, j = 0;
    for (size_t k = 0; k < n; k++, x += dx, y += dy) {
        if (!c || x >> 40 != i || y >> 40 != j) {
            i = x >> 40;
            j = y >> 40;
            if (!(c = cell_at(s, i, j))) return -1;
        }
        unsigned row = (unsigned)(y >> 32) & (SEAL_SIDE - 1), column = (unsigned)(x >> 32) & (SEAL_SIDE - 1);
        ink[k] = limited(ink[k] + c->ink[row][column]);
        if (paper) paper[k] = limited(paper[k] + c->paper[row][column]);
    }
    return 0;
}
