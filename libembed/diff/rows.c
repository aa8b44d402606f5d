/*
 * Comparing, step 1: two pages at the same pace (rows.h).
 *
 * Two files of other band heights cannot both call us.  Each is decoded by a thread that fills a ring of
 * rows; the comparison takes rows from both rings, so decoding and comparing run side by side and memory is
 * bounded by the rings.  Decoding is half of the time that a comparison takes, and it looks at each page at
 * least twice: where the whole page fits, the ring is as high as the page and stays for the next time.
 */
#include "diff/rows.h"
#include "large.h"
#include "status.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { RING_BYTES = 4 << 20, MIN_ROWS = 8 };

struct rows {
    struct artwork *artwork;
    size_t page, row_bytes;
    uint32_t height, capacity;
    uint8_t *ring;
    struct rows_kept *kept; /* NULL: the ring is ours */
    int running;            /* there is a thread */
    uint64_t filled, taken; /* rows; filled - taken <= capacity */
    int ended, cancelled;
    enum enn_status status;
    struct enn_error error;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

static enum enn_status take_band(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct rows *r = user;
    const uint8_t *from = samples;
    enum enn_status st = ENN_OK;
    (void)y;
    pthread_mutex_lock(&r->lock);
    while (rows && !st) {
        /* The row handed out last stays in its place until the next one is asked for. */
        while (!r->cancelled && r->filled - r->taken + (r->taken > 0) >= r->capacity)
            pthread_cond_wait(&r->changed, &r->lock);
        if (r->cancelled) {
            st = ENN_INTERNAL;
            break;
        }
        uint32_t at = (uint32_t)(r->filled % r->capacity);
        uint32_t n = (uint32_t)(r->capacity - (r->filled - r->taken) - (r->taken > 0));
        if (n > rows) n = rows;
        if (n > r->capacity - at) n = r->capacity - at;
        pthread_mutex_unlock(&r->lock);
        memcpy(r->ring + (size_t)at * r->row_bytes, from, (size_t)n * r->row_bytes);
        pthread_mutex_lock(&r->lock);
        from += (size_t)n * r->row_bytes;
        rows -= n;
        r->filled += n;
        pthread_cond_signal(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    return st;
}

static void *decode(void *user)
{
    struct rows *r = user;
    struct enn_error error = {ENN_OK, ""};
    enum enn_status st = artwork_read(r->artwork, r->page, take_band, r, &error);
    pthread_mutex_lock(&r->lock);
    r->status = st;
    r->error = error;
    r->ended = 1;
    if (r->kept) r->kept->complete = !st && r->filled == r->height;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

void rows_forget(struct rows_kept *k)
{
    free(k->samples);
    *k = (struct rows_kept){0};
}

/* The ring: as high as the page and kept, where a quarter of the memory holds that. */
static int make_ring(struct rows *r, uint64_t max_memory, struct rows_kept *kept)
{
    uint64_t n = RING_BYTES / r->row_bytes,
             page = (uint64_t)r->row_bytes * r->height; /* below 2^39 * 2^32 / 2^3 */
    r->capacity = n < MIN_ROWS ? MIN_ROWS : (uint32_t)n;
    if (kept && kept->complete) {
        r->filled = r->height;
        r->ended = 1;
    } else if (kept && page / r->row_bytes == r->height && page <= max_memory / 4) {
        if (!kept->samples) kept->samples = large_alloc((size_t)page);
    }
    if (kept && kept->samples) {
        r->kept = kept;
        r->ring = kept->samples;
        r->capacity = r->height;
    } else {
        r->ring = malloc(r->capacity * r->row_bytes);
    }
    return r->ring != NULL;
}

enum enn_status rows_open(struct artwork *a, size_t page, uint64_t max_memory, struct rows_kept *kept,
                          struct rows **out, struct enn_error *err)
{
    const struct artwork_page *p = artwork_page(a, page);
    *out = NULL;
    /* width < 2^32, at most ARTWORK_MAX_SAMPLES samples of two bytes in a readable page: below 2^39 */
    uint64_t row_bytes = (uint64_t)p->width * p->samples * (p->bits / 8);
    if (row_bytes > max_memory / 8 / MIN_ROWS)
        return enn_fail(err, ENN_LIMIT, "page %zu: a row of %llu bytes takes more memory than allowed",
                        page + 1, (unsigned long long)row_bytes);
    struct rows *r = calloc(1, sizeof *r);
    if (!r) return enn_fail(err, ENN_NOMEM, "out of memory");
    r->artwork = a;
    r->page = page;
    r->row_bytes = (size_t)row_bytes;
    r->height = p->height;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    int ok = make_ring(r, max_memory, kept);
    if (ok && !r->ended) r->running = ok = !pthread_create(&r->thread, NULL, decode, r);
    if (!ok) {
        rows_close(r);
        return enn_fail(err, ENN_NOMEM, "out of memory");
    }
    *out = r;
    return ENN_OK;
}

enum enn_status rows_next(struct rows *r, const void **row, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    pthread_mutex_lock(&r->lock);
    while (r->filled == r->taken && !r->ended) pthread_cond_wait(&r->changed, &r->lock);
    if (r->filled > r->taken) {
        *row = r->ring + (size_t)(r->taken % r->capacity) * r->row_bytes;
        r->taken++;
        if (r->filled - r->taken <= r->capacity / 2) pthread_cond_signal(&r->changed); /* not for every row */
    } else {
        st = r->status ? r->status : ENN_INTERNAL;
        if (err) *err = r->error;
        if (!r->status) enn_fail(err, st, "page %zu: more rows asked for than there are", r->page + 1);
    }
    pthread_mutex_unlock(&r->lock);
    return st;
}

void rows_close(struct rows *r)
{
    if (!r) return;
    pthread_mutex_lock(&r->lock);
    r->cancelled = 1;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    if (r->running) pthread_join(r->thread, NULL);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    if (!r->kept) free(r->ring);
    free(r);
}
