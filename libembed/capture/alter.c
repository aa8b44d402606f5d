/*
 * From residuals to cells and boxes (alter.h).
 *
 * q = mean of min(z^2, 25) over a window of a cell's size, around every sample a cell is changed when one
 * window centred in it has q >= CHANGED, or a little more where all cells around it differ somewhat
 *
 * The bound on z^2 keeps one spot of dust from making a window.  Changed cells that touch are one box.  A
 * box is certain when its score is high and nearly all cells around it are intact: where the capture is
 * out of place, in shade or glare, it is wrong over an area that does not end in intact cells, or at the
 * border of what is seen.
 */
#include "capture/alter.h"
#include "capture/boxes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double CELL_MM = 3, LEAST_SAMPLES = 5, COARSEST_MM = 1.2;
static const float LIMIT = 25, CHANGED = 2.2f, CERTAIN = 10; /* docs/measurements.md has the distributions */
/* Median of the cells around: 0.1 to 0.8 in most places, up to 2 in photographs with much dark blue. */
enum { AROUND = 4 };
static const float USUAL = 0.9f, STAND_OUT = 1.6f;
static const double INTACT_AROUND = 0.9; /* share of the cells around a certain box */
static const double IN_PLACE = 0.5; /* samples rms; genuine captures that agree everywhere have 0.1 to 0.3 */
/* Bottles that the one flat map was laid on have 1.4 to 2.5, and a third of their cells seem changed; flat prints at most 0.7. */
static const double OUT_OF_PLACE = 1;
static const double MOST = 0.3; /* of all cells: where more is changed, the view is not understood */

/* q of the window around every sample; negative where less than 0.8 of it can be measured. */
static int windows(const struct residual *r, double cell_mm, float *q)
{
    size_t n = (size_t)r->width * (size_t)r->height;
    int radius = (int)fmax(1, rint((cell_mm / fmax(r->pitch_mm[0], r->pitch_mm[1]) - 1) / 2));
    float *seen = malloc(n * sizeof *seen), *tmp = malloc(n * sizeof *tmp);
    float all = (float)((2 * radius + 1) * (2 * radius + 1));
    for (size_t i = 0; seen && tmp && i < n; i++) q[i] = fminf(LIMIT, r->z[i] * r->z[i]) * r->mask[i];
    if (seen && tmp) {
        box_sum(q, tmp, q, r->width, r->height, radius);
        box_sum(r->mask, tmp, seen, r->width, r->height, radius);
        for (size_t i = 0; i < n; i++) q[i] = seen[i] > 0.8f * all ? q[i] / seen[i] : -1;
    }
    int bad = !seen || !tmp;
    free(seen);
    free(tmp);
    return bad ? -1 : 0;
}

/* The worst window of each cell, and -1 where half of them or more cannot be measured. */
static void into_cells(const struct alter_map *m, const struct residual *r, const float *q, float *worst)
{
    for (int j = 0; j < m->rows; j++)
        for (int i = 0; i < m->columns; i++) {
            int x0 = (int)(i * m->cell_mm / r->pitch_mm[0]),
                x1 = (int)((i + 1) * m->cell_mm / r->pitch_mm[0]);
            int y0 = (int)(j * m->cell_mm / r->pitch_mm[1]),
                y1 = (int)((j + 1) * m->cell_mm / r->pitch_mm[1]);
            size_t at = (size_t)j * (size_t)m->columns + (size_t)i;
            int n = 0, all = 0;
            float most = -1;
            for (int y = y0; y < y1 && y < r->height; y++)
                for (int x = x0; x < x1 && x < r->width; x++) {
                    float v = q[(size_t)y * (size_t)r->width + (size_t)x];
                    all++;
                    n += v >= 0;
                    most = fmaxf(most, v);
                }
            worst[at] = 2 * n > all ? most : -1;
        }
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Median of the measured cells around one, and it. */
static float usual(const struct alter_map *m, const float *worst, int at)
{
    float v[(2 * AROUND + 1) * (2 * AROUND + 1)];
    int n = 0, x = at % m->columns, y = at / m->columns;
    for (int j = y - AROUND; j <= y + AROUND; j++)
        for (int i = x - AROUND; i <= x + AROUND; i++)
            if (i >= 0 && j >= 0 && i < m->columns && j < m->rows && worst[j * m->columns + i] >= 0)
                v[n++] = worst[j * m->columns + i];
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n ? v[n / 2] : 0;
}

/* Where a picture shows the artwork's colours in other tones than the fit allows for, everything differs a little,
 * and a change has to stand out from it; not by much, so that a large one does not hide itself. */
static void set_states(const struct alter_map *m, const float *worst)
{
    size_t n = (size_t)m->columns * (size_t)m->rows;
    for (size_t i = 0; i < n; i++) {
        float from = CHANGED * fminf(STAND_OUT, fmaxf(1, usual(m, worst, (int)i) / USUAL));
        m->state[i] = worst[i] < 0 ? ALTER_NOT_MEASURABLE : worst[i] >= from ? ALTER_CHANGED : ALTER_INTACT;
    }
}

struct group {
    int x0, y0, x1, y1, cells, intact, around;
    float score;
};

/* All changed cells that touch the first one, and the cells around them.  seen: bit 0 in a group, bit
 * 1 counted as a neighbour of this one. */
static struct group collect(const struct alter_map *m, const float *worst, int first, int *queue,
                            uint8_t *seen)
{
    struct group g = {m->columns, m->rows, -1, -1, 0, 0, 0, 0};
    int head = 0, tail = 0, n = m->columns * m->rows;
    for (int i = 0; i < n; i++) seen[i] &= 1;
    queue[tail++] = first;
    seen[first] |= 1;
    while (head < tail) {
        int at = queue[head++], x = at % m->columns, y = at / m->columns;
        g.cells++;
        g.score = fmaxf(g.score, worst[at]);
        g.x0 = x < g.x0 ? x : g.x0, g.x1 = x > g.x1 ? x : g.x1;
        g.y0 = y < g.y0 ? y : g.y0, g.y1 = y > g.y1 ? y : g.y1;
        for (int k = 0; k < 9; k++) {
            int i = x + k % 3 - 1, j = y + k / 3 - 1, to = j * m->columns + i;
            int inside = i >= 0 && j >= 0 && i < m->columns && j < m->rows;
            if (inside && m->state[to] == ALTER_CHANGED) {
                if (!(seen[to] & 1)) queue[tail++] = to;
                seen[to] |= 1;
            } else if (!inside || !(seen[to] & 2)) {
                g.around++;
                g.intact += inside && m->state[to] == ALTER_INTACT;
                if (inside) seen[to] |= 2;
            }
        }
    }
    return g;
}

static int by_score(const void *a, const void *b)
{
    double x = ((const struct alter_box *)a)->score, y = ((const struct alter_box *)b)->score;
    return (x < y) - (x > y);
}

static int group_cells(struct alter_map *m, const float *worst, const struct content_reference *ref,
                       int in_place)
{
    int n = m->columns * m->rows, measured = 0, changed = 0;
    int *queue = malloc((size_t)n * sizeof *queue);
    uint8_t *seen = calloc((size_t)n, 1);
    m->boxes = calloc(ALTER_MAX_BOXES, sizeof *m->boxes);
    int ok = queue && seen && m->boxes;
    for (int i = 0; i < n; i++) {
        measured += m->state[i] != ALTER_NOT_MEASURABLE;
        changed += m->state[i] == ALTER_CHANGED;
    }
    for (int i = 0; ok && i < n && m->n_boxes < ALTER_MAX_BOXES; i++) {
        if (m->state[i] != ALTER_CHANGED || (seen[i] & 1)) continue;
        struct group g = collect(m, worst, i, queue, seen);
        double x = g.x0 * m->cell_mm, y = g.y0 * m->cell_mm;
        m->boxes[m->n_boxes++] =
            (struct alter_box){.x_mm = ref->x_mm + x,
                               .y_mm = ref->y_mm + y,
                               .width_mm = fmin((g.x1 + 1) * m->cell_mm, ref->width_mm) - x,
                               .height_mm = fmin((g.y1 + 1) * m->cell_mm, ref->height_mm) - y,
                               .score = g.score,
                               .certain = g.score >= CERTAIN && in_place && changed <= MOST * measured &&
                                          g.intact >= INTACT_AROUND * g.around};
    }
    if (ok) qsort(m->boxes, (size_t)m->n_boxes, sizeof *m->boxes, by_score);
    free(queue);
    free(seen);
    return ok ? 0 : -1;
}

int alter_find(struct alter_map *out, const struct residual *r, const struct content_reference *ref)
{
    double pitch = fmax(r->pitch_mm[0], r->pitch_mm[1]);
    *out = (struct alter_map){.cell_mm = fmax(CELL_MM, LEAST_SAMPLES * pitch)};
    if (!(r->tone > 0) || pitch > COARSEST_MM || r->moved > OUT_OF_PLACE) return 0;
    out->columns = (int)ceil(ref->width_mm / out->cell_mm);
    out->rows = (int)ceil(ref->height_mm / out->cell_mm);
    size_t n = (size_t)out->columns * (size_t)out->rows; /* fewer than samples: a cell has 25 of them */
    float *q = calloc((size_t)r->width * (size_t)r->height, sizeof *q), *worst = malloc(n * sizeof *worst);
    out->state = calloc(n, 1);
    int bad = !q || !worst || !out->state || windows(r, out->cell_mm, q);
    if (!bad) into_cells(out, r, q, worst);
    if (!bad) set_states(out, worst);
    bad = bad || group_cells(out, worst, ref, r->moved < IN_PLACE);
    free(q);
    free(worst);
    return bad ? -1 : 0;
}

void alter_free(struct alter_map *m)
{
    free(m->state);
    free(m->boxes);
    memset(m, 0, sizeof *m);
}
