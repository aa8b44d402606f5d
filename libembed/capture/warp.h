/*
 * Where every part of a capture lies on the artwork: a grid of nodes grown from one lock, following
 * perspective and curvature.
 */
#ifndef CAPTURE_WARP_H
#define CAPTURE_WARP_H
#include "capture/sync.h"

enum node_state { NODE_UNKNOWN, NODE_GUESSED, NODE_LOCKED };

struct node {
    struct lock at; /* u is continuous over the field, not reduced to the tile */
    float gain;     /* weight of its surroundings (sync_gain); 0 unless locked */
    float pull;     /* while growing: what the locked nodes around it promise */
    uint8_t state, tries, around; /* around: how many those are */
};

struct field {
    int columns, rows;
    double spacing;     /* plane samples between nodes */
    int locked;         /* nodes in state NODE_LOCKED */
    int pooled;         /* whether a node speaks for those beside it, so that locked ones reach one beyond the mark */
    struct node *nodes; /* rows x columns */
};

/* An empty field over the plane, its nodes spaced by the scale of the seed.  Returns 0, or -1 when out of
 * memory. */
int field_begin(struct field *f, const struct plane *p, const struct lock *seed);

/* Grows a field over the plane from the seed until nothing more agrees or `most` nodes are locked.  Returns 0, or -1 when out of memory.  Release with field_free.
 */
int field_grow(struct field *f, struct sync *s, const struct plane *p, const struct lock *seed, int most);
/* Widens a field that has some locked nodes over all places that agree with their neighbourhood, pooling
 * five by five: for weak captures. */
int field_widen(struct field *f, struct sync *s, const struct plane *p);
void field_free(struct field *f);
#endif
