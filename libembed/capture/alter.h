/* Which places of an artwork a capture shows altered: a map in cells, and boxes around what belongs
 * together. */
#ifndef CAPTURE_ALTER_H
#define CAPTURE_ALTER_H
#include "capture/residual.h"

enum alter_state { ALTER_NOT_MEASURABLE, ALTER_INTACT, ALTER_CHANGED };

struct alter_box {
    double x_mm, y_mm, width_mm, height_mm; /* on the artwork */
    double score;                           /* mean z^2, at most 25, of its worst window */
    int certain;                            /* strong, and what is around it and most of all is intact */
};

struct alter_map {
    int columns, rows; /* 0: nothing could be measured */
    double cell_mm;    /* cells begin at the corner of the reference */
    uint8_t *state;    /* rows x columns, enum alter_state */
    int n_boxes;       /* the worst first */
    struct alter_box *boxes;
};

#define ALTER_MAX_BOXES 256

/* r: of residual_make, with a tone.  ref: the one it was made with.  Returns 0, or -1 when out of memory.
 * Release with alter_free in both cases. */
int alter_find(struct alter_map *out, const struct residual *r, const struct content_reference *ref);
void alter_free(struct alter_map *m);
#endif
