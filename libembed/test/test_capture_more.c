/* Reading weak captures, mirror images, several packs in one picture, and marks in lightness. */
#include "test/test_capture_common.h"
#include "capture/packs.h"

static struct sim_image small_print(double percent)
{
    struct scene o = {SIM_TINT, 60, 60, percent, 175, 600};
    return print_of(&o);
}

static struct sim_image phone_shot(const struct sim_image *print, double ppmm, double rotation, double tilt)
{
    struct sim_camera phone = sim_camera_phone(ppmm);
    phone.rotation_deg = rotation;
    phone.tilt_deg = tilt;
    return capture_of(print, &phone);
}

/* 9 px/mm, a twentieth of the strength: no place shows the mark by itself, one smooth map through all does.  Followed
 * place by place alone, it ends at p_false 0.002. */
static void weak_captures_are_read(void **state)
{
    (void)state;
    uint8_t message[PAYLOAD_BYTES];
    struct sim_image print = small_print(0.18), photo = phone_shot(&print, 9, 20, 12);
    struct detect_request r = request_of(&photo);
    lot_message(1, message);
    r.expected = message;
    struct detection d = look(&r);
    if (!d.read) fail_msg("p_false %g, energy %.0f, pilot %d", d.p_false, d.energy, d.pilot);
    assert_memory_equal(d.message, message, PAYLOAD_BYTES);
    detection_clear(&d);
    lot_message(2, message);
    d = look(&r);
    assert_false(d.read && d.matched); /* not as another lot */
    detection_clear(&d);
    sim_image_free(&photo);
    sim_image_free(&print);
}

static void mirror_images_say_so(void **state)
{
    (void)state;
    struct sim_image print = small_print(4), photo = phone_shot(&print, 16, 30, 5);
    for (uint32_t y = 0; y < photo.height; y++)
        for (uint32_t x = 0; x < photo.width / 2; x++)
            for (int c = 0; c < 3; c++) {
                uint8_t *a = photo.data + 3 * ((size_t)y * photo.width + x) + c,
                        *b = photo.data + 3 * ((size_t)y * photo.width + photo.width - 1 - x) + c, t = *a;
                *a = *b;
                *b = t;
            }
    struct detect_request r = request_of(&photo);
    struct detection d = look(&r);
    if (!d.mirrored || d.read)
        fail_msg("mirrored %d, read %d, pilot %d, energy %.0f", d.mirrored, d.read, d.pilot, d.energy);
    detection_clear(&d);
    sim_image_free(&photo);
    sim_image_free(&print);
}

/* Two prints side by side, turned differently, on a table. */
static void every_pack_is_found(void **state)
{
    (void)state;
    struct sim_image print = small_print(4), a = phone_shot(&print, 14, 10, 0), b = phone_shot(&print, 14, 100, 8), both;
    uint32_t gap = 60, w = a.width + b.width + gap, h = a.height > b.height ? a.height : b.height;
    assert_int_equal(sim_image_new(&both, w, h, 3, 14), 0);
    for (size_t i = 0; i < (size_t)w * h * 3; i++) both.data[i] = (uint8_t)(90 + sim_random(5, i) % 9);
    for (uint32_t y = 0; y < a.height; y++)
        memcpy(both.data + (size_t)y * w * 3, a.data + (size_t)y * a.width * 3, (size_t)a.width * 3);
    for (uint32_t y = 0; y < b.height; y++)
        memcpy(both.data + ((size_t)y * w + a.width + gap) * 3, b.data + (size_t)y * b.width * 3,
               (size_t)b.width * 3);
    struct detect_request r = request_of(&both);
    struct detection found[PACKS_MAX];
    int n = 0;
    assert_int_equal(detect_packs(&r, PACKS_MAX, found, &n), 0);
    if (n != 2) fail_msg("%d packs", n);
    int side[2] = {0, 0};
    for (int i = 0; i < n; i++) {
        double x = 0;
        assert_true(reads_lot_one(&found[i]));
        for (int k = 0; k < 4; k++) x += found[i].box[k][0] / 4;
        side[x > a.width]++;
        detection_clear(&found[i]);
    }
    assert_true(side[0] == 1 && side[1] == 1);
    sim_image_free(&both);
    sim_image_free(&a);
    sim_image_free(&b);
    sim_image_free(&print);
}

/* Grey picture, mark in lightness: darker where s is positive. */
static void lightness_is_read(void **state)
{
    (void)state;
    struct sim_image grey;
    uint8_t message[PAYLOAD_BYTES];
    int16_t s[720];
    lot_message(1, message);
    struct tile *t = tile_of(ISSUER[0], message);
    assert_int_equal(sim_image_new(&grey, 720, 720, 3, 11.8), 0);
    for (uint32_t y = 0; y < 720; y++) {
        tile_row(t, TILE_INK, (y + 0.5) / 11.8, 0.5 / 11.8, 1 / 11.8, 720, s);
        for (uint32_t x = 0; x < 720; x++) {
            size_t i = (size_t)y * 720 + x;
            double v = 150 - 3 * s[x] / (double)TILE_UNIT + 2 * sim_normal(3, i);
            memset(grey.data + 3 * i, (int)lrint(v), 3);
        }
    }
    for (int hint = -1; hint <= 1; hint += 2) {
        struct detect_request r = request_of(&grey);
        r.luminance = hint;
        struct detection d = look(&r);
        assert_true(reads_lot_one(&d));
        detection_clear(&d);
    }
    free(t);
    sim_image_free(&grey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weak_captures_are_read),
        cmocka_unit_test(mirror_images_say_so),
        cmocka_unit_test(every_pack_is_found),
        cmocka_unit_test(lightness_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
