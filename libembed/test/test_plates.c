/*
 * Sets of plates: signed, verified and read blind; every compression and layout; what is refused; nothing
 * else changes; the same bytes whatever the number of threads.
 */
#include "test/test_sign_kinds.h"
#include "artwork/plate.h"
#include <ftw.h>
#include <math.h>

static const char *const inks[] = {"Cyan", "Magenta", "Yellow", "Black"};
static const struct sim_plate_file g4 = {.compression = COMPRESSION_CCITTFAX4};
static struct sim_plate large[4],
    small[4]; /* 80 x 56 mm, which reads, and a corner of it for what needs no reading */
static const struct sim_plate *plates = small;

static int make_plates(struct sim_plate *p, double width_mm, double height_mm, double dpi, double lpi)
{
    struct sim_image art;
    if (sim_make_artwork(&art, SIM_PICTURE, width_mm, height_mm, 300, 3)) return -1;
    for (int k = 0; k < 4; k++)
        if (sim_screen(&art, k, dpi, lpi, &p[k])) return -1;
    sim_image_free(&art);
    return 0;
}

static int setup(void **state)
{
    return make_issuer(state) || make_plates(large, 80, 56, 2400, 175) ||
                   make_plates(small, 14.3, 11, 2400, 175)
               ? -1
               : 0;
}

static int take(const char *path, const struct stat *s, int flag, struct FTW *f)
{
    (void)s, (void)flag, (void)f;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) sim_plate_free(&large[k]), sim_plate_free(&small[k]);
    return nftw(test_dir, take, 8, FTW_DEPTH | FTW_PHYS);
}

/* Writes the four plates as NAME(Ink).tif, the yellow one as y says; the set is in *set. */
static void write_set(const char *name, const struct sim_plate_file *y, struct enn_plate set[4])
{
    static char path[4][300];
    for (int k = 0; k < 4; k++) {
        char file[64];
        snprintf(file, sizeof file, "%s(%s).tif", name, inks[k]);
        snprintf(path[k], sizeof path[k], "%s", in_dir(file));
        assert_int_equal(sim_plate_write(path[k], &plates[k], k == 2 ? y : &g4), 0);
        set[k] = (struct enn_plate){path[k], NULL};
    }
}

static const char *out_dir(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s", in_dir(name));
    mkdir(path, 0700);
    return path;
}

static enum enn_status sign_set(const struct enn_plate *set, size_t n, const char *dir, int threads,
                                struct enn_sign_report *r, struct enn_error *err)
{
    struct enn_sign_options o = sign_options();
    o.threads = threads;
    return enn_sign_plates(&o, set, n, dir, NULL, r, err);
}

static void must_sign(const struct enn_plate *set, const char *dir, int threads, struct enn_sign_report *r)
{
    struct enn_error err = {0};
    if (sign_set(set, 4, dir, threads, r, &err)) fail_msg("%s", err.text);
}

static size_t slurp(const char *path, uint8_t **bytes)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    *bytes = malloc(8 << 20);
    size_t n = fread(*bytes, 1, 8 << 20, f);
    fclose(f);
    return n;
}

static int same_bytes(const char *a, const char *b)
{
    uint8_t *p, *q;
    size_t n = slurp(a, &p), m = slurp(b, &q);
    int same = n == m && !memcmp(p, q, n);
    free(p);
    free(q);
    return same;
}

static char *join(const char *dir, const char *name)
{
    static char path[4][600];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

static enum enn_status verdict(const char *file, const char *manifest, struct enn_verdict *v)
{
    struct enn_error err = {0};
    struct enn_verifier *f = enn_verifier_new();
    struct enn_verify_options o = enn_verify_options_default();
    assert_non_null(f);
    assert_int_equal(enn_verifier_trust(f, in_dir("T.crt"), &err), ENN_OK);
    if (manifest) assert_int_equal(enn_verifier_manifest(f, manifest, &err), ENN_OK);
    enum enn_status s = enn_verify_file(f, &o, file, v, &err);
    enn_verifier_free(f);
    return s;
}

/* More ink than before in the 4 x 4 pixels at (4 x, 4 y). */
static int32_t more_ink(const struct sim_plate *before, const struct sim_plate *after, size_t x, size_t y)
{
    int32_t n = 0;
    unsigned half = x & 1 ? 0x0f : 0xf0;
    for (size_t at = 4 * y * before->pitch + x / 2, k = 0; k < 4; k++, at += before->pitch)
        n += __builtin_popcount(after->bits[at] & half) - __builtin_popcount(before->bits[at] & half);
    return n;
}

/* The largest change of the ink of a square of 1 cm, in points, of squares at every fourth pixel. */
static double most_of_any_cm2(const struct sim_plate *before, const struct sim_plate *after)
{
    size_t side = (size_t)lrint(before->dpi / 25.4 * 10 / 4), nx = before->width / 4, ny = before->height / 4,
           w = nx + 1;
    int32_t *sum = calloc(w * (ny + 1), sizeof *sum), most = 0; /* from the corner to (x, y) */
    assert_non_null(sum);
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0, i = y * w; x < nx; x++, i++)
            sum[i + w + 1] = more_ink(before, after, x, y) + sum[i + 1] + sum[i + w] - sum[i];
    for (size_t y = side; y <= ny; y++)
        for (size_t x = side; x <= nx; x++) {
            const int32_t *low = sum + y * w + x, *high = low - side * w;
            int32_t more = abs(low[0] - low[-(ptrdiff_t)side] - high[0] + high[-(ptrdiff_t)side]);
            if (more > most) most = more;
        }
    free(sum);
    return 100.0 * most / (16.0 * (double)(side * side));
}

/* Signs a picture screened like this; what the yellow plate changes by in its worst square of 1 cm. At twice
 * the usual strength that would be 0.14 points and more, were it not mended. */
static void keeps_tone(double dpi, double lpi)
{
    struct sim_plate p[4], got;
    struct enn_plate set[4];
    struct enn_sign_report r;
    struct enn_error err = {0};
    struct enn_sign_options o = sign_options();
    assert_int_equal(make_plates(p, 56, 44, dpi, lpi), 0);
    plates = p;
    write_set("t", &g4, set);
    const char *dir = out_dir("tone");
    o.threads = 2, o.strength = 2;
    if (enn_sign_plates(&o, set, 4, dir, NULL, &r, &err)) fail_msg("%s", err.text);
    assert_int_equal(sim_plate_read(join(dir, "t(Yellow).tif"), &got), 0);
    double most = most_of_any_cm2(&p[2], &got);
    if (most > 0.1 || most < 0.01)
        fail_msg("%.0f dpi, %.0f lpi: a cm2 has %.3f points more or less", dpi, lpi, most);
    if (most > r.plate_tone + 0.03) fail_msg("%.3f points, and the report says %.3f", most, r.plate_tone);
    sim_plate_free(&got);
    for (int k = 0; k < 4; k++) sim_plate_free(&p[k]);
    plates = small;
}

/* AM and FM screens, where a block has many pixels and where it has few. */
static void test_tone(void **state)
{
    (void)state;
    keeps_tone(1200, 133);
    keeps_tone(1200, 0);
    keeps_tone(2400, 175);
    keeps_tone(2400, 0);
}

/* The whole way: three plates come out byte for byte, yellow differs in dots only, all verify, and yellow
 * reads alone. */
static void test_signed(void **state)
{
    (void)state;
    struct enn_plate set[4];
    struct enn_sign_report r;
    struct enn_verdict v;
    char dir[300], manifest[340];
    plates = large;
    write_set("a", &g4, set);
    snprintf(dir, sizeof dir, "%s", out_dir("signed"));
    must_sign(set, dir, 1, &r);
    assert_int_equal(r.plates, 4);
    assert_true(r.plate_reach > 0.8);
    assert_true(fabs(r.coverage_change[2]) < 0.1 && r.coverage_change[0] == 0);
    snprintf(manifest, sizeof manifest, "%s", join(dir, "a(Yellow).xml"));
    char lot_id[21];
    snprintf(lot_id, sizeof lot_id, "%s", r.lot_id);
    for (int k = 0; k < 4; k++) {
        char name[32];
        snprintf(name, sizeof name, "a(%s).tif", inks[k]);
        assert_int_equal(same_bytes(set[k].file, join(dir, name)), k != 2);
        assert_int_equal(verdict(join(dir, name), manifest, &v), ENN_OK);
        assert_string_equal(v.lot, "L1");
        assert_int_equal(v.file_checked, 1);
        enn_verdict_clear(&v);
    }
    assert_int_equal(verdict(join(dir, "a(Yellow).tif"), NULL, &v), ENN_UNTRUSTED);
    assert_string_equal(v.lot_id, lot_id);
    assert_int_equal(v.n_reasons, 1);
    assert_int_equal(v.reasons[0], ENN_REASON_NO_MANIFEST);
    enn_verdict_clear(&v);
    struct sim_plate got;
    assert_int_equal(sim_plate_read(join(dir, "a(Yellow).tif"), &got), 0);
    long changed = 0;
    for (size_t i = 0; i < got.height * got.pitch; i++)
        changed += __builtin_popcount(got.bits[i] ^ plates[2].bits[i]);
    assert_true(changed > 20000 && changed < (long)(got.width * got.height / 20));
    double most = most_of_any_cm2(&plates[2], &got);
    if (most > 0.1) fail_msg("a cm2 has %.3f points more or less", most);
    sim_plate_free(&got);
    plates = small;
}

/* Without a yellow plate another one carries the mark, in lightness, and reads. */
static void test_without_yellow(void **state)
{
    (void)state;
    struct enn_plate set[4], three[3];
    struct enn_sign_report r;
    struct enn_error err = {0};
    struct enn_verdict v;
    struct sim_plate before = large[3], got;
    char dir[300], manifest[340];
    plates = large;
    write_set("n", &g4, set);
    three[0] = set[0], three[1] = set[1], three[2] = set[3];
    snprintf(dir, sizeof dir, "%s", out_dir("three"));
    if (sign_set(three, 3, dir, 2, &r, &err)) fail_msg("%s", err.text);
    assert_true(r.luminance && r.plates == 3 && r.plate_reach > 0.7);
    assert_string_equal(r.plate_carriers, "Black");
    assert_string_equal(r.missing_plates, "Yellow");
    assert_true(r.plate_tone < 0.1 && fabs(r.coverage_change[2]) < 0.1);
    enn_sign_report_clear(&r);
    snprintf(manifest, sizeof manifest, "%s", join(dir, "n(Cyan).xml"));
    for (int k = 0; k < 4; k += k == 1 ? 2 : 1) {
        char name[32];
        snprintf(name, sizeof name, "n(%s).tif", inks[k]);
        assert_int_equal(same_bytes(set[k].file, join(dir, name)), k != 3);
        assert_int_equal(verdict(join(dir, name), manifest, &v), ENN_OK);
        assert_int_equal(v.file_checked, 1);
        enn_verdict_clear(&v);
    }
    assert_int_equal(verdict(join(dir, "n(Black).tif"), NULL, &v), ENN_UNTRUSTED);
    enn_verdict_clear(&v);
    assert_int_equal(sim_plate_read(join(dir, "n(Black).tif"), &got), 0);
    double most = most_of_any_cm2(&before, &got);
    if (most > 0.1) fail_msg("a cm2 has %.3f points more or less", most);
    sim_plate_free(&got);
    plates = small;
}

static void refused(const struct enn_plate *set, size_t n, enum enn_status want, const char *says)
{
    struct enn_error err = {0};
    struct enn_sign_report r;
    const char *dir = out_dir("refused");
    enum enn_status s = sign_set(set, n, dir, 1, &r, &err);
    if (s != want || !strstr(err.text, says))
        fail_msg("status %d: %s (wanted %d, %s)", s, err.text, want, says);
    assert_int_equal(rmdir(dir), 0); /* nothing is left behind */
}

/* Yellow that can follow nowhere, solid or not there, is helped by the others. */
static void test_help(void **state)
{
    (void)state;
    struct enn_plate set[4];
    struct enn_sign_report r;
    struct sim_plate kept = small[2];
    small[2].bits = malloc(kept.height * kept.pitch);
    assert_non_null(small[2].bits);
    memset(small[2].bits, 0xff, kept.height * kept.pitch);
    write_set("h", &g4, set);
    const char *dir = out_dir("help");
    must_sign(set, dir, 2, &r);
    if (!strstr(r.plate_carriers, "Cyan") && !strstr(r.plate_carriers, "Magenta") &&
        !strstr(r.plate_carriers, "Black"))
        fail_msg("%s", r.plate_carriers);
    assert_int_equal(same_bytes(set[2].file, join(dir, "h(Yellow).tif")), 0); /* its pointer */
    enn_sign_report_clear(&r);
    refused(set + 2, 1, ENN_UNSUPPORTED, "carry the mark");
    free(small[2].bits);
    small[2] = kept;
    write_set("h", &g4, set);
    must_sign(set, out_dir("help"), 2, &r);
    assert_string_equal(r.plate_carriers, "Yellow");
    enn_sign_report_clear(&r);
}

/* Unsigned, changed and other plates do not pass; a file with the same pixels but another tag neither. */
static void test_altered(void **state)
{
    (void)state;
    struct enn_plate set[4];
    struct enn_sign_report r;
    struct enn_verdict v;
    struct sim_plate p;
    write_set("b", &g4, set);
    const char *dir = out_dir("altered"), *manifest = join(dir, "b(Yellow).xml");
    must_sign(set, dir, 1, &r);
    assert_int_equal(verdict(set[2].file, manifest, &v), ENN_NOT_GENUINE);
    assert_int_equal(v.reasons[0], ENN_REASON_SAMPLES_DIFFER);
    assert_non_null(strstr(v.detail, "before it was signed"));
    enn_verdict_clear(&v);
    assert_int_equal(sim_plate_read(join(dir, "b(Yellow).tif"), &p), 0);
    struct sim_plate_file lzw = {.compression = COMPRESSION_LZW, .white_is_one = 1};
    assert_int_equal(sim_plate_write(in_dir("other.tif"), &p, &lzw), 0);
    assert_int_equal(verdict(in_dir("other.tif"), manifest, &v), ENN_NOT_GENUINE);
    assert_int_equal(v.reasons[0], ENN_REASON_FILE_HASH);
    enn_verdict_clear(&v);
    p.bits[p.pitch * 500 + 100] ^= 0x10;
    assert_int_equal(sim_plate_write(in_dir("other.tif"), &p, &lzw), 0);
    assert_int_equal(verdict(in_dir("other.tif"), manifest, &v), ENN_NOT_GENUINE);
    assert_int_equal(v.reasons[0], ENN_REASON_SAMPLES_DIFFER);
    enn_verdict_clear(&v);
    sim_plate_free(&p);
}

/* Every compression, polarity, bit order and layout gives the same pixels, in a file of the same kind. */
static void test_layouts(void **state)
{
    (void)state;
    static const struct sim_plate_file f[] = {
        {.compression = COMPRESSION_CCITTFAX4},
        {.compression = COMPRESSION_CCITTFAX4, .white_is_one = 1, .rows_per_strip = 100},
        {.compression = COMPRESSION_CCITTFAX4, .lsb_first = 1},
        {.compression = COMPRESSION_CCITTFAX4, .tile = 256},
        {.compression = COMPRESSION_CCITTFAX3, .rows_per_strip = 64},
        {.compression = COMPRESSION_CCITTFAX3, .group3_options = GROUP3OPT_2DENCODING | GROUP3OPT_FILLBITS},
        {.compression = COMPRESSION_PACKBITS, .rows_per_strip = 7},
        {.compression = COMPRESSION_LZW, .white_is_one = 1, .lsb_first = 1, .rows_per_strip = 33},
        {.compression = COMPRESSION_ADOBE_DEFLATE, .tile = 512, .white_is_one = 1},
        {.compression = COMPRESSION_NONE, .rows_per_strip = 50},
        {.compression = COMPRESSION_NONE, .white_is_one = 1, .lsb_first = 1},
        {.compression = COMPRESSION_NONE, .tile = 128},
    };
    struct enn_plate set[4];
    struct enn_sign_report r;
    struct sim_plate first = {0}, got;
    for (size_t i = 0; i < sizeof f / sizeof *f; i++) {
        write_set("c", &f[i], set);
        const char *dir = out_dir("layouts");
        must_sign(set, dir, 2, &r);
        assert_int_equal(sim_plate_read(join(dir, "c(Yellow).tif"), &got), 0);
        if (!i) {
            first = got;
            continue;
        }
        if (memcmp(first.bits, got.bits, got.height * got.pitch)) fail_msg("layout %zu: other pixels", i);
        sim_plate_free(&got);
        TIFF *a = TIFFOpen(set[2].file, "rm"), *b = TIFFOpen(join(dir, "c(Yellow).tif"), "rm");
        assert_true(a && b);
        static const uint32_t tags[] = {TIFFTAG_COMPRESSION, TIFFTAG_PHOTOMETRIC, TIFFTAG_FILLORDER};
        for (int k = 0; k < 3; k++) {
            uint16_t x = 0, y = 0;
            TIFFGetFieldDefaulted(a, tags[k], &x), TIFFGetFieldDefaulted(b, tags[k], &y);
            assert_int_equal(x, y);
        }
        char *artist = NULL;
        assert_int_equal(TIFFGetField(b, TIFFTAG_ARTIST, &artist), 1);
        assert_string_equal(artist, "the platesetter");
        assert_int_equal(TIFFNumberOfStrips(a), TIFFNumberOfStrips(b));
        TIFFClose(a), TIFFClose(b);
    }
    sim_plate_free(&first);
}

static void test_threads(void **state)
{
    (void)state;
    struct enn_plate set[4];
    struct enn_sign_report r;
    write_set("d", &g4, set);
    setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
    char one[300];
    snprintf(one, sizeof one, "%s", out_dir("one"));
    must_sign(set, one, 1, &r);
    for (int n = 2; n < 8; n += 3) {
        const char *dir = out_dir("many");
        must_sign(set, dir, n, &r);
        assert_true(same_bytes(join(one, "d(Yellow).tif"), join(dir, "d(Yellow).tif")));
        assert_true(same_bytes(join(one, "d(Yellow).xml"), join(dir, "d(Yellow).xml")));
    }
    unsetenv("SOURCE_DATE_EPOCH");
}

static void cut(const char *path, long to)
{
    assert_int_equal(truncate(path, to), 0);
}

static void test_refused(void **state)
{
    (void)state;
    struct enn_plate set[4], other[4];
    struct sim_plate odd = plates[0];
    char path[300];
    write_set("e", &g4, set);
    memcpy(other, set, sizeof other);
    refused(set, 0, ENN_USAGE, "1 to 16");
    other[1].ink = "Cyan";
    refused(other, 4, ENN_USAGE, "both Cyan");
    snprintf(path, sizeof path, "%s", in_dir("nameless.tif"));
    odd.height -= 8;
    assert_int_equal(sim_plate_write(path, &odd, &g4), 0);
    other[1] = (struct enn_plate){path, NULL};
    refused(other, 4, ENN_USAGE, "neither name nor tags tell the ink");
    other[1].ink = "Magenta";
    refused(other, 4, ENN_UNSUPPORTED, "pixels, but");
    odd = plates[0];
    odd.dpi = 2540;
    assert_int_equal(sim_plate_write(path, &odd, &g4), 0);
    refused(other, 4, ENN_UNSUPPORTED, "dpi, but");
    odd.dpi = 600;
    assert_int_equal(sim_plate_write(path, &odd, &g4), 0);
    refused(other, 4, ENN_UNSUPPORTED, "600 dpi");
    struct kind contone = kind_cmyk(1);
    kind_write(&contone, path);
    free(contone.data);
    refused(other, 4, ENN_UNSUPPORTED, "one of one bit");
    other[1].file = in_dir("missing.tif");
    refused(other, 4, ENN_IO, "missing.tif");
}

/* Group 3 and 4 that stop early, which libtiff only warns of, and files that are cut short. */
static void test_damaged(void **state)
{
    (void)state;
    struct enn_plate set[4];
    static const struct sim_plate_file f[] = {{.compression = COMPRESSION_CCITTFAX4},
                                              {.compression = COMPRESSION_CCITTFAX3, .rows_per_strip = 64},
                                              {.compression = COMPRESSION_LZW},
                                              {.compression = COMPRESSION_NONE}};
    for (size_t i = 0; i < sizeof f / sizeof *f; i++) {
        struct enn_error err = {0};
        struct enn_sign_report r;
        write_set("f", &f[i], set);
        uint8_t *bytes;
        size_t n = slurp(set[2].file, &bytes);
        memset(bytes + n / 2, 0, n / 4); /* the directory is at the end and stays */
        FILE *out = fopen(set[2].file, "wb");
        assert_int_equal(fwrite(bytes, 1, n, out), n);
        fclose(out);
        free(bytes);
        const char *dir = out_dir("damaged");
        enum enn_status s = sign_set(set, 4, dir, 1, &r, &err);
        if (f[i].compression != COMPRESSION_NONE) assert_int_equal(s, ENN_FORMAT);
        if (s) assert_int_equal(rmdir(dir), 0);
        cut(set[2].file, (long)n / 2);
        s = sign_set(set, 4, out_dir("damaged"), 1, &r, &err);
        assert_int_equal(s, ENN_FORMAT);
    }
}

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *path, *ink;
    } names[] = {{"a/job(Cyan).tif", "Cyan"},
                 {"job_C.tif", "Cyan"},
                 {"job-m.tiff", "Magenta"},
                 {"x.K.tif", "Black"},
                 {"job Yellow.tif", "Yellow"},
                 {"job(PANTONE 286 C).tif", "PANTONE 286 C"},
                 {"/p(Cyan)/job_key.tif", "Black"},
                 {"job.tif", NULL},
                 {"job_X.tif", NULL},
                 {"a_C/job.tif", NULL},
                 {"().tif", NULL},
                 {".tif", NULL},
                 {"", NULL},
                 {"yellow.tif", NULL},
                 {"j(y).tif", "Yellow"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char ink[64] = "";
        int is = plate_ink(names[i].path, ink);
        if (is != (names[i].ink != NULL) || (is && strcmp(ink, names[i].ink)))
            fail_msg("%s: %s", names[i].path, ink);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),          cmocka_unit_test(test_signed),  cmocka_unit_test(test_tone),
        cmocka_unit_test(test_without_yellow), cmocka_unit_test(test_help),    cmocka_unit_test(test_altered),
        cmocka_unit_test(test_layouts),        cmocka_unit_test(test_threads), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
