/* press/ink: nothing clips, nothing forbidden moves, the step is the best one and keeps its budget. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "press/ink.h"
#include "press/ink_solve.h"

static const struct press_pixels cmyk8 = {PRESS_CMYK, 8, 4, 0, 0, 0};

static uint32_t next(uint32_t *r)
{
    return (*r = *r * 1664525 + 1013904223) >> 8;
}
static float uniform(uint32_t *r)
{
    return (float)next(r) / (1 << 24);
}

static struct profile *profiles[PRESS_LAB + 1]; /* they must outlive the models */

static struct ink_model *model(enum press_colour colour, double strength)
{
    struct ink_model *m;
    if (!profiles[colour]) assert_int_equal(profile_open(&profiles[colour], colour, NULL, 0, NULL), ENN_OK);
    assert_int_equal(ink_model_new(&m, colour, profiles[colour], strength, 0, NULL), ENN_OK);
    return m;
}

static int free_profiles(void **state)
{
    (void)state;
    for (int i = 0; i <= PRESS_LAB; i++) profile_free(profiles[i]);
    return 0;
}

static enum ink_kind step_of(const struct ink_model *m, int c, int mg, int y, int k, struct ink_step *s)
{
    uint8_t px[4] = {(uint8_t)c, (uint8_t)mg, (uint8_t)y, (uint8_t)k}, kind;
    ink_steps(m, &cmyk8, px, 1, s, &kind);
    return (enum ink_kind)kind;
}

static void nothing_clips_or_exceeds_the_ink_limit(void **state)
{
    (void)state;
    for (int run = 0; run < 2; run++) {
        struct ink_model *m = model(PRESS_CMYK, run ? 4 : 1);
        uint32_t r = 7;
        for (int i = 0; i < 200000; i++) {
            uint8_t px[4], kind;
            struct ink_step s;
            for (int c = 0; c < 4; c++)
                px[c] = (uint8_t)(i % 5 == 4       ? 185 + next(&r) % 66
                                  : i % 3 == c % 3 ? next(&r) % 16
                                                   : next(&r) & 255);
            ink_steps(m, &cmyk8, px, 1, &s, &kind);
            float up = 0, down = 0, sum = 0;
            for (int c = 0; c < 4; c++) {
                float swing = INK_PEAK * (float)s.d[c] / INK_UNIT;
                if (kind == INK_TINT) assert_true(px[c] - fabsf(swing) >= 0 && px[c] + fabsf(swing) <= 255);
                if (px[c] <= 3 || px[c] >= 252) assert_true(s.d[c] == 0 || kind == INK_WHITE);
                up += swing;
                down -= swing;
                sum += px[c];
            }
            float limit = 255 * INK_TAC_LIMIT;
            if (sum > limit)
                assert_true(up == 0 && down == 0);
            else
                assert_true(sum + fmaxf(up, down) <= limit + 0.5f);
        }
        ink_model_free(m);
    }
}

/* A colour without yellow is paper to the mark, unless it is dark or black alone: yellow is added, nothing else moves. */
static void what_lacks_yellow_is_paper(void **state)
{
    (void)state;
    static const int without[][4] = {{51, 13, 0, 0}, {115, 0, 0, 0}, {0, 90, 0, 0},   {0, 0, 0, 28},
                                        {30, 30, 2, 10}, {241, 174, 0, 0}, {0, 230, 0, 100}},
                     other[][4] = {{51, 13, 20, 0}, {255, 0, 0, 0}, {0, 140, 0, 200}, {200, 200, 0, 140}};
    struct ink_model *m = model(PRESS_CMYK, 1);
    struct ink_step s;
    for (int i = 0; i < 7; i++) {
        assert_int_equal(step_of(m, without[i][0], without[i][1], without[i][2], without[i][3], &s), INK_WHITE);
        assert_true(s.d[0] == 0 && s.d[1] == 0 && s.d[2] > 0 && s.d[3] == 0);
    }
    for (int i = 0; i < 4; i++)
        assert_true(step_of(m, other[i][0], other[i][1], other[i][2], other[i][3], &s) != INK_WHITE);
    ink_model_free(m);
}

static void forbidden_colours_do_not_move(void **state)
{
    (void)state;
    struct ink_model *m = model(PRESS_CMYK, 1);
    struct ink_step s;
    for (int k = 41; k < 256; k++) assert_int_equal(step_of(m, 0, 0, 0, k, &s), INK_NONE);
    assert_int_equal(step_of(m, 255, 0, 0, 0, &s), INK_NONE);
    assert_int_equal(step_of(m, 0, 255, 0, 0, &s), INK_NONE);
    assert_int_equal(step_of(m, 0, 0, 255, 0, &s), INK_NONE);
    assert_int_equal(step_of(m, 255, 255, 255, 255, &s), INK_NONE);
    assert_int_equal(step_of(m, 0, 0, 0, 0, &s), INK_WHITE);
    assert_true(s.d[2] > 0 && !s.d[0] && !s.d[1] && !s.d[3]);
    assert_true(fabsf(s.d[2] / (255.f * INK_UNIT) - INK_WHITE_YELLOW) < 0.001f);
    uint8_t spot[12] = {50, 60, 70, 0, 200, 0, 50, 60, 70, 0, 0, 255}, kind[2];
    struct press_pixels px = {PRESS_CMYK, 8, 6, 1, 0, 0};
    struct ink_step two[2];
    ink_steps(m, &px, spot, 2, two, kind);
    assert_int_equal(kind[0], INK_NONE);
    assert_int_equal(kind[1], INK_TINT); /* the last channel is no ink */
    ink_model_free(m);
}

/* Yellow carries the mark on a tint that has some, o falls, and lightness stays: measured with the profile,
 * not the model. */
static void moves_blue_yellow_at_constant_lightness(void **state)
{
    (void)state;
    static const int tints[][4] = {
        {71, 26, 36, 0}, {0, 0, 51, 0}, {102, 77, 77, 26}, {10, 100, 140, 30}, {26, 13, 26, 0}};
    struct profile *p;
    struct ink_model *m = model(PRESS_CMYK, 1);
    assert_int_equal(profile_open(&p, PRESS_CMYK, NULL, 0, NULL), ENN_OK);
    for (size_t i = 0; i < sizeof tints / sizeof *tints; i++) {
        struct ink_step s;
        const int *t = tints[i];
        uint8_t px[4];
        float dev[8], lab[6], rgb[2][3], o[2];
        assert_int_equal(step_of(m, t[0], t[1], t[2], t[3], &s), INK_TINT);
        for (int side = 0; side < 2; side++)
            for (int c = 0; c < 4; c++) {
                px[c] = (uint8_t)t[c];
                dev[4 * side + c] = (t[c] + (side ? 0.5f : -0.5f) * s.d[c] / INK_UNIT) / 255;
            }
        profile_to_lab(p, dev, 2, lab);
        for (int side = 0; side < 2; side++) {
            profile_lab_to_srgb(lab + 3 * side, rgb[side]);
            o[side] = logf(rgb[side][2] + 8) - 0.5f * (logf(rgb[side][0] + 8) + logf(rgb[side][1] + 8));
        }
        struct ink_effect e = ink_effect_of(m, &cmyk8, px);
        assert_true(o[1] - o[0] < -0.006f);
        assert_true(fabsf(o[1] - o[0] - e.opponent) < 0.25f * fabsf(e.opponent));
        assert_true(fabsf(lab[3] - lab[0]) < 1.2f && lab[5] - lab[2] > 0.6f);
        assert_true(e.visibility > 0.15f && e.visibility < 0.68f);
        assert_true(s.d[2] > 0);
    }
    profile_free(p);
    ink_model_free(m);
}

static void strength_scales_the_step(void **state)
{
    (void)state;
    struct ink_model *weak = model(PRESS_CMYK, 0.5), *normal = model(PRESS_CMYK, 1);
    struct ink_step a, b;
    step_of(weak, 71, 26, 90, 0, &a);
    step_of(normal, 71, 26, 90, 0, &b);
    assert_true(abs(2 * a.d[2] - b.d[2]) < b.d[2] / 5);
    ink_model_free(weak);
    ink_model_free(normal);
    struct profile *p;
    struct ink_model *m;
    assert_int_equal(profile_open(&p, PRESS_CMYK, NULL, 0, NULL), ENN_OK);
    assert_int_equal(ink_model_new(&m, PRESS_CMYK, p, 0.01, 0, NULL), ENN_USAGE);
    assert_int_equal(ink_model_new(&m, PRESS_CMYK, p, NAN, 0, NULL), ENN_USAGE);
    assert_int_equal(ink_model_new(&m, PRESS_CMYK, p, 1, 9, NULL), ENN_USAGE);
    profile_free(p);
}

static void rgb_and_grey(void **state)
{
    (void)state;
    struct ink_model *rgb = model(PRESS_RGB, 1), *grey = model(PRESS_GREY, 1),
                     *ink = model(PRESS_GREY_INK, 1);
    struct press_pixels px3 = {PRESS_RGB, 8, 3, 0, 0, 0}, px1 = {PRESS_GREY, 8, 1, 0, 0, 0},
                        pxi = {PRESS_GREY_INK, 8, 1, 0, 0, 0};
    uint8_t colours[9] = {255, 255, 255, 128, 128, 128, 255, 0, 0}, tones[3] = {0, 128, 255}, kind[3];
    struct ink_step s[3];
    ink_steps(rgb, &px3, colours, 3, s, kind);
    assert_int_equal(kind[0], INK_WHITE);
    assert_true(s[0].d[0] == 0 && s[0].d[1] == 0 && s[0].d[2] < 0);
    assert_int_equal(kind[1], INK_TINT);
    assert_true(s[1].d[2] < 0 && s[1].d[0] > 0);
    assert_int_equal(kind[2], INK_NONE);
    ink_steps(grey, &px1, tones, 3, s, kind);
    assert_true(kind[0] == INK_NONE && kind[1] == INK_TINT && kind[2] == INK_NONE && s[1].d[0] < 0);
    ink_steps(ink, &pxi, tones, 3, s, kind);
    assert_true(kind[0] == INK_NONE && kind[1] == INK_TINT && kind[2] == INK_NONE && s[1].d[0] > 0);
    ink_model_free(rgb);
    ink_model_free(grey);
    ink_model_free(ink);
}

static void deep_samples_agree_with_8_bit_ones(void **state)
{
    (void)state;
    struct ink_model *m = model(PRESS_CMYK, 1);
    struct press_pixels px16 = {PRESS_CMYK, 16, 4, 0, 0, 0};
    enum { N = 4000 };
    static uint8_t a[N * 4], ka[N], kb[N];
    static uint16_t b[N * 4];
    static struct ink_step sa[N], sb[N];
    uint32_t r = 3;
    for (int i = 0; i < N * 4; i++) {
        a[i] = (uint8_t)next(&r);
        b[i] = (uint16_t)(a[i] << 8 | (next(&r) & 255));
    }
    ink_steps(m, &cmyk8, a, N, sa, ka);
    ink_steps(m, &px16, b, N, sb, kb);
    assert_memory_equal(sa, sb, sizeof sa);
    assert_memory_equal(ka, kb, sizeof ka);
    ink_model_free(m);
}

/* No random feasible step moves o further than ink_best_step does. */
static void best_step_is_best(void **state)
{
    (void)state;
    uint32_t r = 11;
    for (int trial = 0; trial < 200; trial++) {
        struct ink_local at = {.n = 4};
        const struct ink_budget budget = {2, 0.45f, 0.6f};
        float B[4][4], C[3][4], limit[4], v[4], best = 0;
        for (int i = 0; i < 4; i++) {
            at.g[i] = uniform(&r) * 4 - 2;
            limit[i] = trial % 3 == 0 && i == 1 ? 0 : 0.005f + 0.08f * uniform(&r);
            for (int j = 0; j < 4; j++) B[i][j] = uniform(&r) * 40 - 20;
            for (int j = 0; j < 3; j++) C[j][i] = uniform(&r) * 40 - 20;
        }
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++)
                for (int k = 0; k < 4; k++) {
                    at.A[i][j] += B[k][i] * B[k][j];
                    at.B[i][j] += k < 3 ? C[k][i] * C[k][j] : 0;
                }
        ink_best_step(&at, &budget, limit, v);
        float q = ink_visibility(&at, v), norm = 0;
        for (int i = 0; i < 4; i++) {
            assert_true(fabsf(v[i]) <= limit[i] * 1.001f);
            norm += v[i] * v[i];
        }
        assert_true(q * q + budget.ridge * norm <= budget.scielab * budget.scielab * 1.01f);
        assert_true(ink_distance(&at, v) <= budget.distance * 1.01f);
        for (int k = 0; k < 20000; k++) {
            float w[4], n2 = 0;
            for (int i = 0; i < 4; i++) {
                w[i] = limit[i] * (2 * uniform(&r) - 1);
                n2 += w[i] * w[i];
            }
            float cost = sqrtf(ink_visibility(&at, w) * ink_visibility(&at, w) + budget.ridge * n2),
                  over = fmaxf(cost / budget.scielab, ink_distance(&at, w) / budget.distance);
            float o = ink_opponent(&at, w) / fmaxf(1, over);
            if (o < best) best = o;
        }
        if (best < ink_opponent(&at, v) * 1.02f - 1e-4f)
            fail_msg("trial %d: a random step gives %g, ink_best_step %g", trial, best, ink_opponent(&at, v));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_clips_or_exceeds_the_ink_limit),
        cmocka_unit_test(what_lacks_yellow_is_paper),
        cmocka_unit_test(forbidden_colours_do_not_move),
        cmocka_unit_test(moves_blue_yellow_at_constant_lightness),
        cmocka_unit_test(strength_scales_the_step),
        cmocka_unit_test(rgb_and_grey),
        cmocka_unit_test(deep_samples_agree_with_8_bit_ones),
        cmocka_unit_test(best_step_is_best),
    };
    return cmocka_run_group_tests(tests, NULL, free_profiles);
}
