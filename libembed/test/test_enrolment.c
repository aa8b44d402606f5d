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

/* With photographs, and edges in them. */
static void fill_edges(struct enrolment *e)
{
    e->kind[1] = e->kind[0];
    e->edges =
        (struct enrolled_edges){.n = 3, .page = 2, .captures = 3, .spread = {0.5, 0.25, 0, 0, 0.125, 1, 2}};
    for (int i = 0; i < 3; i++)
        e->edges.at[i] = (struct enrolled_edge){
            (uint16_t)(300 + i), (uint16_t)(7 + i / 2), (uint8_t)i, 127, {1, 2, 3, 4, 5, 6, 255}};
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

/* Edges make a document of version 2, which holds them to the bit; version 1 has none. */
static void edges(void **state)
{
    (void)state;
    static const char *const bad[][2] = {{"<version>2</version>", "<version>1</version>"},
                                         {"<count>3</count>", "<count>4</count>"},
                                         {"<count>3</count>", "<count>2</count>"},
                                         {"<count>3</count>", "<count>0</count>"},
                                         {"<count>3</count>", "<count>3001</count>"},
                                         {"012c0007007f", "012c0007087f"},
                                         {"012c0007007f", "012c00070080"},
                                         {"012c0007007f", "012d0007007f"},
                                         {"012c0007007f", "012c0009007f"},
                                         {"0506ff</edge>", "0506</edge>"},
                                         {"0506ff</edge>", "050g06</edge>"},
                                         {"<page>2</page>", "<page>0</page>"},
                                         {"<page>2</page>", "<page>513</page>"},
                                         {"<spread>0.125</spread>", ""}};
    struct enrolment e, got;
    struct signer *s = open_vector_signer();
    size_t n;
    fill_enrolment(&e);
    fill_edges(&e);
    char *text = written(&e, &n);
    assert_non_null(strstr(text, "<version>2</version>"));
    assert_int_equal(read_again(text, &got), ENN_OK);
    assert_memory_equal(&got.edges, &e.edges, sizeof e.edges);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *changed = edit(text, bad[i][0], bad[i][1]);
        assert_int_equal(sign_again(changed, s), 1);
        if (read_again(changed, &got) == ENN_OK) fail_msg("%s", bad[i][1]);
        free(changed);
    }
    free(text);
    e.edges.n = ENROLMENT_EDGES; /* the largest fits */
    for (int i = 0; i < ENROLMENT_EDGES; i++)
        e.edges.at[i] =
            (struct enrolled_edge){65000, (uint16_t)(60000 + i), 7, 127, {255, 255, 255, 255, 255, 255, 255}};
    text = written(&e, &n);
    assert_int_equal(read_again(text, &got), ENN_OK);
    assert_int_equal(got.edges.n, ENROLMENT_EDGES);
    free(text);
    e.edges.at[5].row = 3; /* out of order: not written */
    uint8_t *out;
    struct enn_error err = {0};
    assert_int_not_equal(enrolment_write(&e, s, &out, &n, &err), ENN_OK);
    signer_free(s);
}

static void forgeries(void **state)
{
    (void)state;
    static const char *const bad[][2] = {{"<captures>3</captures>", "<captures>1</captures>"},
                                         {"<version>1</version>", "<version>3</version>"},
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(edges),
                                       cmocka_unit_test(forgeries)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
