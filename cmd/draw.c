/*
 * The capture with the locked cells drawn on it.
 *
 * Lines are drawn as rows of squares along the segment, clipped to the picture; a picture without any cell is
 * written dimmed, so that it is seen at a glance that nothing was found.
 */
#include "draw.h"
#include "cli.h"
#include "status.h"
#include "artwork/output.h"
#include "artwork/picture.h"
#include <math.h>

static void put_square(struct picture *p, double x, double y, int half, const uint8_t rgb[3])
{
    long x0 = (long)floor(x) - half, y0 = (long)floor(y) - half;
    for (long j = y0; j <= y0 + 2 * half; j++)
        for (long i = x0; i <= x0 + 2 * half; i++)
            if (i >= 0 && j >= 0 && i < (long)p->width && j < (long)p->height)
                for (int k = 0; k < 3; k++)
                    p->rgb[(size_t)j * p->stride + 3 * (size_t)i + (size_t)k] = rgb[k];
}

/* Segments longer than 1e5 px or not finite are of no verdict about this picture and are left out. */
static void put_line(struct picture *p, struct enn_point a, struct enn_point b, int half,
                     const uint8_t rgb[3])
{
    double length = hypot(b.x - a.x, b.y - a.y);
    if (!(length < 1e5) || !(fabs(a.x) < 1e6) || !(fabs(a.y) < 1e6)) return;
    int steps = (int)length + 1;
    for (int i = 0; i <= steps; i++)
        put_square(p, a.x + (b.x - a.x) * i / steps, a.y + (b.y - a.y) * i / steps, half, rgb);
}

static void put_outline(struct picture *p, const struct enn_point q[4], int half, const uint8_t rgb[3])
{
    for (int i = 0; i < 4; i++) put_line(p, q[i], q[(i + 1) % 4], half, rgb);
}

static void draw_cells(struct picture *p, const struct enn_verdict *v, double scale)
{
    static const uint8_t magenta[3] = {230, 0, 160};
    int half = (int)(p->width > p->height ? p->width : p->height) / 2400;
    for (int i = 0; i < v->n_cells; i++) {
        struct enn_cell cell = v->cells[i];
        double c = cell.confidence < 0 ? 0 : cell.confidence > 1 ? 1 : cell.confidence;
        uint8_t rgb[3] = {(uint8_t)(c < 0.5 ? 230 : 460 * (1 - c)), (uint8_t)(c < 0.5 ? 400 * c : 200), 0};
        for (int k = 0; k < 4; k++) {
            cell.corner[k].x *= scale;
            cell.corner[k].y *= scale;
        }
        put_outline(p, cell.corner, half, rgb);
    }
    for (int i = 0; i < (v->n_packs ? v->n_packs : 1); i++) {
        const struct enn_point *from = v->n_packs ? v->packs[i].box : v->box;
        struct enn_point box[4];
        for (int k = 0; k < 4; k++) box[k] = (struct enn_point){from[k].x * scale, from[k].y * scale};
        put_outline(p, box, 2 * half + 1, magenta);
    }
}

static void dim(struct picture *p)
{
    for (uint32_t y = 0; y < p->height; y++)
        for (size_t i = 0; i < 3 * (size_t)p->width; i++) p->rgb[y * p->stride + i] /= 2;
}

enum enn_status draw_verdict(const char *file, const struct enn_verdict *v, const struct enn_verify_options *options,
                             const char *out, int force, struct enn_error *err)
{
    struct picture_options o = picture_options_default();
    struct picture p = {0};
    struct output *to = NULL;
    o.limits = options->limits;
    o.password = options->password;
    enum enn_status s = picture_read(file, &o, &p, err);
    if (s == ENN_OK) s = output_begin(out, force, cli_pending(), &to, err);
    if (s == ENN_OK) {
        if (v->n_cells)
            draw_cells(&p, v, 1.0 / (p.reduced ? p.reduced : 1));
        else
            dim(&p);
        s = picture_write_png(output_path(to), p.rgb, p.width, p.height, p.dpi, err);
        if (s == ENN_OK)
            s = output_commit(to, err);
        else
            output_abort(to);
    }
    picture_clear(&p);
    return s;
}
