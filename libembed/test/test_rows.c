/* Rows of four samples a pixel, which is most artwork, take short ways through every step of signing. They
 * give what the long ways give, which rows of five samples take: the fifth is there for nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "mark/embed.h"
#include "press/barcode.h"
#include "press/mask.h"
#include "trust/samplehash.h"

enum { N = 5003 }; /* not a whole number of pieces */

static const struct press_pixels four8 = {PRESS_CMYK, 8, 4, 0, 0, 0}, five8 = {PRESS_CMYK, 8, 5, 0, 0, 0},
                                 four16 = {PRESS_CMYK, 16, 4, 0, 0, 0}, five16 = {PRESS_CMYK, 16, 5, 0, 0, 0};

struct rows {
    uint8_t four8[4 * N], five8[5 * N];
    uint16_t four16[4 * N], five16[5 * N];
};

static uint32_t next(uint32_t *r)
{
    return (*r = *r * 1664525 + 1013904223) >> 8;
}

/* Paper, solids, runs of one colour and noise; kind 1: the same in paler. */
static struct rows *make_rows(uint32_t seed, int pale)
{
    struct rows *r = calloc(1, sizeof *r);
    uint32_t run = 0, colour[4] = {0};
    for (size_t i = 0; i < N; i++) {
        if (!run) {
            run = next(&seed) % 40;
            for (int c = 0; c < 4; c++) {
                uint32_t v = next(&seed) % 65536, end = next(&seed) % 5;
                colour[c] = end == 0 ? 0 : end == 1 ? 65535 : pale ? v / 4 : v;
            }
        } else {
            run--;
        }
        for (size_t c = 0; c < 4; c++) {
            uint32_t v = colour[c] + (run % 3 && colour[c] < 65000 ? next(&seed) % 500 : 0);
            r->four16[4 * i + c] = r->five16[5 * i + c] = (uint16_t)v;
            r->four8[4 * i + c] = r->five8[5 * i + c] = (uint8_t)(v >> 8);
        }
    }
    return r;
}

static void hashes(void **state)
{
    (void)state;
    struct rows *r = make_rows(1, 0);
    for (int bits = 8; bits <= 16; bits += 8) {
        const void *p = bits == 8 ? (void *)r->four8 : (void *)r->four16;
        uint8_t whole[4][SHA256_BYTES], beside[4][SHA256_BYTES], plane[4][SHA256_BYTES];
        uint16_t line[N];
        struct samplehash *a, *b, *c;
        assert_int_equal(samplehash_new(4, bits, &a, NULL), ENN_OK);
        assert_int_equal(samplehash_new(4, bits, &b, NULL), ENN_OK);
        assert_int_equal(samplehash_new(4, bits, &c, NULL), ENN_OK);
        assert_int_equal(samplehash_update(a, p, N, NULL), ENN_OK);
        assert_int_equal(samplehash_update_beside(b, 2, p, N, NULL), ENN_OK);
        for (uint32_t k = 0; k < 4; k++) {
            for (size_t i = 0; i < N && bits == 16; i++) line[i] = r->four16[4 * i + k];
            for (size_t i = 0; i < N && bits == 8; i++) ((uint8_t *)line)[i] = r->four8[4 * i + k];
            assert_int_equal(samplehash_update_plane(c, k, line, N, NULL), ENN_OK);
        }
        assert_int_equal(samplehash_final(a, whole, NULL), ENN_OK);
        assert_int_equal(samplehash_final(b, beside, NULL), ENN_OK);
        assert_int_equal(samplehash_final(c, plane, NULL), ENN_OK);
        assert_memory_equal(whole, plane, sizeof whole);
        assert_memory_equal(whole, beside, sizeof whole);
        samplehash_free(a);
        samplehash_free(b);
        samplehash_free(c);
    }
    free(r);
}

static void luma(void **state)
{
    (void)state;
    static uint8_t a[N], b[N];
    struct rows *r = make_rows(2, 0);
    barcode_luma(&four8, N, r->four8, a);
    barcode_luma(&five8, N, r->five8, b);
    assert_memory_equal(a, b, N);
    barcode_luma(&four16, N, r->four16, a);
    assert_memory_equal(a, b, N);
    barcode_luma(&five16, N, r->five16, b);
    assert_memory_equal(a, b, N);
    free(r);
}

/* The steps of the row, then the row with the mark in it; the change of both and their sums. */
static void steps_and_marks(void **state)
{
    (void)state;
    static struct ink_step step[2][N];
    static uint8_t kind[2][N], tint[N], white[N];
    static int16_t ink[N], paper[N];
    struct profile *p;
    struct ink_model *m;
    uint32_t seed = 3;
    assert_int_equal(profile_open(&p, PRESS_CMYK, NULL, 0, NULL), ENN_OK);
    assert_int_equal(ink_model_new(&m, PRESS_CMYK, p, 1, 0, NULL), ENN_OK);
    struct rows *r = make_rows(4, 1);
    memset(r->four16, 0, 80 * sizeof *r->four16); /* some paper, to be sure */
    memset(r->five16, 0, 100 * sizeof *r->five16);
    ink_steps(m, &four16, r->four16, N, step[0], kind[0]);
    ink_steps(m, &five16, r->five16, N, step[1], kind[1]);
    assert_memory_equal(kind[0], kind[1], N);
    assert_memory_equal(step[0], step[1], sizeof step[0]);
    for (int i = 0; i < N; i++) {
        tint[i] = (uint8_t)next(&seed);
        white[i] = (uint8_t)next(&seed);
        ink[i] = (int16_t)(next(&seed) % 20000 - 10000);
        paper[i] = (int16_t)(next(&seed) % 20000 - 10000);
    }
    struct embed_row e = {step[0], kind[0], tint, white, ink, paper, N, 4, 4, 16};
    struct embed_sums four = {{0}, {0}, 0}, five = four;
    size_t changed = embed_row(&e, r->four16, &four);
    e.samples_per_pixel = 5;
    assert_int_equal(changed, embed_row(&e, r->five16, &five));
    assert_true(changed > N / 4 && four.paper_pixels > 10 && four.paper[2] != 0);
    assert_memory_equal(&four, &five, sizeof four);
    for (size_t i = 0; i < N; i++) assert_memory_equal(r->four16 + 4 * i, r->five16 + 5 * i, 8);
    ink_model_free(m);
    profile_free(p);
    free(r);
}

/* Gains, too: of cells of 5 px, and of 40, where they are found by dividing. */
static void masks(void **state)
{
    (void)state;
    static uint8_t tint[2][N], white[2][N];
    struct enn_limits limits = {4000000000u, 1u << 30};
    for (int dpi = 300; dpi <= 2400; dpi *= 8) {
        enum { ROWS = 90 };
        struct mask *m[2];
        assert_int_equal(mask_new(&m[0], &four16, N, ROWS, dpi, dpi, &limits, NULL), ENN_OK);
        assert_int_equal(mask_new(&m[1], &five16, N, ROWS, dpi, dpi, &limits, NULL), ENN_OK);
        for (uint32_t y = 0; y < ROWS; y++) {
            struct rows *r = make_rows(5, 1);
            uint32_t seed = y;
            for (size_t i = 0; i < 4 * N; i++) { /* ever more texture on a tint */
                uint32_t v = 20000 + next(&seed) % (1 + (uint32_t)i / 2);
                r->four16[i] = r->five16[i / 4 * 5 + i % 4] = (uint16_t)v;
            }
            assert_int_equal(mask_feed(m[0], r->four16, sizeof r->four16, 1, NULL), ENN_OK);
            assert_int_equal(mask_feed(m[1], r->five16, sizeof r->five16, 1, NULL), ENN_OK);
            free(r);
        }
        for (int i = 0; i < 2; i++) assert_int_equal(mask_finish(m[i], NULL), ENN_OK);
        uint32_t different = 0;
        for (uint32_t y = 0; y < ROWS; y++) {
            for (int i = 0; i < 2; i++) mask_row(m[i], y, tint[i], white[i]);
            assert_memory_equal(tint[0], tint[1], N);
            assert_memory_equal(white[0], white[1], N);
            for (int x = 0; x < N; x++) different |= (uint32_t)1 << (tint[0][x] >> 3);
        }
        assert_true(__builtin_popcount(different) >= 3);
        for (int i = 0; i < 2; i++) mask_free(m[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hashes), cmocka_unit_test(luma),
                                       cmocka_unit_test(steps_and_marks), cmocka_unit_test(masks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
