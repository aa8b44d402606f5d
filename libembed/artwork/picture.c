/* Pictures in: which decoder, and the rows that are kept.
 *
 * A capture is used at a few pixels per chip; what is far larger (600 dpi scans of a sheet, the artwork
 * itself) is averaged over f x f boxes while it streams in, so that memory follows max_keep_pixels and not
 * the file.
 */
#include "artwork/picture.h"
#include "artwork/picture_rows.h"
#include "status.h"
#include "large.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A box of 4000 x 4000 samples of 255 stays below 2^32. */
#define MAX_REDUCTION 4000u

struct picture_options picture_options_default(void)
{
    return (struct picture_options){.limits = enn_limits_default()};
}

void picture_clear(struct picture *p)
{
    free(p->rgb);
    *p = (struct picture){0};
}

/* ---- rows ---- */

enum enn_status picture_rows_begin(struct picture_rows *r, uint32_t width, uint32_t height,
                                   struct enn_error *err)
{
    struct picture *p = r->out;
    uint64_t pixels = (uint64_t)width * height, keep = r->options->max_keep_pixels;
    if (!pixels) return enn_fail(err, ENN_FORMAT, "%s: an empty picture", r->name);
    if (pixels > r->options->limits.max_pixels)
        return enn_fail(err, ENN_LIMIT, "%s: %u x %u pixels are over the limit", r->name, width, height);
    if (r->options->sink) {
        p->full_width = p->width = width, p->full_height = p->height = height, p->reduced = 1;
        p->stride = (size_t)width * 3;
        return r->options->sink->size(r->options->sink->user, width, height)
                   ? ENN_OK
                   : enn_fail(err, ENN_NOMEM, "%s: out of memory", r->name);
    }
    uint32_t f = 1, w = width, h = height;
    while (keep && (uint64_t)w * h > keep && f < MAX_REDUCTION) {
        f++;
        w = (width + f - 1) / f, h = (height + f - 1) / f;
    }
    if ((uint64_t)w * h > r->options->limits.max_memory / 3)
        return enn_fail(err, ENN_LIMIT, "%s: %u x %u pixels take more memory than allowed", r->name, width,
                        height);
    p->full_width = width, p->full_height = height, p->reduced = f;
    p->width = w, p->height = h, p->stride = (size_t)w * 3;
    p->rgb = large_alloc(p->stride * h);
    if (f > 1) r->sums = calloc(p->stride, sizeof *r->sums);
    if (!p->rgb || (f > 1 && !r->sums)) return enn_fail(err, ENN_NOMEM, "%s: out of memory", r->name);
    return ENN_OK;
}

static void add_to_sums(struct picture_rows *r, const uint8_t *rgb)
{
    const struct picture *p = r->out;
    uint32_t *sum = r->sums;
    for (uint32_t x = 0; x < p->full_width; sum += 3) {
        uint32_t end = p->full_width - x < p->reduced ? p->full_width : x + p->reduced;
        uint32_t a = 0, b = 0, c = 0;
        for (; x < end; x++, rgb += 3) a += rgb[0], b += rgb[1], c += rgb[2];
        sum[0] += a, sum[1] += b, sum[2] += c;
    }
}

/* Boxes at the right and lower edge may be cut: each is divided by its own count. */
static void flush_sums(struct picture_rows *r, uint32_t rows, uint8_t *to)
{
    const struct picture *p = r->out;
    for (uint32_t x = 0; x < p->width; x++) {
        uint32_t left = p->full_width - x * p->reduced, n = (left < p->reduced ? left : p->reduced) * rows;
        for (int c = 0; c < 3; c++) to[3 * x + c] = (uint8_t)((r->sums[3 * x + c] + n / 2) / n);
    }
    memset(r->sums, 0, p->stride * sizeof *r->sums);
}

void picture_rows_add(struct picture_rows *r, const uint8_t *rgb)
{
    const struct picture *p = r->out;
    if (r->y >= p->full_height) return;
    uint32_t y = r->y++, f = p->reduced;
    if (r->options->sink) {
        r->options->sink->row(r->options->sink->user, y, rgb);
        return;
    }
    if (f == 1) {
        memcpy(p->rgb + y * p->stride, rgb, p->stride);
        return;
    }
    add_to_sums(r, rgb);
    if (r->y % f == 0 || r->y == p->full_height) flush_sums(r, y % f + 1, p->rgb + y / f * p->stride);
}

void picture_rows_end(struct picture_rows *r)
{
    free(r->sums);
    r->sums = NULL;
}

void picture_rows_dpi(struct picture_rows *r, double x, double y)
{
    if (x >= 1 && y >= 1 && x < 1e6 && fabs(x - y) <= 0.01 * x)
        r->out->dpi = x / (r->out->reduced ? r->out->reduced : 1);
}

enum enn_status picture_cmyk(const struct picture_options *o, const struct artwork_page *page,
                             const void *samples, uint32_t n, uint8_t *rgb)
{
    if (o->to_rgb) return o->to_rgb(o->to_rgb_user, page, samples, n, rgb);
    const uint8_t *s8 = samples;
    const uint16_t *s16 = samples;
    if (page->colour == ARTWORK_LAB) { /* lightness alone */
        for (size_t i = 0; i < n; i++)
            memset(rgb + 3 * i, page->bits == 8 ? s8[i * page->samples] : s16[i * page->samples] >> 8, 3);
        return ENN_OK;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v[4];
        for (int c = 0; c < 4; c++) {
            size_t at = (size_t)i * page->samples + (size_t)c;
            v[c] = 255u - (page->bits == 8 ? s8[at] : (s16[at] * 255u + 32895u) >> 16);
        }
        for (int c = 0; c < 3; c++) rgb[3 * (size_t)i + (size_t)c] = (uint8_t)((v[c] * v[3] + 127) / 255);
    }
    return ENN_OK;
}

/* ---- bytes ---- */

/* Everything from fd, at most max bytes.  *data is malloc'ed. */
static enum enn_status slurp(int fd, const char *name, uint64_t max, uint8_t **data, size_t *size,
                             struct enn_error *err)
{
    size_t n = 0, room = 0;
    uint8_t *p = NULL;
    struct stat st;
    uint64_t expect = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size + 1 : 65536;
    enum enn_status s = ENN_OK;
    for (;;) {
        if (n == room) {
            uint64_t want = room ? (uint64_t)room * 2 : expect;
            if (want > max + 1) want = max + 1;
            if (want <= room)
                s = enn_fail(err, ENN_LIMIT, "%s: is longer than %llu bytes", name, (unsigned long long)max);
            uint8_t *q = s ? NULL : realloc(p, (size_t)want);
            if (!s && !q) s = enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
            if (s) break;
            p = q, room = (size_t)want;
        }
        ssize_t got = read(fd, p + n, room - n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) s = enn_fail(err, ENN_IO, "%s: cannot read: %s", name, strerror(errno));
        if (got <= 0) break;
        n += (size_t)got;
    }
    if (s)
        free(p);
    else
        *data = p, *size = n;
    return s;
}

static int is_tiff(const uint8_t *h)
{
    return !memcmp(h, "II*\0", 4) || !memcmp(h, "MM\0*", 4) || !memcmp(h, "II+\0", 4) ||
           !memcmp(h, "MM\0+", 4);
}

/* As readers do, within the first 1024 bytes. */
static int is_pdf(const uint8_t *head, size_t n)
{
    return memmem(head, n < 1029 ? n : 1029, "%PDF-", 5) != NULL;
}

static enum enn_status read_artwork(struct picture_rows *r, int fd, int pdf, struct enn_error *err)
{
    return pdf ? picture_read_pdf(r, fd, err) : picture_read_tiff(r, fd, err);
}

/* A TIFF or PDF that came through a pipe needs a file to be read from: one without a name, in memory. */
static enum enn_status from_memory(struct picture_rows *r, const uint8_t *data, size_t size,
                                        struct enn_error *err)
{
    int fd = memfd_create("artwork", MFD_CLOEXEC);
    if (fd < 0) return enn_fail(err, ENN_IO, "%s: no anonymous file: %s", r->name, strerror(errno));
    for (size_t at = 0; at < size;) {
        ssize_t put = write(fd, data + at, size - at);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) {
            close(fd);
            return enn_fail(err, ENN_NOMEM, "%s: out of memory", r->name);
        }
        at += (size_t)put;
    }
    return read_artwork(r, fd, !is_tiff(data), err);
}

static enum enn_status decode(struct picture_rows *r, int fd, struct enn_error *err)
{
    uint8_t *data = NULL, head[1029] = {0};
    size_t size = 0;
    struct stat st;
    if (fstat(fd, &st)) return enn_fail(err, ENN_IO, "%s: %s", r->name, strerror(errno));
    if (S_ISDIR(st.st_mode)) return enn_fail(err, ENN_IO, "%s: is a directory", r->name);
    ssize_t n = fd != STDIN_FILENO && S_ISREG(st.st_mode) ? pread(fd, head, sizeof head, 0) : 0;
    if (n >= 4 && (is_tiff(head) || is_pdf(head, (size_t)n))) {
        int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        if (own < 0) return enn_fail(err, ENN_IO, "%s: %s", r->name, strerror(errno));
        return read_artwork(r, own, !is_tiff(head), err);
    }
    enum enn_status s = slurp(fd, r->name, r->options->limits.max_memory, &data, &size, err);
    if (s) return s;
    if (size >= 8 && !memcmp(data, "\x89PNG\r\n\x1a\n", 8))
        s = picture_read_png(r, data, size, err);
    else if (size >= 3 && !memcmp(data, "\xff\xd8\xff", 3))
        s = picture_read_jpeg(r, data, size, err);
    else if (size >= 4 && (is_tiff(data) || is_pdf(data, size)))
        s = from_memory(r, data, size, err);
    else
        s = enn_fail(err, ENN_FORMAT, "%s: neither PNG, JPEG, TIFF nor PDF", r->name);
    free(data);
    return s;
}

enum enn_status picture_read(const char *path, const struct picture_options *options, struct picture *out,
                             struct enn_error *err)
{
    *out = (struct picture){0};
    struct picture_options defaults = picture_options_default();
    int from_stdin = !strcmp(path, "-");
    struct picture_rows r = {
        .out = out, .options = options ? options : &defaults, .name = from_stdin ? "stdin" : path};
    int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return enn_fail(err, ENN_IO, "%s: cannot open: %s", path, strerror(errno));
    enum enn_status s = decode(&r, fd, err);
    picture_rows_end(&r);
    if (!from_stdin) close(fd);
    if (s) picture_clear(out);
    return s;
}
