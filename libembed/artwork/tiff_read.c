/* Artwork, step 4: the samples of a page in bands.
 *
 * Three ways to get rows, so that memory is bounded by the band and not by the image: whole strips or tiles,
 * decoded by several threads; row by row through one very long compressed strip; and for uncompressed strips,
 * which some programs write as one of hundreds of megabytes, straight from the file.
 */
#include "artwork/tiff_file.h"
#include "status.h"
#include <stdlib.h>
#include <string.h>

enum way { WHOLE, BY_ROW, STRAIGHT };

struct tiff_reader {
    struct tiff_artwork *a;
    const struct tiff_page *page;
    size_t number; /* of the page, from 1 */
    const struct tiff_shape *s;
    enum way way;
    uint32_t band_rows;
    int threads;
    TIFF *tif[TIFF_MAX_THREADS];
    struct tiff_messages messages[TIFF_MAX_THREADS];
    uint8_t *scratch[TIFF_MAX_THREADS]; /* one strile, or one plane of a band */
    uint64_t *offsets, *sizes;          /* STRAIGHT */
    /* of the band in work */
    uint8_t *to;
    uint32_t y;
};

static enum way choose(const struct tiff_reader *r)
{
    const struct tiff_shape *s = r->s;
    const struct tiff_dir *d = &r->a->layout.dirs[r->page->dir];
    if (!s->tiled && s->compression == COMPRESSION_NONE && s->fill_order == FILLORDER_MSB2LSB &&
        d->offsets.count >= s->n_striles && d->sizes.count >= s->n_striles)
        return STRAIGHT;
    if (tiff_is_direct(s) && s->strile_bytes > TIFF_LONG_STRIP && s->compression != COMPRESSION_LERC &&
        s->compression != COMPRESSION_WEBP)
        return BY_ROW;
    return WHOLE;
}

static enum enn_status damaged(const struct tiff_reader *r, int worker, const char *what,
                               struct enn_error *err)
{
    const struct tiff_messages *m = &r->messages[worker];
    const char *why = m->error[0] || r->s->bits != 1 ? m->error : m->warnings;
    return enn_fail(err, ENN_FORMAT, "%s: page %zu: %s", r->a->name, r->number, why[0] ? why : what);
}

/* Group 3 and 4 only warn about rows that are missing or too short; of a plate they are needed. */
static int is_damaged(const struct tiff_reader *r, int worker)
{
    return r->messages[worker].error[0] || (r->s->bits == 1 && r->messages[worker].warnings[0]);
}

static enum enn_status open_workers(struct tiff_reader *r, struct enn_error *err)
{
    for (int i = 0; i < r->threads; i++) {
        r->tif[i] = tiff_handle_open(r->a, &r->messages[i]);
        if (!r->tif[i]) return damaged(r, i, "cannot open", err);
        r->messages[i].error[0] = 0;
        if (!TIFFSetSubDirectory(r->tif[i], r->a->layout.dirs[r->page->dir].offset))
            return damaged(r, i, "directory cannot be read", err);
        struct tiff_shape shape = *r->s;
        tiff_handle_prepare(r->tif[i], &shape);
        r->messages[i].error[0] =
            0; /* what libtiff complains of and still reads was judged when the file was opened */
        r->messages[i].warnings[0] = 0;
        if (r->way != WHOLE || tiff_is_direct(r->s)) continue;
        r->scratch[i] = malloc((size_t)r->s->strile_bytes);
        if (!r->scratch[i]) return enn_fail(err, ENN_NOMEM, "%s: out of memory", r->a->name);
    }
    return ENN_OK;
}

static enum enn_status open_straight(struct tiff_reader *r, struct enn_error *err)
{
    const struct tiff_shape *s = r->s;
    const struct tiff_dir *d = &r->a->layout.dirs[r->page->dir];
    enum enn_status st = tiff_array_load(&r->a->layout, &d->offsets, &r->offsets, err);
    if (!st) st = tiff_array_load(&r->a->layout, &d->sizes, &r->sizes, err);
    for (uint64_t i = 0; !st && i < s->n_striles; i++) {
        uint64_t need = tiff_shape_bytes(s, tiff_shape_rows(s, (uint32_t)(i % s->down)));
        if (r->sizes[i] < need || r->offsets[i] > r->a->layout.size ||
            need > r->a->layout.size - r->offsets[i])
            st = enn_fail(err, ENN_FORMAT, "%s: page %zu: strip %llu is too short or outside the file",
                          r->a->name, r->number, (unsigned long long)i);
    }
    if (st || !s->planar) return st;
    r->scratch[0] = malloc((size_t)r->band_rows * s->width * (s->bits / 8));
    return r->scratch[0] ? ENN_OK : enn_fail(err, ENN_NOMEM, "%s: out of memory", r->a->name);
}

/* Rows per band: whole striles, about TIFF_BAND_BYTES for each thread; bounded by half of max_memory. */
static enum enn_status plan(struct tiff_reader *r, struct enn_error *err)
{
    const struct tiff_shape *s = r->s;
    uint64_t unit = r->way == WHOLE ? s->strile_height : 1, target = TIFF_BAND_BYTES * (unsigned)r->threads;
    if (unit > s->height) unit = s->height; /* a tile may be higher than the page */
    uint64_t units = target / (unit * s->row_bytes);
    uint64_t rows = units > 1 ? units * unit : unit;
    r->band_rows = rows < s->height ? (uint32_t)rows : s->height;
    uint64_t scratch = r->way == WHOLE && !tiff_is_direct(s) ? s->strile_bytes : 0;
    if (scratch > r->a->limits.max_memory / 4 / (unsigned)r->threads) r->threads = 1;
    if (r->band_rows * s->row_bytes > r->a->limits.max_memory / 2 || scratch > r->a->limits.max_memory / 4)
        return enn_fail(err, ENN_LIMIT, "%s: page %zu: a row of %s takes more memory than allowed",
                        r->a->name, r->number, s->tiled ? "tiles" : "strips");
    return ENN_OK;
}

enum enn_status tiff_reader_open(struct tiff_artwork *a, size_t page, struct tiff_reader **out,
                                 struct enn_error *err)
{
    *out = NULL;
    if (page >= a->n_pages) return enn_fail(err, ENN_USAGE, "%s: has no page %zu", a->name, page + 1);
    const struct tiff_page *p = &a->pages[page];
    if (!p->info.readable)
        return enn_fail(err, p->info.why_status, "%s: page %zu: %s", a->name, page + 1, p->info.why);
    struct tiff_reader *r = calloc(1, sizeof *r);
    if (!r) return enn_fail(err, ENN_NOMEM, "%s: out of memory", a->name);
    r->a = a, r->page = p, r->number = page + 1, r->s = &p->shape;
    r->way = choose(r);
    r->threads = r->way == WHOLE ? a->threads : 1;
    enum enn_status s = plan(r, err);
    if (!s) s = r->way == STRAIGHT ? open_straight(r, err) : open_workers(r, err);
    if (s)
        tiff_reader_close(r);
    else
        *out = r;
    return s;
}

void tiff_reader_close(struct tiff_reader *r)
{
    if (!r) return;
    for (int i = 0; i < TIFF_MAX_THREADS; i++) {
        if (r->tif[i]) TIFFClose(r->tif[i]);
        free(r->scratch[i]);
    }
    free(r->offsets);
    free(r->sizes);
    free(r);
}

uint32_t tiff_reader_rows(const struct tiff_reader *r, uint32_t y)
{
    return r->s->height - y < r->band_rows ? r->s->height - y : r->band_rows;
}

uint32_t tiff_reader_max_rows(const struct tiff_reader *r)
{
    return r->band_rows;
}
int tiff_reader_by_row(const struct tiff_reader *r)
{
    return r->way == BY_ROW;
}

/* ---- whole striles ---- */

static void decode_one(void *user, int worker, uint64_t i)
{
    struct tiff_reader *r = user;
    const struct tiff_shape *s = r->s;
    if (is_damaged(r, worker)) return;
    struct tiff_strile t = tiff_strile_at(s, r->y / s->strile_height, i);
    uint8_t *to = r->scratch[worker];
    if (tiff_is_direct(s)) to = r->to + ((uint64_t)t.row * s->strile_height - r->y) * s->row_bytes;
    tmsize_t want = (tmsize_t)t.bytes;
    tmsize_t got = s->tiled ? TIFFReadEncodedTile(r->tif[worker], t.index, to, want)
                            : TIFFReadEncodedStrip(r->tif[worker], t.index, to, want);
    if (got != want && !r->messages[worker].error[0])
        strcpy(r->messages[worker].error, "strip or tile ends too early");
    else if (to == r->scratch[worker])
        tiff_scatter(s, &t, to, r->y, r->to);
}

static enum enn_status band_whole(struct tiff_reader *r, uint32_t rows, struct enn_error *err)
{
    tiff_parallel(r->threads, tiff_striles_in(r->s, rows), decode_one, r);
    for (int i = 0; i < r->threads; i++)
        if (is_damaged(r, i)) return damaged(r, i, "", err);
    return ENN_OK;
}

/* ---- rows of one long strip ---- */

static enum enn_status band_by_row(struct tiff_reader *r, uint32_t rows, struct enn_error *err)
{
    for (uint32_t i = 0; i < rows; i++)
        if (TIFFReadScanline(r->tif[0], r->to + i * r->s->row_bytes, r->y + i, 0) != 1 ||
            is_damaged(r, 0))
            return damaged(r, 0, "strip ends too early", err);
    return ENN_OK;
}

/* ---- straight from the file ---- */

static void swap_samples(uint8_t *p, uint64_t bytes)
{
    for (uint64_t i = 0; i + 1 < bytes; i += 2) {
        uint8_t t = p[i];
        p[i] = p[i + 1];
        p[i + 1] = t;
    }
}

static enum enn_status copy_rows(struct tiff_reader *r, uint32_t plane, uint32_t rows, uint8_t *to,
                                 struct enn_error *err)
{
    const struct tiff_shape *s = r->s;
    uint64_t pitch = s->strile_bytes / s->strile_height;
    int swap = s->bits == 16 && r->a->layout.big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
    for (uint32_t y = r->y, end = r->y + rows; y < end;) {
        uint32_t strip = y / s->strile_height, inside = y % s->strile_height;
        uint32_t n = s->strile_height - inside < end - y ? s->strile_height - inside : end - y;
        uint64_t at = r->offsets[(uint64_t)plane * s->down + strip] + inside * pitch;
        enum enn_status st = tiff_pread(r->a->fd, r->a->name, to, (size_t)(n * pitch), at, err);
        if (st) return st;
        if (swap) swap_samples(to, n * pitch);
        to += n * pitch;
        y += n;
    }
    return ENN_OK;
}

static enum enn_status band_straight(struct tiff_reader *r, uint32_t rows, struct enn_error *err)
{
    const struct tiff_shape *s = r->s;
    if (!s->planar) return copy_rows(r, 0, rows, r->to, err);
    struct tiff_shape band = *s; /* the band as a page of its own with one strip per plane */
    band.height = band.strile_height = rows;
    band.down = 1;
    band.strile_bytes = (uint64_t)rows * s->width * (s->bits / 8);
    for (uint32_t p = 0; p < s->samples; p++) {
        enum enn_status st = copy_rows(r, p, rows, r->scratch[0], err);
        if (st) return st;
        struct tiff_strile t = {.index = p, .plane = p, .bytes = band.strile_bytes};
        tiff_scatter(&band, &t, r->scratch[0], 0, r->to);
    }
    return ENN_OK;
}

enum enn_status tiff_reader_band(struct tiff_reader *r, uint32_t y, uint32_t rows, void *to,
                                 struct enn_error *err)
{
    r->to = to;
    r->y = y;
    enum enn_status s = r->way == WHOLE    ? band_whole(r, rows, err)
                        : r->way == BY_ROW ? band_by_row(r, rows, err)
                                           : band_straight(r, rows, err);
    if (!s) tiff_deliver(r->page, to, (uint64_t)rows * r->s->width);
    return s;
}

enum enn_status tiff_artwork_read(struct artwork *base, size_t page, artwork_band_fn band, void *user,
                                  struct enn_error *err)
{
    struct tiff_artwork *a = (struct tiff_artwork *)base;
    struct tiff_reader *r = NULL;
    enum enn_status s = tiff_reader_open(a, page, &r, err);
    if (s) return s;
    void *buffer = malloc((size_t)(r->band_rows * r->s->row_bytes));
    if (!buffer) s = enn_fail(err, ENN_NOMEM, "%s: out of memory", a->name);
    for (uint32_t y = 0, rows; !s && y < r->s->height; y += rows) {
        rows = tiff_reader_rows(r, y);
        s = tiff_reader_band(r, y, rows, buffer, err);
        if (!s) s = band(user, y, rows, buffer);
    }
    free(buffer);
    tiff_reader_close(r);
    return s;
}
