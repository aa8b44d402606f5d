/* Artwork, step 3: the geometry of strips and tiles, and the threads that work on several of them.
 *
 * A band is a run of whole pixel rows, channels interleaved.  A strile ("strip or tile") holds a part of one
 * band: all channels of it (contiguous) or one (planar).
 */
#include "artwork/tiff_file.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

uint32_t tiff_shape_rows(const struct tiff_shape *s, uint32_t r)
{
    uint64_t left = s->height - (uint64_t)r * s->strile_height;
    return left < s->strile_height ? (uint32_t)left : s->strile_height;
}

uint64_t tiff_shape_bytes(const struct tiff_shape *s, uint32_t rows)
{
    return s->strile_bytes / s->strile_height * (s->tiled ? s->strile_height : rows);
}

int tiff_is_direct(const struct tiff_shape *s)
{
    return !s->tiled && !s->planar;
}

uint64_t tiff_striles_in(const struct tiff_shape *s, uint32_t rows)
{
    uint64_t down = ((uint64_t)rows + s->strile_height - 1) / s->strile_height;
    return down * s->across * (s->planar ? s->samples : 1);
}

struct tiff_strile tiff_strile_at(const struct tiff_shape *s, uint32_t first_row, uint64_t i)
{
    uint64_t planes = s->planar ? s->samples : 1;
    struct tiff_strile t;
    t.column = (uint32_t)(i % s->across);
    t.plane = (uint32_t)(i / s->across % planes);
    t.row = first_row + (uint32_t)(i / s->across / planes);
    t.index = (t.plane * s->down + t.row) * s->across + t.column; /* < n_striles < 2^32 */
    t.bytes = tiff_shape_bytes(s, tiff_shape_rows(s, t.row));
    return t;
}

/* The part of strile t that shows: its size, and where it begins in the band. */
struct window {
    uint32_t columns, rows;
    size_t bytes; /* of its rows, all samples; tiles are whole bytes wide also at one bit */
    size_t strile_pitch, offset; /* bytes */
};

static struct window window_of(const struct tiff_shape *s, const struct tiff_strile *t, uint32_t y)
{
    uint64_t x0 = (uint64_t)t->column * s->strile_width, y0 = (uint64_t)t->row * s->strile_height;
    struct window w;
    w.columns = s->width - x0 < s->strile_width ? (uint32_t)(s->width - x0) : s->strile_width;
    w.rows = tiff_shape_rows(s, t->row);
    w.strile_pitch = (size_t)(s->strile_bytes / s->strile_height);
    w.bytes = (size_t)(((uint64_t)w.columns * s->samples * s->bits + 7) / 8);
    w.offset = (size_t)((y0 - y) * s->row_bytes + (x0 * s->samples + t->plane) * s->bits / 8);
    return w;
}

void tiff_scatter(const struct tiff_shape *s, const struct tiff_strile *t, const uint8_t *strile, uint32_t y,
                  uint8_t *band)
{
    struct window w = window_of(s, t, y);
    unsigned unit = s->bits / 8, n = s->samples;
    for (uint32_t r = 0; r < w.rows; r++, strile += w.strile_pitch) {
        uint8_t *to = band + w.offset + r * s->row_bytes;
        if (!s->planar)
            memcpy(to, strile, w.bytes);
        else if (unit == 1)
            for (uint32_t x = 0; x < w.columns; x++) to[(size_t)x * n] = strile[x];
        else
            for (uint32_t x = 0; x < w.columns; x++)
                memcpy(to + (size_t)x * n * 2, strile + (size_t)x * 2, 2);
    }
}

void tiff_gather(const struct tiff_shape *s, const struct tiff_strile *t, const uint8_t *band, uint32_t y,
                 uint8_t *strile)
{
    struct window w = window_of(s, t, y);
    unsigned unit = s->bits / 8, n = s->samples;
    if (w.rows < s->strile_height || w.columns < s->strile_width) memset(strile, 0, (size_t)t->bytes);
    for (uint32_t r = 0; r < w.rows; r++, strile += w.strile_pitch) {
        const uint8_t *from = band + w.offset + r * s->row_bytes;
        if (!s->planar)
            memcpy(strile, from, w.bytes);
        else if (unit == 1)
            for (uint32_t x = 0; x < w.columns; x++) strile[x] = from[(size_t)x * n];
        else
            for (uint32_t x = 0; x < w.columns; x++)
                memcpy(strile + (size_t)x * 2, from + (size_t)x * n * 2, 2);
    }
}

struct crew {
    atomic_uint_fast64_t next;
    uint64_t n;
    void (*job)(void *user, int worker, uint64_t i);
    void *user;
};

struct worker {
    struct crew *crew;
    int number;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    for (uint64_t i; (i = atomic_fetch_add(&w->crew->next, 1)) < w->crew->n;)
        w->crew->job(w->crew->user, w->number, i);
    return NULL;
}

/* A thread that cannot be started only makes it slower: the caller works too. */
void tiff_parallel(int threads, uint64_t n, void (*job)(void *user, int worker, uint64_t i), void *user)
{
    struct crew crew = {.n = n, .job = job, .user = user};
    struct worker workers[TIFF_MAX_THREADS];
    pthread_t ids[TIFF_MAX_THREADS];
    int started[TIFF_MAX_THREADS] = {0};
    if ((uint64_t)threads > n) threads = (int)n;
    for (int i = 0; i < threads; i++) {
        workers[i] = (struct worker){&crew, i};
        if (i > 0) started[i] = pthread_create(&ids[i], NULL, work, &workers[i]) == 0;
    }
    if (threads > 0) work(&workers[0]);
    for (int i = 1; i < threads; i++)
        if (started[i]) pthread_join(ids[i], NULL);
}
