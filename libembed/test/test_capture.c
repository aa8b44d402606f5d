/*
 * detect() on simulated files, scans and photos: it reads what it should, and what it should not read it
 * does not.
 *
 * The artwork is marked in yellow alone with 4 % rms, no mask, no ink model: this tests the reading side,
 * not the visibility. ENN_LONG=1: more of everything.
 */
#include "test/test_capture_common.h"
#include "artwork/picture.h"
#include "capture/demod.h"
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static int is_long(void)
{
    return getenv("ENN_LONG") != NULL;
}

/* ---- pictures from pictures ---- */

static struct sim_image empty_like(const struct sim_image *m, uint32_t width, uint32_t height)
{
    struct sim_image out;
    assert_int_equal(sim_image_new(&out, width, height, 3, m->ppmm), 0);
    return out;
}

static struct sim_image crop(const struct sim_image *m, uint32_t x0, uint32_t y0, uint32_t w, uint32_t h)
{
    struct sim_image out = empty_like(m, w, h);
    for (uint32_t y = 0; y < h; y++)
        memcpy(out.data + 3 * (size_t)w * y, m->data + 3 * ((size_t)m->width * (y0 + y) + x0), 3 * (size_t)w);
    return out;
}

/* A quarter turn clockwise. */
static struct sim_image quarter_turn(const struct sim_image *m)
{
    struct sim_image out = empty_like(m, m->height, m->width);
    for (uint32_t y = 0; y < out.height; y++)
        for (uint32_t x = 0; x < out.width; x++)
            memcpy(out.data + 3 * ((size_t)out.width * y + x),
                   m->data + 3 * ((size_t)m->width * (m->height - 1 - x) + y), 3);
    return out;
}

/* Smaller by `factor` < 1: mean over 3 x 3 bilinear samples of each new pixel's area. */
static struct sim_image resample(const struct sim_image *m, double factor)
{
    struct sim_image out = empty_like(m, (uint32_t)(m->width * factor), (uint32_t)(m->height * factor));
    out.ppmm *= factor;
    for (uint32_t y = 0; y < out.height; y++)
        for (uint32_t x = 0; x < out.width; x++)
            for (int c = 0; c < 3; c++) {
                double sum = 0;
                for (int k = 0; k < 9; k++) {
                    double u = fmax(0, (x + (k % 3 + 0.5) / 3) / factor - 0.5),
                           v = fmax(0, (y + (k / 3 + 0.5) / 3) / factor - 0.5);
                    size_t i = (size_t)fmin(u, m->width - 2), j = (size_t)fmin(v, m->height - 2);
                    double a = u - (double)i, b = v - (double)j;
                    const uint8_t *p = m->data + 3 * (j * m->width + i) + c, *q = p + 3 * (size_t)m->width;
                    sum += (1 - b) * ((1 - a) * p[0] + a * p[3]) + b * ((1 - a) * q[0] + a * q[3]);
                }
                out.data[3 * ((size_t)out.width * y + x) + (size_t)c] = (uint8_t)(sum / 9 + 0.5);
            }
    return out;
}

/* On a grey, slightly noisy table. */
static struct sim_image on_table(const struct sim_image *m, uint32_t border)
{
    struct sim_image out = empty_like(m, m->width + 2 * border, m->height + 2 * border);
    for (size_t i = 0; i < 3 * (size_t)out.width * out.height; i++)
        out.data[i] = (uint8_t)(120 + 4 * sim_normal(3, i));
    for (uint32_t y = 0; y < m->height; y++)
        memcpy(out.data + 3 * ((size_t)out.width * (y + border) + border), m->data + 3 * (size_t)m->width * y,
               3 * (size_t)m->width);
    return out;
}

/* ---- the file itself ---- */

static void must_read(const struct sim_image *m, double dpi, double turn_deg, const char *what)
{
    struct detect_request r = request_of(m);
    r.dpi = dpi;
    struct detection d = look(&r);
    double turn = remainder(d.rotation_rad * 180 / M_PI - turn_deg, 360);
    if (!reads_lot_one(&d) || fabs(turn) > 3 || fabs(d.px_per_mm / m->ppmm - 1) > 0.03)
        fail_msg("%s: read %d, energy %.0f, %.2f px/mm of %.2f, rotation %.1f of %.0f", what, d.read,
                 d.energy, d.px_per_mm, m->ppmm, d.rotation_rad * 180 / M_PI, turn_deg);
    detection_clear(&d);
}

static void files_are_read(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct scene o = {kind ? SIM_PICTURE : SIM_TINT, 60, 50, 4, 0, 300};
        struct sim_image file = print_of(&o), turned[4], part, small, table;
        must_read(&file, 300, 0, "upright file");
        must_read(&file, 0, 0, "file, resolution unknown");
        must_read(&file, 150, 0, "file, resolution wrong");
        turned[0] = file;
        for (int q = 1; q < 4; q++) {
            turned[q] = quarter_turn(&turned[q - 1]);
            must_read(&turned[q], q & 1 ? 300 : 0, 90 * q, "turned file");
        }
        part = crop(&file, 170, 110, 354, 354); /* 30 x 30 mm */
        must_read(&part, 300, 0, "crop of 30 x 30 mm");
        small = resample(&file, 2 / 3.0);
        must_read(&small, 200, 0, "resampled to 200 dpi");
        table = on_table(&turned[1], 300);
        must_read(&table, 0, 90, "turned, grey table around");
        for (int q = 0; q < 4; q++) sim_image_free(&turned[q]);
        sim_image_free(&part);
        sim_image_free(&small);
        sim_image_free(&table);
    }
}

/*
 * Bare paper carries the slow waves only: a reader that takes the strong pilots as the measure of the fast waves, too,
 * drowns the message in ratios that are large and wrong.
 */
static void paper_is_read(void **state)
{
    (void)state;
    struct scene o = {SIM_TINT, 100, 80, 0, 0, 300};
    struct sim_image file = print_of(&o);
    uint8_t message[PAYLOAD_BYTES];
    int16_t *s = malloc(file.width * sizeof *s);
    lot_message(1, message);
    struct tile *t = tile_of(ISSUER[0], message);
    for (uint32_t y = 0; y < file.height; y++) {
        tile_row(t, TILE_PAPER, (y + 0.5) / file.ppmm, 0.5 / file.ppmm, 1 / file.ppmm, file.width, s);
        for (uint32_t x = 0; x < file.width; x++) {
            size_t i = (size_t)y * file.width + x;
            double tint = 0.09 * fmax(0, s[x] / (double)TILE_UNIT - INK_THETA), noise = sim_normal(17, i);
            for (int c = 0; c < 3; c++)
                file.data[3 * i + (size_t)c] = (uint8_t)lrint(248 + 0.7 * noise - (c == 2 ? 190 * tint : 0));
        }
    }
    must_read(&file, 300, 0, "paper, upright file");
    must_read(&file, 0, 0, "paper, resolution unknown");
    free(t);
    free(s);
    sim_image_free(&file);
}

/* ---- prints ---- */

/* Through JPEG as a phone does it. */
static void photograph(const struct sim_image *picture, struct picture *photo)
{
    char path[64];
    struct enn_error err;
    struct picture_options o = picture_options_default();
    int fd = memfd_create("photo", 0);
    assert_true(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    assert_int_equal(sim_jpeg_write(path, picture, 85), 0);
    assert_int_equal(picture_read(path, &o, photo, &err), ENN_OK);
    close(fd);
}

struct shot {
    double ppmm, rotation, tilt, axis, cylinder;
};

static void prints_are_read(void **state)
{
    (void)state;
    static const struct shot shots[] = {{16, 77, 20, 0, 0},    {18, 200, 30, 50, 0}, {20, 10, 8, 90, 30},
                                        {10, 300, 15, 120, 0}, {14, 45, 0, 0, 0},    {25, 130, 25, 200, 0},
                                        {20, 95, 5, 0, 30}};
    struct scene o = {SIM_TINT, 60, 60, 4, 175, 1200};
    struct sim_image print = print_of(&o);
    struct sim_camera scan = sim_camera_scan(300);
    scan.rotation_deg = -3;
    struct sim_image picture = capture_of(&print, &scan);
    must_read(&picture, 0, -3, "scan at 300 dpi");
    sim_image_free(&picture);
    for (size_t i = 0; i < (is_long() ? 7 : 4); i++) {
        struct sim_camera phone = sim_camera_phone(shots[i].ppmm);
        phone.rotation_deg = shots[i].rotation;
        phone.tilt_deg = shots[i].tilt;
        phone.tilt_axis_deg = shots[i].axis;
        phone.cylinder_mm = shots[i].cylinder;
        struct picture photo;
        picture = capture_of(&print, &phone);
        photograph(&picture, &photo);
        struct detect_request r = request_of(&picture);
        r.rgb = photo.rgb;
        r.stride = photo.stride;
        struct detection d = look(&r);
        int tilt_right = shots[i].cylinder > 0 || fabs(d.tilt_rad * 180 / M_PI - shots[i].tilt) < 6;
        if (!reads_lot_one(&d) || !tilt_right || fabs(d.px_per_mm / shots[i].ppmm - 1) > 0.15)
            fail_msg("photo %d: read %d, energy %.0f, %.2f px/mm, tilt %.1f", (int)i, d.read, d.energy,
                     d.px_per_mm, d.tilt_rad * 180 / M_PI);
        detection_clear(&d);
        picture_clear(&photo);
        sim_image_free(&picture);
    }
    sim_image_free(&print);
}

/* The box of the places read from has the print's centre, and reaches over its border by less than a tile. */
static void the_box_lies_on_the_print(void **state)
{
    (void)state;
    struct scene o = {SIM_TINT, 60, 60, 4, 0, 600};
    struct sim_image print = print_of(&o);
    struct sim_camera phone = sim_camera_phone(12);
    phone.rotation_deg = 120;
    struct sim_image picture = capture_of(&print, &phone);
    struct detect_request r = request_of(&picture);
    r.whole = 1;
    struct detection d = look(&r);
    assert_true(reads_lot_one(&d));
    double centre[2] = {0, 0}, px, py;
    for (int k = 0; k < 4; k++) centre[0] += d.box[k][0] / 4, centre[1] += d.box[k][1] / 4;
    assert_int_equal(sim_project(&print, &phone, 30, 30, &px, &py), 1);
    assert_true(hypot(centre[0] - px, centre[1] - py) < 5 * 12);
    for (int k = 0; k < 4; k++)
        assert_in_range(hypot(d.box[k][0] - d.box[(k + 1) % 4][0], d.box[k][1] - d.box[(k + 1) % 4][1]),
                        30 * 12, 79 * 12);
    detection_clear(&d);
    sim_image_free(&picture);
    sim_image_free(&print);
}

/* ---- what must not be read ---- */

static void must_not_read(const struct sim_image *m, const char *what, int pilot)
{
    uint8_t message[PAYLOAD_BYTES];
    struct detect_request r = request_of(m);
    lot_message(1, message);
    r.expected = message;
    r.effort = 2;
    struct detection d = look(&r);
    if (d.read || d.p_false < 1e-6 || (pilot >= 0 && d.pilot != pilot))
        fail_msg("%s: read %d, matched %d, pilot %d, p_false %g", what, d.read, d.matched, d.pilot,
                 d.p_false);
    detection_clear(&d);
}

/* Kinds of pictures without a mark. */
static void paint(struct sim_image *m, int kind, uint64_t seed)
{
    for (uint32_t y = 0; y < m->height; y++)
        for (uint32_t x = 0; x < m->width; x++)
            for (uint32_t c = 0; c < 3; c++) {
                uint64_t i = 3 * ((uint64_t)y * m->width + x) + c;
                double v = 128;
                if (kind == 1) v = 128 + 40 * sim_normal(seed, i);                             /* noise */
                if (kind == 2) v = 255.0 * (c == 2 ? x : y) / (c == 2 ? m->width : m->height); /* gradients */
                if (kind == 3) v = (x / 7 + y / 5 + c) % 2 ? 30 : 220;                         /* lattice */
                if (kind == 4) v = 128 + 100 * sin(x * 0.4 + c) * cos(y * 0.3);                /* waves */
                if (kind == 5)
                    v = sim_random(seed, (y / 9) * 1000 + x / 9 + c * 100000) % 2 ? 250 : 20; /* blocks */
                m->data[i] = (uint8_t)fmax(0, fmin(255, v));
            }
}

static void unmarked_pictures_are_not_read(void **state)
{
    (void)state;
    struct sim_image m;
    for (int kind = 0; kind < 6; kind++) {
        assert_int_equal(sim_image_new(&m, 700, 500, 3, 12), 0);
        paint(&m, kind, 50);
        must_not_read(&m, "painted picture", -1);
        sim_image_free(&m);
    }
    static const enum sim_artwork_kind kinds[] = {SIM_CARTON, SIM_TINT, SIM_PICTURE};
    for (int k = 0; k < 3; k++) {
        struct scene o = {kinds[k], 60, 45, 0, 175, 600};
        struct sim_image print = print_of(&o);
        struct sim_camera phone = sim_camera_phone(14);
        phone.rotation_deg = 20;
        m = capture_of(&print, &phone);
        must_not_read(&m, "unmarked print", -1);
        sim_image_free(&m);
        sim_image_free(&print);
    }
}

static void pictures_of_odd_sizes(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{1, 1},   {1, 3000},  {3000, 1},  {3, 5},
                                        {17, 17}, {255, 255}, {256, 256}, {257, 40}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct sim_image m;
        assert_int_equal(sim_image_new(&m, sizes[i][0], sizes[i][1], 3, 12), 0);
        paint(&m, 1, i);
        must_not_read(&m, "odd size", -1);
        sim_image_free(&m);
    }
}

/* The pilot is everyone's, the message is not; with both issuers the right one is named. */
static void other_issuers_are_not_read(void **state)
{
    (void)state;
    struct scene o = {SIM_TINT, 45, 45, 4, 0, 300};
    struct sim_image file = print_of(&o);
    uint8_t both[2][32];
    memcpy(both[0], OTHER_ISSUER[0], 32);
    memcpy(both[1], ISSUER[0], 32);
    struct detect_request r = request_of(&file);
    r.anchors = OTHER_ISSUER;
    struct detection d = look(&r);
    assert_true(!d.read && d.pilot && d.p_false > 1e-6);
    detection_clear(&d);
    r.anchors = (const uint8_t(*)[32])both;
    r.n_anchors = 2;
    d = look(&r);
    assert_true(reads_lot_one(&d) && d.anchor == 1);
    detection_clear(&d);
    r.n_anchors = 0;
    d = look(&r);
    assert_true(!d.read && d.p_false == 1);
    detection_clear(&d);
    sim_image_free(&file);
}

/* ---- matching ---- */

/*
 * Strong to weak: first decoded, then only matched, then nothing.  With the manifest of another lot what is
 * decoded stays what it is, and nothing is ever matched.
 */
static void matched_only_where_decoding_fails(void **state)
{
    (void)state;
    int only_matched = 0, decoded = 0, nothing = 0;
    uint8_t right[PAYLOAD_BYTES], wrong[PAYLOAD_BYTES];
    lot_message(1, right);
    for (double percent = 2; percent > 0.1; percent *= is_long() ? 0.87 : 0.72) {
        struct scene o = {SIM_TINT, 45, 45, percent, 175, 600};
        struct sim_image print = print_of(&o);
        struct sim_camera phone = sim_camera_phone(9);
        phone.rotation_deg = 30;
        struct sim_image picture = capture_of(&print, &phone);
        struct detect_request r = request_of(&picture);
        struct detection alone = look(&r);
        r.expected = right;
        struct detection with = look(&r);
        assert_false(alone.matched);
        if (alone.read) assert_true(with.read && !with.matched);
        if (with.read) assert_memory_equal(with.message, right, PAYLOAD_BYTES);
        decoded += alone.read;
        only_matched += with.matched;
        nothing += !with.read;
        for (unsigned lot = 2; lot < (is_long() ? 5u : 3u); lot++) {
            lot_message(lot, wrong);
            r.expected = wrong;
            struct detection other = look(&r);
            assert_int_equal(other.read, alone.read);
            assert_false(other.matched);
            if (other.read) assert_memory_equal(other.message, right, PAYLOAD_BYTES);
            detection_clear(&other);
        }
        struct payload unit;
        payload_unpack(right, &unit);
        unit.unit ^= 0x9be; /* its codeword agrees by one half: a match names the lot, not the unit */
        payload_pack(&unit, wrong);
        r.expected = wrong;
        struct detection sister = look(&r);
        assert_false(alone.read && sister.matched);
        if (sister.read) assert_memory_equal(sister.payload.lot_id, unit.lot_id, LOT_ID_BYTES);
        detection_clear(&sister);
        printf("  mark of %.2f %%: energy %.0f, decoded %d, matched %d\n", percent, with.energy, alone.read,
               with.matched);
        detection_clear(&alone);
        detection_clear(&with);
        sim_image_free(&picture);
        sim_image_free(&print);
        if (nothing > 1) break;
    }
    assert_true(decoded > 0 && only_matched > 0 && nothing > 0);
}

/* ---- honesty of p_false ---- */

/* Weighted observations of the chips of one real capture. */
static struct chips *observe(const struct sim_image *m)
{
    struct detect_request r = request_of(m);
    struct detection d = look(&r);
    struct plane p;
    struct chips *c = malloc(sizeof *c);
    assert_true(reads_lot_one(&d));
    const struct plane_source in = {m->data, m->width, m->height, 3 * (size_t)m->width, 1};
    assert_int_equal(plane_from_rgb(&p, &in, d.factor, CARRIER_YELLOW_BLUE), 0);
    assert_int_equal(demodulate(c, &p, &d.field), 0);
    plane_free(&p);
    detection_clear(&d);
    return c;
}

static double significance(const struct chips *c, const uint8_t anchor[32],
                           const uint8_t message[PAYLOAD_BYTES])
{
    int8_t signs[CODE_N];
    struct carrier *k = malloc(sizeof *k);
    double t = 0, q = 0;
    carrier_init(k, anchor);
    carrier_chips(k, message, signs);
    for (int i = 0; i < CODE_N; i++) {
        double x = (double)c->weight[i] * c->y[i];
        t += x * signs[i];
        q += x * x;
    }
    free(k);
    return t / sqrt(q);
}

/*
 * The chips of a real capture against the carriers of strangers: the significance has mean 0 and variance
 * 1, and is as large as z no more often than exp(-z^2 / 2), which is what p_false says.
 */
static void strangers_are_insignificant(void **state)
{
    (void)state;
    int n = is_long() ? 20000 : 2000, above[4] = {0};
    struct scene o = {SIM_PICTURE, 45, 45, 4, 0, 300};
    struct sim_image file = print_of(&o);
    struct chips *c = observe(&file);
    uint8_t message[PAYLOAD_BYTES];
    double sum = 0, square = 0;
    lot_message(1, message);
    assert_true(significance(c, ISSUER[0], message) > 14);
    for (int i = 0; i < n; i++) {
        uint8_t anchor[32];
        for (uint64_t b = 0; b < 32; b++) anchor[b] = (uint8_t)sim_random(1000 + (uint64_t)i, b);
        double z = significance(c, anchor, message);
        sum += z / n;
        square += z * z / n;
        for (int k = 0; k < 4; k++) above[k] += z >= k + 1;
    }
    printf("  strangers' carriers: mean %.3f, variance %.3f, at least 1 2 3 4: %d %d %d %d of %d\n", sum,
           square, above[0], above[1], above[2], above[3], n);
    assert_true(fabs(sum) < 5 / sqrt(n) && fabs(square - 1) < 5 * sqrt(2.0 / n));
    for (int k = 0; k < 4; k++) assert_true(above[k] <= n * exp(-(k + 1) * (k + 1) / 2.0) + 1);
    free(c);
    sim_image_free(&file);
}

/*
 * Other lots of the same issuer on a capture of lot 1: codewords agree with each other a little more than
 * random signs would (test_code.c), so the variance may pass 1 by 3 z1^2 / n, z1 being the significance of
 * the lot that is there.
 */
static void other_lots_are_insignificant(void **state)
{
    (void)state;
    int n = is_long() ? 20000 : 2000;
    struct scene o = {SIM_TINT, 45, 45, 1, 175, 600};
    struct sim_image print = print_of(&o);
    struct sim_camera phone = sim_camera_phone(12);
    struct sim_image picture = capture_of(&print, &phone);
    struct chips *c = observe(&picture);
    uint8_t message[PAYLOAD_BYTES];
    double sum = 0, square = 0, most = 0;
    lot_message(1, message);
    double own = significance(c, ISSUER[0], message);
    for (int i = 0; i < n; i++) {
        lot_message(10 + (unsigned)i, message);
        double z = significance(c, ISSUER[0], message);
        sum += z / n;
        square += z * z / n;
        most = fmax(most, z);
    }
    printf("  other lots: lot 1 %.1f, others mean %.3f, variance %.3f, most %.2f\n", own, sum, square, most);
    assert_true(fabs(sum) < 0.2);
    assert_true(square > 0.8 && square < 1.2 + 3 * own * own / CODE_N);
    assert_true(most < 5 + 0.15 * own);
    free(c);
    sim_image_free(&print);
    sim_image_free(&picture);
}

/* The p_false that detect() reports where there is nothing to match: at most a share a of pictures has
 * p_false <= a. */
static void p_false_is_honest(void **state)
{
    (void)state;
    int n = is_long() ? 400 : 60, below[3] = {0};
    static const double level[3] = {0.5, 0.1, 0.01};
    struct scene o = {SIM_TINT, 40, 40, 4, 0, 200};
    struct sim_image file = print_of(&o);
    uint8_t message[PAYLOAD_BYTES], anchor[1][32];
    lot_message(1, message);
    for (int i = 0; i < n; i++) {
        for (uint64_t b = 0; b < 32; b++) anchor[0][b] = (uint8_t)sim_random(5000 + (uint64_t)i, b);
        struct detect_request r = request_of(&file);
        r.anchors = (const uint8_t(*)[32])anchor;
        r.expected = message;
        r.dpi = 200;
        r.effort = 0;
        struct detection d = look(&r);
        assert_true(d.pilot && !d.read);
        for (int k = 0; k < 3; k++) below[k] += d.p_false <= level[k];
        detection_clear(&d);
    }
    printf("  p_false <= 0.5 0.1 0.01: %d %d %d of %d\n", below[0], below[1], below[2], n);
    for (int k = 0; k < 3; k++) assert_true(below[k] <= level[k] * n + 3 * sqrt(level[k] * n));
    sim_image_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read),
        cmocka_unit_test(paper_is_read),
        cmocka_unit_test(prints_are_read),
        cmocka_unit_test(the_box_lies_on_the_print),
        cmocka_unit_test(unmarked_pictures_are_not_read),
        cmocka_unit_test(pictures_of_odd_sizes),
        cmocka_unit_test(other_issuers_are_not_read),
        cmocka_unit_test(matched_only_where_decoding_fails),
        cmocka_unit_test(strangers_are_insignificant),
        cmocka_unit_test(other_lots_are_insignificant),
        cmocka_unit_test(p_false_is_honest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
