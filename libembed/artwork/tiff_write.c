/* Artwork, step 7: the signed copy of a TIFF file.
 *
 * The copy is the original with the samples of the signable pages replaced (tiff_space says where they go)
 * and with the entries that locate them patched.  It is complete by construction: what is not a sample is
 * copied, not understood. Uncompressed samples are replaced in place, so that only they differ.
 */
#include "artwork/tiff_file.h"
#include "artwork/tiff_space.h"
#include "status.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLASSIC_END ((uint64_t)1 << 32)
#define COPY_BYTES  ((size_t)1 << 20)

/* One page being rewritten. */
struct target {
    const struct tiff_page *page;
    const struct tiff_dir *dir;
    int in_place;
    uint64_t *offsets, *sizes; /* dir->offsets.count and dir->sizes.count of them; old, then new */
};

struct rewrite {
    struct tiff_artwork *a;
    const char *out;
    int fd;
    struct tiff_space space;
    struct target *targets;
    size_t n_targets;
    struct target **of_dir; /* by directory; NULL: not rewritten */
    uint8_t *copy;          /* COPY_BYTES */
    uint8_t *packet;        /* XMP of the first target; NULL: metadata stay */
    size_t packet_size;
    artwork_filter_fn filter;
    void *user;
    struct enn_error *err;
};

static enum enn_status no_memory(struct rewrite *w)
{
    return enn_fail(w->err, ENN_NOMEM, "%s: out of memory", w->a->name);
}

/* ---- what is where ---- */

/* The samples of directory d.  Those of pages that are not rewritten are kept; arrays we cannot read
 * locate nothing. */
static enum enn_status add_striles(struct rewrite *w, uint32_t d)
{
    struct target *t = w->of_dir[d];
    const struct tiff_dir *dir = &w->a->layout.dirs[d];
    uint64_t *offsets = NULL, *sizes = NULL;
    if (!t && (!dir->offsets.count || !dir->sizes.count)) return ENN_OK;
    enum enn_status s = tiff_array_load(&w->a->layout, &dir->offsets, &offsets, w->err);
    if (!s) s = tiff_array_load(&w->a->layout, &dir->sizes, &sizes, w->err);
    uint64_t n = dir->offsets.count < dir->sizes.count ? dir->offsets.count : dir->sizes.count;
    const struct tiff_shape *shape = t ? &t->page->shape : NULL;
    if (t) n = shape->n_striles;
    for (uint64_t i = 0; !s && i < n; i++) {
        uint64_t bytes = sizes[i];
        if (t && t->in_place) {
            bytes =
                tiff_shape_bytes(shape, tiff_shape_rows(shape, (uint32_t)(i / shape->across % shape->down)));
            if (sizes[i] < bytes || offsets[i] > w->a->layout.size || bytes > w->a->layout.size - offsets[i])
                s = enn_fail(w->err, ENN_FORMAT, "%s: strip or tile %llu is too short or outside the file",
                             w->a->name, (unsigned long long)i);
        }
        uint64_t end = offsets[i] > UINT64_MAX - bytes ? UINT64_MAX : offsets[i] + bytes;
        if (!s && !tiff_space_add(&w->space, offsets[i], end,
                                  !t            ? TIFF_KEEP
                                  : t->in_place ? TIFF_PLACE
                                                : TIFF_FREE))
            s = no_memory(w);
    }
    if (t && !s)
        t->offsets = offsets, t->sizes = sizes;
    else
        free(offsets), free(sizes);
    return s;
}

/* The XMP packet that makes room for a new one. */
static int is_old_packet(const struct rewrite *w, const struct tiff_piece *p)
{
    if (!w->packet || p->dir != w->targets[0].page->dir) return 0;
    const struct tiff_array *x = &w->targets[0].dir->xmp;
    return x->count && p->begin == x->at;
}

static enum enn_status lay_out(struct rewrite *w)
{
    const struct tiff_layout *l = &w->a->layout;
    w->space.size = l->size;
    for (size_t i = 0; i < l->n_pieces; i++) {
        const struct tiff_piece *p = &l->pieces[i];
        const struct target *t = p->strile_array ? w->of_dir[p->dir] : NULL;
        enum tiff_use use = t && !t->in_place ? TIFF_PATCH : TIFF_KEEP;
        if (is_old_packet(w, p)) use = TIFF_FREE;
        if (!tiff_space_add(&w->space, p->begin, p->end, use))
            return no_memory(w);
    }
    for (size_t d = 0; d < l->n_dirs; d++) {
        enum enn_status s = add_striles(w, (uint32_t)d);
        if (s) return s;
    }
    int ok = tiff_space_settle(&w->space);
    if (ok < 0) return no_memory(w);
    return ok ? ENN_OK
              : enn_fail(w->err, ENN_FORMAT, "%s: strips, tiles and directories overlap", w->a->name);
}

static int copy_run(void *user, uint64_t begin, uint64_t end)
{
    struct rewrite *w = user;
    while (begin < end) {
        size_t n = end - begin < COPY_BYTES ? (size_t)(end - begin) : COPY_BYTES;
        if (tiff_pread(w->a->fd, w->a->name, w->copy, n, begin, w->err)) return 0;
        if (tiff_pwrite(w->fd, w->out, w->copy, n, begin, w->err)) return 0;
        begin += n;
    }
    return 1;
}

/* ---- samples ---- */

/* Finds the place of strile i, now `size` bytes long, and notes it. */
static enum enn_status place(struct rewrite *w, struct target *t, uint64_t i, uint64_t size)
{
    if (t->in_place) return ENN_OK;
    uint64_t at = tiff_space_take(&w->space, size);
    if (!w->a->layout.big && (at >= CLASSIC_END || size >= CLASSIC_END - at))
        return enn_fail(w->err, ENN_LIMIT,
                        "%s: would pass 4 GiB, the end of a classic TIFF: convert it to BigTIFF first",
                        w->out);
    t->offsets[i] = at;
    t->sizes[i] = size;
    return ENN_OK;
}

/* Encoders for each thread, so that threads seldom wait for each other; only for striles and codecs of
 * modest size. */
#define SLOTS_PER_THREAD 4
#define MAX_SLOTS        (TIFF_MAX_THREADS * SLOTS_PER_THREAD)
#define SLOT_BYTES       ((uint64_t)1 << 20)

/* One band being encoded.  Striles are encoded in rounds of one per slot and placed in order, so that the
 * file is the same whatever the number of threads. */
struct encode {
    struct rewrite *w;
    struct target *t;
    unsigned slots;
    struct tiff_encoder *encoder[MAX_SLOTS];
    uint8_t *scratch[MAX_SLOTS];
    uint32_t y;
    uint8_t *band;
    uint64_t first; /* strile of this round */
    struct {
        enum enn_status status;
        struct enn_error error;
        const uint8_t *data;
        size_t size;
    } result[MAX_SLOTS];
};

/* Slot i of the round has its own encoder, whichever thread takes it. */
static void encode_one(void *user, int worker, uint64_t i)
{
    struct encode *e = user;
    (void)worker;
    const struct tiff_shape *s = &e->t->page->shape;
    struct tiff_strile t = tiff_strile_at(s, e->y / s->strile_height, e->first + i);
    uint8_t *from = e->scratch[i];
    if (tiff_is_direct(s))
        from = e->band + ((uint64_t)t.row * s->strile_height - e->y) * s->row_bytes;
    else
        tiff_gather(s, &t, e->band, e->y, from);
    e->result[i].status = tiff_encoder_strile(e->encoder[i], t.index, from, t.bytes, &e->result[i].data,
                                              &e->result[i].size, &e->result[i].error);
}

static enum enn_status store_one(struct encode *e, uint64_t i)
{
    struct rewrite *w = e->w;
    const struct tiff_shape *s = &e->t->page->shape;
    struct tiff_strile t = tiff_strile_at(s, e->y / s->strile_height, e->first + i);
    if (e->result[i].status) {
        if (w->err) *w->err = e->result[i].error;
        return e->result[i].status;
    }
    if (e->t->in_place && e->result[i].size != t.bytes)
        return enn_fail(w->err, ENN_INTERNAL, "%s: strip or tile of a wrong size", w->out);
    enum enn_status st = place(w, e->t, t.index, e->result[i].size);
    return st ? st
              : tiff_pwrite(w->fd, w->out, e->result[i].data, e->result[i].size, e->t->offsets[t.index],
                            w->err);
}

static enum enn_status encode_band(struct encode *e, uint32_t y, uint32_t rows, uint8_t *band)
{
    e->y = y, e->band = band;
    uint64_t n = tiff_striles_in(&e->t->page->shape, rows), round = e->slots;
    enum enn_status s = ENN_OK;
    for (e->first = 0; !s && e->first < n; e->first += round) {
        uint64_t k = n - e->first < round ? n - e->first : round;
        tiff_parallel(e->w->a->threads, k, encode_one, e);
        for (uint64_t i = 0; !s && i < k; i++) s = store_one(e, i);
    }
    return s;
}

static enum enn_status encode_open(struct encode *e)
{
    const struct tiff_shape *s = &e->t->page->shape;
    int threads = e->w->a->threads,
        roomy = s->strile_bytes <= SLOT_BYTES && s->compression != COMPRESSION_LZMA;
    e->slots = (unsigned)(threads > 1 && roomy ? threads * SLOTS_PER_THREAD : threads);
    for (unsigned i = 0; i < e->slots; i++) {
        enum enn_status st =
            tiff_encoder_open(s, e->w->a->layout.big_endian, e->w->out, &e->encoder[i], e->w->err);
        if (st) return st;
        if (tiff_is_direct(s)) continue;
        e->scratch[i] = malloc((size_t)s->strile_bytes);
        if (!e->scratch[i]) return no_memory(e->w);
    }
    return ENN_OK;
}

static void encode_close(struct encode *e)
{
    for (unsigned i = 0; i < MAX_SLOTS; i++) {
        tiff_encoder_close(e->encoder[i]);
        free(e->scratch[i]);
    }
}

/* Uncompressed strips, in place and in any number of rows: no codec is needed. */
static enum enn_status store_straight(struct rewrite *w, struct target *t, uint32_t y, uint32_t rows,
                                      uint8_t *band)
{
    const struct tiff_shape *s = &t->page->shape;
    uint64_t pitch = s->strile_bytes / s->strile_height;
    unsigned planes = s->planar ? s->samples : 1, unit = s->bits / 8;
    uint8_t *line = s->planar ? malloc((size_t)pitch) : NULL;
    if (s->planar && !line) return no_memory(w);
    enum enn_status st = ENN_OK;
    if (s->bits == 16 && w->a->layout.big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))
        TIFFSwabArrayOfShort((uint16_t *)(void *)band, (tmsize_t)(rows * s->row_bytes / 2));
    for (uint32_t i = 0, n; !st && i < rows; i += n) {
        uint32_t strip = (y + i) / s->strile_height, inside = (y + i) % s->strile_height;
        n = s->planar ? 1 : s->strile_height - inside < rows - i ? s->strile_height - inside : rows - i;
        for (unsigned p = 0; !st && p < planes; p++) {
            const uint8_t *from = band + i * s->row_bytes;
            for (uint32_t x = 0; s->planar && x < s->width; x++)
                memcpy(line + (size_t)x * unit, from + ((size_t)x * s->samples + p) * unit, unit);
            uint64_t at = t->offsets[(uint64_t)p * s->down + strip] + inside * pitch;
            st = tiff_pwrite(w->fd, w->out, s->planar ? line : from, (size_t)(n * pitch), at, w->err);
        }
    }
    free(line);
    return st;
}

/* A strip that is too long to be held: it grows at the open end of the file, and moves into a hole when it
 * is complete and fits one. */
struct long_strip {
    struct tiff_encoder *encoder;
    uint64_t begin, size;
    uint32_t strip;
};

static enum enn_status append_long(struct rewrite *w, struct long_strip *l, const uint8_t *data, size_t size)
{
    enum enn_status s = tiff_pwrite(w->fd, w->out, data, size, l->begin + l->size, w->err);
    l->size += size;
    return s;
}

static enum enn_status end_long(struct rewrite *w, struct target *t, struct long_strip *l)
{
    const uint8_t *data;
    size_t size;
    enum enn_status s = tiff_encoder_rows(l->encoder, 0, 0, NULL, &data, &size, w->err);
    if (!s) s = append_long(w, l, data, size);
    if (!s) s = place(w, t, l->strip, l->size);
    uint64_t to = t->offsets[l->strip];
    for (uint64_t i = 0; !s && to != l->begin && i < l->size; i += COPY_BYTES) {
        size_t n = l->size - i < COPY_BYTES ? (size_t)(l->size - i) : COPY_BYTES;
        s = tiff_pread(w->fd, w->out, w->copy, n, l->begin + i, w->err);
        if (!s) s = tiff_pwrite(w->fd, w->out, w->copy, n, to + i, w->err);
    }
    /* what it left behind at the open end must read as zeros when it is used again */
    if (!s && to != l->begin && ftruncate(w->fd, (off_t)l->begin))
        s = enn_fail(w->err, ENN_IO, "%s: %s", w->out, strerror(errno));
    l->strip++;
    l->size = 0;
    l->begin = tiff_space_tail(&w->space);
    return s;
}

static enum enn_status store_long(struct rewrite *w, struct target *t, struct long_strip *l, uint32_t y,
                                  uint32_t rows, uint8_t *band)
{
    const struct tiff_shape *s = &t->page->shape;
    enum enn_status st = ENN_OK;
    for (uint32_t i = 0, n; !st && i < rows; i += n) {
        uint32_t left = s->strile_height - (y + i) % s->strile_height;
        const uint8_t *data;
        size_t size;
        n = left < rows - i ? left : rows - i;
        st = tiff_encoder_rows(l->encoder, y + i, n, band + i * s->row_bytes, &data, &size, w->err);
        if (!st) st = append_long(w, l, data, size);
        if (!st && (n == left || y + i + n == s->height)) st = end_long(w, t, l);
    }
    return st;
}

static enum enn_status rewrite_page(struct rewrite *w, struct target *t, struct tiff_reader *r,
                                    struct encode *e, struct long_strip *l, uint8_t *band)
{
    const struct tiff_shape *s = &t->page->shape;
    size_t number = (size_t)(t->page - w->a->pages);
    int straight = t->in_place && !s->tiled && s->fill_order == FILLORDER_MSB2LSB;
    enum enn_status st = ENN_OK;
    if (!straight && tiff_reader_by_row(r)) {
        st = tiff_encoder_open(s, w->a->layout.big_endian, w->out, &l->encoder, w->err);
        l->begin = tiff_space_tail(&w->space);
    } else if (!straight) {
        st = encode_open(e);
    }
    for (uint32_t y = 0, rows; !st && y < s->height; y += rows) {
        rows = tiff_reader_rows(r, y);
        st = tiff_reader_band(r, y, rows, band, w->err);
        if (!st) st = w->filter(w->user, number, y, rows, band);
        if (st) break;
        tiff_store(t->page, band, (uint64_t)rows * s->width);
        st = straight     ? store_straight(w, t, y, rows, band)
             : l->encoder ? store_long(w, t, l, y, rows, band)
                          : encode_band(e, y, rows, band);
    }
    return st;
}

static enum enn_status rewrite_target(struct rewrite *w, struct target *t)
{
    struct tiff_reader *r = NULL;
    struct encode e = {.w = w, .t = t};
    struct long_strip l = {0};
    enum enn_status s = tiff_reader_open(w->a, (size_t)(t->page - w->a->pages), &r, w->err);
    if (s) return s;
    uint8_t *band = malloc((size_t)(tiff_reader_max_rows(r) * t->page->shape.row_bytes));
    s = band ? rewrite_page(w, t, r, &e, &l, band) : no_memory(w);
    tiff_encoder_close(l.encoder);
    encode_close(&e);
    free(band);
    tiff_reader_close(r);
    return s;
}

/* ---- the arrays that locate the samples ---- */

static unsigned size_of(unsigned type)
{
    return type == 3 ? 2 : type == 4 ? 4 : 8;
}

/* Writes the values over the old ones, or, when a value is too large for the type, as a wider array at the
 * end of the file with the directory entry pointing to it. */
static enum enn_status patch_array(struct rewrite *w, const struct tiff_array *a, const uint64_t *values)
{
    const struct tiff_layout *l = &w->a->layout;
    uint64_t most = 0, at = a->at;
    for (uint64_t i = 0; i < a->count; i++) most = values[i] > most ? values[i] : most;
    unsigned type = a->type;
    while (type != 16 && most >> (8 * size_of(type))) type = type == 3 ? 4 : 16;
    unsigned unit = size_of(type), word = l->big ? 8 : 4;
    uint64_t bytes = a->count * unit; /* count was bounded when the array was loaded */
    enum enn_status s = ENN_OK;
    if (type != a->type) {
        uint8_t entry[20];
        at = a->entry + 4 + word;
        if (bytes > word) {
            at = (tiff_space_tail(&w->space) + 7) & ~(uint64_t)7;
            w->space.holes[w->space.n_holes - 1].begin = at + bytes;
            if (at + bytes > w->space.used_end) w->space.used_end = at + bytes;
            if (!l->big && at + bytes > CLASSIC_END)
                return enn_fail(w->err, ENN_LIMIT, "%s: would pass 4 GiB, the end of a classic TIFF", w->out);
        }
        tiff_put(l, entry, 2, type);
        tiff_put(l, entry + 2, word, a->count);
        tiff_put(l, entry + 2 + word, word, bytes > word ? at : 0);
        s = tiff_pwrite(w->fd, w->out, entry, 2 + 2 * word, a->entry + 2, w->err);
    }
    for (uint64_t i = 0; !s && i < a->count;) {
        size_t n = 0;
        for (; i < a->count && n + unit <= COPY_BYTES; i++, n += unit)
            tiff_put(l, w->copy + n, unit, values[i]);
        s = tiff_pwrite(w->fd, w->out, w->copy, n, at, w->err);
        at += n;
    }
    return s;
}

/* ---- the whole ---- */

static enum enn_status choose_targets(struct rewrite *w, int jpeg_reencode)
{
    w->targets = calloc(w->a->n_pages, sizeof *w->targets);
    w->of_dir = calloc(w->a->layout.n_dirs, sizeof(struct target *));
    w->copy = malloc(COPY_BYTES);
    if (!w->targets || !w->of_dir || !w->copy) return no_memory(w);
    for (size_t i = 0; i < w->a->n_pages; i++) {
        const struct tiff_page *p = &w->a->pages[i];
        if (!p->info.signable && !(jpeg_reencode && p->info.jpeg_signable)) continue;
        w->of_dir[p->dir] = &w->targets[w->n_targets];
        w->targets[w->n_targets++] = (struct target){.page = p,
                                                     .dir = &w->a->layout.dirs[p->dir],
                                                     .in_place = p->shape.compression == COMPRESSION_NONE};
    }
    if (w->n_targets) return ENN_OK;
    const struct artwork_page *p = &w->a->pages[0].info;
    return enn_fail(w->err, p->why_status, "%s: page 1: %s", w->a->name, p->why);
}

/* The packet, and with it perhaps a directory that is one entry longer, where there is room for them. */
static enum enn_status write_packet(struct rewrite *w)
{
    struct tiff_xmp_place at = {0, 0};
    uint32_t dir = w->targets[0].page->dir;
    uint64_t bytes = 0, n = 0;
    if (!w->targets[0].dir->xmp.entry && !(bytes = tiff_xmp_dir_bytes(w->a, dir, &n, w->err)))
        return w->err->status;
    at.packet_at = (tiff_space_take(&w->space, w->packet_size + 1) + 1) & ~(uint64_t)1;
    if (bytes) at.dir_at = (tiff_space_take(&w->space, bytes + 1) + 1) & ~(uint64_t)1;
    uint64_t end = at.dir_at + bytes > at.packet_at + w->packet_size ? at.dir_at + bytes : at.packet_at + w->packet_size;
    if (!w->a->layout.big && end > CLASSIC_END)
        return enn_fail(w->err, ENN_LIMIT, "%s: would pass 4 GiB, the end of a classic TIFF", w->out);
    return tiff_xmp_write(w->a, dir, w->packet, w->packet_size, w->fd, w->out, &at, w->err);
}

static enum enn_status write_copy(struct rewrite *w)
{
    struct stat in, out;
    if (fstat(w->a->fd, &in) || fstat(w->fd, &out))
        return enn_fail(w->err, ENN_IO, "%s: %s", w->out, strerror(errno));
    if ((uint64_t)in.st_size != w->a->layout.size)
        return enn_fail(w->err, ENN_IO, "%s: has changed", w->a->name);
    enum enn_status s = ENN_OK;
    if (!tiff_space_each_kept(&w->space, copy_run, w)) return w->err ? w->err->status : ENN_IO;
    for (size_t i = 0; !s && i < w->n_targets; i++) {
        struct target *t = &w->targets[i];
        s = rewrite_target(w, t);
        if (!s && !t->in_place) s = patch_array(w, &t->dir->offsets, t->offsets);
        if (!s && !t->in_place) s = patch_array(w, &t->dir->sizes, t->sizes);
    }
    if (!s && w->packet) s = write_packet(w);
    uint64_t end = w->space.used_end > w->space.kept_end ? w->space.used_end : w->space.kept_end;
    if (!s && ftruncate(w->fd, (off_t)end))
        s = enn_fail(w->err, ENN_IO, "%s: cannot write: %s", w->out, strerror(errno));
    return s;
}

/* Opens the output empty, unless it is the artwork itself. */
static enum enn_status open_output(struct rewrite *w)
{
    struct stat in, out;
    w->fd = open(w->out, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (w->fd < 0) return enn_fail(w->err, ENN_IO, "%s: cannot create: %s", w->out, strerror(errno));
    int ok = fstat(w->a->fd, &in) == 0 && fstat(w->fd, &out) == 0;
    if (ok && S_ISREG(out.st_mode) && (in.st_dev != out.st_dev || in.st_ino != out.st_ino) &&
        ftruncate(w->fd, 0) == 0)
        return ENN_OK;
    close(w->fd);
    w->fd = -1;
    return enn_fail(w->err, ENN_USAGE,
                    "%s: cannot be written: it is the artwork itself or not a regular file", w->out);
}

enum enn_status tiff_artwork_rewrite(struct artwork *base, const char *out_path, artwork_filter_fn filter,
                                     void *user, const struct artwork_rewrite_options *options,
                                     struct enn_error *err)
{
    struct tiff_artwork *a = (struct tiff_artwork *)base;
    struct enn_error local;
    struct rewrite w = {
        .a = a, .out = out_path, .fd = -1, .filter = filter, .user = user, .err = err ? err : &local};
    enum enn_status s = choose_targets(&w, options && options->jpeg_reencode);
    if (!s && options && options->pointer)
        s = tiff_xmp_make(w.a, w.targets[0].page->dir, options->pointer, &w.packet, &w.packet_size, w.err);
    if (!s) s = lay_out(&w);
    if (!s) s = open_output(&w);
    if (!s) s = write_copy(&w);
    if (w.fd >= 0) {
        if (close(w.fd) && !s) s = enn_fail(w.err, ENN_IO, "%s: cannot write: %s", out_path, strerror(errno));
        if (s) unlink(out_path);
    }
    if (options && options->pointed) *options->pointed = !s && w.packet;
    free(w.packet);
    for (size_t i = 0; i < w.n_targets; i++) {
        free(w.targets[i].offsets);
        free(w.targets[i].sizes);
    }
    free(w.targets);
    free(w.of_dir);
    free(w.copy);
    tiff_space_clear(&w.space);
    return s;
}
