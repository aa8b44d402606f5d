/*
 * What barcodes say: splitting GS1 data, the GS1 rules, comparing with the lot, and comparing before
 * with after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "codes.h"
#include "trust/gs1_elements.h"

static void scanned(void **state)
{
    (void)state;
    struct enn_element e[32];
    char problem[GS1_PROBLEM];
    const char text[] = "0109506000134352"
                        "17281231"
                        "10EN9459\x1d"
                        "2112345\x1d"
                        "3103001500"
                        "8005000123";
    assert_int_equal(gs1_split_scanned(text, sizeof text - 1, e, 32, problem), 6);
    assert_string_equal(gs1_value(e, 6, "01"), "09506000134352");
    assert_string_equal(gs1_value(e, 6, "17"), "281231");
    assert_string_equal(gs1_value(e, 6, "10"), "EN9459");
    assert_string_equal(gs1_value(e, 6, "21"), "12345");
    assert_string_equal(gs1_value(e, 6, "3103"), "001500");
    assert_string_equal(gs1_value(e, 6, "8005"), "000123");
    assert_null(gs1_value(e, 6, "11"));
    assert_int_equal(gs1_split_scanned("10A\x1d", 4, e, 32, problem),
                     1); /* a separator at the end is harmless */
}

static void not_gs1(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "1",  "0",      "X1",          "6001",   "3",
                                      "310", "10", "21\x1d", "10A\x1d\x1d", "01\x1d", "A\x1d"};
    struct enn_element e[32];
    char problem[GS1_PROBLEM];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (gs1_split_scanned(bad[i], strlen(bad[i]), e, 32, problem) != -1)
            fail_msg("'%s' was split", bad[i]);
    char longer[120];
    memset(longer, 'A', sizeof longer);
    memcpy(longer, "91", 2);
    assert_int_equal(gs1_split_scanned(longer, 93, e, 32, problem), -1);
    assert_int_equal(gs1_split_scanned(longer, 92, e, 32, problem), 1);
    assert_int_equal(gs1_split_scanned("2001200120012001", 16, e, 3, problem), -1);
    assert_int_equal(gs1_split_scanned("2001200120012001", 16, e, 4, problem), 4);
}

static void brackets(void **state)
{
    (void)state;
    struct enn_element e[4];
    char problem[GS1_PROBLEM];
    const char text[] = "(01)09506000134352(10)A(B)";
    assert_int_equal(gs1_split_brackets(text, sizeof text - 1, e, 4, problem), 2);
    assert_string_equal(gs1_value(e, 2, "10"), "A(B)");
    assert_int_equal(gs1_split_brackets("(01)(10)A", 9, e, 4, problem), -1);
    assert_int_equal(gs1_split_brackets("(1)A", 4, e, 4, problem), -1);
    assert_int_equal(gs1_split_brackets("(see leaflet)", 13, e, 4, problem), -1);
}

static void rules(void **state)
{
    (void)state;
    char problem[GS1_PROBLEM] = "";
    struct enn_element good[2] = {{"01", "09506000134352"}, {"10", "LOT"}};
    assert_int_equal(gs1_lint(good, 2, problem), 1);
    struct enn_element digit = {"01", "09506000134353"}, month = {"17", "281301"}, set = {"10", "LOT\x01"},
                       none = {"05", "1"};
    assert_int_equal(gs1_lint(&digit, 1, problem), 0);
    assert_non_null(strstr(problem, "(01)"));
    assert_int_equal(gs1_lint(&month, 1, problem), 0);
    assert_int_equal(gs1_lint(&set, 1, problem), 0);
    assert_int_equal(gs1_lint(&none, 1, problem), 0);
}

static void add_one(struct enn_barcodes *c, enum barcode_kind kind, int gs1, const char *text)
{
    static const double identity[6] = {0.1, 0, 0, 0.1, 0, 0}; /* 254 dpi */
    struct barcode b = {.kind = kind,
                        .gs1 = gs1,
                        .text = (char *)text,
                        .n = strlen(text),
                        .x = 5,
                        .y = 6,
                        .width = 10,
                        .height = 4};
    struct barcode_list l = {&b, 1, 1};
    struct enn_error err;
    assert_int_equal(codes_add(c, &l, 1, identity, 254, 254, &err), ENN_OK);
}

static enum enn_status agrees(enum barcode_kind kind, int gs1, const char *text, struct enn_error *err)
{
    struct lot_statement lot = {.gtin = "07612345678900", .lot = "EN9459", .expiry = "281231"};
    struct enn_barcodes c = {0, NULL};
    uint32_t others = 9;
    add_one(&c, kind, gs1, text);
    enum enn_status st = codes_agree(&c, &lot, "a.tif", &others, err);
    enn_barcodes_clear(&c);
    assert_int_equal(others, 0);
    return st;
}

/* A lot under GS1's prefix for examples: other products' codes are counted, its own are compared. */
static void with_an_example(void **state)
{
    (void)state;
    struct lot_statement lot = {.gtin = "09506000134352", .lot = "EN9459"};
    struct enn_barcodes c = {0, NULL};
    struct enn_error err;
    uint32_t others = 9;
    add_one(&c, BARCODE_KIND_CODE128, 1, "010761234567890010OTHER");
    assert_int_equal(codes_agree(&c, &lot, "a.tif", &others, &err), ENN_OK);
    assert_int_equal(others, 1);
    add_one(&c, BARCODE_KIND_CODE128, 1, "010950600013435210OTHER");
    assert_int_equal(codes_agree(&c, &lot, "a.tif", &others, &err), ENN_BARCODE_MISMATCH);
    enn_barcodes_clear(&c);
}

static void with_the_lot(void **state)
{
    (void)state;
    struct enn_error err;
    assert_int_equal(agrees(BARCODE_KIND_EAN13, 0, "7612345678900", &err), ENN_OK);
    assert_int_equal(agrees(BARCODE_KIND_EAN13, 0, "4006381333931", &err), ENN_BARCODE_MISMATCH);
    assert_non_null(strstr(err.text, "04006381333931"));
    assert_non_null(strstr(err.text, "07612345678900"));
    assert_non_null(strstr(err.text, "a.tif"));
    assert_int_equal(agrees(BARCODE_KIND_UPCE, 0, "01234565", &err), ENN_BARCODE_MISMATCH);
    assert_non_null(strstr(err.text, "00012345000065")); /* its UPC-A is 012345000065 */
    assert_int_equal(agrees(BARCODE_KIND_CODE128, 1, "010761234567890010EN9459", &err), ENN_OK);
    assert_int_equal(agrees(BARCODE_KIND_CODE128, 1, "010761234567890010EN9458", &err), ENN_BARCODE_MISMATCH);
    assert_int_equal(agrees(BARCODE_KIND_CODE128, 0, "010761234567890010EN9458", &err),
                     ENN_OK); /* not GS1 data */
    assert_int_equal(agrees(BARCODE_KIND_QR, 0, "(10)OTHER", &err), ENN_BARCODE_MISMATCH);
    assert_int_equal(agrees(BARCODE_KIND_DATAMATRIX, 1, "17281200", &err),
                     ENN_OK); /* day 00: the last of the month */
    assert_int_equal(agrees(BARCODE_KIND_DATAMATRIX, 1, "17281100", &err), ENN_BARCODE_MISMATCH);
    assert_int_equal(agrees(BARCODE_KIND_DATAMATRIX, 1, "21S1", &err), ENN_OK); /* the lot names no serial */
}

static void placed(void **state)
{
    (void)state;
    static const double quarter[6] = {0, 0.1, -0.1, 0, 100, 0}; /* turned clockwise: stored y is artwork -x */
    struct barcode b = {
        .kind = BARCODE_KIND_QR, .text = "A", .n = 1, .x = 5, .y = 6, .width = 10, .height = 4};
    struct barcode_list l = {&b, 1, 1};
    struct enn_barcodes c = {0, NULL};
    struct enn_error err;
    assert_int_equal(codes_add(&c, &l, 3, quarter, 254, 254, &err), ENN_OK);
    assert_float_equal(c.items[0].x, 90, 1e-9);
    assert_float_equal(c.items[0].y, 5, 1e-9);
    assert_float_equal(c.items[0].width, 4, 1e-9);
    assert_float_equal(c.items[0].height, 10, 1e-9);
    assert_int_equal(c.items[0].page, 3);
    enn_barcodes_clear(&c);
}

static void before_and_after(void **state)
{
    (void)state;
    struct barcode a[2] = {
        {.kind = BARCODE_KIND_QR, .text = "ONE", .n = 3, .x = 5, .y = 5, .width = 8, .height = 8},
        {.kind = BARCODE_KIND_EAN13,
         .text = "7612345678900",
         .n = 13,
         .x = 30,
         .y = 5,
         .width = 30,
         .height = 8}};
    struct barcode b[2];
    struct barcode_list before = {a, 2, 2}, after = {b, 2, 2};
    struct enn_error err;
    memcpy(b, a, sizeof a);
    b[0] = a[1], b[1] = a[0]; /* the order is nothing */
    assert_int_equal(codes_same(&before, &after, "a.tif", &err), ENN_OK);
    b[1].text = "TWO";
    assert_int_equal(codes_same(&before, &after, "a.tif", &err), ENN_BARCODE_CHANGED);
    assert_non_null(strstr(err.text, "ONE"));
    b[1] = a[0];
    b[1].x += 20;
    assert_int_equal(codes_same(&before, &after, "a.tif", &err), ENN_BARCODE_CHANGED);
    b[1] = a[0];
    b[1].gs1 = 1;
    assert_int_equal(codes_same(&before, &after, "a.tif", &err), ENN_BARCODE_CHANGED);
    after.n = 1;
    assert_int_equal(codes_same(&before, &after, "a.tif", &err), ENN_BARCODE_CHANGED);
    after.n = 2, before.n = 1, b[1] = a[0], b[0] = a[1];
    assert_int_equal(codes_same(&before, &after, "a.tif", &err),
                     ENN_BARCODE_CHANGED); /* one that was not there */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scanned),          cmocka_unit_test(not_gs1),
        cmocka_unit_test(brackets),         cmocka_unit_test(rules),
        cmocka_unit_test(with_the_lot),
        cmocka_unit_test(with_an_example),     cmocka_unit_test(placed),
        cmocka_unit_test(before_and_after),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
