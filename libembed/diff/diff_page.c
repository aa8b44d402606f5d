/*
 * Comparing one page (diff_page.h): lays both on one raster, finds shift and mark, compares, lists the
 * regions.
 *
 * The raster is that of the new page, or of the old one when that is coarser.  Everything is seen as "a mark
 * may have been added"; where one was removed, the two sides change places and the result is turned round.
 */
#include "diff/diff_page.h"
#include "diff/pair.h"
#include "status.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct paging {
    const struct page_job *j;
    struct pair pair;
    struct rows_kept kept[2]; /* of the old and the new page */
    int exchanged;           /* pair.before is the new page */
    double mm_x[2], mm_y[2]; /* per pixel of the old and the new page */
    double passes;
};

/* Four passes are the most there can be; the bar only ever moves on. */
static void progress(void *user, double share)
{
    struct paging *g = user;
    const struct enn_verify_options *v = &g->j->o->verify;
    double page = fmin(1, (g->passes + share) / 4);
    if (v->progress) v->progress(v->progress_user, (g->j->page - 1 + page) / g->j->of, "comparing");
}

static enum enn_status open_side(struct paging *g, int i, struct enn_error *err)
{
    struct pair_side *s = i ? &g->pair.after : &g->pair.before;
    s->artwork = g->j->artwork[i];
    s->number = g->j->number[i];
    s->page = artwork_page(s->artwork, s->number);
    s->kept = &g->kept[i];
    if (!s->page->readable)
        return enn_fail(err, s->page->why_status ? s->page->why_status : ENN_UNSUPPORTED, "%s: page %zu: %s",
                        g->j->names[i], s->number + 1, s->page->why);
    double dpi_x = s->page->dpi_x > 0 ? s->page->dpi_x : g->j->o->dpi;
    double dpi_y = s->page->dpi_y > 0 ? s->page->dpi_y : g->j->o->dpi;
    if (!(dpi_x > 0 && dpi_y > 0))
        return enn_fail(err, ENN_UNSUPPORTED, "%s: the file names no resolution (give it with --dpi)",
                        g->j->names[i]);
    g->mm_x[i] = 25.4 / dpi_x;
    g->mm_y[i] = 25.4 / dpi_y;
    struct enn_error none;
    s->survey.page = s->page;
    s->survey.dpi_x = dpi_x;
    s->survey.dpi_y = dpi_y;
    s->markable =
        survey_inks(&s->survey, NULL, g->j->names[i], &none) == ENN_OK; /* sets pixels in any case */
    survey_place(&s->survey);
    s->pixels = s->survey.pixels;
    return profile_open(&s->profile, s->pixels.colour, s->page->icc, s->page->icc_size, err);
}

static int like(const struct artwork_page *a, const struct artwork_page *b)
{
    return a->colour == b->colour && (a->colour != ARTWORK_INKS || a->samples == b->samples);
}

static enum enn_status comparable(const struct paging *g, struct enn_error *err)
{
    const struct artwork_page *a = g->pair.before.page, *b = g->pair.after.page;
    if (like(a, b) || (a->colour != ARTWORK_INKS && b->colour != ARTWORK_INKS)) return ENN_OK;
    return enn_fail(err, ENN_UNSUPPORTED,
                    "%s: page %zu: its inks are others than those of %s, and have no colour to compare",
                    g->j->names[1], g->pair.after.number + 1, g->j->names[0]);
}

/* Pixels of `other` per pixel of the raster: by the sizes where these say the same as the resolutions, since
 * programs that resample stretch the edges onto each other. */
static double scale_of(uint32_t raster, uint32_t other, double mm_raster, double mm_other)
{
    double by_size = (double)other / raster, by_dpi = mm_raster / mm_other;
    if (raster == other && fabs(by_dpi - 1) < 0.02) return 1;
    return fabs(by_size / by_dpi - 1) * raster < 1.5 ? by_size : by_dpi;
}

static void set_raster(struct paging *g, double shift_x, double shift_y)
{
    struct pair *p = &g->pair;
    const struct artwork_page *page[2] = {p->before.page, p->after.page};
    /* equal pixels, unequal resolutions: the same picture in another size, and facts.h says so */
    int same = page[0]->width == page[1]->width && page[0]->height == page[1]->height;
    int base = !same && g->mm_x[0] > g->mm_x[1] * 1.001 ? 0 : 1, other = !base;
    struct align_plan *fixed = base ? &p->after.plan : &p->before.plan;
    struct align_plan *moved = base ? &p->before.plan : &p->after.plan;
    p->width = page[base]->width;
    p->height = page[base]->height;
    p->dpi_x = 25.4 / g->mm_x[base];
    p->dpi_y = 25.4 / g->mm_y[base];
    unsigned channels = page[0]->samples < page[1]->samples ? page[0]->samples : page[1]->samples;
    int alike = like(page[0], page[1]);
    *fixed = (struct align_plan){.width = p->width, .height = p->height, .scale_x = 1, .scale_y = 1};
    *moved = *fixed;
    if (!same) {
        moved->scale_x = scale_of(p->width, page[other]->width, g->mm_x[base], g->mm_x[other]);
        moved->scale_y = scale_of(p->height, page[other]->height, g->mm_y[base], g->mm_y[other]);
    }
    /* after(x) = before(x - shift) */
    moved->off_x = (base ? -shift_x : shift_x) * moved->scale_x;
    moved->off_y = (base ? -shift_y : shift_y) * moved->scale_y;
    struct pair_side *side[2] = {&p->before, &p->after};
    for (int i = 0; i < 2; i++) {
        struct press_pixels *px = &side[i]->pixels;
        side[i]->plan.channels = alike ? channels : (unsigned)press_channels(px->colour);
        side[i]->plan.bits = !alike || page[0]->bits == page[1]->bits ? page[i]->bits : 8;
        px->bits = (int)side[i]->plan.bits;
        px->samples_per_pixel = (int)side[i]->plan.channels;
        side[i]->plan.carrier = alike && p->before.survey.carrier == p->after.survey.carrier &&
                                        p->before.survey.carrier < channels
                                    ? p->before.survey.carrier
                                    : 0;
        side[i]->markable &= side[i]->plan.carrier == side[i]->survey.carrier;
        unsigned behind = side[i]->plan.channels - (unsigned)press_channels(px->colour);
        if (behind < 32) px->spots &= (1u << behind) - 1;
    }
    p->mode = !alike                                                    ? PAIR_COLOUR
              : align_is_exact(moved) && page[0]->bits == page[1]->bits ? PAIR_EXACT
                                                                        : PAIR_SOFT;
}

/*
 * Signing writes JPEG anew, with the tables that it had (PDF) or those of quality 95 (TIFF): what is left is
 * the mark within the error of these tables, four times its rms.  The better tables of the two count, so that
 * a page that was encoded coarsely meanwhile does not pass.
 */
static void allow_loss(struct pair *p)
{
    const float RESAMPLED = 3; /* rounding, and what filters leave in smooth places */
    double a = p->before.page->jpeg_error, b = p->after.page->jpeg_error, both = fmin(a, b);
    p->levels = RESAMPLED;
    if (both > 0) p->levels = (float)fmax(RESAMPLED, 4 * both);
    if (both > 0 && p->mode == PAIR_EXACT) p->mode = PAIR_SOFT;
}

static void set_window(struct pair *p)
{
    const struct align_plan *plan = align_is_exact(&p->before.plan) && !p->before.plan.off_x &&
                                            !p->before.plan.off_y && p->before.page->width == p->width &&
                                            p->before.page->height == p->height
                                        ? &p->after.plan
                                        : &p->before.plan;
    const struct artwork_page *page = plan == &p->after.plan ? p->after.page : p->before.page;
    p->window = align_window_of(plan, page->width, page->height);
}

/* Whether the scan says that the pages are shifted, and by how much in all. */
static int next_shift(const struct paging *g, const struct scan *s, double *x, double *y)
{
    const double ALMOST_WHOLE = 0.07, LEAST = 0.04;
    double dx = 0, dy = 0;
    if (g->pair.mode == PAIR_EXACT && !s->differing) return 0;
    if (s->shift.quality > s->still && hypot(s->shift.x, s->shift.y) > LEAST) {
        dx = s->shift.x;
        dy = s->shift.y;
    } else if (s->shift.quality < 3 * REGISTER_LEAST && s->coarse.quality > 2 * REGISTER_LEAST &&
               hypot(s->coarse.x, s->coarse.y) > REGISTER_SIDE / 4) {
        dx = s->coarse.x;
        dy = s->coarse.y;
    }
    if (dx == 0 && dy == 0) return 0;
    *x += dx;
    *y += dy;
    if (fabs(*x - rint(*x)) < ALMOST_WHOLE && fabs(*y - rint(*y)) < ALMOST_WHOLE)
        *x = rint(*x), *y = rint(*y);
    return 1;
}

static void take_preview(struct enn_diff_page *out, struct scan *s)
{
    free(out->preview.before);
    free(out->preview.after);
    free(out->preview.heat);
    out->preview = s->preview;
    s->preview = (struct enn_diff_preview){0};
}

static enum enn_status scan_once(struct paging *g, struct scan *s, struct enn_diff_page *out,
                                 struct enn_error *err)
{
    set_window(&g->pair);
    scan_clear(s);
    enum enn_status st = scan_pair(&g->pair, s, err);
    g->passes++;
    take_preview(out, s); /* also after a failure: out owns it */
    return st;
}

/* A job for the black plate alone is marked as any artwork of one ink (survey.c), so it is looked at once more as such. */
static enum enn_status scan_as_black(struct paging *g, struct scan *s, struct enn_diff_page *out, struct enn_error *err)
{
    struct pair_side *side[2] = {&g->pair.before, &g->pair.after};
    enum enn_status st = ENN_OK;
    for (int i = 0; i < 2 && !st; i++) {
        profile_free(side[i]->profile);
        side[i]->profile = NULL;
        side[i]->survey.black_only = 1;
        st = open_side(g, i, err);
    }
    if (st) return st;
    set_raster(g, 0, 0);
    return scan_once(g, s, out, err);
}

/* Pass 1, again when the pages turn out to be shifted.  A small picture may seem to move because of the mark alone: the shift
 * must bring the pages together. */
static enum enn_status scan_aligned(struct paging *g, struct scan *s, struct enn_diff_page *out,
                                    struct enn_error *err)
{
    const double CLOSER = 0.8;
    double x = 0, y = 0;
    set_raster(g, 0, 0);
    enum enn_status st = scan_once(g, s, out, err);
    if (!st && s->black_only && g->pair.mode != PAIR_COLOUR && (s->differing || g->pair.mode != PAIR_EXACT))
        st = scan_as_black(g, s, out, err);
    for (int i = 0; i < 2 && !st; i++) {
        double was_x = x, was_y = y, apart = s->apart;
        if (!next_shift(g, s, &x, &y) || (x == was_x && y == was_y)) break;
        set_raster(g, x, y);
        st = scan_once(g, s, out, err);
        if (st || s->apart < CLOSER * apart || i) continue;
        x = y = 0;
        set_raster(g, x, y);
        st = scan_once(g, s, out, err);
        break;
    }
    int base =
        g->pair.after.plan.off_x == 0 && g->pair.after.plan.off_y == 0 && g->pair.after.plan.scale_x == 1;
    out->shift_x = x * g->mm_x[base];
    out->shift_y = y * g->mm_y[base];
    out->resampled = g->pair.mode == PAIR_SOFT;
    return st;
}

static void exchange(struct paging *g)
{
    struct pair_side t = g->pair.before;
    g->pair.before = g->pair.after;
    g->pair.after = t;
    g->exchanged = !g->exchanged;
}

static enum enn_status find_mark(struct paging *g, struct scan *s, struct compare *c,
                                 struct enn_diff_page *out, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    for (int turn = 0; turn < 2 && !st; turn++) {
        if (!s->mask || !s->rows.n) break;
        c->marking = (struct marking){.pixels = g->pair.before.pixels,
                                      .width = g->pair.width,
                                      .place = &g->pair.after.survey,
                                      .scale_x = g->pair.after.plan.scale_x,
                                      .scale_y = g->pair.after.plan.scale_y,
                                      .off_x = g->pair.after.plan.off_x,
                                      .off_y = g->pair.after.plan.off_y,
                                      .profile = g->pair.before.profile,
                                      .mask = s->mask};
        struct fit_known known = *g->j->known;
        if (g->exchanged) known.elsewhere = -known.elsewhere;
        st = fit_mark(&c->marking, &s->rows, &known, g->pair.mode == PAIR_SOFT, &c->fit, err);
        if (st || c->fit.kind != FIT_REMOVED) break;
        marking_clear(&c->marking);
        c->fit.kind = FIT_NONE;
        if (turn) break;
        exchange(g);
        st = scan_once(g, s, out, err);
    }
    return st;
}

/* ---- results ---- */

static enum enn_status add_change(struct enn_diff *d, const struct enn_change *c, struct enn_error *err)
{
    if (!(d->n_changes & (d->n_changes - 1))) {
        struct enn_change *more =
            realloc(d->changes, (d->n_changes ? 2 * (size_t)d->n_changes : 1) * sizeof *more);
        if (!more) return enn_fail(err, ENN_NOMEM, "out of memory");
        d->changes = more;
    }
    d->changes[d->n_changes++] = *c;
    return ENN_OK;
}

/* Pixels of the raster to mm of the new page. */
static void place(const struct paging *g, struct enn_change *c, double x0, double y0, double x1, double y1)
{
    const double edge[4] = {x0, y0, x1, y1};
    for (int i = 0; i < 4; i++) c->box[i] = (uint32_t)edge[i];
    const struct pair_side *s = g->exchanged ? &g->pair.before : &g->pair.after;
    const struct align_plan *p = &s->plan;
    const double *m = s->survey.place.to_mm;
    double px[2] = {x0 * p->scale_x + p->off_x, x1 * p->scale_x + p->off_x};
    double py[2] = {y0 * p->scale_y + p->off_y, y1 * p->scale_y + p->off_y};
    double left = 1e9, top = 1e9, right = -1e9, bottom = -1e9;
    for (int i = 0; i < 4; i++) {
        double x = m[0] * px[i & 1] + m[2] * py[i >> 1] + m[4],
               y = m[1] * px[i & 1] + m[3] * py[i >> 1] + m[5];
        left = fmin(left, x), right = fmax(right, x);
        top = fmin(top, y), bottom = fmax(bottom, y);
    }
    c->x = left;
    c->y = top;
    c->width = right - left;
    c->height = bottom - top;
}

/* Names of the inks that changed at least a third as much as the one that changed most. */
static void name_inks(const struct paging *g, const struct cell_sum *s, struct enn_change *c)
{
    const struct artwork_page *p = g->pair.after.page;
    unsigned carrier = g->pair.after.plan.carrier;
    double most = 0;
    size_t n = 0;
    if (g->pair.mode == PAIR_COLOUR) return;
    for (int i = 0; i < REGION_INKS; i++) most = fmax(most, s->ink[i]);
    c->ink_change = 100 * most / s->n;
    for (int level = 0; level < 2; level++) /* the strongest first */
        for (unsigned i = 0; i < REGION_INKS && i < p->samples; i++) {
            if (most <= 0 || s->ink[i] < most / 3 || (s->ink[i] == most) == level || n >= sizeof c->inks)
                continue;
            char number[24];
            unsigned at = i == 0 ? carrier : i == carrier ? 0 : i;
            snprintf(number, sizeof number, "channel %u", at + 1);
            n += (size_t)snprintf(c->inks + n, sizeof c->inks - n, "%s%s", n ? ", " : "",
                                  p->names[at][0] ? p->names[at] : number);
        }
}

static enum enn_change_kind turned(const struct paging *g, enum enn_change_kind k)
{
    if (!g->exchanged) return k;
    return k == ENN_CHANGE_ADDED ? ENN_CHANGE_REMOVED : k == ENN_CHANGE_REMOVED ? ENN_CHANGE_ADDED : k;
}

/* Around an edit the mark itself is another than predicted, since its mask looks at the surroundings: what
 * stays within the mark's bounds and lies this close to a real change is a part of that. */
static int belongs_to_another(const struct paging *g, const struct cell_sum *s, const struct cell_sum *all,
                              uint32_t n)
{
    double reach_x = 8 * g->pair.dpi_x / 25.4, reach_y = 8 * g->pair.dpi_y / 25.4;
    if (s->strong > s->n / 20) return 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct cell_sum *o = &all[i];
        if (o->strong <= o->n / 20) continue;
        if (s->x0 < o->x1 + reach_x && s->x1 + reach_x > o->x0 && s->y0 < o->y1 + reach_y &&
            s->y1 + reach_y > o->y0)
            return 1;
    }
    return 0;
}

static enum enn_status list_regions(const struct paging *g, const struct compare *c, struct enn_diff *d,
                                    struct enn_diff_page *out, struct enn_error *err)
{
    const struct cell_sum *sums;
    uint32_t n;
    enum enn_status st = regions_finish(c->regions, &sums, &n, err);
    if (st) return st;
    d->all_changes += regions_all(c->regions);
    out->below_size += regions_small_pixels(c->regions);
    for (uint32_t i = 0; i < n && !st; i++) {
        const struct cell_sum *s = &sums[i];
        struct enn_change k = {.page = g->j->page, .mean_de = s->de / s->n, .max_de = s->max_de};
        if ((c->fit.sharp[0] || c->fit.sharp[1]) && belongs_to_another(g, s, sums, n)) {
            out->explained += s->n;
            d->all_changes--;
            continue;
        }
        place(g, &k, s->x0, s->y0, s->x1, s->y1);
        k.area = s->n * k.width * k.height / ((double)(s->x1 - s->x0) * (s->y1 - s->y0));
        k.kind = turned(g, regions_kind(s, k.width, k.height));
        name_inks(g, s, &k);
        st = add_change(d, &k, err);
    }
    return st;
}

/* A mark that is not known to the last level leaves room for a shift of all of it; but it has no long waves,
 * so over a block its signal is 0 in the mean. */
static enum enn_status list_drift(const struct paging *g, const struct compare *c, struct enn_diff *d,
                                  struct enn_error *err)
{
    /* In units of the rms of the mark; share of the block that tells.  Light tints have less room for the one sign of the
     * mark: where a sealed mark and one without a seal are exchanged, blocks of them drift by up to 0.52. */
    const double LIMIT = c->fit.kind == FIT_CHANGED ? 0.55 : 0.35, COVER = 0.25;
    uint32_t nx = drift_columns(c), ny = drift_rows(c);
    double bx = c->block_x, by = c->block_y;
    struct enn_change k = {.page = g->j->page, .kind = ENN_CHANGE_COLOUR};
    double x0 = 1e9, y0 = 1e9, x1 = 0, y1 = 0, n = 0;
    for (uint32_t i = 0; i < nx * ny; i++) {
        const struct drift *b = &c->drift[i];
        if (b->weight < COVER * bx * by || fabs(b->signal) < LIMIT * b->weight) continue;
        x0 = fmin(x0, i % nx * bx), y0 = fmin(y0, i / nx * by);
        x1 = fmax(x1, fmin(g->pair.width, (i % nx + 1) * bx)),
        y1 = fmax(y1, fmin(g->pair.height, (i / nx + 1) * by));
        n += b->weight;
    }
    if (n == 0) return ENN_OK;
    place(g, &k, x0, y0, x1, y1);
    k.area = n * g->mm_x[1] * g->mm_y[1];
    snprintf(k.inks, sizeof k.inks, "%s", g->pair.before.pixels.colour == PRESS_CMYK ? "Yellow" : "Blue");
    d->all_changes++;
    return add_change(d, &k, err);
}

static enum enn_status compare_pass(struct paging *g, struct compare *c, struct enn_diff *d,
                                    struct enn_diff_page *out, struct enn_error *err)
{
    struct pair *p = &g->pair;
    const double CELL_MM = 0.254;
    c->pair = p;
    c->preview = &out->preview;
    c->cell_x = (uint32_t)fmax(1, rint(CELL_MM * p->dpi_x / 25.4));
    c->cell_y = (uint32_t)fmax(1, rint(CELL_MM * p->dpi_y / 25.4));
    c->block_x = (uint32_t)fmax(1, rint(BLOCK_MM * p->dpi_x / 25.4));
    c->block_y = (uint32_t)fmax(1, rint(BLOCK_MM * p->dpi_y / 25.4));
    struct region_options ro = {.columns = (p->width + c->cell_x - 1) / c->cell_x,
                                .px_mm_x = 25.4 / p->dpi_x,
                                .px_mm_y = 25.4 / p->dpi_y,
                                .min_area = p->o->ignore_mm * p->o->ignore_mm,
                                .keep = p->o->max_changes ? p->o->max_changes : 1};
    enum enn_status st = regions_new(&c->regions, &ro, err);
    if (!st) st = colour_new(&c->colour_before, p->before.pixels.colour, p->before.profile, err);
    if (!st) st = colour_new(&c->colour_after, p->after.pixels.colour, p->after.profile, err);
    if (!st) st = compare_pair(c, err);
    g->passes++;
    out->differing = c->differing;
    out->explained = c->explained;
    out->below_tolerance = c->below_tolerance;
    if (!st) st = list_regions(g, c, d, out, err);
    if (!st && c->drift && p->mode == PAIR_EXACT) st = list_drift(g, c, d, err);
    return st;
}

static void note_marks(const struct paging *g, const struct compare *c, struct enn_diff_page *out,
                       struct page_marks *marks)
{
    if (c->fit.kind == FIT_CHANGED) marks->changed = 1;
    if (c->fit.kind != FIT_ADDED) return;
    if (out->explained > marks->pixels) {
        marks->pixels = out->explained;
        marks->strength = g->exchanged ? -c->fit.strength : c->fit.strength;
    }
    out->strength = c->fit.strength;
    out->exact = c->fit.sharp[0] == 2 && c->fit.sharp[1] == 2;
    if (g->exchanged)
        marks->removed = 1;
    else
        marks->added = 1;
}

static void turn_preview(struct enn_diff_preview *v)
{
    uint8_t *t = v->before;
    v->before = v->after;
    v->after = t;
}

/* Whether all of both pages was compared. */
static int whole(const struct pair *p)
{
    const struct align_window *w = &p->window;
    return !w->x0 && !w->y0 && w->x1 == p->width && w->y1 == p->height && p->before.page->width == p->width &&
           p->before.page->height == p->height && p->after.page->width == p->width && p->after.page->height == p->height;
}

enum enn_status diff_page(const struct page_job *j, struct enn_diff *d, struct enn_diff_page *out,
                          struct page_marks *marks, struct enn_error *err)
{
    struct paging g = {.j = j, .pair = {.o = j->o, .progress = progress}};
    struct compare c = {.differing = 0};
    struct scan s = {0};
    g.pair.progress_user = &g;
    enum enn_status st = open_side(&g, 0, err);
    if (!st) st = open_side(&g, 1, err);
    if (!st) st = comparable(&g, err);
    if (!st) st = scan_aligned(&g, &s, out, err);
    if (!st && j->reader) {
        int equal = g.pair.mode == PAIR_EXACT && !s.differing && whole(&g.pair);
        st = read_marks(j->reader, &g.pair, equal, err);
    }
    if (!st) {
        out->width_mm = g.pair.after.page->width * g.mm_x[1];
        out->height_mm = g.pair.after.page->height * g.mm_y[1];
        out->pixels = (uint64_t)g.pair.width * g.pair.height;
    }
    if (!st && (g.pair.mode != PAIR_EXACT || s.differing)) {
        allow_loss(&g.pair);
        st = find_mark(&g, &s, &c, out, err);
        if (!st) st = compare_pass(&g, &c, d, out, err);
        if (!st) note_marks(&g, &c, out, marks);
        if (g.exchanged) turn_preview(&out->preview);
    }
    scan_clear(&s);
    marking_clear(&c.marking);
    regions_free(c.regions);
    colour_free(c.colour_before);
    colour_free(c.colour_after);
    free(c.drift);
    profile_free(g.pair.before.profile);
    profile_free(g.pair.after.profile);
    rows_forget(&g.kept[0]);
    rows_forget(&g.kept[1]);
    return st;
}
