/*
 * What is left of every wave, and what it says of a copy: pictures made of the signal itself with a known blur must give the
 * bands of that blur; the judgement must suspect what copies do and nothing less, and abstain where it cannot know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "capture/copy.h"
#include "mark/sealrows.h"
#include "test/test_tile.h"
#include "trust/sealkey.h"

static const uint8_t ANCHOR[1][32] = {{7, 7, 7}};
static const struct seal_stream KEY = {.key = {1, 2, 3}};
static const double PX_PER_MM = 24;
enum { WIDTH = 1050, HEIGHT = 900, TOP = 59 };

static struct tile *tile_sealed(int sealed)
{
    struct payload p = {.lot_id = {1, 2, 3, 4, 5}};
    uint8_t message[PAYLOAD_BYTES];
    payload_pack(&p, message);
    return tile_of_share(ANCHOR[0], message, sealed ? 1 - SEAL_SHARE : 1);
}

/* The signal over the picture, then a running mean of so many px in x and in y. */
static double *signal_of(int blur)
{
    double *s = malloc(sizeof *s * WIDTH * HEIGHT), *t = malloc(sizeof *t * WIDTH * HEIGHT);
    int16_t row[WIDTH];
    struct tile *tile = tile_sealed(1);
    struct seal_rows *rows = seal_rows_new(TOP, 1 << 28);
    seal_rows_page(rows, seal_stream_bits, &KEY);
    for (int y = 0; y < HEIGHT; y++) {
        tile_line(tile, TILE_INK, 0, y / PX_PER_MM, 1 / PX_PER_MM, 0, WIDTH, row);
        assert_int_equal(seal_line(rows, 0, y / PX_PER_MM, 1 / PX_PER_MM, 0, WIDTH, row, NULL), 0);
        for (int x = 0; x < WIDTH; x++) s[y * WIDTH + x] = row[x] / (double)TILE_UNIT;
    }
    for (int pass = 0; pass < 2 && blur > 1; pass++) {
        int step = pass ? WIDTH : 1;
        for (int i = 0; i < WIDTH * HEIGHT; i++) {
            double sum = 0;
            for (int k = 0; k < blur; k++) {
                int at = i + (k - blur / 2) * step;
                sum += s[at < 0 ? 0 : at >= WIDTH * HEIGHT ? i : at];
            }
            t[i] = sum / blur;
        }
        memcpy(s, t, sizeof *s * WIDTH * HEIGHT);
    }
    seal_rows_free(rows);
    free(tile);
    free(t);
    return s;
}

static void measure(int blur, struct copy_bands *out)
{
    double *s = signal_of(blur);
    uint8_t *rgb = malloc(3 * WIDTH * HEIGHT);
    uint32_t state = 1;
    for (int i = 0; i < WIDTH * HEIGHT; i++) {
        state = state * 1664525u + 1013904223u;
        double noise = (state >> 8) / 16777216.0 * 6 - 3;
        rgb[3 * i] = (uint8_t)lrint(190 + noise);
        rgb[3 * i + 1] = (uint8_t)lrint(180 - noise);
        rgb[3 * i + 2] = (uint8_t)lrint(150 - 8 * s[i]);
    }
    struct detect_request r = {.rgb = rgb,
                               .width = WIDTH,
                               .height = HEIGHT,
                               .stride = 3 * WIDTH,
                               .dpi = 25.4 * PX_PER_MM,
                               .anchors = ANCHOR,
                               .n_anchors = 1,
                               .p_false = 1e-9,
                               .effort = 1,
                               .whole = 1};
    struct detection d;
    const struct seal_page page = {1, 4, 4, seal_stream_bits, &KEY};
    assert_int_equal(detect(&r, &d), 0);
    assert_true(d.read);
    struct seal_request q = {.source = {rgb, WIDTH, HEIGHT, 3 * WIDTH, CARRIER_YELLOW_BLUE, &d},
                             .anchor = ANCHOR[0],
                             .pages = &page,
                             .n_pages = 1};
    struct seal_found f;
    assert_int_equal(seal_detect(&q, &f), SEAL_OK);
    assert_true(f.present);
    assert_int_equal(copy_measure(&q, &f, TOP, out), SEAL_OK);
    seal_found_clear(&f);
    detection_clear(&d);
    free(rgb);
    free(s);
}

static double blurred(double radius, int blur)
{
    double sum = 0;
    for (int k = 0; k < 32; k++) {
        double a = radius / TILE_MM * blur / PX_PER_MM, t = (k + 0.5) / 32 * M_PI / 2;
        double x = M_PI * a * cos(t), y = M_PI * a * sin(t);
        sum += sin(x) / x * sin(y) / y;
    }
    return sum / 32;
}

/* A print that loses nothing gives 1 in every band, a blurred one what the blur leaves. */
static void bands_are_the_blur(void **state)
{
    (void)state;
    static const double radius[COPY_BANDS] = {14.7, 20.6, 26.6, 33.1, 40.6, 46.6, 52.1, 56.6};
    for (int blur = 1; blur <= 5; blur += 4) {
        struct copy_bands b;
        measure(blur, &b);
        double norm = (blurred(radius[2], blur) + blurred(radius[3], blur)) / 2;
        assert_true(b.norm < 0.03);
        for (int k = 0; k < COPY_BANDS; k++) {
            double want = blurred(radius[k], blur) / norm;
            if (fabs(b.gain[k] - want) > 0.08 + 3 * b.deviation[k])
                fail_msg("blur %d, band %d: %.3f, not %.3f", blur, k, b.gain[k], want);
        }
    }
}

/* A scan of a good print, about as in the simulations. */
static struct copy_bands good(double deviation)
{
    struct copy_bands b = {.gain = {1.17, 1.09, 1.05, 0.95, 0.77, 0.62, 0.49, 0.375},
                           .norm = 0.015,
                           .px_per_mm = 23.6,
                           .screen = 0.06,
                           .lpi = {173.4, 173.4}};
    for (int k = 0; k < COPY_BANDS; k++) b.deviation[k] = deviation;
    return b;
}

static struct copy_bands reference(void)
{
    struct copy_bands two[2] = {good(0.03), good(0.03)}, out;
    assert_int_equal(copy_enrol(COPY_SCAN, two, 2, &out), 1);
    assert_float_equal(out.gain[5], 0.62, 1e-9);
    assert_float_equal(out.deviation[5], 0.03 / sqrt(2), 1e-9);
    assert_float_equal(out.px_per_mm, 23.6, 1e-9);
    return out;
}

static enum copy_answer answer_of(const struct copy_bands *b)
{
    struct copy_bands ref = reference();
    struct copy_judgement j;
    copy_judge(COPY_SCAN, b, &ref, &j);
    return j.answer;
}

static void judged(void **state)
{
    (void)state;
    static const double lost[COPY_BANDS] = {0, 0, 0, 0, -0.12, -0.15, -0.19, -0.17},
                        clean[COPY_BANDS] = {-0.3, -0.1};
    struct copy_bands g = good(0.03), b = g, c = g, once = g;
    assert_int_equal(answer_of(&g), COPY_ORIGINAL);
    for (int k = 0; k < COPY_BANDS; k++) {
        b.gain[k] += lost[k];
        c.gain[k] += clean[k];
        once.gain[k] += lost[k] / 3;
    }
    assert_int_equal(answer_of(&b), COPY_LOST);
    assert_int_equal(answer_of(&c), COPY_CLEAN);
    assert_int_equal(answer_of(&once), COPY_INCONCLUSIVE);
    b = g; /* more fine detail than any of the enrolled prints, and nothing else */
    for (int k = 0; k < COPY_BANDS; k++) b.gain[k] -= lost[k];
    assert_int_equal(answer_of(&b), COPY_CLEAN);
    b = g; /* good in all that can be seen, but sharpening could not */
    b.deviation[0] = b.deviation[1] = 0.3;
    assert_int_equal(answer_of(&b), COPY_INCONCLUSIVE);
}

static void abstains(void **state)
{
    (void)state;
    struct copy_bands b = good(0.03), one = good(0.03), out;
    assert_int_equal(copy_enrol(COPY_SCAN, &one, 1, &out), 0); /* one print is no sample */
    for (int k = 4; k < COPY_BANDS; k++) b.gain[k] *= 0.6;
    assert_int_equal(answer_of(&b), COPY_LOST);
    b.norm = 0.2; /* too little in view to measure by */
    assert_int_equal(answer_of(&b), COPY_INCONCLUSIVE);
    b.norm = 0.015;
    b.px_per_mm = 47; /* a finer scan than those enrolled */
    assert_int_equal(answer_of(&b), COPY_INCONCLUSIVE);
    b.px_per_mm = 18;
    assert_int_equal(answer_of(&b), COPY_INCONCLUSIVE);
    b = good(0.4);
    assert_int_equal(answer_of(&b), COPY_INCONCLUSIVE);
    b = good(0.03);
    for (int k = 4; k < COPY_BANDS; k++)
        b.deviation[k] = b.gain[k] = 0; /* a screen too coarse for the fragile band */
    assert_int_equal(answer_of(&b), COPY_INCONCLUSIVE);
    b = good(0.03);
    b.gain[0] = 8, b.gain[1] = 4; /* paper carries slow waves only: no sharpness can be told */
    assert_int_equal(answer_of(&b), COPY_INCONCLUSIVE);
    for (int k = 4; k < COPY_BANDS; k++)
        b.gain[k] *= 0.6; /* but lost detail can, where the enrolled show paper, too */
    assert_int_equal(answer_of(&b), COPY_INCONCLUSIVE);
    struct copy_bands paper = reference();
    struct copy_judgement seen;
    paper.gain[0] = 8, paper.gain[1] = 4;
    copy_judge(COPY_SCAN, &b, &paper, &seen);
    assert_int_equal(seen.answer, COPY_LOST);
    b = good(0.03); /* a scanner that blurs more, from the slowest waves on, is no copy */
    static const double radius[COPY_BANDS] = {14.7, 20.6, 26.6, 33.1, 40.6, 46.6, 52.1, 56.6};
    double norm = 0;
    for (int k = 0; k < COPY_BANDS; k++) b.gain[k] *= exp(-0.5e-3 * radius[k] * radius[k]);
    norm = (b.gain[2] + b.gain[3]) / 2;
    for (int k = 0; k < COPY_BANDS; k++) b.gain[k] /= norm;
    b.screen *= 0.7;
    assert_int_equal(answer_of(&b), COPY_INCONCLUSIVE);
    struct copy_bands fm = reference(); /* the same without a screen that tells */
    struct copy_judgement j;
    fm.screen = b.screen = 0;
    copy_judge(COPY_SCAN, &b, &fm, &j);
    assert_int_equal(j.why, COPY_OTHER_QUALITY);
    fm = reference(); /* saved with less quality: noise goes with the waves, the screen stays */
    b = good(0.03);
    for (int k = 4; k < COPY_BANDS; k++) b.gain[k] *= 0.5;
    copy_judge(COPY_SCAN, &b, &fm, &j);
    assert_int_equal(j.answer, COPY_LOST);
    for (int k = 4; k < COPY_BANDS; k++) b.deviation[k] *= 0.7;
    copy_judge(COPY_SCAN, &b, &fm, &j);
    assert_int_equal(j.answer, COPY_INCONCLUSIVE);
    assert_int_equal(j.why, COPY_OTHER_QUALITY);
}

/* Prints that are visibly of another job, or another device, are nobody's fault. */
static void other_screens(void **state)
{
    (void)state;
    struct copy_bands ref = reference(), b = good(0.03);
    struct copy_judgement j;
    for (int k = 4; k < COPY_BANDS; k++) b.gain[k] *= 0.6;
    static const struct {
        double screen, lpi;
        enum copy_why why;
    } cases[] = {{0.06, 173.4, COPY_JUDGED},          {0.055, 176, COPY_JUDGED},
                 {0.07, 150.2, COPY_JUDGED},          {0.05, 150.2, COPY_OTHER_SCREEN},
                 {0.06, 200, COPY_OTHER_SCREEN},      {0.003, 173.4, COPY_OTHER_SCREEN},
                 {0, 0, COPY_OTHER_SCREEN},           {0.045, 173.4, COPY_OTHER_SHARPNESS},
                 {0.075, 173.4, COPY_OTHER_SHARPNESS}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        b.screen = cases[i].screen;
        b.lpi[0] = b.lpi[1] = cases[i].lpi;
        copy_judge(COPY_SCAN, &b, &ref, &j);
        assert_int_equal(j.why, cases[i].why);
        assert_int_equal(j.answer, cases[i].why == COPY_JUDGED ? COPY_LOST : COPY_INCONCLUSIVE);
    }
    b = good(0.03); /* a first print on a coarser ruling has all of its detail */
    b.screen = 0.07;
    b.lpi[0] = b.lpi[1] = 150.2;
    copy_judge(COPY_SCAN, &b, &ref, &j);
    assert_int_equal(j.why, COPY_OTHER_SCREEN);
    for (int k = 4; k < COPY_BANDS; k++) b.gain[k] *= 0.6;
    ref.screen = ref.lpi[0] = ref.lpi[1] = 0; /* enrolled on an FM screen: no ruling to compare */
    copy_judge(COPY_SCAN, &b, &ref, &j);
    assert_int_equal(j.answer, COPY_LOST);
}

/* Enrolled prints that differ among themselves make no copies of those that differ as much. */
static void spread_is_enrolled(void **state)
{
    (void)state;
    struct copy_bands set[4], ref, b = good(0.03);
    struct copy_judgement j;
    for (int i = 0; i < 4; i++) {
        set[i] = good(0.03);
        for (int k = 4; k < COPY_BANDS; k++) set[i].gain[k] *= i % 2 ? 1.15 : 0.85;
    }
    assert_int_equal(copy_enrol(COPY_SCAN, set, 4, &ref), 1);
    assert_true(ref.spread[4] > 0.07);
    for (int k = 4; k < COPY_BANDS; k++) b.gain[k] *= 0.8;
    copy_judge(COPY_SCAN, &b, &ref, &j);
    assert_int_not_equal(j.answer, COPY_LOST);
    ref = reference();
    copy_judge(COPY_SCAN, &b, &ref, &j);
    assert_int_equal(j.answer, COPY_LOST);
}

/* A phone held further away shows less, of the same print. */
static void photos_of_other_distances(void **state)
{
    (void)state;
    static const double far[COPY_BANDS] = {1.41, 1.28, 1.07, 0.93, 0.56, 0.36, 0.26, 0.16};
    struct copy_bands near[3], ref, b = good(0.02);
    struct copy_judgement j;
    for (int i = 0; i < 3; i++) {
        near[i] =
            (struct copy_bands){.gain = {1.36, 1.24, 1.06, 0.94, 0.62, 0.45, 0.35, 0.25}, .norm = 0.015};
        near[i].px_per_mm = 32;
        for (int k = 0; k < COPY_BANDS; k++) near[i].deviation[k] = 0.02;
    }
    assert_int_equal(copy_enrol(COPY_PHOTO, near, 3, &ref), 1);
    memcpy(b.gain, far, sizeof far);
    b.px_per_mm = 28;
    copy_judge(COPY_PHOTO, &b, &ref, &j);
    assert_true(fabs(j.lost) < 1.2);
    b.px_per_mm = 32; /* from as near it would be a copy's */
    copy_judge(COPY_PHOTO, &b, &ref, &j);
    assert_int_equal(j.answer, COPY_LOST);
}

static struct copy_bands photo(double loss)
{
    static const double lost[COPY_BANDS] = {0, 0, 0, 0, -0.13, -0.19, -0.26, -0.36};
    struct copy_bands b = {.gain = {1.36, 1.22, 1.06, 0.94, 0.68, 0.52, 0.38, 0.27},
                           .norm = 0.02,
                           .px_per_mm = 31,
                           .screen = 0.03,
                           .lpi = {173.4, 173.4}};
    for (int k = 0; k < COPY_BANDS; k++) {
        b.gain[k] *= 1 + loss * lost[k];
        b.deviation[k] = 0.08;
    }
    return b;
}

/* Three photographs that say nothing each say what they show together. */
static void together(void **state)
{
    (void)state;
    struct copy_bands set[9], ref, all;
    struct copy_judgement one, three;
    for (int i = 0; i < 9; i++) set[i] = photo(0);
    assert_int_equal(copy_enrol(COPY_PHOTO, set, 9, &ref), 1);
    for (int loss = 0; loss <= 1; loss++) {
        for (int i = 0; i < 3; i++) set[i] = photo(loss), set[i].px_per_mm += 0.01 * i;
        copy_judge(COPY_PHOTO, &set[0], &ref, &one);
        copy_pool(COPY_PHOTO, set, 3, &all);
        assert_int_equal(all.captures, 3);
        copy_judge(COPY_PHOTO, &all, &ref, &three);
        assert_int_equal(one.answer, COPY_INCONCLUSIVE);
        assert_int_equal(three.answer, loss ? COPY_LOST : COPY_ORIGINAL);
        assert_true(three.power > 1.3 * one.power);
        assert_true(three.power < 1.7 * one.power); /* what prints differ by does not become less */
    }
}

/* The contrast of the screen tells a phone that is a little out of focus. */
static void dull_photos(void **state)
{
    (void)state;
    struct copy_bands set[9], ref, b = photo(0);
    struct copy_judgement sharp, dull;
    for (int i = 0; i < 9; i++) set[i] = photo(0);
    assert_int_equal(copy_enrol(COPY_PHOTO, set, 9, &ref), 1);
    static const double less[COPY_BANDS] = {1.03, 1.02, 1.01, 0.99, 0.95, 0.92, 0.92, 0.88};
    for (int k = 0; k < COPY_BANDS; k++) b.gain[k] *= less[k];
    copy_judge(COPY_PHOTO, &b, &ref, &sharp);
    b.screen *= 0.6;
    copy_judge(COPY_PHOTO, &b, &ref, &dull);
    assert_true(sharp.lost > 0.7);
    assert_true(fabs(dull.lost) < 0.3);
    b.screen *= 0.5;
    copy_judge(COPY_PHOTO, &b, &ref, &dull);
    assert_int_equal(dull.why, COPY_OTHER_SHARPNESS);
}

/* One capture that is not like the others is named, by whatever it differs; good ones that differ a little are not. */
static void outliers(void **state)
{
    (void)state;
    struct copy_bands set[7];
    double apart[7];
    for (int kind = COPY_SCAN; kind <= COPY_PHOTO; kind++)
        for (int way = 0; way < 4; way++) {
            for (int i = 0; i < 7; i++) {
                set[i] = kind == COPY_SCAN ? good(0.03) : photo(0);
                for (int k = 0; k < COPY_BANDS; k++) set[i].deviation[k] = 0.03;
                for (int k = 0; k < COPY_BANDS; k++)
                    set[i].gain[k] *= 1 + 0.02 * (i % 3 - 1) * (k % 2 ? 1 : -1);
            }
            for (int k = 0; k < COPY_BANDS; k++) {
                if (way == 1) set[4].gain[k] *= k < 4 ? 1 : 0.3;    /* detail lost */
                if (way == 2) set[4].gain[k] *= k < 2 ? 1.35 : 0.7; /* the cells lay out of place */
                if (way == 3) set[4].gain[k] *= k == 2 ? 1.5 : k == 3 ? 0.5 : 1; /* no known change */
            }
            assert_int_equal(copy_apart((enum copy_capture)kind, set, 7, apart), 0);
            for (int i = 0; i < 7; i++)
                if ((apart[i] > COPY_APART) != (way && i == 4))
                    fail_msg("kind %d, way %d, capture %d: %.2f", kind, way, i, apart[i]);
        }
    /* two papers, half and half: nobody is the odd one */
    for (int i = 0; i < 6; i++) {
        set[i] = good(0.03);
        for (int k = 4; k < COPY_BANDS; k++) set[i].gain[k] *= i % 2 ? 1 : 0.6;
    }
    assert_int_equal(copy_apart(COPY_SCAN, set, 6, apart), 0);
    for (int i = 0; i < 6; i++) assert_true(apart[i] < COPY_APART);
}

/* The mean of two good photographs and one of a copy looks good: the three must not be judged as one print. */
static void one_copy_among_good_ones(void **state)
{
    (void)state;
    struct copy_bands set[9], ref, all;
    struct copy_judgement mean;
    enum copy_harmony h;
    for (int i = 0; i < 9; i++) set[i] = photo(0);
    assert_int_equal(copy_enrol(COPY_PHOTO, set, 9, &ref), 1);
    assert_int_equal(copy_compare(COPY_PHOTO, set, 9, &ref, NULL, &h), 0);
    assert_int_equal(h, COPY_AGREE);
    set[2] = photo(1); /* says nothing alone */
    copy_pool(COPY_PHOTO, set, 3, &all);
    copy_judge(COPY_PHOTO, &all, &ref, &mean);
    assert_int_equal(mean.answer, COPY_ORIGINAL);
    assert_int_equal(copy_compare(COPY_PHOTO, set, 3, &ref, NULL, &h), 0);
    assert_int_equal(h, COPY_DOUBT);
    set[2] = photo(1.8); /* suspected alone */
    assert_int_equal(copy_compare(COPY_PHOTO, set, 3, &ref, NULL, &h), 0);
    assert_int_equal(h, COPY_DIFFER);
    set[2] = photo(0); /* not suspected, but not like the others */
    for (int k = 0; k < 3 * COPY_BANDS; k++) set[k / COPY_BANDS].deviation[k % COPY_BANDS] = 0.03;
    for (int k = 0; k < 4; k++) set[2].gain[k] *= k == 2 ? 1.5 : k == 3 ? 0.5 : 1;
    set[2].lpi[0] = set[2].lpi[1] = 200;
    copy_judge(COPY_PHOTO, &set[2], &ref, &mean);
    assert_int_equal(mean.answer, COPY_INCONCLUSIVE);
    assert_int_equal(copy_compare(COPY_PHOTO, set, 3, &ref, NULL, &h), 0);
    assert_int_equal(h, COPY_DIFFER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(together),
        cmocka_unit_test(outliers),
        cmocka_unit_test(one_copy_among_good_ones),
        cmocka_unit_test(dull_photos),
        cmocka_unit_test(other_screens),
        cmocka_unit_test(spread_is_enrolled),
        cmocka_unit_test(photos_of_other_distances),
        cmocka_unit_test(bands_are_the_blur),
        cmocka_unit_test(judged),
        cmocka_unit_test(abstains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
