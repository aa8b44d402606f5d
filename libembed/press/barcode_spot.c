/*
 * press: places of a strip that look like a barcode, so that the readers need not look everywhere.
 *
 * The strip is cut into blocks of 10 px (0.85 mm at 300 dpi). A block is busy when its tones differ
 * widely and strong steps are dense in it. A window of 3 x 3 blocks is the inside of a code when
 * nearly all of them are busy (of upright bars: most) and it is neither mostly dark nor mostly light,
 * measured against the middle of its own tones: type of book weight is a fifth dark, photographs have
 * few steps this strong this dense. It is the inside of a matrix code when, besides, dark and light
 * are about even, steps go both ways, and few pixels are between the tones. Windows that touch make a
 * kernel, kernels that are near each other one place: a wide bar or space parts the kernels of a linear code.
 */
#include "press/barcode.h"
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 10,
    STEP = 40,       /* a strong step between neighbouring pixels */
    CONTRAST = 70,   /* of a busy block */
    STEPS = 9,       /* strong steps of a busy block, of 200 */
    GAP = 4 * BLOCK, /* px between kernels of one code */
    MARGIN = 36,     /* px around a place: quiet zone, and room for the readers */
    SEEDS = 6        /* one of so many blocks of a kernel is the middle of a matrix window */
};

enum { PLAIN, CORE = 1, SEED = 2 };

struct block {
    uint8_t low, high, across, down, busy, core;
};

struct map {
    uint32_t nx, ny;
    struct block *block;
    uint8_t *low, *high, *across, *down; /* of the columns of one row of blocks */
};

static void column_row(const struct map *m, const uint8_t *row, const uint8_t *next, uint32_t width)
{
    for (uint32_t x = 0; x < width; x++) {
        uint8_t v = row[x], r = row[x + 1], d = next[x];
        uint8_t across = v > r ? v - r : r - v, down = v > d ? v - d : d - v;
        m->low[x] = v < m->low[x] ? v : m->low[x];
        m->high[x] = v > m->high[x] ? v : m->high[x];
        m->across[x] = (uint8_t)(m->across[x] + (across > STEP));
        m->down[x] = (uint8_t)(m->down[x] + (down > STEP));
    }
}

static void measure_blocks(struct map *m, const struct grey *g)
{
    uint32_t width = m->nx * BLOCK;
    for (uint32_t j = 0; j < m->ny; j++) {
        memset(m->low, 255, width);
        memset(m->high, 0, width);
        memset(m->across, 0, width);
        memset(m->down, 0, width);
        for (uint32_t y = j * BLOCK; y < (j + 1) * BLOCK; y++)
            column_row(m, g->px + (size_t)y * g->width, g->px + (size_t)(y + 1) * g->width, width);
        for (uint32_t i = 0; i < m->nx; i++) {
            struct block *b = &m->block[(size_t)j * m->nx + i];
            *b = (struct block){.low = 255};
            for (uint32_t x = i * BLOCK; x < (i + 1) * BLOCK; x++) {
                if (m->low[x] < b->low) b->low = m->low[x];
                if (m->high[x] > b->high) b->high = m->high[x];
                b->across = (uint8_t)(b->across + m->across[x]); /* <= 100 */
                b->down = (uint8_t)(b->down + m->down[x]);
            }
            b->busy = b->high - b->low >= CONTRAST && b->across + b->down >= STEPS;
        }
    }
}

/* What the window of 3 x 3 blocks with its top-left block at (i, j) is the inside of: PLAIN, CORE,
 * CORE | SEED. */
static int window_class(const struct map *m, const struct grey *g, uint32_t i, uint32_t j)
{
    int busy = 0, low = 255, high = 0, across = 0, down = 0;
    for (int k = 0; k < 9; k++) {
        const struct block *b = &m->block[(size_t)(j + (uint32_t)k / 3) * m->nx + i + (uint32_t)k % 3];
        busy += b->busy;
        across += b->across;
        down += b->down;
        if (b->low < low) low = b->low;
        if (b->high > high) high = b->high;
    }
    int bars = across > 5 * down || down > 5 * across; /* a wide space may hold a column of blocks */
    if (busy < (bars ? 5 : 8)) return PLAIN;
    int middle = (low + high) / 2, fringe = (high - low) / 4, dark = 0, between = 0, of = 9 * BLOCK * BLOCK;
    for (uint32_t y = j * BLOCK; y < (j + 3) * BLOCK; y++)
        for (uint32_t x = i * BLOCK; x < (i + 3) * BLOCK; x++) {
            int v = g->px[(size_t)y * g->width + x];
            dark += v < middle;
            between += v > low + fringe && v < high - fringe;
        }
    if (dark * 100 < 27 * of || dark * 100 > 75 * of) return PLAIN;
    int even = dark * 100 >= 36 * of && dark * 100 <= 68 * of, both = across < 3 * down && down < 3 * across;
    return even && both && between * 100 <= 36 * of ? CORE | SEED : CORE;
}

/* The kernel that grows from block k: its bounding box; its blocks are taken out of the map. stack
 * holds nx * ny. */
static struct spot grow(struct map *m, size_t k, uint32_t *stack)
{
    uint32_t x0 = m->nx, x1 = 0, y0 = m->ny, y1 = 0, blocks = 0, seeds = 0;
    size_t n = 0;
    stack[n++] = (uint32_t)k;
    seeds += m->block[k].core & SEED ? 1 : 0;
    m->block[k].core = PLAIN;
    while (n) {
        uint32_t at = stack[--n], i = at % m->nx, j = at / m->nx;
        blocks++;
        if (i < x0) x0 = i;
        if (i > x1) x1 = i;
        if (j < y0) y0 = j;
        if (j > y1) y1 = j;
        for (uint32_t b = j ? j - 1 : 0; b <= j + 1 && b < m->ny; b++)
            for (uint32_t a = i ? i - 1 : 0; a <= i + 1 && a < m->nx; a++) {
                struct block *c = &m->block[(size_t)b * m->nx + a];
                if (!c->core) continue;
                seeds += c->core & SEED ? 1 : 0;
                c->core = PLAIN;
                stack[n++] = b * m->nx + a;
            }
    }
    return (struct spot){x0 * BLOCK, y0 * BLOCK, (x1 - x0 + 1) * BLOCK, (y1 - y0 + 1) * BLOCK,
                         seeds * SEEDS >= blocks};
}

static struct spot with_margin(struct spot s, const struct grey *g)
{
    uint32_t x0 = s.x > MARGIN ? s.x - MARGIN : 0, y0 = s.y > MARGIN ? s.y - MARGIN : 0;
    uint32_t x1 = s.x + s.width + MARGIN, y1 = s.y + s.height + MARGIN;
    if (x1 > g->width) x1 = g->width;
    if (y1 > g->height) y1 = g->height;
    return (struct spot){x0, y0, x1 - x0, y1 - y0, s.matrix};
}

static void find_cores(struct map *m, const struct grey *g)
{
    for (uint32_t j = 0; j + 3 <= m->ny; j++)
        for (uint32_t i = 0; i + 3 <= m->nx; i++) {
            struct block *middle = &m->block[(size_t)(j + 1) * m->nx + i + 1];
            int class = window_class(m, g, i, j);
            if (class == PLAIN) continue;
            for (uint32_t k = 0; k < 9; k++) m->block[(size_t)(j + k / 3) * m->nx + i + k % 3].core |= CORE;
            middle->core |= (uint8_t) class;
        }
}

static int near_each_other(const struct spot *a, const struct spot *b)
{
    return a->x <= b->x + b->width + GAP && b->x <= a->x + a->width + GAP && a->y <= b->y + b->height + GAP &&
           b->y <= a->y + a->height + GAP;
}

/* Joins kernels that are near each other until none is; the number that remains. A kernel that may
 * hold a matrix code stays by itself, too: in its own crop there is little else to try. */
static int join(struct spot *s, int n)
{
    for (int again = 1; again;) {
        again = 0;
        for (int i = 0; i < n; i++)
            for (int k = i + 1; k < n; k++) {
                if (!near_each_other(&s[i], &s[k])) continue;
                uint32_t x1 = s[i].x + s[i].width, y1 = s[i].y + s[i].height;
                if (s[k].x + s[k].width > x1) x1 = s[k].x + s[k].width;
                if (s[k].y + s[k].height > y1) y1 = s[k].y + s[k].height;
                if (s[k].x < s[i].x) s[i].x = s[k].x;
                if (s[k].y < s[i].y) s[i].y = s[k].y;
                s[i].width = x1 - s[i].x;
                s[i].height = y1 - s[i].y;
                s[k--] = s[--n];
                again = 1;
            }
    }
    return n;
}

/* All kernels, at most `room`; then those that may hold a matrix code, and all of them joined as
 * places for linear ones. */
static int collect(struct map *m, const struct grey *g, uint32_t *stack, struct spot *out, int room,
                   int *more)
{
    int n = 0, matrices = 0;
    for (size_t k = 0; k < (size_t)m->nx * m->ny; k++) {
        if (!m->block[k].core) continue;
        struct spot s = grow(m, k, stack);
        if (n < room / 2)
            out[n++] = s;
        else
            *more = 1;
    }
    for (int i = 0; i < n; i++)
        if (out[i].matrix) out[n + matrices++] = out[i];
    int places = join(out, n);
    for (int i = 0; i < places; i++) out[i].matrix = 0;
    memmove(out + places, out + n, (size_t)matrices * sizeof *out);
    for (int i = 0; i < places + matrices; i++) out[i] = with_margin(out[i], g);
    return places + matrices;
}

int barcode_spots(const struct grey *g, struct spot *out, int room, int *more)
{
    if (g->width < 3 * BLOCK + 1 || g->height < 3 * BLOCK + 1) return 0;
    struct map m = {.nx = (g->width - 1) / BLOCK, .ny = (g->height - 1) / BLOCK};
    size_t n = (size_t)m.nx * m.ny, width = (size_t)m.nx * BLOCK;
    uint32_t *stack = malloc(n * sizeof *stack);
    m.block = malloc(n * sizeof *m.block);
    m.low = malloc(width);
    m.high = malloc(width);
    m.across = malloc(width);
    m.down = malloc(width);
    int found = -1;
    if (stack && m.block && m.low && m.high && m.across && m.down) {
        measure_blocks(&m, g);
        find_cores(&m, g);
        found = collect(&m, g, stack, out, room, more);
    }
    free(stack);
    free(m.block);
    free(m.low);
    free(m.high);
    free(m.across);
    free(m.down);
    return found;
}
