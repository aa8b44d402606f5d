/*
 * press: blocks of a plate, one after the other (dots.h).
 *
 * Each block is copied into a window of 64-bit words, changed there by the rules (dots_rules.h) and copied
 * back. What it could not take is carried half to the right and half downwards, as error diffusion does
 * (R. Floyd, L. Steinberg, "An adaptive algorithm for spatial greyscale", Proc. SID 17, 1976), over a few
 * blocks at most: the mark must not be smeared, nor pile up where nothing can change.
 */
#include "press/dots.h"
#include "press/dots_rules.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SIDE   32
#define MAX_SHAPES 24
#define MAX_CARRY                                                                                            \
    24 /* pixels at 2400 dpi: an eighth of a cell of 150 lpi; in proportion to the area of a block */
#define DEBT_BLOCKS 32 /* 5 mm: what is given up is paid back within so many columns, and within the band */
#define MAX_PAPER   34 /* largest dot on paper in 1/256 of a block: 13 % */

struct dots {
    unsigned scale, side, min_side;
    int32_t max_carry;
    unsigned n_shapes;
    struct {
        unsigned pixels;
        uint32_t row[MAX_SIDE]; /* bit 31 is the first column */
    } shape[MAX_SHAPES];        /* round dots on paper, ascending */
};

/* ---- dots on paper ---- */

/* 1: every pixel of the shape lies in a 2 x 2 square of it. */
static int has_width(const uint32_t *row, unsigned side)
{
    for (unsigned y = 0; y < side; y++) {
        uint32_t above = y ? row[y - 1] : 0, here = row[y], below = y + 1 < side ? row[y + 1] : 0;
        uint32_t up = here & here >> 1 & above & above >> 1, down = here & here >> 1 & below & below >> 1;
        if (here & ~(up | down | up << 1 | down << 1)) return 0;
    }
    return 1;
}

/* The disc of squared radius q / 4 around the middle of a block (even) or of the pixel before it; pixels. */
static unsigned disc(unsigned side, unsigned q, int even, uint32_t row[MAX_SIDE])
{
    unsigned n = 0;
    int middle = even ? (int)side - 1 : (int)side - 2;
    memset(row, 0, MAX_SIDE * sizeof *row);
    for (unsigned y = 0; y < side; y++)
        for (unsigned x = 0; x < side; x++) {
            int dx = 2 * (int)x - middle, dy = 2 * (int)y - middle;
            if ((unsigned)(dx * dx + dy * dy) > q) continue;
            row[y] |= 0x80000000u >> x;
            n++;
        }
    return n;
}

/* Discs of growing size that have good width everywhere, from the smallest printable one on. */
static void make_shapes(struct dots *d, double smallest)
{
    unsigned most = MAX_PAPER * d->side * d->side / 256, last = 0;
    for (unsigned q = 1; last < most && d->n_shapes < MAX_SHAPES; q++)
        for (int even = 0; even < 2 && d->n_shapes < MAX_SHAPES; even++) {
            uint32_t row[MAX_SIDE];
            unsigned n = disc(d->side, q, even, row);
            if (n <= last) continue;
            last = n;
            if (n < smallest || n > most || !has_width(row, d->side)) continue;
            d->shape[d->n_shapes].pixels = n;
            memcpy(d->shape[d->n_shapes++].row, row, sizeof row);
        }
}

struct dots *dots_new(double dpi, unsigned scale)
{
    struct dots *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    double um = 25400 / dpi, radius = DOTS_PAPER_UM / um / 2;
    d->scale = scale;
    d->side = 2 * scale;
    d->min_side = DOTS_MIN_UM / um < 2.5 ? 2 : 3;
    d->max_carry = (int32_t)(MAX_CARRY * DOTS_UNIT * d->side * d->side / 256);
    make_shapes(d, fmax(d->min_side * d->min_side, 0.9 * 3.14159 * radius * radius));
    return d;
}

void dots_free(struct dots *d)
{
    free(d);
}
unsigned dots_block(const struct dots *d)
{
    return d->side;
}
unsigned dots_min_side(const struct dots *d)
{
    return d->min_side;
}
size_t dots_pitch(uint32_t width)
{
    return (((size_t)width + 7) / 8 + DOTS_PAD + 16 + 7) / 8 * 8;
}

/* ---- windows ---- */

struct place {
    const struct dots_band *b;
    uint32_t x, y; /* of the block's first pixel in the band */
    size_t pitch;
};

static uint64_t load(const uint8_t *p)
{
    uint64_t w;
    memcpy(&w, p, 8);
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(w) : w;
}

static void open_window(const struct dots *d, const struct place *at, unsigned quarters, struct window *w)
{
    const struct dots_band *b = at->b;
    const uint8_t *from = b->rows + at->x / 8 - WINDOW_MARGIN / 8;
    w->side = d->side;
    w->min_side = d->min_side;
    memset(w->allowed, 0, sizeof w->allowed);
    for (unsigned k = 0; k < d->side + 2 * WINDOW_ABOVE; k++) {
        int64_t y = (int64_t)at->y + k - WINDOW_ABOVE;
        w->v[k] = y < 0 || y >= b->height ? 0 : load(from + (size_t)y * at->pitch);
    }
    uint64_t part = ~(~(uint64_t)0 >> d->scale), columns = ~(uint64_t)0;
    for (unsigned i = 0; i < d->side; i++) { /* the plate's left and right border */
        uint32_t x = at->x + i;
        if (x < DOTS_FROZEN || x + DOTS_FROZEN >= b->width)
            columns &= ~((uint64_t)1 << (63 - WINDOW_MARGIN - i));
    }
    for (unsigned k = 0; k < d->side; k++) {
        uint32_t y = at->y + k;
        unsigned q = quarters >> (k < d->scale ? 0 : 2) & 3;
        if (y < DOTS_FROZEN || y + DOTS_FROZEN >= b->height) continue;
        w->allowed[WINDOW_ABOVE + k] =
            columns & ((q & 1 ? part >> WINDOW_MARGIN : 0) | (q & 2 ? part >> WINDOW_MARGIN >> d->scale : 0));
    }
}

static void close_window(const struct dots *d, const struct place *at, const struct window *w)
{
    uint8_t *to = at->b->rows + at->x / 8;
    for (unsigned k = 0; k < d->side && at->y + k < at->b->height; k++) {
        uint64_t v = w->v[WINDOW_ABOVE + k] << WINDOW_MARGIN;
        for (unsigned i = 0; i < d->side / 8; i++)
            to[(size_t)(at->y + k) * at->pitch + i] = (uint8_t)(v >> (56 - 8 * i));
    }
}

/* ---- one block ---- */

/* Grows (n > 0) or shrinks the dots of a block; returns the change. */
static int32_t move_edges(const struct dots *d, const struct place *at, unsigned quarters, int32_t n,
                          uint32_t seed)
{
    struct window w;
    open_window(d, at, quarters, &w);
    uint64_t any = 0, all = ~(uint64_t)0, mine = ~(~(uint64_t)0 >> (d->side + 4)) >> (WINDOW_MARGIN - 2);
    for (unsigned k = WINDOW_ABOVE - 2; k < WINDOW_ABOVE + d->side + 2; k++) any |= w.v[k], all &= w.v[k];
    if (!(any & mine) || !(~all & mine)) return 0; /* no edge in sight */
    uint64_t invert = n < 0 ? ~(uint64_t)0 : 0;
    for (unsigned k = 0; k < WINDOW_ROWS; k++) w.v[k] ^= invert;
    int32_t got = (int32_t)rules_grow(&w, (unsigned)abs(n), seed);
    if (!got) return 0;
    for (unsigned k = 0; k < WINDOW_ROWS; k++) w.v[k] ^= invert;
    close_window(d, at, &w);
    return n < 0 ? -got : got;
}

/* Lays the largest dot of at most n pixels into a block without ink; returns its size. */
static int32_t lay_dot(const struct dots *d, const struct place *at, int32_t n)
{
    unsigned s = d->n_shapes;
    while (s && (int32_t)d->shape[s - 1].pixels > n) s--;
    if (!s || at->y + d->side > at->b->height || at->x + d->side + DOTS_FROZEN > at->b->width) return 0;
    struct window w;
    open_window(d, at, 0, &w);
    uint64_t any = 0, mine = ~(~(uint64_t)0 >> (d->side + 4)) >> (WINDOW_MARGIN - 2);
    for (unsigned k = WINDOW_ABOVE - 2; k < WINDOW_ABOVE + d->side + 2; k++) any |= w.v[k];
    if (any & mine) return 0;
    for (unsigned k = 0; k < d->side; k++)
        w.v[WINDOW_ABOVE + k] |= (uint64_t)d->shape[s - 1].row[k] << 32 >> WINDOW_MARGIN;
    close_window(d, at, &w);
    return (int32_t)d->shape[s - 1].pixels;
}

static int32_t clamp(int32_t v, int32_t most)
{
    return v > most ? most : v < -most ? -most : v;
}

/* What goes on from block to block. */
struct carry {
    int32_t ink, paper;
};

/* What was given up is paid back by blocks near by that want the opposite, with up to three quarters of their
 * own: where dots can be made larger but not smaller the mark is weak, tone is kept. */
static int32_t pay(int32_t n, int64_t *debt)
{
    int64_t owed = n > 0 ? -*debt / DOTS_UNIT : *debt / DOTS_UNIT;
    int32_t most = (3 * abs(n) + 3) / 4, due = owed < most ? (int32_t)owed : most;
    if (owed <= 0) return n;
    *debt += (n > 0 ? due : -due) * DOTS_UNIT;
    return n > 0 ? n - due : n + due;
}

static int32_t nearest(int32_t v)
{
    return (v < 0 ? v - DOTS_UNIT / 2 : v + DOTS_UNIT / 2) / DOTS_UNIT;
}

/* The carry c comes in from the left and above, and leaves as what is left over. Returns the change beside
 * dots. */
static int32_t one_block(const struct dots *d, const struct place *at, const struct dots_want *want,
                         struct carry *c, int64_t *debt, struct dots_sums *s)
{
    int32_t change = 0, laid = 0, n, asked;
    uint32_t seed = (at->x / d->side * 2654435761u ^ at->y / d->side * 40503u) >> 7 & 0xffff;
    if (!want->quarters) { /* not to be touched: what would go on is given up here */
        *debt += c->ink;
        c->ink = 0;
        return 0; /* ink for paper waits for the next place that wants some */
    }
    if (want->paper) {
        c->paper += want->paper;
        laid = want->quarters == 15 ? lay_dot(d, at, c->paper / DOTS_UNIT) : 0;
        c->paper -= laid * DOTS_UNIT;
        s->paper += (uint64_t)laid;
    } else {
        c->ink += want->ink;
        asked = nearest(c->ink);
        n = pay(asked, debt);
        change = n ? move_edges(d, at, want->quarters, n, seed) : 0;
        c->ink -= (change + asked - n) * DOTS_UNIT;
        *(change > 0 ? &s->grown : &s->shrunk) += (uint64_t)abs(change);
    }
    double w = (want->ink + want->paper) / (double)DOTS_UNIT;
    s->wanted_squares += w * w;
    s->met += w * (change + laid);
    int32_t ink = clamp(c->ink, d->max_carry), paper = clamp(c->paper, d->max_carry);
    *debt += c->ink - ink;
    c->ink = ink;
    c->paper = paper;
    return change;
}

int dots_band(const struct dots *d, const struct dots_band *b, struct dots_sums *sums)
{
    struct carry *below = calloc(b->columns + 1, sizeof *below);
    int64_t *debt = calloc(b->columns / DEBT_BLOCKS + 1, sizeof *debt);
    uint32_t down = (b->height + d->side - 1) / d->side;
    for (uint32_t j = 0; below && debt && j < down; j++) {
        struct carry right = {0, 0};
        for (uint32_t i = 0; i < b->columns; i++) {
            struct place at = {b, i * d->side, j * d->side, dots_pitch(b->width)};
            struct carry c = {right.ink + below[i].ink, right.paper + below[i].paper};
            size_t k = (size_t)j * b->columns + i;
            int32_t change = one_block(d, &at, &b->want[k], &c, &debt[i / DEBT_BLOCKS], sums);
            if (b->change) b->change[k] = (int16_t)(b->change[k] + change); /* at most the block's 1024 */
            right = (struct carry){c.ink / 2, c.paper / 2};
            below[i] = (struct carry){c.ink - right.ink, c.paper - right.paper};
        }
        debt[(b->columns - 1) / DEBT_BLOCKS] += right.ink;
    }
    int ok = below && debt;
    for (uint32_t i = 0; ok && i < b->columns; i++)
        sums->lost += below[i].ink + (i % DEBT_BLOCKS ? 0 : debt[i / DEBT_BLOCKS]);
    free(below);
    free(debt);
    return ok;
}
