/* The enrolment: what is written is read, what is forged or out of its range is not. */
#include "test_manifest_common.h"
#include "trust/enrolment.h"

static void fill_enrolment(struct enrolment *e)
{
    *e = (struct enrolment){.created = 1795000000, .lot_id = "8bfa2b9dbba04fe31352"};
    memset(e->artwork, 0x5a, sizeof e->artwork);
    e->kind[0] = (struct enrolled){
        .captures = 3, .px_per_mm = 23.622047, .norm = 0.0125, .screen = 0.0625, .lpi = {173.5, 174}};
    for (int b = 0; b < ENROLMENT_BANDS; b++) {
        e->kind[0].gain[b] = 1.25 - 0.1 * b;
        e->kind[0].deviation[b] = 0.03;
        e->kind[0].spread[b] = 0.02;
    }
}

static char *written(const struct enrolment *e, size_t *n)
{
    struct enn_error err = {0};
    struct signer *s = open_vector_signer();
    uint8_t *out = NULL;
    ASSERT_STATUS(enrolment_write(e, s, &out, n, &err), ENN_OK, err);
    signer_free(s);
    char *text = calloc(1, *n + 1);
    memcpy(text, out, *n);
    free(out);
    return text;
}

static enum enn_status read_again(const char *text, struct enrolment *e)
{
    struct enn_error err = {0};
    struct cert_chain *chain = NULL;
    enum enn_status st = enrolment_read((const uint8_t *)text, strlen(text), "t", e, &chain, &err);
    assert_int_equal(chain != NULL, st == ENN_OK);
    cert_chain_free(chain);
    return st;
}

static void round_trip(void **state)
{
    (void)state;
    struct enrolment e, got;
    size_t n;
    fill_enrolment(&e);
    char *text = written(&e, &n);
    assert_int_equal(read_again(text, &got), ENN_OK);
    assert_string_equal(got.lot_id, e.lot_id);
    assert_memory_equal(got.artwork, e.artwork, 32);
    assert_int_equal(got.created, e.created);
    assert_int_equal(got.kind[0].captures, 3);
    assert_int_equal(got.kind[1].captures, 0);
    assert_float_equal(got.kind[0].gain[7], 0.55, 1e-6);
    assert_float_equal(got.kind[0].px_per_mm, 23.622047, 1e-6);
    assert_float_equal(got.kind[0].screen, 0.0625, 1e-6);
    assert_float_equal(got.kind[0].lpi[0], 173.5, 1e-6);
    assert_float_equal(got.kind[0].lpi[1], 174, 1e-6);
    assert_float_equal(got.kind[0].spread[7], 0.02, 1e-6);
    free(text);
}

static void forgeries(void **state)
{
    (void)state;
    static const char *const bad[][2] = {{"<captures>3</captures>", "<captures>1</captures>"},
                                         {"<version>1</version>", "<version>2</version>"},
                                         {"<gain>1.25</gain>", "<gain>101</gain>"},
                                         {"<scan>", "<scanner>"},
                                         {"<norm>0.0125</norm>", ""},
                                         {"<spread>0.02</spread>", ""},
                                         {"<ruling-max>174</ruling-max>", "<ruling-max>1001</ruling-max>"},
                                         {"</enrolment>", "</enrolment><created>x</created>"}};
    struct enrolment e, got;
    struct signer *s = open_vector_signer();
    size_t n;
    fill_enrolment(&e);
    char *text = written(&e, &n);
    char *changed = edit(text, "<gain>1.25</gain>", "<gain>1.26</gain>"); /* not signed again */
    assert_int_equal(read_again(changed, &got), ENN_FORMAT);
    assert_int_equal(sign_again(changed, s), 1);
    assert_int_equal(read_again(changed, &got), ENN_OK);
    free(changed);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        changed = edit(text, bad[i][0], bad[i][1]);
        if (sign_again(changed, s)) assert_int_equal(read_again(changed, &got), ENN_FORMAT);
        free(changed);
    }
    char *manifest = fresh(1, &n); /* one document is not taken for the other */
    assert_int_equal(read_again(manifest, &got), ENN_FORMAT);
    expect_refused("an enrolment", text, strlen(text), ENN_REASON_MANIFEST_FORMAT);
    free(manifest);
    e.kind[0].gain[2] = 1e12; /* what a reader would refuse is not written */
    uint8_t *out;
    struct enn_error err = {0};
    assert_int_not_equal(enrolment_write(&e, s, &out, &n, &err), ENN_OK);
    assert_null(out);
    signer_free(s);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(forgeries)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
