/* Artwork, step 1: the skeleton of a TIFF file.
 *
 * Idea: a signed copy must not lose what we do not know (private tags, maker notes with absolute offsets,
 * Photoshop data), so nothing of the directories is ever written anew.  We only need to know which bytes are
 * skeleton and which are samples; the copy then replaces samples and patches the two arrays that locate them.
 *
 * TIFF Revision 6.0, Adobe 1992, section 2; TIFF Technical Note 1 (SubIFDs, Adobe PageMaker 6.0, 1995);
 * BigTIFF (AWare Systems 2007: header 43, 8-byte counts and offsets).
 */
#include "artwork/tiff_layout.h"
#include "status.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

uint64_t tiff_get(const struct tiff_layout *l, const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++) v = v << 8 | p[l->big_endian ? i : n - 1 - i];
    return v;
}

void tiff_put(const struct tiff_layout *l, uint8_t *p, unsigned n, uint64_t v)
{
    for (unsigned i = 0; i < n; i++, v >>= 8) p[l->big_endian ? n - 1 - i : i] = (uint8_t)v;
}

enum enn_status tiff_pread(int fd, const char *name, void *to, size_t n, uint64_t at, struct enn_error *err)
{
    for (uint8_t *p = to; n;) {
        ssize_t got = pread(fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return enn_fail(err, ENN_IO, "%s: cannot read: %s", name, strerror(errno));
        if (got == 0)
            return enn_fail(err, ENN_FORMAT, "%s: file ends at byte %llu", name, (unsigned long long)at);
        p += got, n -= (size_t)got, at += (uint64_t)got;
    }
    return ENN_OK;
}

enum enn_status tiff_pwrite(int fd, const char *name, const void *from, size_t n, uint64_t at,
                            struct enn_error *err)
{
    for (const uint8_t *p = from; n;) {
        ssize_t put = pwrite(fd, p, n, (off_t)at);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return enn_fail(err, ENN_IO, "%s: cannot write: %s", name, strerror(errno));
        p += put, n -= (size_t)put, at += (uint64_t)put;
    }
    return ENN_OK;
}

static unsigned type_size(unsigned type)
{
    static const uint8_t size[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < sizeof size ? size[type] : 0;
}

/* Room for one more element; the arrays are bounded by MAX_DIRS * 65535 entries, so the sizes cannot
 * overflow. */
static int grow(void **array, size_t n, size_t *room, size_t element)
{
    if (n < *room) return 1;
    size_t more = *room ? *room * 2 : 64;
    void *p = realloc(*array, more * element);
    if (!p) return 0;
    *array = p;
    *room = more;
    return 1;
}

static enum enn_status add_piece(struct tiff_layout *l, uint64_t begin, uint64_t end, size_t dir,
                                 int strile_array, struct enn_error *err)
{
    if (begin >= end) return ENN_OK;
    void *p = l->pieces;
    int ok = grow(&p, l->n_pieces, &l->room_pieces, sizeof *l->pieces);
    l->pieces = p;
    if (!ok || l->n_pieces * sizeof *l->pieces > l->max_memory / 4)
        return enn_fail(err, ok ? ENN_LIMIT : ENN_NOMEM, "%s: too many directory entries", l->name);
    l->pieces[l->n_pieces++] = (struct tiff_piece){begin, end, (uint32_t)dir, strile_array};
    return ENN_OK;
}

/* Appends a directory to be walked.  A sub-directory met before, or outside the file, is skipped: its
 * bytes are kept whatever it is.  The main chain must be sound. */
static enum enn_status add_dir(struct tiff_layout *l, uint64_t offset, uint64_t link, int page,
                               struct enn_error *err)
{
    unsigned smallest = l->big ? 16 : 6;
    if (offset < 8 || offset > l->size || l->size - offset < smallest) {
        if (!page) return ENN_OK;
        return enn_fail(err, ENN_FORMAT, "%s: directory at byte %llu is outside the file", l->name,
                        (unsigned long long)offset);
    }
    for (size_t i = 0; i < l->n_dirs; i++) {
        if (l->dirs[i].offset != offset) continue;
        if (!page) return ENN_OK;
        return enn_fail(err, ENN_FORMAT, "%s: %s", l->name,
                        l->dirs[i].page ? "the chain of directories is a loop"
                                        : "a directory is a page and a sub-directory at once");
    }
    if (l->n_dirs >= TIFF_LAYOUT_MAX_DIRS)
        return enn_fail(err, ENN_LIMIT, "%s: more than %d directories", l->name, TIFF_LAYOUT_MAX_DIRS);
    void *p = l->dirs;
    int ok = grow(&p, l->n_dirs, &l->room_dirs, sizeof *l->dirs);
    l->dirs = p;
    if (!ok) return enn_fail(err, ENN_NOMEM, "%s: out of memory", l->name);
    l->dirs[l->n_dirs++] = (struct tiff_dir){.offset = offset, .link = link, .page = page};
    return ENN_OK;
}

struct entry {
    unsigned tag, type;
    uint64_t count, at, bytes, entry;
};

/* Sub-directories: SubIFDs 330, GlobalParameters 400, Exif 34665, GPS 34853, Interoperability 40965. */
static enum enn_status add_sub_dirs(struct tiff_layout *l, const struct entry *e, struct enn_error *err)
{
    if (e->tag != 330 && e->tag != 400 && e->tag != 34665 && e->tag != 34853 && e->tag != 40965)
        return ENN_OK;
    unsigned n = type_size(e->type);
    if (n != 4 && n != 8) return ENN_OK;
    uint64_t count = e->count < TIFF_LAYOUT_MAX_DIRS ? e->count : TIFF_LAYOUT_MAX_DIRS;
    for (uint64_t i = 0; i < count; i++) {
        uint8_t b[8];
        enum enn_status s = tiff_pread(l->fd, l->name, b, n, e->at + i * n, err);
        if (!s) s = add_dir(l, tiff_get(l, b, n), e->at + i * n, 0, err);
        if (s) return s;
    }
    return ENN_OK;
}

/* Files the entry as the offsets or sizes of directory d.  1: it is one of them. */
static int note_array(struct tiff_layout *l, size_t d, const struct entry *e, int inside)
{
    struct tiff_array *a;
    if (e->tag == 273 || e->tag == 324)
        a = &l->dirs[d].offsets;
    else if (e->tag == 279 || e->tag == 325)
        a = &l->dirs[d].sizes;
    else
        return 0;
    int usable = inside && (e->type == 3 || e->type == 4 || e->type == 16) && !a->entry;
    *a = (struct tiff_array){e->entry, e->at, usable ? e->count : 0, e->type};
    return 1;
}

static enum enn_status walk_entry(struct tiff_layout *l, size_t d, const uint8_t *p, uint64_t at,
                                  struct enn_error *err)
{
    unsigned word = l->big ? 8 : 4, length = l->big ? 20 : 12;
    struct entry e = {.tag = (unsigned)tiff_get(l, p, 2),
                      .type = (unsigned)tiff_get(l, p + 2, 2),
                      .count = tiff_get(l, p + 4, word),
                      .entry = at};
    unsigned unit = type_size(e.type);
    int inside = unit && e.count <= l->size / unit; /* so bytes <= size: no overflow below */
    e.bytes = inside ? e.count * unit : 0;
    e.at = e.bytes <= word ? at + 4 + word : tiff_get(l, p + 4 + word, word);
    if (inside && (e.at > l->size || e.bytes > l->size - e.at)) inside = 0;
    int is_array = note_array(l, d, &e, inside);
    if (e.tag == 700) {
        int usable = inside && unit == 1 && e.bytes > word && !l->dirs[d].xmp.entry;
        l->dirs[d].xmp = (struct tiff_array){at, e.at, usable ? e.count : 0, e.type};
    }
    enum enn_status s = add_piece(l, at, at + length, d, is_array, err);
    if (s || !inside || e.bytes <= word) return s || !inside ? s : add_sub_dirs(l, &e, err);
    l->value_bytes +=
        e.bytes; /* < 65535 * 1000 * file size < 2^64 for files below 2^38; larger ones end at the test */
    if (l->value_bytes / 4 > l->size + ((uint64_t)16 << 20))
        return enn_fail(err, ENN_LIMIT, "%s: directories claim more bytes than the file can hold", l->name);
    s = add_piece(l, e.at, e.at + e.bytes, d, is_array, err);
    return s ? s : add_sub_dirs(l, &e, err);
}

static enum enn_status walk_dir(struct tiff_layout *l, size_t d, struct enn_error *err)
{
    unsigned head = l->big ? 8 : 2, length = l->big ? 20 : 12, word = l->big ? 8 : 4;
    uint64_t at = l->dirs[d].offset;
    int page = l->dirs[d].page;
    uint8_t b[8];
    enum enn_status s = tiff_pread(l->fd, l->name, b, head, at, err);
    if (s) return s;
    uint64_t n = tiff_get(l, b, head);
    if (n > 65535 || n * length > l->size - at - head) {
        if (!page) return ENN_OK;
        return enn_fail(err, ENN_FORMAT, "%s: directory at byte %llu runs over the end of the file", l->name,
                        (unsigned long long)at);
    }
    /* some files end right behind the last entry: no next directory */
    uint64_t left = l->size - at - head - n * length;
    unsigned link = left < word ? 0 : word;
    size_t bytes = (size_t)n * length + link;
    uint8_t *block = malloc(bytes + word);
    if (!block) return enn_fail(err, ENN_NOMEM, "%s: out of memory", l->name);
    s = tiff_pread(l->fd, l->name, block, bytes, at + head, err);
    if (!s) s = add_piece(l, at, at + head, d, 0, err);
    for (uint64_t i = 0; !s && i < n; i++)
        s = walk_entry(l, d, block + i * length, at + head + i * length, err);
    uint64_t end = at + head + n * length;
    if (!s) s = add_piece(l, end, end + link, d, 0, err);
    uint64_t next = link && !s ? tiff_get(l, block + n * length, word) : 0;
    free(block);
    return s || !next ? s : add_dir(l, next, end, page, err);
}

static enum enn_status read_header(struct tiff_layout *l, uint64_t *first, struct enn_error *err)
{
    uint8_t h[16] = {0};
    struct stat st;
    if (fstat(l->fd, &st)) return enn_fail(err, ENN_IO, "%s: %s", l->name, strerror(errno));
    if (S_ISDIR(st.st_mode)) return enn_fail(err, ENN_IO, "%s: is a directory", l->name);
    if (!S_ISREG(st.st_mode)) return enn_fail(err, ENN_IO, "%s: not a regular file", l->name);
    l->size = (uint64_t)st.st_size;
    if (l->size < 8) return enn_fail(err, ENN_FORMAT, "%s: too short for a TIFF file", l->name);
    enum enn_status s = tiff_pread(l->fd, l->name, h, l->size < 16 ? 8 : 16, 0, err);
    if (s) return s;
    if (memcmp(h, "II", 2) && memcmp(h, "MM", 2))
        return enn_fail(err, ENN_FORMAT, "%s: not a TIFF file", l->name);
    l->big_endian = h[0] == 'M';
    unsigned version = (unsigned)tiff_get(l, h + 2, 2);
    l->big = version == 43;
    if (version != 42 && (version != 43 || tiff_get(l, h + 4, 2) != 8 || tiff_get(l, h + 6, 2) != 0))
        return enn_fail(err, ENN_FORMAT, "%s: not a TIFF file (version %u)", l->name, version);
    *first = l->big ? tiff_get(l, h + 8, 8) : tiff_get(l, h + 4, 4);
    return add_piece(l, 0, l->big ? 16 : 8, 0, 0, err);
}

enum enn_status tiff_layout_read(int fd, const char *name, uint64_t max_memory, struct tiff_layout *l,
                                 struct enn_error *err)
{
    *l = (struct tiff_layout){.fd = fd, .name = name, .max_memory = max_memory};
    uint64_t first = 0;
    enum enn_status s = read_header(l, &first, err);
    if (!s) s = add_dir(l, first, l->big ? 8 : 4, 1, err);
    for (size_t d = 0; !s && d < l->n_dirs; d++) s = walk_dir(l, d, err);
    if (s) tiff_layout_clear(l);
    return s;
}

void tiff_layout_clear(struct tiff_layout *l)
{
    free(l->dirs);
    free(l->pieces);
    *l = (struct tiff_layout){.fd = -1};
}

enum enn_status tiff_array_load(const struct tiff_layout *l, const struct tiff_array *a, uint64_t **values,
                                struct enn_error *err)
{
    *values = NULL;
    unsigned unit = type_size(a->type);
    if (!a->count || !unit) return enn_fail(err, ENN_FORMAT, "%s: no usable strip or tile offsets", l->name);
    if (a->count > l->max_memory / 32)
        return enn_fail(err, ENN_LIMIT, "%s: %llu strips or tiles", l->name, (unsigned long long)a->count);
    size_t n = (size_t)a->count;
    uint64_t *v = malloc(n * sizeof *v);
    if (!v) return enn_fail(err, ENN_NOMEM, "%s: out of memory", l->name);
    /* The packed integers are read into the end of the array and widened from the front: the write
     * position 8 i never passes the read position 8 n - unit (n - i) before that element was read, as unit
     * <= 8. */
    uint8_t *packed = (uint8_t *)v + n * (sizeof *v - unit);
    enum enn_status s = tiff_pread(l->fd, l->name, packed, n * unit, a->at, err);
    for (size_t i = 0; !s && i < n; i++) v[i] = tiff_get(l, packed + i * unit, unit);
    if (s)
        free(v);
    else
        *values = v;
    return s;
}
