/* All windows of a plane, searched for pilots by several threads and handed out one by one in an even order. */
#ifndef CAPTURE_WINDOWS_H
#define CAPTURE_WINDOWS_H
#include "capture/sync.h"
#include <pthread.h>

#define WINDOWS_MAX_THREADS 8

struct windows;

struct windows_helper {
    struct windows *w;
    struct sync *sync;
    pthread_t thread;
    int started;
};

struct windows {
    const struct plane *plane;
    struct sync *sync;          /* of the thread that asks */
    int columns, rows, n, step; /* the k-th window handed out is first + k step modulo n */
    int first, taken, ahead;
    struct lock *lock;     /* n */
    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    int claimed, wanted,
        stop;      /* windows that someone searches or has searched; that may be claimed; no more */
    uint8_t *done; /* n */
    int threads;
    struct windows_helper helper[WINDOWS_MAX_THREADS];
};

/* sync: 1 <= threads <= WINDOWS_MAX_THREADS working memories, all but the first used until windows_end. Returns 0, or -1
 * when out of memory; windows_end is due in either case. */
int windows_begin(struct windows *w, const struct plane *p, struct sync *const *sync, int threads);

/* The best guess of the next window (sync_window); 0 when all were handed out. The order and the guesses do not depend on
 * the number of threads. */
int windows_next(struct windows *w, struct lock *out);

/* Share of the windows that were handed out. */
double windows_share(const struct windows *w);

/* Ends the other threads and releases everything; a second call does nothing. */
void windows_end(struct windows *w);
#endif
