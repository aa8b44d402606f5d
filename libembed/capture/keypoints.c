/*
 * Keypoints (keypoints.h): the scale-invariant feature transform (D. G. Lowe, "Distinctive image features from
 * scale-invariant keypoints", Int. J. Computer Vision 60, 2004), by VLFeat.
 */
#include "capture/keypoints.h"
#include <stdlib.h>
#include <string.h>
#include <vl/sift.h>

enum { LEVELS = 3, ORIENTATIONS = 4 };

static int grow(struct keypoints *k, int *room)
{
    if (k->n < *room) return 0;
    int more = *room ? 2 * *room : 256;
    struct keypoint *at = realloc(k->at, (size_t)more * sizeof *at);
    if (!at) return -1;
    k->at = at;
    *room = more;
    return 0;
}

/* Those of the octave that the filter stands at. */
static int take_octave(struct keypoints *k, int *room, VlSiftFilt *f)
{
    vl_sift_detect(f);
    const VlSiftKeypoint *p = vl_sift_get_keypoints(f);
    for (int i = 0; i < vl_sift_get_nkeypoints(f); i++) {
        double angles[ORIENTATIONS];
        int n = vl_sift_calc_keypoint_orientations(f, angles, &p[i]);
        for (int a = 0; a < n; a++) {
            if (grow(k, room)) return -1;
            struct keypoint *q = &k->at[k->n++];
            *q = (struct keypoint){p[i].x + 0.5f, p[i].y + 0.5f, p[i].sigma, (float)angles[a], {0}};
            vl_sift_calc_keypoint_descriptor(f, q->looks, &p[i], angles[a]);
        }
    }
    return 0;
}

/* The coarsest first; the rest of the order only for the same result everywhere. */
static int by_size(const void *a, const void *b)
{
    const struct keypoint *p = a, *q = b;
    if (p->size != q->size) return p->size < q->size ? 1 : -1;
    if (p->y != q->y) return p->y < q->y ? -1 : 1;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return (p->angle > q->angle) - (p->angle < q->angle);
}

int keypoints_find(struct keypoints *k, const float *grey, int width, int height, int doubled,
                   double contrast)
{
    int room = 0, bad = 0;
    *k = (struct keypoints){0, NULL};
    VlSiftFilt *f = vl_sift_new(width, height, -1, LEVELS, doubled ? -1 : 0);
    if (!f) return -1;
    vl_sift_set_peak_thresh(f, contrast);
    vl_sift_set_edge_thresh(f, 10);
    int end = vl_sift_process_first_octave(f, grey);
    while (!end && !bad) {
        bad = take_octave(k, &room, f);
        if (!bad) end = vl_sift_process_next_octave(f);
    }
    vl_sift_delete(f);
    if (bad) {
        keypoints_free(k);
        return -1;
    }
    if (k->n) qsort(k->at, (size_t)k->n, sizeof *k->at, by_size);
    if (k->n > KEYPOINTS_MAX) k->n = KEYPOINTS_MAX;
    return 0;
}

void keypoints_free(struct keypoints *k)
{
    free(k->at);
    *k = (struct keypoints){0, NULL};
}
