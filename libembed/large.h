/* Pictures and planes of megabytes: pages of 2 MiB where the system has them, since touching 36 MiB in pages of 4 KiB for the
 * first time takes as long as decoding half of the JPEG that fills them. */
#ifndef LARGE_H
#define LARGE_H
#include <stdint.h>
#include <stdlib.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/* n bytes, not cleared, released with free; NULL when out of memory. */
static inline void *large_alloc(size_t n)
{
#ifdef MADV_HUGEPAGE
    const size_t page = (size_t)2 << 20;
    if (n >= 2 * page && n <= SIZE_MAX - page) {
        void *p = aligned_alloc(page, (n + page - 1) / page * page);
        if (p) madvise(p, n, MADV_HUGEPAGE); /* only advice: whether it is taken changes nothing but time */
        return p;
    }
#endif
    return malloc(n);
}
#endif
