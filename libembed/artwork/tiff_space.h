/* Which bytes of the file stay where they are, and where new strips and tiles may go. */
#ifndef ARTWORK_TIFF_SPACE_H
#define ARTWORK_TIFF_SPACE_H
#include "enn.h"
#include <stddef.h>

struct tiff_range {
    uint64_t begin, end;
    enum tiff_use {
        TIFF_KEEP,  /* stays */
        TIFF_PATCH, /* skeleton that will be written over: nobody else may use it */
        TIFF_PLACE, /* samples that will be replaced by as many bytes: nobody else may use it */
        TIFF_FREE   /* samples that will be replaced: free where nobody else uses it */
    } use;
};

struct tiff_space {
    struct tiff_range *ranges; /* as collected */
    size_t n, room;
    uint64_t size; /* of the file: ranges are clipped to it */
    struct tiff_range
        *holes;            /* after tiff_space_settle: ascending, disjoint; the last one ends at UINT64_MAX */
    size_t n_holes, first; /* first: holes before it are full */
    uint64_t kept_end;     /* nothing at or after it is kept */
    uint64_t used_end;     /* of what was placed */
};

int tiff_space_add(struct tiff_space *s, uint64_t begin, uint64_t end,
                   enum tiff_use use); /* 0: out of memory */
/* Computes the holes.  -1: out of memory; 0: something that will be written over is used twice (a hostile
 * file). */
int tiff_space_settle(struct tiff_space *s);
/* First place for n bytes. */
uint64_t tiff_space_take(struct tiff_space *s, uint64_t n);
uint64_t tiff_space_tail(const struct tiff_space *s); /* where the open end begins now */
/* Calls copy(user, begin, end) for every run of bytes that stays (TIFF_PLACE included: it is written over
 * later). */
int tiff_space_each_kept(const struct tiff_space *s, int (*copy)(void *user, uint64_t begin, uint64_t end),
                         void *user);
void tiff_space_clear(struct tiff_space *s);
#endif
