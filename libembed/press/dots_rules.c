/*
 * press: which pixels at the edge of a dot may change (dots_rules.h).
 *
 * Candidates come from word operations on whole rows of the window; each is then judged on the 9 x 9 pixels
 * around it and applied at once, so that every judgement sees the plate as it is.
 *
 * Keeping components and holes: a pixel (or a pair) whose ring of neighbours changes colour exactly twice is
 * simple, it can change without joining or breaking anything (A. Rosenfeld, "Connectivity in digital
 * pictures", J. ACM 17, 1970). Keeping widths: the opening by a 2 x 2 square (J. Serra, Image Analysis and
 * Mathematical Morphology, 1982) of the colour that gives way loses nothing but the pixel itself.
 */
#include "press/dots_rules.h"
#include <string.h>

#define NEAR        9 /* rows and columns of a neighbourhood; the pixel is at (MID, MID) */
#define MID         4
#define ALL         0x1ffu
#define SWEEPS      5
#define FLIPS       2 /* in one row of the window per sweep: growth goes all around the dots */
#define FEW_PERCENT 4 /* specks are taken away only where at least so much of their colour remains */

enum { SINGLE, PAIR_ACROSS, PAIR_DOWN };

/* Rows of NEAR bits around column i of row r of the window's rows v. */
static void look(const uint64_t *v, unsigned r, unsigned i, uint32_t u[NEAR])
{
    for (unsigned k = 0; k < NEAR; k++) {
        unsigned at =
            r + k - MID; /* r is a row of the block: never outside the window but for pairs at its end */
        u[k] = at < WINDOW_ROWS ? (uint32_t)(v[at] >> (63 - MID - i)) & ALL : 0;
    }
}

/* Top-left corners of the m x m squares of ones; bit j of row k: columns j and lower (to the right: j - 1
 * ...) are counted from j upwards, which is as good. */
static void squares(const uint32_t u[NEAR], unsigned m, uint32_t out[NEAR])
{
    for (unsigned k = 0; k < NEAR; k++) {
        uint32_t s = ALL;
        for (unsigned a = 0; a < m && s; a++) {
            uint32_t row = k + a < NEAR ? u[k + a] : 0;
            for (unsigned b = 0; b < m; b++) s &= row >> b;
        }
        out[k] = s;
    }
}

/* Row k of the opening by 2 x 2. */
static uint32_t opening(const uint32_t square[NEAR], unsigned k)
{
    uint32_t e = square[k] | square[k - 1];
    return (e | e << 1) & ALL;
}

/* The ring around the pixel or pair, in order; changes of colour along it. */
static unsigned changes(const uint32_t u[NEAR], int kind)
{
    static const int8_t ring[3][10][2] = {
        {{0, -1}, {1, -1}, {1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}},
        {{0, -1}, {1, -1}, {2, -1}, {2, 0}, {2, 1}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}},
        {{0, -1}, {1, -1}, {1, 0}, {1, 1}, {1, 2}, {0, 2}, {-1, 2}, {-1, 1}, {-1, 0}, {-1, -1}},
    };
    unsigned n = kind == SINGLE ? 8 : 10, count = 0, last, bit;
    last = u[MID + ring[kind][n - 1][1]] >> (MID - ring[kind][n - 1][0]) & 1;
    for (unsigned i = 0; i < n; i++, last = bit) {
        bit = u[MID + ring[kind][i][1]] >> (MID - ring[kind][i][0]) & 1;
        count += bit != last;
    }
    return count;
}

static int may_grow(const struct window *w, unsigned r, unsigned i, int kind)
{
    uint32_t u[NEAR], o[NEAR], mine[NEAR], before[NEAR], after[NEAR];
    unsigned high = kind == PAIR_DOWN ? 2 : 1, wide = kind == PAIR_ACROSS ? 2 : 1, m = w->min_side;
    uint32_t set = wide == 2 ? 3u << (MID - 1) : 1u << MID;
    look(w->v, r, i, u);
    if (changes(u, kind) != 2) return 0;
    for (unsigned k = 0; k < NEAR; k++) o[k] = ~u[k] & ALL;
    squares(o, 2, before);
    for (unsigned k = MID; k < MID + high; k++) {
        u[k] |= set;
        o[k] &= ~set;
    }
    squares(u, 2, mine);
    squares(o, 2, after);
    for (unsigned k = MID - 1; k <= MID + high; k++) {
        uint32_t changed = k >= MID && k < MID + high ? set : 0;
        if (changed & ~opening(mine, k)) return 0;
        if (opening(before, k) & ~opening(after, k) & ~changed) return 0;
    }
    if (m > 2) squares(o, m, after);
    /* a square of the other colour that touches what has changed: its corner's columns and rows */
    uint32_t columns = ((1u << (m + 1 + wide)) - 1) << (MID + 1 - m - wide);
    for (unsigned k = MID - m; k <= MID + high; k++)
        if (after[k] & columns) return 1;
    return 0;
}

static uint64_t column(unsigned i)
{
    return (uint64_t)1 << (63 - i);
}

/* Pixels whose ring of n neighbours changes colour twice; ring[k]: that neighbour of every pixel of a row. */
static uint64_t two_changes(const uint64_t *ring, unsigned n)
{
    uint64_t one = 0, two = 0, four = 0; /* a counter with one bit in each; it sticks at four */
    for (unsigned k = 0; k < n; k++) {
        uint64_t c = ring[k] ^ ring[k + 1 < n ? k + 1 : 0], carry = one & c;
        one ^= c;
        four |= two & carry;
        two ^= carry;
    }
    return two & ~four & ~one;
}

/* Pixels in a notch, with three others of a 2 x 2 square set, that are simple. */
static uint64_t notches(const struct window *w, unsigned r)
{
    uint64_t n = w->v[r - 1], c = w->v[r], s = w->v[r + 1];
    uint64_t nw = n >> 1, ne = n << 1, cw = c >> 1, ce = c << 1, sw = s >> 1, se = s << 1;
    uint64_t notch = ~c & w->allowed[r] & ((n & cw & nw) | (n & ce & ne) | (s & cw & sw) | (s & ce & se));
    const uint64_t ring[] = {n, ne, ce, se, s, sw, cw, nw};
    return notch ? notch & two_changes(ring, 8) : 0;
}

/* First pixels of simple pairs that lie on a straight edge. */
static uint64_t pairs(const struct window *w, unsigned r, int kind)
{
    uint64_t n = w->v[r - 1], c = w->v[r], s = w->v[r + 1], a = w->allowed[r], pair;
    if (kind == PAIR_ACROSS) {
        const uint64_t ring[] = {n, n << 1, n << 2, c << 2, s << 2, s << 1, s, s >> 1, c >> 1, n >> 1};
        pair = a & a << 1 & ~c & ~(c << 1) & ((n & n << 1) | (s & s << 1));
        return pair ? pair & two_changes(ring, 10) : 0;
    }
    uint64_t t = w->v[r + 2];
    const uint64_t ring[] = {n, n << 1, c << 1, s << 1, t << 1, t, t >> 1, s >> 1, c >> 1, n >> 1};
    pair = a & w->allowed[r + 1] & ~c & ~s & ((c >> 1 & s >> 1) | (c << 1 & s << 1));
    return pair ? pair & two_changes(ring, 10) : 0;
}

static unsigned sweep(struct window *w, unsigned n, uint32_t seed, int kind)
{
    unsigned got = 0, size = kind == SINGLE ? 1 : 2;
    static const uint8_t stride[] = {5, 7, 11}; /* odd: every row is met, neighbours far apart in time */
    unsigned step = stride[w->side / 16];
    for (unsigned k = 0; k < w->side && got < n; k++) {
        unsigned r = WINDOW_ABOVE + (seed + k * step) % w->side, flips = 0;
        uint64_t c = kind == SINGLE ? notches(w, r) : pairs(w, r, kind);
        while (c && flips < FLIPS && got < n) {
            unsigned first = (unsigned)__builtin_clzll(c), last = 63 - (unsigned)__builtin_ctzll(c),
                     i = (seed >> 5 ^ k ^ flips) & 1 ? first : last;
            c &= ~column(i);
            if (!may_grow(w, r, i, kind)) continue;
            w->v[r] |= column(i);
            if (kind == PAIR_ACROSS) w->v[r] |= column(i + 1);
            if (kind == PAIR_DOWN) w->v[r + 1] |= column(i);
            c &= ~(column(i - 1) | column(i + 1)); /* judged anew in the next sweep */
            got += size;
            flips++;
        }
    }
    return got;
}

/* Pixels of the other colour in the block, some columns around it counted too; and all that were looked at.
 */
static unsigned others(const struct window *w, unsigned *all)
{
    unsigned n = 0, columns = w->side + 2 * WINDOW_MARGIN;
    uint64_t mask = columns >= 64 ? ~(uint64_t)0 : ~(~(uint64_t)0 >> columns);
    for (unsigned r = WINDOW_ABOVE; r < WINDOW_ABOVE + w->side; r++)
        n += (unsigned)__builtin_popcountll(~w->v[r] & mask);
    *all = columns * w->side;
    return n;
}

/* The m x m pixels at (MID, MID) are of the other colour, those around them not. */
static int is_speck(const uint32_t u[NEAR], unsigned m)
{
    uint32_t full = ((1u << m) - 1) << (MID + 1 - m), ring = ((1u << (m + 2)) - 1) << (MID - m);
    int is = (u[MID - 1] & ring) == ring && (u[MID + m] & ring) == ring;
    for (unsigned a = 0; a < m; a++) is &= (u[MID + a] & ring) == (ring & ~full);
    return is;
}

/* Takes away specks of exactly min_side x min_side of the other colour. */
static unsigned take_specks(struct window *w, unsigned n, uint32_t seed)
{
    unsigned m = w->min_side, all, left = others(w, &all), got = 0;
    for (unsigned k = 0; k < w->side; k++) {
        unsigned r = WINDOW_ABOVE + (seed + k) % w->side;
        if (r + m > WINDOW_ABOVE + w->side) continue;
        uint64_t c = ~w->v[r] & w->v[r - 1] & w->v[r] >> 1; /* top-left corners */
        for (unsigned a = 0; a < m; a++)
            for (unsigned b = 0; b < m; b++) c &= w->allowed[r + a] << b;
        for (; c; c &= c - 1) {
            unsigned i = 63 - (unsigned)__builtin_ctzll(c);
            uint32_t u[NEAR];
            if (2 * (n - got) < m * m || left * 100 < m * m * 100 + all * FEW_PERCENT) return got;
            look(w->v, r, i, u);
            if (!is_speck(u, m)) continue;
            look(w->was, r, i, u);
            if (!is_speck(u, m)) continue; /* it was larger: a dot of an AM screen, which must not be lost */
            for (unsigned a = 0; a < m; a++)
                for (unsigned b = 0; b < m; b++) w->v[r + a] |= column(i + b);
            left -= m * m;
            got += m * m;
            if (got >= n) return got;
        }
    }
    return got;
}

unsigned rules_grow(struct window *w, unsigned n, uint32_t seed)
{
    unsigned got = 0, more;
    memcpy(w->was, w->v, sizeof w->was);
    for (int s = 0; s < SWEEPS && got < n; s++) {
        more = sweep(w, n - got, seed + (unsigned)s * 37, SINGLE);
        got += more;
        if (!more) break;
    }
    for (int s = 0; s < SWEEPS && got < n; s++) {
        more = sweep(w, n - got, seed + (unsigned)s * 53, s & 1 ? PAIR_DOWN : PAIR_ACROSS);
        if (got + more < n) more += sweep(w, n - got - more, seed, s & 1 ? PAIR_ACROSS : PAIR_DOWN);
        got += more;
        if (!more) break;
        if (got < n) got += sweep(w, n - got, seed, SINGLE); /* a pair has made notches */
    }
    if (got < n) got += take_specks(w, n - got, seed);
    return got;
}
