/*
 * What an image of a PDF can be, one after another: signed and genuine with its manifest, read from the file itself without
 * it; or refused with the property as the reason and nothing left behind.
 */
#include "test/test_sign_kinds.h"
#include "test/sim_pdf.h"
#include "artwork/artwork.h"

/* The lot id that is read without the manifest's help. */
static enum enn_status read_blind(const char *file, char lot_id[21])
{
    struct enn_error err = {0};
    struct enn_verdict v = {0};
    struct enn_verifier *f = enn_verifier_new();
    struct enn_verify_options o = enn_verify_options_default();
    assert_non_null(f);
    assert_int_equal(enn_verifier_trust(f, in_dir("T.crt"), &err), ENN_OK);
    enum enn_status s = enn_verify_file(f, &o, in_dir(file), &v, &err);
    snprintf(lot_id, 21, "%s", v.lot_id);
    enn_verdict_clear(&v);
    enn_verifier_free(f);
    return s;
}

static void refused(const struct sim_pdf_item *i, const char *in)
{
    struct enn_sign_options o = sign_options();
    struct enn_error err = {0};
    enum enn_status s = enn_sign(&o, in, in_dir("i-s.pdf"), NULL, NULL, &err);
    if (enn_status_exit(s) != 7 || !strstr(err.text, i->refused))
        fail_msg("%s: exit %d: %s", i->name, enn_status_exit(s), err.text);
    assert_int_not_equal(access(in_dir("i-s.pdf"), F_OK), 0);
    assert_int_not_equal(access(in_dir("i-s.xml"), F_OK), 0);
}

static void every_item(void **state)
{
    (void)state;
    for (const struct sim_pdf_item *i = sim_pdf_list; i->name; i++) {
        struct enn_sign_options o = sign_options();
        struct enn_sign_report r;
        char in[300], lot_id[21] = "";
        snprintf(in, sizeof in, "%s", in_dir("i.pdf"));
        assert_int_equal(sim_pdf_list_sample(i->name, in), 0);
        if (i->refused) {
            refused(i, in);
            continue;
        }
        sign_ok(&o, in, "i-s.pdf", &r);
        if (i->note ? r.n_notes != 1 || !strstr(r.notes[0].text, i->note) : r.n_notes != 0)
            fail_msg("%s: %u notes: %s", i->name, r.n_notes, r.n_notes ? r.notes[0].text : "");
        if (verdict_of("i-s.pdf", "i-s.xml") != ENN_OK) fail_msg("%s: is not genuine", i->name);
        if (read_blind("i-s.pdf", lot_id) != ENN_UNTRUSTED || strcmp(lot_id, r.lot_id))
            fail_msg("%s: without its manifest '%s' is read, not %s", i->name, lot_id, r.lot_id);
        enn_sign_report_clear(&r);
        unlink(in_dir("i-s.pdf"));
        unlink(in_dir("i-s.xml"));
    }
}

struct kept {
    uint8_t *data;
    size_t n, row;
};

static enum enn_status keep(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct kept *k = user;
    (void)y;
    k->data = realloc(k->data, k->n + rows * k->row);
    assert_non_null(k->data);
    memcpy(k->data + k->n, samples, rows * k->row);
    k->n += rows * k->row;
    return ENN_OK;
}

static struct kept samples_of(const char *name)
{
    struct artwork *a = NULL;
    struct enn_error err = {0};
    char in[300];
    snprintf(in, sizeof in, "%s", in_dir("s.pdf"));
    assert_int_equal(sim_pdf_list_sample(name, in), 0);
    if (artwork_open(in, NULL, &a, &err)) fail_msg("%s", err.text);
    const struct artwork_page *p = artwork_page(a, 0);
    struct kept k = {.row = (size_t)p->width * p->samples * p->bits / 8};
    if (artwork_read(a, 0, keep, &k, &err)) fail_msg("%s", err.text);
    artwork_close(a);
    return k;
}

/* However they are coded, the samples that are read, marked and written are the same. */
static void every_coding_means_the_same(void **state)
{
    (void)state;
    static const char *const same[][7] = {
        {"boxes", "flate-png", "flate-tiff", "lzw", "runlength", "asciihex", "ascii85-flate"},
        {"rgb4", "rgb4-png", "rgb4-tiff"}};
    for (int i = 0; i < 2; i++) {
        struct kept first = samples_of(same[i][0]);
        for (int k = 1; k < 7 && same[i][k]; k++) {
            struct kept other = samples_of(same[i][k]);
            if (first.n != other.n || memcmp(first.data, other.data, first.n))
                fail_msg("%s has other samples than %s", same[i][k], same[i][0]);
            free(other.data);
        }
        free(first.data);
    }
}

/* Two inks, and the user has the second of them carry the mark: it is found all the same, without a manifest. */
static void the_ink_that_was_chosen(void **state)
{
    (void)state;
    static const char *const kinds[] = {"devicen-two", "devicen-brands"};
    static const char *const inks[2][2] = {{"Magenta", "Black"}, {"Acme Blue", "Acme Red"}};
    for (int i = 0; i < 2; i++) {
        struct enn_sign_options o = sign_options();
        struct enn_sign_report r;
        char in[300], lot_id[21] = "";
        snprintf(in, sizeof in, "%s", in_dir("c.pdf"));
        assert_int_equal(sim_pdf_list_sample(kinds[i], in), 0);
        o.protection.allow_inks = (const char *const *)inks[i], o.protection.n_allow_inks = 2;
        sign_ok(&o, in, "c-s.pdf", &r);
        assert_string_equal(r.carrier_ink, inks[i][0]);
        if (read_blind("c-s.pdf", lot_id) != ENN_UNTRUSTED || strcmp(lot_id, r.lot_id))
            fail_msg("%s is not read", inks[i][0]);
        enn_sign_report_clear(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_item),
                                       cmocka_unit_test(every_coding_means_the_same),
                                       cmocka_unit_test(the_ink_that_was_chosen)};
    return cmocka_run_group_tests(tests, make_issuer, remove_dir);
}
