/* Artwork, step 6: where the new strips and tiles of a signed copy go.
 *
 * Everything in a TIFF is found by absolute offsets, some of them inside tags nobody but their author
 * understands.  So nothing moves but the samples: the places of the old strips become holes, less every byte
 * that something else uses, and new strips fill the holes first and then the open end of the file.  A layout
 * of strips between the header and the directory, as libtiff and Photoshop write it, comes out with all
 * strips but the last few in the same place.
 */
#include "artwork/tiff_space.h"
#include <stdlib.h>

/* Strips are padded to even or 4-byte boundaries by some programs; such a gap belongs to the hole. */
#define PADDING 3
/* Holes looked at for one strile: bounds the work on files with thousands of small holes. */
#define WINDOW 64

int tiff_space_add(struct tiff_space *s, uint64_t begin, uint64_t end, enum tiff_use use)
{
    if (end > s->size) end = s->size;
    if (begin >= end) return 1;
    if (s->n == s->room) {
        size_t room = s->room ? s->room * 2 : 256;
        if (room > SIZE_MAX / sizeof *s->ranges) return 0;
        struct tiff_range *p = realloc(s->ranges, room * sizeof *p);
        if (!p) return 0;
        s->ranges = p, s->room = room;
    }
    s->ranges[s->n++] = (struct tiff_range){begin, end, use};
    return 1;
}

static int by_begin(const void *a, const void *b)
{
    const struct tiff_range *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

/* Sorted ranges: does one that will be written over share a byte with any other that is not free? */
static int is_shared(const struct tiff_space *s)
{
    uint64_t any = 0, own = 0; /* ends of what came before: of all, of those written over */
    for (size_t i = 0; i < s->n; i++) {
        const struct tiff_range *r = &s->ranges[i];
        if (r->use == TIFF_FREE) continue;
        int over = r->use != TIFF_KEEP;
        if (r->begin < own || (over && r->begin < any)) return 1;
        if (r->end > any) any = r->end;
        if (over && r->end > own) own = r->end;
    }
    return 0;
}

static void add_hole(struct tiff_space *s, uint64_t begin, uint64_t end)
{
    struct tiff_range *last = s->n_holes ? &s->holes[s->n_holes - 1] : NULL;
    if (begin >= end) return;
    if (last && begin <= last->end) {
        if (end > last->end) last->end = end;
    } else {
        s->holes[s->n_holes++] = (struct tiff_range){begin, end, TIFF_FREE};
    }
}

/* Sweep over the sorted ranges.  `taken` is the end of what is not free so far, [hole, hole_end) the free
 * run in work. Returns the end of all that is not free. */
static uint64_t find_holes(struct tiff_space *s)
{
    uint64_t taken = 0, hole = 0, hole_end = 0;
    for (size_t i = 0; i < s->n; i++) {
        const struct tiff_range *r = &s->ranges[i];
        if (r->use == TIFF_FREE) {
            uint64_t begin = r->begin < taken ? taken : r->begin;
            if (begin >= r->end) continue;
            if (hole < hole_end && begin <= hole_end + PADDING && taken <= hole_end) {
                if (r->end > hole_end) hole_end = r->end;
                continue;
            }
            add_hole(s, hole, hole_end);
            hole = begin, hole_end = r->end;
        } else {
            /* cut the run in work: what lies behind this range may be free again */
            if (hole < hole_end && r->begin < hole_end) {
                add_hole(s, hole, r->begin);
                if (r->end > hole) hole = r->end < hole_end ? r->end : hole_end;
            }
            if (r->end > taken) taken = r->end;
        }
    }
    add_hole(s, hole, hole_end);
    return taken;
}

int tiff_space_settle(struct tiff_space *s)
{
    if (s->n) qsort(s->ranges, s->n, sizeof *s->ranges, by_begin);
    if (is_shared(s)) return 0;
    /* every range opens or cuts at most one hole, and one more is the open end */
    s->holes = calloc(2 * s->n + 2, sizeof *s->holes);
    if (!s->holes) return -1;
    uint64_t taken = find_holes(s);
    s->kept_end = s->size;
    struct tiff_range *last = s->n_holes ? &s->holes[s->n_holes - 1] : NULL;
    if (last && taken <= last->end && last->end + PADDING >= s->size)
        s->kept_end = last->begin, last->end = UINT64_MAX;
    else
        s->holes[s->n_holes++] = (struct tiff_range){s->size, UINT64_MAX, TIFF_FREE};
    return 1;
}

uint64_t tiff_space_take(struct tiff_space *s, uint64_t n)
{
    size_t last = s->n_holes - 1, i = s->first, stop = s->first + WINDOW < last ? s->first + WINDOW : last;
    while (i < stop && s->holes[i].end - s->holes[i].begin < n) i++;
    if (i == stop) {
        i = last;
        if (stop < last) s->first++; /* a whole window too small: its first hole is given up */
    }
    uint64_t at = s->holes[i].begin;
    s->holes[i].begin += n;
    while (s->first < last && s->holes[s->first].begin == s->holes[s->first].end) s->first++;
    if (at + n > s->used_end) s->used_end = at + n;
    return at;
}

uint64_t tiff_space_tail(const struct tiff_space *s)
{
    return s->holes[s->n_holes - 1].begin;
}

int tiff_space_each_kept(const struct tiff_space *s, int (*copy)(void *user, uint64_t begin, uint64_t end),
                         void *user)
{
    uint64_t at = 0;
    for (size_t i = 0; i < s->n_holes; i++) {
        uint64_t end = s->holes[i].begin < s->size ? s->holes[i].begin : s->size;
        if (at < end && !copy(user, at, end)) return 0;
        at = s->holes[i].end;
    }
    return 1;
}

void tiff_space_clear(struct tiff_space *s)
{
    free(s->ranges);
    free(s->holes);
    *s = (struct tiff_space){0};
}
