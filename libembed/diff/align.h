/* Rows of a page as another raster sees them: shifted by whole pixels, exactly, or by parts of one, or scaled. */
#ifndef DIFF_ALIGN_H
#define DIFF_ALIGN_H
#include "diff/rows.h"

/* The left edge of pixel x of the raster lies at x * scale_x + off_x pixels of the page, y likewise. */
struct align_plan {
    uint32_t width, height;  /* of the raster */
    unsigned channels, bits; /* wanted: the page's first channels; 8 or 16 */
    double scale_x, scale_y; /* 1 and above: the raster is never the finer one by more than a part in 1000 */
    double off_x, off_y;
    unsigned carrier; /* this channel and the first change places: the one that a mark moves comes first */
};
/* Whether rows are copied and not computed. */
int align_is_exact(const struct align_plan *p);

/* The pixels of the raster that lie on the page: x0 <= x < x1, y0 <= y < y1; all zero when none does. */
struct align_window {
    uint32_t x0, x1, y0, y1;
};
struct align_window align_window_of(const struct align_plan *p, uint32_t page_width, uint32_t page_height);

struct aligned;
/* kept: as for rows_open. */
enum enn_status aligned_open(struct artwork *a, size_t page, const struct align_plan *plan, uint64_t max_memory,
                             struct rows_kept *kept, struct aligned **out, struct enn_error *err);
/* The next row, plan.width * plan.channels samples; 0 where the page has none. */
enum enn_status aligned_next(struct aligned *a, void *to, struct enn_error *err);
void aligned_close(struct aligned *a); /* NULL allowed */
#endif
