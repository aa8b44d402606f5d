/*
 * The windows of a plane (windows.h): three eighths of a window apart, visited in steps near the golden section of their number, so
 * that at any time what was seen is spread evenly (the three-distance theorem; V. T. Sos, 1958).
 */
#include "capture/windows.h"
#include <stdlib.h>
#include <string.h>

enum {
    STRIDE = 3 * SYNC_SIDE / 8,
    AHEAD = 6 /* windows that a thread may search before they are asked for */
};

static int steps(int size)
{
    return size > SYNC_SIDE ? (size - SYNC_SIDE + STRIDE - 1) / STRIDE + 1 : 1;
}

static int place(int i, int n, int size)
{
    return n > 1 ? (int)((int64_t)i * (size - SYNC_SIDE) / (n - 1)) : 0;
}

/* A step near the golden section of n that is coprime to it: visiting 0, step, 2 step ... modulo n covers evenly. */
static int golden_step(int n)
{
    for (int step = (int)(n * 0.618) + 1;; step++) {
        int a = step, b = n;
        while (b) {
            int t = a % b;
            a = b;
            b = t;
        }
        if (a == 1) return step;
    }
}

/* Searches the k-th window of the order. */
static void search(struct windows *w, struct sync *sync, int k)
{
    int i = (int)((w->first + (int64_t)k * w->step) % w->n);
    sync_window(sync, w->plane, place(i % w->columns, w->columns, w->plane->width),
                place(i / w->columns, w->rows, w->plane->height), &w->lock[k]);
}

/* Claims the next window with the mutex held, searches it without, and says so. */
static void search_next(struct windows *w, struct sync *sync)
{
    int k = w->claimed++;
    pthread_mutex_unlock(&w->mutex);
    search(w, sync, k);
    pthread_mutex_lock(&w->mutex);
    w->done[k] = 1;
    pthread_cond_broadcast(&w->changed);
}

static void *help(void *user)
{
    const struct windows_helper *h = user;
    struct windows *w = h->w;
    pthread_mutex_lock(&w->mutex);
    while (!w->stop && w->claimed < w->n) {
        if (w->claimed < w->wanted)
            search_next(w, h->sync);
        else
            pthread_cond_wait(&w->changed, &w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    return NULL;
}

int windows_begin(struct windows *w, const struct plane *p, struct sync *const *sync, int threads)
{
    memset(w, 0, sizeof *w);
    w->plane = p;
    w->sync = sync[0];
    w->columns = steps(p->width);
    w->rows = steps(p->height);
    w->n = w->columns * w->rows;
    w->step = golden_step(w->n);
    w->first = w->n / 2;
    w->ahead = (threads - 1) * AHEAD;
    w->lock = malloc((size_t)w->n * sizeof *w->lock);
    w->done = calloc((size_t)w->n, 1);
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->changed, NULL);
    if (!w->lock || !w->done) return -1;
    w->wanted = w->ahead;
    w->threads = threads;
    for (int t = 1; t < threads; t++) {
        struct windows_helper *h = &w->helper[t];
        h->w = w;
        h->sync = sync[t];
        h->started = !pthread_create(&h->thread, NULL, help, h);
    }
    return 0;
}

int windows_next(struct windows *w, struct lock *out)
{
    int k = w->taken;
    if (k >= w->n) return 0;
    pthread_mutex_lock(&w->mutex);
    w->wanted = k + 1 + w->ahead;
    pthread_cond_broadcast(&w->changed);
    while (!w->done[k]) {
        if (w->claimed < w->n && w->claimed < w->wanted)
            search_next(w, w->sync);
        else
            pthread_cond_wait(&w->changed, &w->mutex);
    }
    pthread_mutex_unlock(&w->mutex);
    *out = w->lock[k];
    w->taken++;
    return 1;
}

double windows_share(const struct windows *w)
{
    return (double)w->taken / w->n;
}

void windows_end(struct windows *w)
{
    if (!w->plane) return;
    pthread_mutex_lock(&w->mutex);
    w->stop = 1;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    for (int t = 1; t < w->threads; t++)
        if (w->helper[t].started) pthread_join(w->helper[t].thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->mutex);
    free(w->lock);
    free(w->done);
    memset(w, 0, sizeof *w);
}
