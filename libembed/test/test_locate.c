/*
 * Finding the artwork by what is printed: turned, seen from the side, in part, badly lit; not what is not there, nor its
 * mirror image. And what that is for: a mark that no window shows is read where it must be.
 */
#include "test/test_capture_common.h"
#include "test/test_view.h"
#include "capture/locate.h"

enum { W = 1000, H = 800 };
static const double WEAK = 0.18; /* percent of coverage: half of what a window needs, at 8 px/mm */

/* A camera's view: from pixels to mm, with perspective; turned by `turn`, px pixels per mm about the middle. */
struct seen {
    double turn, px, side; /* side: how fast the scale changes, per pixel */
    double x, y;           /* mm in the middle of the picture */
    int mirrored;
};

static void truth(const struct seen *s, double X, double Y, double u[2])
{
    double a = X - W / 2.0, b = Y - H / 2.0, w = 1 + s->side * (a + b / 2);
    if (s->mirrored) a = -a;
    u[0] = s->x + (a * cos(s->turn) + b * sin(s->turn)) / s->px / w;
    u[1] = s->y + (b * cos(s->turn) - a * sin(s->turn)) / s->px / w;
}

/* Lit from one side, with noise. Artwork below 1: nothing but the table. */
static uint8_t *photograph(const struct artwork *a, const struct seen *s, uint64_t seed)
{
    uint8_t *rgb = malloc((size_t)3 * W * H);
    assert_non_null(rgb);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            double u[2];
            truth(s, x + 0.5, y + 0.5, u);
            int on = a && u[0] >= 0 && u[1] >= 0 && u[0] <= WIDTH_MM && u[1] <= HEIGHT_MM;
            double light = on ? light_at(a, u[0], u[1]) : 90;
            light = light * (0.6 + 0.3 * x / W) + 10 + 4 * sim_normal(seed, (uint64_t)y * W + (uint64_t)x);
            for (int c = 0; c < 3; c++)
                rgb[3 * ((size_t)y * W + (size_t)x) + (size_t)c] =
                    (uint8_t)fmin(255, fmax(0, light * (1 - 0.1 * c)));
        }
    return rgb;
}

static struct plane_source source_of(const uint8_t *rgb)
{
    return (struct plane_source){rgb, W, H, (size_t)3 * W, 1};
}

static double worst_error(const struct placement *p, const struct seen *s)
{
    double worst = 0;
    for (int k = 0; k < 25; k++) {
        double X = W * (0.3 + 0.1 * (k % 5)), Y = H * (0.3 + 0.1 * (k / 5)), u[2], v[3];
        truth(s, X, Y, u);
        for (int i = 0; i < 3; i++) v[i] = p->h[i][0] * X + p->h[i][1] * Y + p->h[i][2];
        worst = fmax(worst, hypot(v[0] / v[2] - u[0], v[1] / v[2] - u[1]));
    }
    return worst;
}

static void it_is_found_however_it_is_held(void **state)
{
    (void)state;
    static const struct seen views[] = {{0, 6, 0, 45, 60, 0},       {0.4, 5, 2e-4, 45, 60, 0},
                                        {3.0, 5, -2e-4, 40, 70, 0}, {-1.6, 9, 1e-4, 30, 40, 0},
                                        {0.1, 16, 0, 50, 50, 0},    {1.0, 3.5, 1e-4, 60, 60, 0}};
    struct content_reference ref = thumbnail(3);
    struct artwork art = artwork_of(3);
    for (size_t k = 0; k < sizeof views / sizeof *views; k++) {
        struct placement at;
        uint8_t *rgb = photograph(&art, &views[k], k);
        struct plane_source s = source_of(rgb);
        int found = locate(&s, &ref, &at);
        double worst = found == 1 ? worst_error(&at, &views[k]) : 99;
        if (found != 1 || worst > 0.25 || fabs(at.px_per_mm / views[k].px - 1) > 0.02)
            fail_msg("view %zu: answer %d, %d points, off by %.2f mm, %.2f px/mm", k, found, at.points, worst,
                     at.px_per_mm);
        free(rgb);
    }
    free((void *)ref.grey);
}

static void what_is_not_there_is_not_found(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(3);
    struct seen s = {0.3, 6, 1e-4, 45, 60, 0}, mirrored = s;
    struct artwork art = artwork_of(3);
    mirrored.mirrored = 1;
    for (unsigned n = 0; n < 8; n++) {
        struct artwork other = artwork_of(10 + n);
        struct placement at;
        uint8_t *rgb = photograph(n == 0 ? NULL : n == 1 ? &art : &other, n == 1 ? &mirrored : &s, n);
        struct plane_source source = source_of(rgb);
        int found = locate(&source, &ref, &at);
        if (found) fail_msg("picture %u: answer %d, %d points", n, found, at.points);
        free(rgb);
    }
    free((void *)ref.grey);
}

/* As hostile manifests and pictures might have them. */
static void odd_sizes_are_not_found(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(3), odd = ref;
    struct seen s = {0.3, 6, 1e-4, 45, 60, 0};
    struct artwork art = artwork_of(3);
    struct placement at;
    uint8_t *rgb = photograph(&art, &s, 1);
    struct plane_source source = source_of(rgb), thin = source;
    odd.width = 1;
    assert_int_equal(locate(&source, &odd, &at), 0);
    odd = ref;
    odd.height = 9;
    assert_int_equal(locate(&source, &odd, &at), 0);
    thin.height = 3;
    assert_int_equal(locate(&thin, &ref, &at), 0);
    thin = source;
    thin.width = 20;
    assert_int_equal(locate(&thin, &ref, &at), 0);
    memset((void *)ref.grey, 128, (size_t)THUMB_W * THUMB_H);
    assert_int_equal(locate(&source, &ref, &at), 0);
    free(rgb);
    free((void *)ref.grey);
}

/* The grey picture of a print, as its manifest has it: 0.5 mm a sample. */
static struct content_reference reference_to(const struct sim_image *print)
{
    struct content_reference r = {.width = (uint32_t)(2 * print->width / print->ppmm),
                                  .height = (uint32_t)(2 * print->height / print->ppmm)};
    uint8_t *grey = malloc((size_t)r.width * r.height);
    assert_non_null(grey);
    r.width_mm = print->width / print->ppmm;
    r.height_mm = print->height / print->ppmm;
    for (uint32_t y = 0; y < r.height; y++)
        for (uint32_t x = 0; x < r.width; x++) {
            double sum = 0, n = 0;
            for (uint32_t b = y * print->height / r.height; b < (y + 1) * print->height / r.height; b++)
                for (uint32_t a = x * print->width / r.width; a < (x + 1) * print->width / r.width;
                     a++, n++) {
                    const uint8_t *p = print->data + 3 * ((size_t)b * print->width + a);
                    sum += 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
                }
            grey[(size_t)y * r.width + x] = (uint8_t)(sum / fmax(n, 1));
        }
    r.grey = grey;
    return r;
}

static void a_weak_mark_is_read_where_it_must_be(void **state)
{
    (void)state;
    const struct scene weak = {SIM_PICTURE, 90, 70, WEAK, 175, 600},
                       none = {SIM_PICTURE, 90, 70, 0, 175, 600};
    struct sim_image print = print_of(&weak), unmarked = print_of(&none);
    struct content_reference ref = reference_to(&unmarked);
    struct sim_camera camera = sim_camera_phone(8);
    camera.rotation_deg = 7;
    camera.tilt_deg = 12;
    camera.table = 1;
    struct sim_image with = capture_of(&print, &camera), without = capture_of(&unmarked, &camera);
    uint8_t message[PAYLOAD_BYTES], other[PAYLOAD_BYTES];
    lot_message(1, message);
    lot_message(2, other);
    struct detect_request r = request_of(&with);
    r.expected = message;
    struct detection blind = look(&r);
    r.artwork = &ref;
    struct detection placed = look(&r);
    r.expected = other;
    struct detection wrong = look(&r);
    for (int k = 0; k < 2; k++) { /* a manifest may say so: nothing on the print is of that size */
        struct content_reference odd = ref;
        odd.width_mm = odd.height_mm = k ? 1e-6 : 1e6;
        r.artwork = &odd;
        struct detection none = look(&r);
        assert_false(none.read);
        detection_clear(&none);
    }
    r = request_of(&without);
    r.expected = message;
    r.artwork = &ref;
    struct detection nothing = look(&r);
    if (blind.read || !placed.read || !placed.matched || wrong.read || nothing.read ||
        fabs(placed.px_per_mm / 8 - 1) > 0.03)
        fail_msg("blind %d (%.2g), placed %d (%.2g), another lot %d, unmarked %d (%.2g), %.2f px/mm",
                 blind.read, blind.p_false, placed.read, placed.p_false, wrong.read, nothing.read,
                 nothing.p_false, placed.px_per_mm);
    detection_clear(&blind);
    detection_clear(&placed);
    detection_clear(&wrong);
    detection_clear(&nothing);
    free((void *)ref.grey);
    sim_image_free(&with);
    sim_image_free(&without);
    sim_image_free(&print);
    sim_image_free(&unmarked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_found_however_it_is_held),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(odd_sizes_are_not_found),
        cmocka_unit_test(a_weak_mark_is_read_where_it_must_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
