/*
 * press: pass 1 of the protection mask. Rows of samples become cells.
 *
 * Every pixel is reduced to a tone 0..255 in which each ink tells (yellow type on white must show as an edge)
 * and two flags. Tone steps are measured over a fixed distance on paper, so that an edge weighs the same at
 * 72 and at 2400 dpi.
 */
#include "press/mask_cells.h"
#include <stdlib.h>
#include <string.h>

#define BARE      3 /* 8-bit levels of ink that still count as bare paper (ink.c has the same) */
#define SOLID     252
#define DARK_TONE 110 /* below: near black */
#define FLAT_STEP(t)                                                                                         \
    (1 + ((t) >> 6)) /* tone steps up to this are nothing (JPEG, vignettes); less in the dark */

enum { FLAG_BARE = 1, FLAG_STUCK = 2, FLAG_SPOT = 4, FLAG_TECHNICAL = 8 };

struct sums {
    uint32_t n, flat, dark, tone, bare, stuck, spot, technical, gxx, gyy, corner, edge;
    int32_t gxy;
};

struct cell_reader {
    struct press_pixels px;
    uint32_t width, cell_w, nx, reach_x, reach_y;
    uint64_t row;   /* rows read */
    uint8_t *tone;  /* ring of reach_y + 1 rows of tones */
    uint8_t *flags; /* of the current row */
    struct sums *sum;
    uint32_t technical; /* samples behind the colour's channels */
};

uint64_t cell_reader_bytes(uint32_t width, uint32_t nx, uint32_t reach_y)
{
    return (uint64_t)width * (reach_y + 2) + (uint64_t)nx * sizeof(struct sums);
}

struct cell_reader *cell_reader_new(const struct press_pixels *px, uint32_t width, uint32_t cell_w,
                                    uint32_t nx, uint32_t reach_x, uint32_t reach_y)
{
    struct cell_reader *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    *r = (struct cell_reader){*px, width, cell_w, nx, reach_x, reach_y, 0, NULL, NULL, NULL, 0};
    r->tone = malloc((size_t)width * (reach_y + 1));
    r->flags = malloc(width);
    r->sum = calloc(nx, sizeof *r->sum);
    if (r->tone && r->flags && r->sum) return r;
    cell_reader_free(r);
    return NULL;
}

void cell_reader_technical(struct cell_reader *r, uint32_t samples)
{
    r->technical = samples;
}

void cell_reader_free(struct cell_reader *r)
{
    if (!r) return;
    free(r->tone);
    free(r->flags);
    free(r->sum);
    free(r);
}

static inline unsigned level(const void *s, int bits, size_t i)
{
    return bits == 16 ? ((const uint16_t *)s)[i] >> 8 : ((const uint8_t *)s)[i];
}

/* A colour that cannot move: only one ink and that black or solid (ink.c refuses the same pixels). */
static inline uint8_t cmyk_flags(unsigned c, unsigned m, unsigned y, unsigned k)
{
    unsigned most = c > m ? c : m, sum = c + m + y;
    if (y > most) most = y;
    if (most <= BARE) return k <= BARE ? FLAG_BARE : FLAG_STUCK;
    return k <= BARE && most >= SOLID && sum - most <= 2 * BARE ? FLAG_STUCK : 0;
}

/* Yellow on white must show as an edge: b* counts a little. */
static inline uint8_t lab_tone(unsigned l, unsigned b)
{
    unsigned yellow = b > 128 ? (b - 128) / 2 : 0;
    return (uint8_t)(l > yellow ? l - yellow : 0);
}

static void tones(struct cell_reader *r, const void *s, uint8_t *tone)
{
    size_t per = (size_t)r->px.samples_per_pixel;
    int bits = r->px.bits, channels = press_channels(r->px.colour);
    for (size_t x = 0, i = 0; x < r->width; x++, i += per) {
        unsigned v = level(s, bits, i), spot = 0;
        if (r->px.colour == PRESS_CMYK) {
            unsigned m = level(s, bits, i + 1), y = level(s, bits, i + 2), k = level(s, bits, i + 3);
            unsigned light =
                (255 * 256 - (86 * v + 100 * m + 64 * y)) >> 8; /* 5 .. 255; C, M, Y solids 169 155 191 */
            tone[x] = (uint8_t)((light * (255 - k) + 127) / 255);
            r->flags[x] = cmyk_flags(v, m, y, k);
        } else if (r->px.colour == PRESS_RGB) {
            unsigned g = level(s, bits, i + 1), b = level(s, bits, i + 2);
            unsigned low = v < g ? v : g;
            if (b < low) low = b;
            tone[x] = (uint8_t)((80 * v + 116 * g + 60 * b) >> 8);
            r->flags[x] = low >= SOLID ? FLAG_BARE : 0;
        } else if (r->px.colour == PRESS_LAB) {
            unsigned a = level(s, bits, i + 1), b = level(s, bits, i + 2), away = 2 * BARE + 1;
            tone[x] = lab_tone(v, b);
            r->flags[x] = v >= SOLID && a - 128 + BARE < away && b - 128 + BARE < away ? FLAG_BARE : v <= BARE ? FLAG_STUCK : 0;
        } else {
            if (r->px.colour == PRESS_GREY_INK) v = 255 - v;
            tone[x] = (uint8_t)v;
            r->flags[x] = v >= SOLID ? FLAG_BARE : v <= BARE ? FLAG_STUCK : 0;
        }
        uint32_t left = r->px.spots;
        for (size_t c = i + (size_t)channels; left; c++, left >>= 1)
            if (left & 1) spot += level(s, bits, c);
        if (spot > BARE) {
            tone[x] = (uint8_t)(tone[x] > spot / 2 ? tone[x] - spot / 2 : 0);
            r->flags[x] = FLAG_STUCK | FLAG_SPOT;
        }
        left = r->technical;
        for (size_t c = i + (size_t)channels; left; c++, left >>= 1)
            if ((left & 1) && level(s, bits, c) > BARE) r->flags[x] |= FLAG_TECHNICAL;
    }
}

static void count_cell(struct sums *s, const uint8_t *tone, const uint8_t *above, const uint8_t *flags,
                       uint32_t reach, uint32_t from, uint32_t to)
{
    uint32_t flat = 0, dark = 0, tones = 0, bare = 0, stuck = 0, spot = 0, technical = 0, gxx = 0, gyy = 0, corner = 0, edge = s->edge;
    int32_t gxy = 0;
    for (uint32_t x = from; x < to; x++) {
        int t = tone[x], dx = t - tone[x < reach ? 0 : x - reach], dy = t - above[x];
        int ax = dx < 0 ? -dx : dx, ay = dy < 0 ? -dy : dy, a = ax > ay ? ax : ay;
        flat += a <= FLAT_STEP(t);
        dark += t < DARK_TONE;
        tones += (uint32_t)t;
        bare += flags[x] & FLAG_BARE;
        stuck += flags[x] >> 1 & 1;
        spot += flags[x] >> 2 & 1;
        technical += flags[x] >> 3;
        if (a <= FLAT_STEP(t)) continue;
        if ((uint32_t)a > edge) edge = (uint32_t)a;
        gxx += (uint32_t)(dx * dx) >> 8; /* <= 254; a cell has at most 2048^2 pixels */
        gyy += (uint32_t)(dy * dy) >> 8;
        corner += (uint32_t)(ax * ay) >> 8;
        gxy += dx * dy / 256;
    }
    s->n += to - from;
    s->flat += flat;
    s->dark += dark;
    s->tone += tones;
    s->bare += bare;
    s->stuck += stuck;
    s->spot += spot;
    s->technical += technical;
    s->gxx += gxx;
    s->gyy += gyy;
    s->corner += corner;
    s->gxy += gxy;
    s->edge = edge;
}

void cell_reader_row(struct cell_reader *r, const void *samples)
{
    uint32_t ring = r->reach_y + 1;
    uint8_t *tone = r->tone + (size_t)(r->row % ring) * r->width;
    tones(r, samples, tone);
    uint64_t back = r->row < r->reach_y ? 0 : r->row - r->reach_y;
    const uint8_t *above = r->tone + (size_t)(back % ring) * r->width;
    for (uint32_t i = 0; i < r->nx; i++) {
        uint32_t from = i * r->cell_w, to = r->width - from < r->cell_w ? r->width : from + r->cell_w;
        count_cell(&r->sum[i], tone, above, r->flags, r->reach_x, from, to);
    }
    r->row++;
}

static uint8_t share(uint64_t part, uint32_t n)
{
    return (uint8_t)(part * 255 / n);
}

void cell_reader_close(struct cell_reader *r, struct cell *out)
{
    for (uint32_t i = 0; i < r->nx; i++) {
        const struct sums *s = &r->sum[i];
        out[i].edge = (uint8_t)s->edge;
        out[i].flat = share(s->flat, s->n);
        out[i].dark = share(s->dark, s->n);
        out[i].tone = (uint8_t)(s->tone / s->n);
        out[i].bare = share(s->bare, s->n);
        out[i].stuck = share(s->stuck, s->n);
        out[i].spot = share(s->spot, s->n);
        out[i].technical = share(s->technical, s->n);
        out[i].gxx = (uint8_t)(s->gxx / s->n);
        out[i].gyy = (uint8_t)(s->gyy / s->n);
        out[i].corner = (uint8_t)(s->corner / s->n);
        out[i].gxy = (int8_t)(s->gxy / 2 / (int32_t)s->n);
    }
    memset(r->sum, 0, r->nx * sizeof *r->sum);
}
