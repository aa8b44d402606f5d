/*
 * press: pass 1 of the protection mask. Rows of samples become cells.
 *
 * Every pixel is reduced to a tone 0..255 in which each ink tells (yellow type on white must show as an edge)
 * and two flags. Tone steps are measured over a fixed distance on paper, so that an edge weighs the same at
 * 72 and at 2400 dpi.
 */
#include "press/mask_cells.h"
#include "clones.h"
#include "press/no_yellow.h"
#include <stdlib.h>
#include <string.h>

#define BARE      PRESS_BARE
#define SOLID     252
#define DARK_TONE 110 /* below: near black */
#define HARD_STEP 32  /* tone step of an edge: a 13 % black hairline */
#define FLAT_STEP(t)                                                                                         \
    (1 + ((t) >> 6)) /* tone steps up to this are nothing (JPEG, vignettes); less in the dark */

enum { FLAG_BARE = 1, FLAG_STUCK = 2, FLAG_SPOT = 4, FLAG_TECHNICAL = 8, FLAG_NO_YELLOW = 16 /* bare, too */, FLAG_LITTLE_BLUE = 32 };
#define LITTLE_BLUE 470 /* of twice yellow and magenta: 92 % yellow, or 66 % with 53 % magenta */
#define LITTLE_BLUE_RGB 85 /* level of B, a tenth of its light */

struct sums {
    uint32_t n, flat, dark, tone, bare, no_yellow, little_blue, stuck, spot, technical, gxx, gyy, corner, edge;
    int32_t gxy;
};

/* The same, but n, of each column of pixels over at most COLUMN_ROWS rows, so that loops over a row become vectors: 255 *
 * 128 fits into 16 bits. */
enum { COLUMN_ROWS = 128, COLUMNS = 256 };
struct columns {
    uint16_t flat[COLUMNS], dark[COLUMNS], tone[COLUMNS], bare[COLUMNS], no_yellow[COLUMNS], stuck[COLUMNS], spot[COLUMNS];
    uint16_t little_blue[COLUMNS], technical[COLUMNS], gxx[COLUMNS], gyy[COLUMNS], corner[COLUMNS], edge[COLUMNS];
    int16_t gxy[COLUMNS];
};

static uint64_t blocks(uint32_t width)
{
    return ((uint64_t)width + COLUMNS - 1) / COLUMNS;
}

struct cell_reader {
    struct press_pixels px;
    uint32_t width, cell_w, nx, reach_x, reach_y;
    uint64_t row;   /* rows read */
    uint8_t *tone;  /* ring of reach_y + 1 rows of tones */
    uint8_t *left;  /* of the current row, reach_x pixels farther to the left */
    uint8_t *flags; /* of the current row */
    uint32_t column_rows;
    struct columns *columns;
    struct sums *sum;
    uint32_t technical; /* samples behind the colour's channels */
};

uint64_t cell_reader_bytes(uint32_t width, uint32_t nx, uint32_t reach_y)
{
    return (uint64_t)width * (reach_y + 3) + blocks(width) * sizeof(struct columns) + (uint64_t)nx * sizeof(struct sums);
}

struct cell_reader *cell_reader_new(const struct press_pixels *px, uint32_t width, uint32_t cell_w,
                                    uint32_t nx, uint32_t reach_x, uint32_t reach_y)
{
    struct cell_reader *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    *r = (struct cell_reader){.px = *px, .width = width, .cell_w = cell_w, .nx = nx, .reach_x = reach_x, .reach_y = reach_y};
    r->tone = malloc((size_t)width * (reach_y + 1));
    r->left = malloc(width);
    r->flags = malloc(width);
    r->sum = calloc(nx, sizeof *r->sum);
    r->columns = calloc(blocks(width), sizeof *r->columns);
    if (r->tone && r->left && r->flags && r->sum && r->columns) return r;
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
    free(r->left);
    free(r->columns);
    free(r->flags);
    free(r->sum);
    free(r);
}

static inline unsigned level(const void *s, int bits, size_t i)
{
    return bits == 16 ? ((const uint16_t *)s)[i] >> 8 : ((const uint8_t *)s)[i];
}

/* A colour that cannot move: only one ink and that black or solid (ink.c refuses the same pixels). */
static INTO_CLONES uint8_t cmyk_flags(unsigned c, unsigned m, unsigned y, unsigned k, unsigned tone)
{
    unsigned most = c > m ? c : m, sum = c + m + y;
    most = most > y ? most : y;
    unsigned none = most <= BARE ? 1 : 0, light = k <= BARE ? 1 : 0, alone = sum - most <= 2 * BARE ? 1 : 0;
    unsigned solid = most >= SOLID ? 1 : 0, stuck = none ? 1 - light : light & solid & alone;
    return (uint8_t)((none & light) * FLAG_BARE | stuck * FLAG_STUCK | press_lacks_yellow(c, m, y, k, tone) * FLAG_NO_YELLOW |
                     (2 * y + m >= LITTLE_BLUE ? 1u : 0u) * FLAG_LITTLE_BLUE);
}

/* Yellow on white must show as an edge: b* counts a little. */
static inline uint8_t lab_tone(unsigned l, unsigned b)
{
    unsigned yellow = b > 128 ? (b - 128) / 2 : 0;
    return (uint8_t)(l > yellow ? l - yellow : 0);
}

/* The commonest layout, four bytes a pixel, without a branch, so that the loop becomes vectors. */
CLONED static void cmyk8_tones(const uint8_t *restrict p, size_t n, uint8_t *restrict tone, uint8_t *restrict flags)
{
    for (size_t x = 0; x < n; x++) {
        unsigned c = p[4 * x], m = p[4 * x + 1], y = p[4 * x + 2], k = p[4 * x + 3];
        tone[x] = press_cmyk_tone(c, m, y, k);
        flags[x] = cmyk_flags(c, m, y, k, tone[x]);
    }
}

static void cmyk16_tones(const uint16_t *p, size_t n, uint8_t *tone, uint8_t *flags)
{
    uint8_t high[4 * PRESS_PIECE];
    for (size_t at = 0, some; at < n; at += some) {
        some = n - at < PRESS_PIECE ? n - at : PRESS_PIECE;
        press_high_bytes(p + 4 * at, 4 * some, high);
        cmyk8_tones(high, some, tone + at, flags + at);
    }
}

static void tones(struct cell_reader *r, const void *s, uint8_t *tone)
{
    if (r->px.colour == PRESS_CMYK && r->px.bits == 8 && r->px.samples_per_pixel == 4) {
        cmyk8_tones(s, r->width, tone, r->flags);
        return;
    }
    if (r->px.colour == PRESS_CMYK && r->px.bits == 16 && r->px.samples_per_pixel == 4) {
        cmyk16_tones(s, r->width, tone, r->flags);
        return;
    }
    size_t per = (size_t)r->px.samples_per_pixel;
    int bits = r->px.bits, channels = press_channels(r->px.colour);
    for (size_t x = 0, i = 0; x < r->width; x++, i += per) {
        unsigned v = level(s, bits, i), spot = 0;
        if (r->px.colour == PRESS_CMYK) {
            unsigned m = level(s, bits, i + 1), y = level(s, bits, i + 2), k = level(s, bits, i + 3);
            tone[x] = press_cmyk_tone(v, m, y, k);
            r->flags[x] = cmyk_flags(v, m, y, k, tone[x]);
        } else if (r->px.colour == PRESS_RGB) {
            unsigned g = level(s, bits, i + 1), b = level(s, bits, i + 2);
            unsigned low = v < g ? v : g;
            if (b < low) low = b;
            tone[x] = (uint8_t)((80 * v + 116 * g + 60 * b) >> 8);
            r->flags[x] = low >= SOLID ? FLAG_BARE | FLAG_NO_YELLOW : b <= LITTLE_BLUE_RGB ? FLAG_LITTLE_BLUE : 0;
        } else if (r->px.colour == PRESS_LAB) {
            unsigned a = level(s, bits, i + 1), b = level(s, bits, i + 2), away = 2 * BARE + 1;
            tone[x] = lab_tone(v, b);
            r->flags[x] = v >= SOLID && a - 128 + BARE < away && b - 128 + BARE < away ? FLAG_BARE | FLAG_NO_YELLOW : v <= BARE ? FLAG_STUCK : 0;
        } else {
            if (r->px.colour == PRESS_GREY_INK) v = 255 - v;
            tone[x] = (uint8_t)v;
            r->flags[x] = v >= SOLID ? FLAG_BARE | FLAG_NO_YELLOW : v <= BARE ? FLAG_STUCK : 0;
        }
        uint32_t left = r->px.spots, opacity = r->px.opacity & left;
        int clear = 0;
        for (size_t c = i + (size_t)channels; left; c++, left >>= 1, opacity >>= 1)
            if (opacity & 1)
                clear |= level(s, bits, c) < 255;
            else if (left & 1)
                spot += level(s, bits, c);
        if (clear) {
            tone[x] = (uint8_t)press_over_white(&r->px, s, i + (size_t)channels, tone[x]);
            r->flags[x] = FLAG_STUCK | FLAG_SPOT;
        }
        if (spot > BARE) {
            tone[x] = (uint8_t)(tone[x] > spot / 2 ? tone[x] - spot / 2 : 0);
            r->flags[x] = FLAG_STUCK | FLAG_SPOT;
        }
        left = r->technical;
        for (size_t c = i + (size_t)channels; left; c++, left >>= 1)
            if ((left & 1) && level(s, bits, c) > BARE) r->flags[x] |= FLAG_TECHNICAL;
    }
}

static INTO_CLONES int magnitude(int v)
{
    return v < 0 ? -v : v;
}

/* One row of a block. */
CLONED static void count_steps(struct columns *restrict to, const uint8_t *restrict tone, const uint8_t *restrict left,
                               const uint8_t *restrict above, uint32_t n)
{
    for (uint32_t x = 0; x < n; x++) {
        int t = tone[x], dx = t - left[x], dy = t - above[x];
        int ax = magnitude(dx), ay = magnitude(dy), a = ax > ay ? ax : ay, flat = a <= FLAT_STEP(t) ? 1 : 0;
        int steep = flat - 1, most = a & steep; /* steep: -1 or 0 */
        to->flat[x] = (uint16_t)(to->flat[x] + flat);
        to->edge[x] = (uint16_t)(to->edge[x] > most ? to->edge[x] : most);
        to->gxx[x] = (uint16_t)(to->gxx[x] + (ax * ax >> 8 & steep)); /* <= 254 a row */
        to->gyy[x] = (uint16_t)(to->gyy[x] + (ay * ay >> 8 & steep));
        to->corner[x] = (uint16_t)(to->corner[x] + (ax * ay >> 8 & steep));
        to->gxy[x] = (int16_t)(to->gxy[x] + (dx * dy / 256 & steep));
    }
}

CLONED static void count_flags(struct columns *restrict to, const uint8_t *restrict tone, const uint8_t *restrict flags,
                               uint32_t n)
{
    for (uint32_t x = 0; x < n; x++) {
        to->dark[x] = (uint16_t)(to->dark[x] + (tone[x] < DARK_TONE ? 1 : 0));
        to->tone[x] = (uint16_t)(to->tone[x] + tone[x]);
        to->bare[x] = (uint16_t)(to->bare[x] + (flags[x] & FLAG_BARE));
        to->stuck[x] = (uint16_t)(to->stuck[x] + (flags[x] >> 1 & 1));
        to->spot[x] = (uint16_t)(to->spot[x] + (flags[x] >> 2 & 1));
        to->technical[x] = (uint16_t)(to->technical[x] + (flags[x] >> 3 & 1));
        to->no_yellow[x] = (uint16_t)(to->no_yellow[x] + (flags[x] >> 4 & 1));
        to->little_blue[x] = (uint16_t)(to->little_blue[x] + (flags[x] >> 5));
    }
}

/* Adds pixels x .. x + n - 1, which lie in one block, to the numbers of their cell. */
static void sum_block(struct sums *s, const struct columns *c, uint32_t x, uint32_t n)
{
    for (uint32_t end = x + n; x < end; x++) {
        s->flat += c->flat[x];
        s->dark += c->dark[x];
        s->tone += c->tone[x];
        s->bare += c->bare[x];
        s->little_blue += c->little_blue[x];
        s->no_yellow += c->no_yellow[x];
        s->stuck += c->stuck[x];
        s->spot += c->spot[x];
        s->technical += c->technical[x];
        s->gxx += c->gxx[x];
        s->gyy += c->gyy[x];
        s->corner += c->corner[x];
        s->gxy += c->gxy[x];
        if (c->edge[x] > s->edge) s->edge = c->edge[x];
    }
}

/* The columns so far into their cells; a cell has at most 2048^2 pixels, of 254 at most. */
static void sum_columns(struct cell_reader *r)
{
    for (uint32_t i = 0; i < r->nx; i++) {
        uint32_t x = i * r->cell_w, end = r->width - x < r->cell_w ? r->width : x + r->cell_w;
        struct sums sum = r->sum[i];
        sum.n += (end - x) * r->column_rows;
        for (uint32_t n; x < end; x += n) {
            n = COLUMNS - x % COLUMNS < end - x ? COLUMNS - x % COLUMNS : end - x;
            sum_block(&sum, &r->columns[x / COLUMNS], x % COLUMNS, n);
        }
        r->sum[i] = sum;
    }
    memset(r->columns, 0, blocks(r->width) * sizeof *r->columns);
    r->column_rows = 0;
}

void cell_reader_row(struct cell_reader *r, const void *samples)
{
    uint32_t ring = r->reach_y + 1, reach = r->reach_x < r->width ? r->reach_x : r->width;
    uint8_t *tone = r->tone + (size_t)(r->row % ring) * r->width;
    tones(r, samples, tone);
    uint64_t back = r->row < r->reach_y ? 0 : r->row - r->reach_y;
    const uint8_t *above = r->tone + (size_t)(back % ring) * r->width;
    memset(r->left, tone[0], reach);
    memcpy(r->left + reach, tone, r->width - reach);
    struct columns *to = r->columns;
    for (uint32_t x = 0, n; x < r->width; x += n, to++) {
        n = r->width - x < COLUMNS ? r->width - x : COLUMNS;
        count_steps(to, tone + x, r->left + x, above + x, n);
        count_flags(to, tone + x, r->flags + x, n);
    }
    r->row++;
    if (++r->column_rows == COLUMN_ROWS) sum_columns(r);
}

static uint8_t share(uint64_t part, uint32_t n)
{
    return (uint8_t)(part * 255 / n);
}

static uint8_t flags_of(const struct sums *s)
{
    uint8_t no_yellow = share(s->no_yellow, s->n), flags = 0;
    if (s->edge >= HARD_STEP) flags |= CELL_HARD;
    if (s->edge >= 2 * HARD_STEP) flags |= CELL_SHARP;
    if (share(s->little_blue, s->n) >= 128) flags |= CELL_LITTLE_BLUE;
    if (no_yellow >= 128) flags |= CELL_NO_YELLOW;
    if (no_yellow == 255) flags |= CELL_ALL_NO_YELLOW;
    if (share(s->stuck, s->n) >= 230) flags |= CELL_STUCK;
    if (share(s->spot, s->n) >= 128) flags |= CELL_SPOT;
    if (share(s->technical, s->n) >= 128) flags |= CELL_TECHNICAL;
    return flags;
}

uint64_t cell_reader_close(struct cell_reader *r, const struct cell_row *out, struct cell_edges *edges)
{
    uint64_t bare = 0;
    if (r->column_rows) sum_columns(r);
    for (uint32_t i = 0; i < r->nx; i++) {
        const struct sums *s = &r->sum[i];
        out->flat[i] = share(s->flat, s->n);
        out->tone[i] = (uint8_t)(s->tone / s->n);
        out->flags[i] = flags_of(s);
        edges[i] = (struct cell_edges){.strong = s->edge >= CODE_STEP,
                                       .dark = share(s->dark, s->n),
                                       .gxx = (uint8_t)(s->gxx / s->n),
                                       .gyy = (uint8_t)(s->gyy / s->n),
                                       .corner = (uint8_t)(s->corner / s->n),
                                       .gxy = (int8_t)(s->gxy / 2 / (int32_t)s->n)};
        bare += share(s->bare, s->n);
    }
    memset(r->sum, 0, r->nx * sizeof *r->sum);
    return bare;
}
