/*
 * The windows of a plane (windows.h): three eighths of a window apart, visited in steps near the golden section of their number, so
 * that at any time what was seen is spread evenly (the three-distance theorem; V. T. Sos, 1958).
 */
#include "capture/windows.h"
#include <pthread.h>

enum { STRIDE = 3 * SYNC_SIDE / 8 };

struct share {
    struct windows *w;
    int thread, n;
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

void windows_begin(struct windows *w, const struct plane *p, struct sync *const *sync, int threads)
{
    *w = (struct windows){.plane = p, .sync = sync, .threads = threads};
    w->columns = steps(p->width);
    w->rows = steps(p->height);
    w->n = w->columns * w->rows;
    w->step = golden_step(w->n);
    w->first = w->n / 2;
}

static void *search_some(void *user)
{
    const struct share *s = user;
    struct windows *w = s->w;
    for (int i = s->thread; i < s->n; i += w->threads) {
        int k = (int)((w->first + (int64_t)(w->done + i) * w->step) % w->n);
        sync_window(w->sync[s->thread], w->plane, place(k % w->columns, w->columns, w->plane->width),
                    place(k / w->columns, w->rows, w->plane->height), &w->lock[i]);
    }
    return NULL;
}

static void fill(struct windows *w)
{
    struct share share[WINDOWS_MAX_THREADS];
    pthread_t thread[WINDOWS_MAX_THREADS];
    int started[WINDOWS_MAX_THREADS] = {0}, n = w->threads > 1 ? w->threads * WINDOWS_AHEAD : 1;
    if (n > w->n - w->done) n = w->n - w->done;
    for (int t = 0; t < w->threads; t++) share[t] = (struct share){w, t, n};
    for (int t = 1; t < w->threads && t < n; t++)
        started[t] = !pthread_create(&thread[t], NULL, search_some, &share[t]);
    for (int t = 0; t < w->threads; t++)
        if (!started[t]) search_some(&share[t]);
    for (int t = 1; t < w->threads; t++)
        if (started[t]) pthread_join(thread[t], NULL);
    w->held = n;
    w->taken = 0;
}

int windows_next(struct windows *w, struct lock *out)
{
    if (w->taken == w->held) {
        w->done += w->held;
        w->held = w->taken = 0;
        if (w->done >= w->n) return 0;
        fill(w);
    }
    *out = w->lock[w->taken++];
    return 1;
}

double windows_share(const struct windows *w)
{
    return (double)(w->done + w->taken) / w->n;
}
