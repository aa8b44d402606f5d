/* Artwork, step 8: the pointer to the manifest in the XMP packet of a TIFF page (tag 700).
 *
 * The packet goes where there is room; its entry is patched.  Where there was none, a copy of the
 * directory with one more entry goes there, too, and what linked to the old one links to the copy.
 * Nothing else of the directories changes.
 *
 * XMP Specification Part 3 (Adobe 2020), 3.2.3: TIFF tag 700, type BYTE. */
#include "artwork/tiff_file.h"
#include "artwork/xmp.h"
#include "status.h"
#include <stdlib.h>
#include <string.h>

#define TAG_XMP    700
#define MAX_PACKET ((uint64_t)16 << 20)

enum enn_status tiff_xmp_make(const struct tiff_artwork *a, uint32_t dir, const struct xmp_pointer *p,
                              uint8_t **packet, size_t *size, struct enn_error *err)
{
    const struct tiff_array *x = &a->layout.dirs[dir].xmp;
    *packet = NULL;
    *size = 0;
    if (!x->entry) return xmp_point(NULL, 0, p, packet, size, err);
    if (!x->count || x->count > MAX_PACKET) return ENN_OK;
    uint8_t *old = malloc((size_t)x->count);
    if (!old) return enn_fail(err, ENN_NOMEM, "%s: out of memory", a->name);
    enum enn_status s = tiff_pread(a->fd, a->name, old, (size_t)x->count, x->at, err);
    if (!s) s = xmp_point(old, (size_t)x->count, p, packet, size, err);
    free(old);
    return s;
}

uint64_t tiff_xmp_dir_bytes(const struct tiff_artwork *a, uint32_t dir, uint64_t *n_entries,
                            struct enn_error *err)
{
    const struct tiff_layout *l = &a->layout;
    unsigned head = l->big ? 8 : 2, length = l->big ? 20 : 12, word = l->big ? 8 : 4;
    uint8_t b[8];
    if (tiff_pread(l->fd, l->name, b, head, l->dirs[dir].offset, err)) return 0;
    *n_entries = tiff_get(l, b, head); /* at most 65535: walk_dir has tested it */
    if (*n_entries >= 65535) {
        enn_fail(err, ENN_LIMIT, "%s: no room for one more directory entry", a->name);
        return 0;
    }
    return head + (*n_entries + 1) * length + word;
}

/* Type, count and place of the packet, as in an entry behind the tag. */
static void put_entry(const struct tiff_layout *l, uint8_t *e, uint64_t size, uint64_t at)
{
    unsigned word = l->big ? 8 : 4;
    tiff_put(l, e, 2, 1); /* BYTE */
    tiff_put(l, e + 2, word, size);
    tiff_put(l, e + 2 + word, word, at);
}

/* The directory as it is in the copy, its sample locations patched already, with an entry more in its
 * place. */
static enum enn_status write_dir(const struct tiff_artwork *a, uint32_t dir, size_t size, int fd,
                                 const char *name, const struct tiff_xmp_place *place, struct enn_error *err)
{
    const struct tiff_layout *l = &a->layout;
    unsigned head = l->big ? 8 : 2, length = l->big ? 20 : 12, word = l->big ? 8 : 4;
    uint64_t n = 0, bytes = tiff_xmp_dir_bytes(a, dir, &n, err), old = l->dirs[dir].offset;
    if (!bytes) return err->status;
    uint8_t *block = calloc(1, (size_t)bytes);
    if (!block) return enn_fail(err, ENN_NOMEM, "%s: out of memory", a->name);
    uint64_t link = old + head + n * length; /* some files end right behind the last entry */
    enum enn_status s = tiff_pread(fd, name, block + head, (size_t)(n * length), old + head, err);
    if (!s && l->size >= word && link <= l->size - word)
        s = tiff_pread(fd, name, block + bytes - word, word, link, err);
    tiff_put(l, block, head, n + 1);
    uint64_t i = n; /* entries are in ascending order of tags; those that are not stay as they are */
    while (i > 0 && tiff_get(l, block + head + (i - 1) * length, 2) > TAG_XMP) i--;
    uint8_t *e = block + head + i * length;
    memmove(e + length, e, (size_t)((n - i) * length));
    tiff_put(l, e, 2, TAG_XMP);
    put_entry(l, e + 2, size, place->packet_at);
    if (!s) s = tiff_pwrite(fd, name, block, (size_t)bytes, place->dir_at, err);
    uint8_t at[8];
    tiff_put(l, at, word, place->dir_at);
    if (!s) s = tiff_pwrite(fd, name, at, word, l->dirs[dir].link, err);
    free(block);
    return s;
}

enum enn_status tiff_xmp_write(const struct tiff_artwork *a, uint32_t dir, const uint8_t *packet, size_t size,
                               int fd, const char *name, const struct tiff_xmp_place *place,
                               struct enn_error *err)
{
    const struct tiff_layout *l = &a->layout;
    const struct tiff_array *x = &l->dirs[dir].xmp;
    enum enn_status s = tiff_pwrite(fd, name, packet, size, place->packet_at, err);
    if (s) return s;
    if (!x->entry) return write_dir(a, dir, size, fd, name, place, err);
    uint8_t e[18];
    put_entry(l, e, size, place->packet_at);
    return tiff_pwrite(fd, name, e, l->big ? 18 : 10, x->entry + 2, err);
}
