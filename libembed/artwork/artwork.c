/* Artwork, the front: which format a file has, by its first bytes and never by its name; everything else
 * is the format's own (artwork_ops.h). */
#include "artwork/artwork_ops.h"
#include "status.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Readers look for the header within the first 1024 bytes of a PDF; a TIFF has its own at the very
 * beginning. */
static int is_pdf(int fd)
{
    uint8_t head[1024 + 5] = {0};
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n >= 4 && (!memcmp(head, "II*\0", 4) || !memcmp(head, "MM\0*", 4))) return 0;
    return n >= 5 && memmem(head, (size_t)n, "%PDF-", 5) != NULL;
}

static enum enn_status open_fd(int fd, const char *name, const struct enn_limits *limits,
                               const char *password, struct artwork **out, struct enn_error *err)
{
    struct enn_limits l = limits ? *limits : enn_limits_default();
    *out = NULL;
    return is_pdf(fd) ? pdf_artwork_open(fd, name, &l, password, out, err)
                      : tiff_artwork_open(fd, name, &l, out, err);
}

enum enn_status artwork_open_fd(int fd, const char *name, const struct enn_limits *limits,
                                struct artwork **out, struct enn_error *err)
{
    return open_fd(fd, name, limits, NULL, out, err);
}

enum enn_status artwork_open_locked(const char *path, const struct enn_limits *limits, const char *password,
                                    struct artwork **out, struct enn_error *err)
{
    *out = NULL;
    /* O_NONBLOCK: a FIFO must not hold us up; it is refused as not being a regular file. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return enn_fail(err, ENN_IO, "%s: cannot open: %s", path, strerror(errno));
    return open_fd(fd, path, limits, password, out, err);
}

enum enn_status artwork_open(const char *path, const struct enn_limits *limits, struct artwork **out,
                             struct enn_error *err)
{
    return artwork_open_locked(path, limits, NULL, out, err);
}

enum enn_status artwork_notes(struct artwork *a, artwork_note_fn note, void *user, struct enn_error *err)
{
    return a->ops->notes(a, note, user, err);
}

void artwork_close(struct artwork *a)
{
    if (a) a->ops->close(a);
}

void artwork_set_threads(struct artwork *a, int threads)
{
    if (threads <= 0) threads = (int)sysconf(_SC_NPROCESSORS_ONLN);
    a->ops->set_threads(a, threads < 1 ? 1 : threads > ARTWORK_MAX_THREADS ? ARTWORK_MAX_THREADS : threads);
}

size_t artwork_pages(const struct artwork *a)
{
    return a->ops->pages(a);
}
const struct artwork_page *artwork_page(const struct artwork *a, size_t page)
{
    return a->ops->page(a, page);
}
const char *artwork_warnings(const struct artwork *a)
{
    return a->ops->warnings(a);
}
const char *artwork_format(const struct artwork *a)
{
    return a->ops->format(a);
}

enum enn_status artwork_read(struct artwork *a, size_t page, artwork_band_fn band, void *user,
                             struct enn_error *err)
{
    return a->ops->read(a, page, band, user, err);
}

enum enn_status artwork_rewrite(struct artwork *a, const char *out_path, artwork_filter_fn filter, void *user,
                                const struct artwork_rewrite_options *options, struct enn_error *err)
{
    return a->ops->rewrite(a, out_path, filter, user, options, err);
}
