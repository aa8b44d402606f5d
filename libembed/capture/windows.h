/* All windows of a plane, searched for pilots by several threads and handed out one by one in an even order. */
#ifndef CAPTURE_WINDOWS_H
#define CAPTURE_WINDOWS_H
#include "capture/sync.h"

#define WINDOWS_MAX_THREADS 8
#define WINDOWS_AHEAD       4 /* windows that each thread takes before any of them is handed out */

struct windows {
    const struct plane *plane;
    struct sync *const *sync; /* one per thread */
    int threads;
    int columns, rows, n, step; /* the k-th window handed out is first + k step modulo n */
    int first, done, held, taken;
    struct lock lock[WINDOWS_MAX_THREADS * WINDOWS_AHEAD];
};

/* sync: 1 <= threads <= WINDOWS_MAX_THREADS working memories, used until the last windows_next. */
void windows_begin(struct windows *w, const struct plane *p, struct sync *const *sync, int threads);

/* The best guess of the next window (sync_window); 0 when all were handed out. The order and the guesses do not depend on
 * the number of threads. */
int windows_next(struct windows *w, struct lock *out);

/* Share of the windows that were handed out. */
double windows_share(const struct windows *w);
#endif
