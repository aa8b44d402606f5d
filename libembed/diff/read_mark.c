/*
 * Comparing, step 5a: which marks the pages carry (read_mark.h).
 *
 * A mark is searched blindly in a capture, since nothing is known of it.  Of a page nearly all is known: its resolution, that
 * it is upright, and that tiles begin at its corner.  And it is clean, so a few tiles are enough to read a message; the
 * samples are in memory after pass 1.  The window of WINDOW_TILES tiles that has most ink which could carry a mark is looked
 * at as any capture is, so a mark that lies elsewhere (a page put together of others) is found in it, too.
 */
#include "diff/read_mark.h"
#include "status.h"
#include "verifier.h"
#include "diff/rows.h"
#include "trust/hex.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW_TILES = 4 };
#define FINEST_PX_PER_MM 14.0 /* finer pages are averaged down: the mark has no waves above 2 cycles per mm */
#define QUICK_PX_PER_MM  9.0  /* from here on the coarsest plane of the search resolves the pilots well */
#define STEP_MM          1.0  /* of the grid that the window is chosen by */

/* One page and the window of it that is looked at; px of the page. */
struct part {
    const struct pair_side *side;
    uint32_t x0, y0, width, height, step;
    uint8_t *pixels; /* one row of the window in the layout of the page */
    uint32_t *sums;
};

static size_t pixel_bytes(const struct pair_side *s)
{
    return (size_t)s->page->samples * (s->page->bits / 8);
}

static const uint8_t *at(const struct pair_side *s, uint32_t x, uint32_t y)
{
    return s->kept->samples + ((size_t)y * s->page->width + x) * pixel_bytes(s);
}

/* n pixels, bytes as the page has them, to RGB; they are changed where another ink than the first carries the mark. */
static void to_rgb(const struct pair_side *s, uint8_t *pixels, uint32_t n, uint8_t *rgb)
{
    struct press_pixels px = s->pixels;
    size_t sample = s->page->bits / 8, carrier = s->survey.carrier;
    px.bits = (int)s->page->bits;
    px.samples_per_pixel = (int)s->page->samples;
    for (uint32_t i = 0; carrier && carrier < s->page->samples && i < n; i++)
        memcpy(pixels + i * pixel_bytes(s), pixels + i * pixel_bytes(s) + carrier * sample, sample);
    profile_to_rgb8(s->profile, &px, pixels, n, rgb);
}

/* ---- where ---- */

/* Where the window may begin so that tiles begin with it: the whole tile nearest to `px`, which is the only shift there is. */
static uint32_t at_tile(double px, double mm_per_px, double origin_mm, uint32_t last)
{
    double tile = rint((px * mm_per_px + origin_mm) / TILE_MM);
    double whole = rint((tile * TILE_MM - origin_mm) / mm_per_px);
    if (whole < 0) whole = rint(((tile + 1) * TILE_MM - origin_mm) / mm_per_px);
    return whole > last ? last : (uint32_t)fmax(0, whole);
}

/* Ink of one row of the grid: 1 where it can carry a mark, a quarter of bare paper, and sums of that from the left. */
static void weigh_row(const struct pair_side *s, uint32_t y, const double step[2], uint32_t n,
                      uint8_t *pixels, uint8_t *rgb, float *sums)
{
    const int DARK = 60, PAPER = 250;
    for (uint32_t i = 0; i < n; i++)
        memcpy(pixels + i * pixel_bytes(s), at(s, (uint32_t)(i * step[0]), y), pixel_bytes(s));
    to_rgb(s, pixels, n, rgb);
    sums[0] = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *c = rgb + 3 * (size_t)i;
        int sum = c[0] + c[1] + c[2];
        sums[i + 1] = sums[i] + (sum >= 3 * PAPER ? 0.25f : sum < 3 * DARK ? 0 : 1);
    }
}

/* The window with most ink: sums over rows of the grid of what lies in columns i .. i + w. */
static enum enn_status choose(struct part *p, const double step[2], struct enn_error *err)
{
    const struct pair_side *s = p->side;
    uint32_t n = (uint32_t)(s->page->width / step[0]), m = (uint32_t)(s->page->height / step[1]);
    uint32_t w = (uint32_t)(p->width / step[0]), h = (uint32_t)(p->height / step[1]), hop = w / 4 ? w / 4 : 1;
    uint8_t *pixels = malloc((size_t)n * pixel_bytes(s)), *rgb = malloc((size_t)n * 3);
    float *sums = malloc((n + (size_t)1) * sizeof *sums), best = -1;
    uint32_t places = n > w ? (n - w) / hop + 1 : 1;
    float *down = calloc((m + (size_t)1) * places, sizeof *down); /* per place across, summed from the top */
    enum enn_status st = pixels && rgb && sums && down ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
    for (uint32_t j = 0; j < m && !st; j++) {
        weigh_row(s, (uint32_t)(j * step[1]), step, n, pixels, rgb, sums);
        for (uint32_t i = 0; i < places; i++) {
            uint32_t to = i * hop + w < n ? i * hop + w : n;
            down[(j + 1) * places + i] = down[j * places + i] + sums[to] - sums[i * hop];
        }
    }
    uint32_t at_x = 0, at_y = 0;
    for (uint32_t j = 0; !st && (j == 0 || j + h <= m); j += h / 4 ? h / 4 : 1)
        for (uint32_t i = 0; i < places; i++) {
            uint32_t to = j + h < m ? j + h : m;
            float ink = down[to * places + i] - down[j * places + i];
            if (ink > best) best = ink, at_x = i * hop, at_y = j;
        }
    free(pixels);
    free(rgb);
    free(sums);
    free(down);
    p->x0 = (uint32_t)(at_x * step[0]);
    p->y0 = (uint32_t)(at_y * step[1]);
    return st;
}

static enum enn_status place_window(struct part *p, struct enn_error *err)
{
    const struct pair_side *s = p->side;
    const double *to = s->survey.place.to_mm;
    double side[2] = {WINDOW_TILES * TILE_MM / to[0], WINDOW_TILES * TILE_MM / to[3]};
    double step[2] = {fmax(1, STEP_MM / to[0]), fmax(1, STEP_MM / to[3])};
    uint32_t w = s->page->width, h = s->page->height;
    enum enn_status st = ENN_OK;
    p->width = side[0] < w ? (uint32_t)side[0] : w;
    p->height = side[1] < h ? (uint32_t)side[1] : h;
    if (p->width == w && p->height == h) return ENN_OK;
    if (w > step[0] && h > step[1]) st = choose(p, step, err);
    p->x0 = at_tile(p->x0, to[0], to[4], w - p->width);
    p->y0 = at_tile(p->y0, to[3], to[5], h - p->height);
    return st;
}

/* ---- what is looked at ---- */

/* One row of the picture: means of step x step pixels, of the inks. */
static void reduce_row(const struct part *p, uint32_t y, uint32_t width, uint8_t *rgb)
{
    const struct pair_side *s = p->side;
    uint32_t f = p->step, per = s->page->samples;
    memset(p->sums, 0, (size_t)width * per * sizeof *p->sums);
    for (uint32_t j = 0; j < f; j++) {
        const uint8_t *row = at(s, p->x0, p->y0 + y * f + j);
        const uint16_t *row16 = (const void *)row;
        for (uint32_t x = 0; x < width * f; x++)
            for (uint32_t c = 0; c < per; c++)
                p->sums[x / f * per + c] += s->page->bits == 16 ? row16[x * per + c] : row[x * per + c];
    }
    for (uint32_t i = 0; i < width * per; i++) {
        uint32_t mean = (p->sums[i] + f * f / 2) / (f * f);
        if (s->page->bits == 16)
            ((uint16_t *)(void *)p->pixels)[i] = (uint16_t)mean;
        else
            p->pixels[i] = (uint8_t)mean;
    }
    to_rgb(s, p->pixels, width, rgb);
}

static enum enn_status picture_of(struct part *p, struct picture *pic, struct enn_error *err)
{
    enum enn_status st = place_window(p, err);
    if (st) return st;
    const double *to = p->side->survey.place.to_mm;
    double px_per_mm = 1 / fmin(to[0], to[3]);
    p->step = px_per_mm > FINEST_PX_PER_MM ? (uint32_t)ceil(px_per_mm / FINEST_PX_PER_MM) : 1;
    *pic = (struct picture){.width = p->width / p->step, .height = p->height / p->step, .reduced = p->step};
    if (!pic->width || !pic->height) return ENN_OK;
    pic->full_width = p->side->page->width;
    pic->full_height = p->side->page->height;
    pic->stride = 3 * (size_t)pic->width;
    if (fabs(to[0] - to[3]) < 0.01 * to[0]) pic->dpi = 25.4 / (to[0] * p->step);
    memcpy(pic->kind, "tiff", 5);
    pic->rgb = malloc(pic->stride * pic->height);
    p->pixels = malloc((size_t)pic->width * pixel_bytes(p->side));
    p->sums = malloc((size_t)pic->width * p->side->page->samples * sizeof *p->sums);
    if (!pic->rgb || !p->pixels || !p->sums) st = enn_fail(err, ENN_NOMEM, "out of memory");
    for (uint32_t y = 0; y < pic->height && !st; y++)
        reduce_row(p, y, pic->width, pic->rgb + y * pic->stride);
    free(p->pixels);
    free(p->sums);
    return st;
}

/* ---- the reading ---- */

/* Upright, its place known, and in memory. */
static int is_clean(const struct pair_side *s)
{
    const double *to = s->survey.place.to_mm;
    double small = 1e-6 * fabs(to[0]);
    return s->kept && s->kept->complete && s->markable && s->page->orientation <= 1 && to[0] > 0 &&
           to[3] > 0 && fabs(to[1]) <= small && fabs(to[2]) <= small;
}

static int seen(const struct enn_verdict *v, enum enn_reason r)
{
    for (int i = 0; i < v->n_reasons; i++)
        if (v->reasons[i] == r) return 1;
    return 0;
}

static void look_at_file(struct mark_reader *r, int i)
{
    struct enn_error ignored; /* is in the verdict */
    enn_verdict_clear(r->verdict[i]);
    enn_verify_file(r->v, r->o, r->names[i], r->verdict[i], &ignored);
    r->whole[i] = 1;
}

static enum enn_status look_at_part(struct mark_reader *r, int i, const struct pair_side *s,
                                    struct enn_error *err)
{
    struct part p = {.side = s};
    struct picture pic = {0};
    struct enn_verify_options o = *r->o;
    struct enn_verdict *v = r->verdict[i];
    enum enn_status st = picture_of(&p, &pic, err);
    if (pic.dpi / 25.4 >= QUICK_PX_PER_MM) o.effort = 0;
    o.map = 0;
    if (!st && pic.rgb) {
        struct enn_error ignored;
        enn_verdict_clear(v);
        verify_part(r->v, &o, i ? r->names[i] : NULL, &pic, v, &ignored);
        for (int k = 0; k < 4; k++) v->box[k].x += p.x0, v->box[k].y += p.y0;
    }
    free(pic.rgb);
    if (st) return st;
    if (!*v->lot_id && !seen(v, ENN_REASON_NO_PILOT) && !seen(v, ENN_REASON_TOO_SMALL)) look_at_file(r, i);
    return ENN_OK;
}

static int message_of(const struct enn_verdict *v, uint8_t message[PAYLOAD_BYTES])
{
    struct payload p = {.unit = v->have_unit ? v->unit : 0};
    if (strlen(v->lot_id) != 2 * LOT_ID_BYTES || !hex_decode(v->lot_id, 1, p.lot_id, LOT_ID_BYTES)) return 0;
    payload_pack(&p, message);
    return 1;
}

/* The chips of the messages that are known, for every anchor. */
static enum enn_status make_chips(struct mark_reader *r, struct enn_error *err)
{
    struct fit_known *known = r->known;
    uint8_t message[3][PAYLOAD_BYTES], anchor[VERIFIER_MAX_ANCHORS][32];
    int n = 0, anchors = verifier_anchors(r->v, anchor);
    const struct enn_verdict *before = r->verdict[0], *after = r->verdict[1];
    n += message_of(before, message[n]);
    n += message_of(after, message[n]);
    n += verifier_message(r->v, message[n]);
    known->exchanged = *before->lot_id && *after->lot_id &&
                       (strcmp(before->lot_id, after->lot_id) || before->unit != after->unit);
    if (!n || !anchors) return ENN_OK;
    struct carrier *c = malloc(sizeof *c);
    known->chips = malloc((size_t)n * (size_t)anchors * sizeof *known->chips);
    if (!c || !known->chips) {
        free(c);
        return enn_fail(err, ENN_NOMEM, "out of memory");
    }
    for (int a = 0; a < anchors; a++) {
        carrier_init(c, anchor[a]);
        for (int m = 0; m < n; m++) carrier_chips(c, message[m], known->chips[known->n++]);
    }
    free(c);
    return ENN_OK;
}

enum enn_status read_marks(struct mark_reader *r, const struct pair *pair, int equal, struct enn_error *err)
{
    const struct pair_side *side[2] = {pair ? &pair->before : NULL, pair ? &pair->after : NULL};
    enum enn_status st = ENN_OK;
    for (int i = 1; i >= 0 && !st; i--) {
        if (!i && equal) { /* the same samples: the same mark */
            *r->verdict[0] = *r->verdict[1];
            r->verdict[0]->cells = NULL, r->verdict[0]->packs = NULL;
            r->verdict[0]->map = NULL, r->verdict[0]->seal_cells = NULL;
            r->verdict[0]->n_cells = r->verdict[0]->n_packs = 0;
            r->whole[0] = r->whole[1];
        } else if (pair && is_clean(side[i])) {
            st = look_at_part(r, i, side[i], err);
        } else {
            look_at_file(r, i);
        }
    }
    return st ? st : make_chips(r, err);
}

void read_marks_again(struct mark_reader *r, int before, int after)
{
    const int there[2] = {before, after};
    for (int i = 0; i < 2; i++)
        if (there[i] && !r->whole[i] && !*r->verdict[i]->lot_id) look_at_file(r, i);
}
