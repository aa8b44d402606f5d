/* What a capture shows of every wave of the mark, cell by cell of the artwork. */
#ifndef CAPTURE_CELLS_H
#define CAPTURE_CELLS_H
#include "capture/detect.h"
#include "mark/seal.h"

/* A picture in which a mark was read. */
struct cells_source {
    const uint8_t *rgb; /* as for detect() */
    uint32_t width, height;
    size_t stride;
    enum carrier_kind kind;
    const struct detection *found;
};

struct cell_view {
    int column, row; /* of the artwork, up to one shift for all */
    double weight;   /* sum of the squared weights of its samples */
    double share;    /* of the cell that is in view, 0..1 */
    float *
        y; /* 2 * bins of the layout, owned: observation of each chip; the mark's is positive times the chip */
};

struct cells {
    int n;
    struct cell_view *at; /* owned */
};

enum cells_status {
    CELLS_OK,
    CELLS_NO_MEMORY,
    CELLS_NOTHING /* no cell is enough in view */,
    CELLS_TOO_LARGE
};

/* factor: pixels of the picture per sample of the plane that is made of it, >= 1.  Cells of which less than 4 % is in
 * view are left out.  Release with cells_clear in every case. */
enum cells_status cells_read(const struct cells_source *src, const struct seal_layout *layout, int factor,
                             struct cells *out);
void cells_clear(struct cells *c);
#endif
