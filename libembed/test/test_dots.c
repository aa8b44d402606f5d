/*
 * The printing rules, pixel by pixel: bands of AM and FM screens from 3 to 97 % are grown and shrunk, and
 * every pixel of the result is looked at.  And descreening: tone kept, screen gone, edges hard.
 */
#include "press/descreen.h"
#include "press/dots.h"
#include "test/sim.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SIDE = 512 };

struct map {
    uint8_t px[SIDE][SIDE];
};

static int at(const struct map *m, int x, int y)
{
    return x < 0 || y < 0 || x >= SIDE || y >= SIDE ? 0 : m->px[y][x];
}

/* In a 2 x 2 square of its own colour? Outside counts as the same colour: the border is frozen anyway. */
static int supported(const struct map *m, int x, int y)
{
    for (int dy = -1; dy <= 0; dy++)
        for (int dx = -1; dx <= 0; dx++) {
            int c = at(m, x, y), same = 1;
            for (int k = 0; k < 4; k++) {
                int a = x + dx + k % 2, b = y + dy + k / 2;
                same &= a < 0 || b < 0 || a >= SIDE || b >= SIDE || at(m, a, b) == c;
            }
            if (same) return 1;
        }
    return 0;
}

/* Connected regions of a colour; ink with 8 neighbours, paper with 4.  smallest: side of the largest square
 * in the region that has the smallest such, or SIDE. */
static int regions(const struct map *m, int colour)
{
    static int stack[SIDE * SIDE];
    uint8_t *seen = calloc(SIDE, SIDE);
    int n = 0, steps = colour ? 8 : 4;
    static const int dx[] = {1, -1, 0, 0, 1, 1, -1, -1}, dy[] = {0, 0, 1, -1, 1, -1, 1, -1};
    assert_non_null(seen);
    for (int s = 0; s < SIDE * SIDE; s++) {
        if (seen[s] || m->px[s / SIDE][s % SIDE] != colour) continue;
        int top = 0;
        n++;
        stack[top++] = s;
        seen[s] = 1;
        while (top) {
            int p = stack[--top];
            for (int k = 0; k < steps; k++) {
                int x = p % SIDE + dx[k], y = p / SIDE + dy[k];
                if (x < 0 || y < 0 || x >= SIDE || y >= SIDE || seen[y * SIDE + x] || m->px[y][x] != colour)
                    continue;
                seen[y * SIDE + x] = 1;
                stack[top++] = y * SIDE + x;
            }
        }
    }
    free(seen);
    return n;
}

static void screen(struct map *m, double tone, double lpi)
{
    struct sim_image art;
    struct sim_plate p;
    double mm = SIDE * 25.4 / 2400;
    assert_int_equal(sim_image_new(&art, 64, 64, 4, 64 / mm), 0);
    for (int i = 0; i < 64 * 64; i++) art.data[4 * i + 2] = (uint8_t)lrint(255 * tone);
    assert_int_equal(sim_screen(&art, 2, 2400, lpi, &p), 0);
    assert_int_equal(p.width, SIDE);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) m->px[y][x] = p.bits[(size_t)y * p.pitch + x / 8] >> (7 - x % 8) & 1;
    sim_plate_free(&p);
    sim_image_free(&art);
}

/* Marks the map as one band. */
static void mark(const struct map *from, const struct dots *d, const struct dots_want *want, struct map *to,
                 struct dots_sums *sums)
{
    size_t pitch = dots_pitch(SIDE);
    uint8_t *rows = calloc(SIDE + 1, pitch);
    assert_non_null(rows);
    static int16_t change[32 * 32];
    memset(change, 0, sizeof change);
    struct dots_band b = {rows + DOTS_PAD, SIDE, SIDE, want, change, SIDE / dots_block(d)};
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            if (from->px[y][x]) b.rows[y * pitch + x / 8] |= (uint8_t)(0x80 >> x % 8);
    memset(sums, 0, sizeof *sums);
    assert_int_equal(dots_band(d, &b, sums), 1);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) to->px[y][x] = b.rows[y * pitch + x / 8] >> (7 - x % 8) & 1;
    free(rows);
    int64_t told = 0, sum = (int64_t)sums->grown - (int64_t)sums->shrunk;
    for (int i = 0; i < 32 * 32; i++) told += change[i];
    assert_int_equal(told, sum);
}

static void count(const struct map *a, const struct map *b, long *more, long *fewer)
{
    *more = *fewer = 0;
    for (int i = 0; i < SIDE * SIDE; i++) {
        int was = a->px[i / SIDE][i % SIDE], is = b->px[i / SIDE][i % SIDE];
        *more += is > was;
        *fewer += is < was;
    }
}

/* A wave of 8 blocks with this peak, in pixels a block. */
static void wave(struct dots_want *want, unsigned n, double peak)
{
    for (unsigned i = 0; i < n * n; i++) {
        double s = sin(2 * M_PI * (i % n) / 8.0 + 0.3) * cos(2 * M_PI * (i / n) / 8.0 + 0.5);
        want[i] = (struct dots_want){.ink = (int16_t)lrint(peak * s * DOTS_UNIT), .quarters = 15};
    }
}

static void check_rules(const struct map *a, const struct map *b, const char *name)
{
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            int changed = a->px[y][x] != b->px[y][x];
            if (changed && !supported(b, x, y)) fail_msg("%s: isolated pixel at %d %d", name, x, y);
            if (!changed && supported(a, x, y) && !supported(b, x, y))
                fail_msg("%s: thinned at %d %d", name, x, y);
            if (changed &&
                (y < DOTS_FROZEN || y >= SIDE - DOTS_FROZEN || x < DOTS_FROZEN || x >= SIDE - DOTS_FROZEN))
                fail_msg("%s: border changed at %d %d", name, x, y);
        }
}

/* Every tone of an AM screen: the rules hold, all dots and holes are still there, tone is kept, the wave is
 * there. */
static void test_am(void **state)
{
    (void)state;
    static struct map a, b;
    struct dots *d = dots_new(2400, 8);
    struct dots_want want[32 * 32];
    struct dots_sums s;
    char name[64];
    assert_non_null(d);
    for (int lpi = 133; lpi <= 200; lpi += 42)
        for (int percent = 4; percent < 98; percent += 6) {
            double room = fmin(percent - 2, 98 - percent) / 100.0 * 256;
            long more, fewer;
            snprintf(name, sizeof name, "%d lpi %d %%", lpi, percent);
            screen(&a, percent / 100.0, lpi);
            wave(want, 32, fmin(0.1 * 256, room));
            mark(&a, d, want, &b, &s);
            check_rules(&a, &b, name);
            count(&a, &b, &more, &fewer);
            assert_int_equal(more, s.grown);
            assert_int_equal(fewer, s.shrunk);
            if (regions(&a, 1) != regions(&b, 1)) fail_msg("%s: dots joined, broke or vanished", name);
            if (regions(&a, 0) != regions(&b, 0)) fail_msg("%s: holes opened or closed", name);
            if (labs(more - fewer) > SIDE * SIDE / 1000) fail_msg("%s: tone off by %ld", name, more - fewer);
            if (s.met < 0.7 * s.wanted_squares && percent > 6)
                fail_msg("%s: %.2f of the wanted change", name, s.met / s.wanted_squares);
        }
    dots_free(d);
}

/* FM: the same but for specks, of which few of many may go. */
static void test_fm(void **state)
{
    (void)state;
    static struct map a, b;
    struct dots *d = dots_new(2400, 8);
    struct dots_want want[32 * 32];
    struct dots_sums s;
    assert_non_null(d);
    for (int percent = 8; percent < 95; percent += 12) {
        long more, fewer;
        char name[64];
        snprintf(name, sizeof name, "FM %d %%", percent);
        screen(&a, percent / 100.0, 0);
        wave(want, 32, fmin(0.1 * 256, 0.4 * fmin(percent, 100 - percent) / 100 * 256));
        mark(&a, d, want, &b, &s);
        check_rules(&a, &b, name);
        count(&a, &b, &more, &fewer);
        if (labs(more - fewer) > SIDE * SIDE / 500) fail_msg("%s: tone off by %ld", name, more - fewer);
        /* between a third and two thirds the dots of such a screen touch at their corners, and few may move
         */
        if (s.met < (percent > 35 && percent < 65 ? 0.15 : 0.5) * s.wanted_squares)
            fail_msg("%s: %.2f of the wanted change", name, s.met / s.wanted_squares);
    }
    dots_free(d);
}

/* What shrinks without end keeps a dot of the smallest size everywhere, what grows a hole. */
static void test_floor(void **state)
{
    (void)state;
    static struct map a, b;
    struct dots_want want[32 * 32];
    struct dots_sums s;
    for (int three = 0; three < 2; three++) {
        struct dots *d = dots_new(three ? 3600 : 2400, 8);
        int m = (int)dots_min_side(d), dots[2];
        assert_int_equal(m, three ? 3 : 2);
        for (int sign = -1; sign <= 1; sign += 2) {
            screen(&a, sign < 0 ? 0.12 : 0.88, 150);
            for (int i = 0; i < 32 * 32; i++)
                want[i] = (struct dots_want){(int16_t)(sign * 200 * DOTS_UNIT), 0, 15};
            mark(&a, d, want, &b, &s);
            check_rules(&a, &b, "floor");
            assert_true(s.grown + s.shrunk > 5000);
            int colour = sign < 0;
            dots[0] = regions(&a, colour);
            dots[1] = regions(&b, colour);
            assert_int_equal(dots[0], dots[1]);
            /* every dot away from the border holds a square of m x m: opened by it none is lost */
            static struct map o;
            memset(&o, !colour, sizeof o);
            for (int y = 0; y + m <= SIDE; y++)
                for (int x = 0; x + m <= SIDE; x++) {
                    int all = 1;
                    for (int k = 0; k < m * m; k++) all &= b.px[y + k / m][x + k % m] == colour;
                    for (int k = 0; all && k < m * m; k++) o.px[y + k / m][x + k % m] = (uint8_t)colour;
                }
            int cut =
                4 * (int)(SIDE * 150 / 2400); /* cut off by the border, these may be smaller from the start */
            assert_true(regions(&o, colour) >= dots[1] - cut);
        }
        dots_free(d);
    }
}

/* Quarters that may not be touched stay; so do blocks with none. */
static void test_quarters(void **state)
{
    (void)state;
    static struct map a, b;
    struct dots *d = dots_new(2400, 8);
    struct dots_want want[32 * 32];
    struct dots_sums s;
    screen(&a, 0.3, 175);
    for (unsigned i = 0; i < 32 * 32; i++)
        want[i] = (struct dots_want){(int16_t)((i % 3 ? 12 : -12) * DOTS_UNIT), 0, (uint8_t)(i * 7 % 16)};
    mark(&a, d, want, &b, &s);
    assert_true(s.grown + s.shrunk > 3000);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            unsigned q = want[y / 16 * 32 + x / 16].quarters >> (y % 16 / 8 * 2 + x % 16 / 8) & 1;
            if (!q && a.px[y][x] != b.px[y][x]) fail_msg("untouchable pixel %d %d has changed", x, y);
        }
    dots_free(d);
}

/* Bare paper: round dots of printable size, in the wanted amount; none where ink is near. */
static void test_paper(void **state)
{
    (void)state;
    static struct map a, b;
    struct dots *d = dots_new(2400, 8);
    struct dots_want want[32 * 32] = {{0, 0, 0}};
    struct dots_sums s;
    long more, fewer;
    memset(&a, 0, sizeof a);
    for (int y = 250; y < 260; y++) memset(a.px[y], 1, SIDE);
    for (unsigned i = 0; i < 32 * 32; i++) want[i] = (struct dots_want){0, (int16_t)(i % 32 * DOTS_UNIT), 15};
    mark(&a, d, want, &b, &s);
    check_rules(&a, &b, "paper");
    count(&a, &b, &more, &fewer);
    assert_int_equal(fewer, 0);
    assert_int_equal(more, s.paper);
    double wanted = 32 * 32 * 15.5;
    if (fabs(more / wanted - 30.0 / 32) > 0.08) fail_msg("%ld pixels laid of %.0f", more, wanted);
    for (int y = 240; y < 250; y++)
        for (int x = 0; x < SIDE; x++)
            assert_int_equal(b.px[y][x], 0); /* the blocks with the line stay as they are */
    int n = regions(&b, 1) - 1;
    assert_true(n > 400 && more / n >= 9); /* 30 um: 3 x 3 */
    dots_free(d);
}

/* ---- descreening ---- */

struct rows {
    uint8_t *px;
    uint32_t columns, n;
};

static void keep(void *user, uint32_t row, const uint8_t *coverage)
{
    struct rows *r = user;
    assert_int_equal(row, r->n);
    memcpy(r->px + (size_t)r->n++ * r->columns, coverage, r->columns);
}

static void descreened(const struct sim_plate *p, double dpi, struct rows *r)
{
    struct descreen *d = descreen_new(p->width, p->height, dpi, 0.1);
    uint32_t rows;
    assert_non_null(d);
    descreen_size(d, &r->columns, &rows);
    r->n = 0;
    r->px = malloc((size_t)rows * r->columns);
    for (uint32_t y = 0, k = 1; y < p->height; y += k, k = k * 3 % 97) { /* chunks of any height */
        if (k > p->height - y) k = p->height - y;
        descreen_push(d, p->bits + y * p->pitch, p->pitch, k, keep, r);
    }
    assert_int_equal(r->n, rows);
    descreen_free(d);
}

/* Left half a tint, right half solid from the middle on: flat inside, and the edge within one pixel. */
static void test_descreen(void **state)
{
    (void)state;
    static const double dpis[] = {1200, 2400, 2540, 4000};
    for (int k = 0; k < 4; k++)
        for (int fm = 0; fm < 2; fm++) {
            struct sim_image art;
            struct sim_plate p;
            struct rows r;
            if (dpis[k] == 1200 && fm) continue; /* dots of 42 um are no FM screen */
            assert_int_equal(sim_image_new(&art, 240, 120, 4, 20), 0);
            for (int i = 0; i < 240 * 120; i++) art.data[4 * i] = i % 240 < 120 ? 77 : 255;
            assert_int_equal(sim_screen(&art, 0, dpis[k], fm ? 0 : 175, &p), 0);
            descreened(&p, dpis[k], &r);
            double mm = 25.4 / dpis[k] * descreen_scale(dpis[k]), sum = 0, squares = 0, n = 0;
            int soft = 0;
            for (uint32_t y = 8; y + 8 < r.n; y++)
                for (uint32_t x = 8; x + 8 < r.columns; x++) {
                    int v = r.px[y * r.columns + x];
                    double at_mm = (x + 0.5) * mm;
                    if (at_mm < 5.5) sum += v, squares += v * v, n++;
                    if (at_mm > 6.4) assert_true(v >= 252);
                    soft += at_mm > 5.5 && v > 110 && v < 220;
                }
            double mean = sum / n, sd = sqrt(squares / n - mean * mean);
            if (fabs(mean - 77) > 3) fail_msg("%.0f dpi: tone %.1f of 77", dpis[k], mean);
            if (sd > (fm ? 4 : 3)) fail_msg("%.0f dpi fm %d: screen left, %.2f levels", dpis[k], fm, sd);
            if (soft > 0.25 * r.n) fail_msg("%.0f dpi: soft edge, %d pixels in %u rows", dpis[k], soft, r.n);
            free(r.px);
            sim_plate_free(&p);
            sim_image_free(&art);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_am),       cmocka_unit_test(test_fm),    cmocka_unit_test(test_floor),
        cmocka_unit_test(test_quarters), cmocka_unit_test(test_paper), cmocka_unit_test(test_descreen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
