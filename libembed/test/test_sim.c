/* The simulator: prints and captures are what they claim to be, since other tests measure against them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "test/sim.h"

/* Tone of a flat tint in the print: the halftone keeps the mean, with some dot gain. */
static void print_keeps_tone(void **state)
{
    (void)state;
    struct sim_image art, print;
    struct sim_press o = sim_press_default();
    double last = 256;
    for (int percent = 0; percent <= 100; percent += 20) {
        assert_int_equal(sim_image_new(&art, 60, 60, 4, 300 / 25.4), 0);
        for (size_t i = 0; i < 3600; i++) art.data[4 * i + 3] = (uint8_t)(percent * 2.55 + 0.5);
        assert_int_equal(sim_print(&art, &o, &print), 0);
        assert_int_equal(print.width, 240);
        double mean = 0; /* in linear light */
        size_t n = (size_t)print.width * print.height;
        for (size_t i = 0; i < n; i++) mean += pow(print.data[3 * i + 1] / 255.0, 2.2) / (double)n;
        double cover = (1 - mean) / (1 - 0.025);
        assert_true(cover > percent / 100.0 - 0.02 && cover < percent / 100.0 + 0.28);
        assert_true(mean < last);
        last = mean;
        sim_image_free(&art);
        sim_image_free(&print);
    }
}

/* Blackish spots on a white print are found in the capture where sim_project says, to a fifth of a pixel. */
static void check_projection(const struct sim_camera *o)
{
    static const double spot[3][2] = {{9, 7}, {20, 15}, {32, 22}};
    struct sim_image print, picture;
    double ppmm = 600 / 25.4;
    assert_int_equal(sim_image_new(&print, (uint32_t)(40 * ppmm), (uint32_t)(30 * ppmm), 3, ppmm), 0);
    memset(print.data, 255, 3 * (size_t)print.width * print.height);
    for (uint32_t y = 0; y < print.height; y++)
        for (uint32_t x = 0; x < print.width; x++)
            for (int s = 0; s < 3; s++)
                if (hypot((x + 0.5) / ppmm - spot[s][0], (y + 0.5) / ppmm - spot[s][1]) < 0.6)
                    memset(print.data + 3 * ((size_t)y * print.width + x), 20, 3);
    assert_int_equal(sim_capture(&print, o, &picture), 0);
    for (int s = 0; s < 3; s++) {
        double px, py, sum = 0, sx = 0, sy = 0;
        assert_int_equal(sim_project(&print, o, spot[s][0], spot[s][1], &px, &py), 1);
        for (long y = (long)py - 20; y <= (long)py + 20; y++)
            for (long x = (long)px - 20; x <= (long)px + 20; x++) {
                double dark = 180 - picture.data[3 * ((size_t)y * picture.width + (size_t)x) + 1];
                if (dark < 0) continue;
                sum += dark;
                sx += dark * ((double)x + 0.5);
                sy += dark * ((double)y + 0.5);
            }
        assert_true(sum > 0);
        assert_true(hypot(sx / sum - px, sy / sum - py) < 0.2);
    }
    sim_image_free(&print);
    sim_image_free(&picture);
}

static void captures_are_where_they_claim(void **state)
{
    (void)state;
    struct sim_camera o = sim_camera_scan(300);
    o.noise = 0;
    o.rotation_deg = 3;
    check_projection(&o);
    o = sim_camera_phone(15);
    o.noise = o.shade = o.vignette = 0;
    o.rotation_deg = 70;
    o.tilt_deg = 25;
    o.tilt_axis_deg = 40;
    check_projection(&o);
    o.cylinder_mm = 30;
    o.tilt_deg = 5;
    check_projection(&o);
}

/* Same seed, same bytes; another seed, other noise; the picture is not blank. */
static void captures_are_deterministic(void **state)
{
    (void)state;
    struct sim_image art, print, a, b;
    struct sim_press press = sim_press_default();
    struct sim_camera o = sim_camera_phone(12);
    assert_int_equal(sim_make_artwork(&art, SIM_CARTON, 30, 21, 300, 1), 0);
    assert_int_equal(sim_print(&art, &press, &print), 0);
    assert_int_equal(sim_capture(&print, &o, &a), 0);
    assert_int_equal(sim_capture(&print, &o, &b), 0);
    size_t n = 3 * (size_t)a.width * a.height;
    assert_memory_equal(a.data, b.data, n);
    sim_image_free(&b);
    o.seed = 2;
    assert_int_equal(sim_capture(&print, &o, &b), 0);
    assert_int_not_equal(memcmp(a.data, b.data, n), 0);
    sim_image_free(&a);
    sim_image_free(&b);
    sim_image_free(&print);
    sim_image_free(&art);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(print_keeps_tone),
        cmocka_unit_test(captures_are_where_they_claim),
        cmocka_unit_test(captures_are_deterministic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
