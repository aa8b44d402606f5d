/* Comparing, step 5: marking a row again (marking.h), as sign.c does it. */
#include "diff/marking.h"
#include "clones.h"
#include "mark/embed.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void marking_clear(struct marking *m)
{
    ink_model_free(m->ink);
    free(m->tile);
    m->ink = NULL;
    m->tile = NULL;
}

enum enn_status marking_set_strength(struct marking *m, double strength, struct enn_error *err)
{
    struct ink_model *ink;
    if (m->ink && m->strength == strength) return ENN_OK;
    enum enn_status st = ink_model_new(&ink, m->pixels.colour, m->profile, strength, 0, err);
    if (st) return st;
    ink_model_free(m->ink);
    m->ink = ink;
    m->strength = strength;
    return ENN_OK;
}

static size_t row_bytes(const struct marking *m)
{
    return (size_t)m->width * (size_t)m->pixels.samples_per_pixel * (size_t)m->pixels.bits / 8;
}

enum enn_status marking_row_new(struct marking_row *r, const struct marking *m, struct enn_error *err)
{
    size_t w = m->width;
    *r = (struct marking_row){malloc(w * sizeof *r->step),
                              malloc(w),
                              malloc(w),
                              malloc(w),
                              malloc(w * sizeof *r->s_ink),
                              malloc(w * sizeof *r->s_paper),
                              malloc(row_bytes(m)),
                              malloc(w),
                              malloc(w * sizeof *r->signal)};
    if (r->step && r->kind && r->gain_tint && r->gain_white && r->s_ink && r->s_paper && r->marked && r->found &&
        r->signal)
        return ENN_OK;
    marking_row_clear(r);
    return enn_fail(err, ENN_NOMEM, "out of memory");
}

void marking_row_clear(struct marking_row *r)
{
    free(r->step);
    free(r->kind);
    free(r->gain_tint);
    free(r->gain_white);
    free(r->s_ink);
    free(r->s_paper);
    free(r->marked);
    free(r->found);
    free(r->signal);
    memset(r, 0, sizeof *r);
}

void marking_colours(const struct marking *m, const void *samples, struct marking_row *r)
{
    ink_steps(m->ink, &m->pixels, samples, m->width, r->step, r->kind);
}

void marking_steps(const struct marking *m, uint32_t y, const void *samples, struct marking_row *r)
{
    marking_colours(m, samples, r);
    mask_row(m->mask, y, r->gain_tint, r->gain_white);
}

struct survey_line marking_line(const struct marking *m, uint32_t y)
{
    const double *to = m->place->place.to_mm;
    double x_px = 0.5 * m->scale_x + m->off_x, y_px = (y + 0.5) * m->scale_y + m->off_y;
    if (!m->place->page->placed &&
        m->place->page->orientation <= 1) { /* in the order of survey_line: the same bits */
        double dx = 25.4 / m->place->dpi_x;
        return (struct survey_line){x_px * dx, y_px * 25.4 / m->place->dpi_y, dx * m->scale_x, 0};
    }
    return (struct survey_line){to[0] * x_px + to[2] * y_px + to[4], to[1] * x_px + to[3] * y_px + to[5],
                                to[0] * m->scale_x, to[1] * m->scale_x};
}

void marking_signal(const struct marking *m, uint32_t y, const void *samples, struct marking_row *r)
{
    struct survey_line l = marking_line(m, y);
    marking_steps(m, y, samples, r);
    tile_line(m->tile, TILE_INK, l.x_mm, l.y_mm, l.dx_mm, l.dy_mm, m->width, r->s_ink);
    tile_line(m->tile, TILE_PAPER, l.x_mm, l.y_mm, l.dx_mm, l.dy_mm, m->width, r->s_paper);
}

void marking_apply(const struct marking *m, uint32_t y, const void *samples, struct marking_row *r)
{
    marking_signal(m, y, samples, r);
    memcpy(r->marked, samples, row_bytes(m));
    struct embed_row e = {.step = r->step,
                          .kind = r->kind,
                          .gain_tint = r->gain_tint,
                          .gain_white = r->gain_white,
                          .s_ink = r->s_ink,
                          .s_paper = r->s_paper,
                          .n = m->width,
                          .channels = (unsigned)press_channels(m->pixels.colour),
                          .samples_per_pixel = (unsigned)m->pixels.samples_per_pixel,
                          .bits = (unsigned)m->pixels.bits};
    embed_row(&e, r->marked, NULL);
}

/* Without the care for NaN that keeps fminf and fmaxf from being inlined: s is not 0. */
static inline float smaller(float a, float b)
{
    return a < b ? a : b;
}
static inline float larger(float a, float b)
{
    return a > b ? a : b;
}

int marking_allows(const struct ink_step *step, uint8_t kind, const int32_t *d, unsigned channels, int bits,
                   const struct marking_room *room, float *signal)
{
    const float unit = (bits == 16 ? 257.0f : 1.0f) / INK_UNIT, level = bits == 16 ? 257 : 1;
    float high = INK_PEAK * room->reach, low = kind == INK_WHITE && room->reach < 2 ? 0 : -high;
    float dot = 0, norm = 0;
    if (kind == INK_NONE) return 0;
    for (unsigned c = 0; c < channels; c++) {
        float s = (float)step->d[c] * unit, a, b;
        float half = 0.5f + room->levels * level + room->share * fabsf((float)d[c]);
        if (s == 0 && fabsf((float)d[c]) > half) return 0;
        if (s == 0) continue;
        a = ((float)d[c] - half) / s;
        b = ((float)d[c] + half) / s;
        low = larger(low, smaller(a, b));
        high = smaller(high, larger(a, b));
        dot += s * (float)d[c];
        norm += s * s;
    }
    if (norm == 0 || low > high) return 0;
    *signal = larger(low, smaller(high, dot / norm));
    return 1;
}

enum { BARE = 3, MOST_YELLOW = (int)(255 * INK_WHITE_YELLOW * (INK_PEAK - INK_THETA)) + 1 };

/* Pixels apart by channel, so that the loops over them become vectors. */
enum { PIECE = 256 };
struct piece {
    float step[4][PIECE], change[4][PIECE];
    int32_t kind[PIECE], changed[PIECE], tinted[PIECE], found[PIECE];
};

static INTO_CLONES void take_apart(struct piece *p, const struct ink_step *restrict step, const uint8_t *restrict kind,
                                   const uint8_t *restrict b, const uint8_t *restrict a, size_t n)
{
    const float unit = 1.0f / INK_UNIT;
    for (int c = 0; c < 4; c++)
        for (size_t i = 0; i < n; i++) {
            p->step[c][i] = (float)step[i].d[c] * unit;
            p->change[c][i] = (float)(a[4 * i + (size_t)c] - b[4 * i + (size_t)c]);
        }
    for (size_t i = 0; i < n; i++) {
        uint32_t was, is;
        memcpy(&was, b + 4 * i, 4);
        memcpy(&is, a + 4 * i, 4);
        p->kind[i] = kind[i];
        p->changed[i] = was != is ? MARKING_CHANGED : 0;
        p->tinted[i] = (b[4 * i] <= BARE) & (b[4 * i + 1] <= BARE) & (b[4 * i + 2] <= MOST_YELLOW) & (b[4 * i + 3] <= BARE);
    }
}

/* marking_allows() of one channel, its bounds narrowed; 1: it had to stay and did not. */
static INTO_CLONES int32_t narrow(float s, float d, const struct marking_room *room, float *low, float *high)
{
    float half = 0.5f + room->levels + room->share * fabsf(d);
    float x = (d - half) / s, y = (d + half) / s;
    float l = larger(*low, smaller(x, y)), h = smaller(*high, larger(x, y));
    *low = s == 0 ? *low : l;
    *high = s == 0 ? *high : h;
    return s == 0 && fabsf(d) > half ? 1 : 0;
}

CLONED static void bounds_piece(struct piece *p, const struct ink_step *restrict step, const uint8_t *restrict kind,
                                const uint8_t *restrict before, const uint8_t *restrict after, size_t n,
                                const struct marking_room *room, uint8_t *restrict found, float *restrict signal)
{
    const struct marking_room r = *room;
    const float peak = INK_PEAK * r.reach, white = r.reach < 2 ? 0 : -peak;
    take_apart(p, step, kind, before, after, n);
    for (size_t i = 0; i < n; i++) {
        float high = peak, low = p->kind[i] == INK_WHITE ? white : -peak, dot = 0, norm = 0;
        int32_t bad = p->kind[i] == INK_NONE ? 1 : 0;
        for (int c = 0; c < 4; c++) {
            float s = p->step[c][i], d = p->change[c][i];
            bad |= narrow(s, d, &r, &low, &high);
            dot += s * d;
            norm += s * s;
        }
        bad |= norm == 0 ? 1 : 0;
        bad |= low > high ? 1 : 0;
        float likely = larger(low, smaller(high, dot / norm));
        int32_t still = bad | p->tinted[i] | (p->kind[i] == INK_TINT ? 0 : 1) | (p->changed[i] ? 0 : 1);
        p->found[i] = p->changed[i] | (bad ? 0 : MARKING_MAY);
        p->found[i] |= still ? 0 : MARKING_TELLS;
        signal[i] = still ? 0 : likely;
    }
    for (size_t i = 0; i < n; i++) found[i] = (uint8_t)p->found[i];
}

void marking_bounds_cmyk8(const struct marking_row *r, size_t from, size_t to, const uint8_t *before,
                          const uint8_t *after, const struct marking_room *room)
{
    struct piece p;
    for (size_t x = from, n; x < to; x += n) {
        n = to - x < PIECE ? to - x : PIECE;
        bounds_piece(&p, r->step + x, r->kind + x, before + 4 * x, after + 4 * x, n, room, r->found + x, r->signal + x);
    }
}

int marking_is_tinted_paper(const struct press_pixels *px, const void *at)
{
    const int WHITE = 255 - BARE, LEAST_BLUE = 235; /* sRGB: 1.9 times the 7.7 levels of INK_WHITE_B, and some for other RGB */
    int v[4] = {0};
    if (px->colour != PRESS_CMYK && px->colour != PRESS_RGB) return 0;
    for (int i = 0; i < press_channels(px->colour); i++)
        v[i] = px->bits == 16 ? ((const uint16_t *)at)[i] >> 8 : ((const uint8_t *)at)[i];
    if (px->colour == PRESS_RGB) return v[0] >= WHITE && v[1] >= WHITE && v[2] >= LEAST_BLUE;
    return v[0] <= BARE && v[1] <= BARE && v[3] <= BARE && v[2] <= MOST_YELLOW;
}
