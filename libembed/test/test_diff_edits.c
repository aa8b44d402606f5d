/*
 * The comparison as a whole: random edits are found where they were made, also on top of a mark; a mark
 * alone is never taken for an edit.  ENN_LONG=1: 200 edits and 100 marks.
 *
 * An edit is a disc or a rectangle of 0.3 to 3 mm whose colour differs by CIEDE2000 3 to 12, in one to four
 * inks.  On failure the seed is printed; every case is a function of its seed.
 */
#include "test/test_trust_common.h"
#include "test/sim.h"
#include "diff/colour.h"
#include <math.h>

enum { SIDE_MM = 30, EDITS = 4, LONG_EDITS = 200, MARKS = 2, LONG_MARKS = 100, PER_BASE = 8 };

static struct colour_table *table;
static char paths[3][512]; /* artwork, marked, edited: named once */

static int how_many(int few, int many)
{
    return getenv("ENN_LONG") ? many : few;
}

static void make_base(struct sim_image *m, uint64_t seed)
{
    static const enum sim_artwork_kind kinds[] = {SIM_PICTURE, SIM_CARTON, SIM_TINT};
    assert_int_equal(sim_make_artwork(m, kinds[seed % 3], SIDE_MM, SIDE_MM, 300, seed), 0);
    assert_int_equal(sim_tiff_write(paths[0], m), 0);
}

/* Sealed or not: without a seal the comparison knows the mark to the last level.  Key, nonce and secret are fixed. */
static void mark(double strength, enum enn_white white, uint64_t seed)
{
    struct enn_sign_options o = enn_sign_options_default();
    struct enn_sign_report report;
    struct enn_error e = {0};
    char nonce[33], secret[512];
    snprintf(nonce, sizeof nonce, "%032llx", (unsigned long long)seed);
    snprintf(secret, sizeof secret, "%s/A.seal", test_dir);
    o.key_file = "testdata/manifest/issuer.key", o.cert_file = "testdata/manifest/issuer.crt";
    o.nonce_hex = nonce;
    if (seed % 2 == 0) o.seal_secret = secret;
    o.gtin = "09506000134352", o.lot = "L1";
    o.strength = strength, o.white = white;
    o.threads = 1, o.force = 1, o.allow_barcode_mismatch = 1;
    ASSERT_STATUS(enn_sign(&o, paths[0], paths[1], NULL, &report, &e), ENN_OK, e);
    enn_sign_report_clear(&report);
}

static int setup(void **state)
{
    struct enn_error e = {0};
    struct profile *p;
    char secret[512];
    static const char pem[] = "-----BEGIN ENN SEAL SECRET-----\nYSBzZWNyZXQgb2YgdGhpcyB0ZXN0IGFsb25lOiAuLi4=\n"
                              "-----END ENN SEAL SECRET-----\n";
    if (make_dir(state)) return -1;
    snprintf(secret, sizeof secret, "%s/A.seal", test_dir);
    FILE *f = fopen(secret, "wb");
    int made = f && fputs(pem, f) >= 0;
    if ((f && fclose(f)) || !made) return -1;
    for (int i = 0; i < 3; i++) snprintf(paths[i], sizeof *paths, "%s/%c.tif", test_dir, "ase"[i]);
    if (profile_open(&p, PRESS_CMYK, NULL, 0, &e)) return -1;
    int bad = colour_new(&table, PRESS_CMYK, p, &e) != ENN_OK;
    profile_free(p);
    return bad ? -1 : 0;
}

static int teardown(void **state)
{
    colour_free(table);
    return remove_dir(state);
}

struct edit {
    double x, y, width, height; /* mm */
    int disc, inks[4];
    double de;
};

static struct edit random_edit(uint64_t seed)
{
    struct edit e = {.disc = sim_random(seed, 0) & 1};
    e.width = 0.3 * pow(10, sim_uniform(seed, 1));
    e.height = e.disc ? e.width : 0.3 * pow(10, sim_uniform(seed, 2));
    e.x = 1 + (SIDE_MM - 2 - e.width) * sim_uniform(seed, 3);
    e.y = 1 + (SIDE_MM - 2 - e.height) * sim_uniform(seed, 4);
    e.de = 3 + 9 * sim_uniform(seed, 5);
    for (uint64_t c = 0; c < 4; c++)
        e.inks[c] = sim_uniform(seed, 6 + c) < 0.5 ? 0 : sim_uniform(seed, 10 + c) < 0.5 ? -1 : 1;
    return e;
}

/* Moves the inks until the colour is far enough away; 0 when they cannot. */
static int move(uint8_t *at, const struct edit *e)
{
    uint8_t to[4];
    float before[3], after[3];
    colour_lab(table, at, 8, before);
    for (int step = 1; step < 256; step++) {
        for (int c = 0; c < 4; c++) {
            int v = at[c] + step * e->inks[c];
            to[c] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
        colour_lab(table, to, 8, after);
        if (colour_difference(before, after) < e->de) continue;
        memcpy(at, to, 4);
        return 1;
    }
    return 0;
}

/* 0: the edit cannot be made here (nothing to take away, black already). */
static int apply(struct sim_image *m, const struct edit *e)
{
    int all = 1, any = 0;
    for (uint32_t y = 0; y < m->height; y++)
        for (uint32_t x = 0; x < m->width; x++) {
            double u = ((x + 0.5) / m->ppmm - e->x) / e->width, v = ((y + 0.5) / m->ppmm - e->y) / e->height;
            int in = e->disc ? hypot(u - 0.5, v - 0.5) <= 0.5 : u >= 0 && u < 1 && v >= 0 && v < 1;
            if (!in) continue;
            all &= move(m->data + 4 * ((size_t)y * m->width + x), e);
            any++;
        }
    return all && any >= 9; /* 9 px at 300 dpi is the printable size */
}

static struct enn_diff compare(const char *before, const char *after)
{
    struct enn_diff_options o = enn_diff_options_default();
    struct enn_diff d;
    struct enn_error e = {0};
    o.verify.threads = 1;
    ASSERT_STATUS(enn_diff_files(NULL, &o, before, after, &d, &e), ENN_OK, e);
    return d;
}

static int overlaps(const struct enn_change *c, const struct edit *e)
{
    const double near = 0.2;
    return c->x < e->x + e->width + near && c->x + c->width > e->x - near && c->y < e->y + e->height + near &&
           c->y + c->height > e->y - near;
}

/* On unmarked artwork, on a marked file against the unmarked one. */
static void edits(const char *onto, const char *against, uint64_t base)
{
    int want = how_many(EDITS, LONG_EDITS) / 2, made = 0, found = 0, elsewhere = 0;
    struct sim_image m = {0};
    for (uint64_t seed = 1; made < want; seed++) {
        if (seed % PER_BASE == 1) {
            sim_image_free(&m);
            make_base(&m, base + seed / PER_BASE);
            mark(1, ENN_WHITE_AUTO, base + seed / PER_BASE);
        }
        struct edit e = random_edit(base + seed);
        struct sim_image copy;
        assert_int_equal(sim_tiff_read(onto, &copy), 0);
        if (apply(&copy, &e)) {
            assert_int_equal(sim_tiff_write(paths[2], &copy), 0);
            struct enn_diff d = compare(against, paths[2]);
            int hit = 0, other = 0;
            for (uint32_t i = 0; i < d.n_changes; i++) hit |= overlaps(&d.changes[i], &e);
            for (uint32_t i = 0; i < d.n_changes; i++) other += !overlaps(&d.changes[i], &e);
            hit &= d.answer == ENN_DIFF_CHANGED;
            if (!hit || other)
                print_message("seed %llu: %s, %d elsewhere; %.2f x %.2f mm at %.2f, %.2f, DE %.1f\n",
                              (unsigned long long)(base + seed), hit ? "found" : "MISSED", other, e.width,
                              e.height, e.x, e.y, e.de);
            found += hit;
            elsewhere += other;
            made++;
            enn_diff_clear(&d);
        }
        sim_image_free(&copy);
    }
    sim_image_free(&m);
    print_message("%d of %d edits found, %d regions elsewhere\n", found, made, elsewhere);
    assert_true(found * 100 >= made * 99);
    assert_int_equal(elsewhere, 0);
}

static void edits_of_plain_artwork_are_found(void **state)
{
    (void)state;
    edits(paths[0], paths[0], 1000);
}

static void edits_on_top_of_a_mark_are_found(void **state)
{
    (void)state;
    edits(paths[1], paths[0], 2000);
}

/* CMYK of which only black prints carries its mark in black. */
static void marks_of_the_black_plate_are_known(void **state)
{
    struct sim_image m;
    (void)state;
    assert_int_equal(sim_make_artwork(&m, SIM_PICTURE, SIDE_MM, SIDE_MM, 300, 0), 0);
    for (uint64_t i = 0; i < (uint64_t)m.width * m.height; i++) {
        uint8_t *p = m.data + 4 * i;
        p[3] = (uint8_t)(p[3] / 2 + p[1] / 3 + 20);
        p[0] = p[1] = p[2] = 0;
    }
    assert_int_equal(sim_tiff_write(paths[0], &m), 0);
    sim_image_free(&m);
    mark(1, ENN_WHITE_AUTO, 1);
    struct enn_diff d = compare(paths[0], paths[1]);
    assert_int_equal(d.answer, ENN_DIFF_MARK_ADDED);
    assert_true(d.pages[0].explained > d.pages[0].pixels / 4);
    enn_diff_clear(&d);
    d = compare(paths[1], paths[0]);
    assert_int_equal(d.answer, ENN_DIFF_MARK_REMOVED);
    enn_diff_clear(&d);
    assert_int_equal(sim_tiff_read(paths[1], &m), 0);
    for (uint32_t y = 100; y < 110; y++)
        for (uint32_t x = 100; x < 110; x++) m.data[4 * ((size_t)y * m.width + x) + 3] ^= 0x40;
    assert_int_equal(sim_tiff_write(paths[2], &m), 0);
    sim_image_free(&m);
    d = compare(paths[0], paths[2]);
    assert_int_equal(d.answer, ENN_DIFF_CHANGED);
    assert_int_equal(d.n_changes, 1);
    assert_string_equal(d.changes[0].inks, "Black");
    enn_diff_clear(&d);
}

static void marks_alone_are_no_edits(void **state)
{
    static const double strengths[] = {1, 0.5, 1.5, 1, 2, 0.8, 1, 3};
    int n = how_many(MARKS, LONG_MARKS), wrong = 0;
    (void)state;
    for (int i = 0; i < n; i++) {
        struct sim_image m;
        make_base(&m, 500 + (uint64_t)i);
        mark(strengths[i % 8], (enum enn_white)(i / 3 % 3), 500 + (uint64_t)i / 2);
        struct enn_diff d = compare(paths[0], paths[1]);
        if (d.answer == ENN_DIFF_CHANGED || d.pages[0].explained != d.pages[0].differing)
            print_message("pair %d: %s, %u changes, %llu of %llu explained\n", i, enn_diff_word(d.answer),
                          d.n_changes, (unsigned long long)d.pages[0].explained,
                          (unsigned long long)d.pages[0].differing);
        int empty = d.answer == ENN_DIFF_IDENTICAL; /* signed, and nothing there that may carry a mark */
        wrong += d.n_changes || !(empty || d.answer == ENN_DIFF_MARK_ADDED);
        enn_diff_clear(&d);
        if (i % 10 == 0 && !empty) {
            d = compare(paths[1], paths[0]);
            wrong += d.n_changes || d.answer != ENN_DIFF_MARK_REMOVED;
            enn_diff_clear(&d);
        }
        d = compare(paths[1], paths[1]);
        wrong += d.answer != ENN_DIFF_IDENTICAL;
        enn_diff_clear(&d);
        sim_image_free(&m);
    }
    print_message("%d of %d pairs that differ by a mark called otherwise\n", wrong, n);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_of_plain_artwork_are_found),
        cmocka_unit_test(edits_on_top_of_a_mark_are_found),
        cmocka_unit_test(marks_of_the_black_plate_are_known),
        cmocka_unit_test(marks_alone_are_no_edits),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
