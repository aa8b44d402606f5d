/* PDF, signed: a colour key mask shows the same pixels as before, and the report names what is otherwise. */
#include "test/test_sign_kinds.h"
#include "test/sim_pdf.h"
#include "artwork/artwork.h"

struct kept {
    uint8_t *data;
    size_t n;
};

static enum enn_status keep(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct kept *k = user;
    size_t row = 354 * 4;
    (void)y;
    k->data = realloc(k->data, k->n + rows * row);
    assert_non_null(k->data);
    memcpy(k->data + k->n, samples, rows * row);
    k->n += rows * row;
    return ENN_OK;
}

static struct kept samples_of(const char *file)
{
    struct artwork *a = NULL;
    struct enn_error err = {0};
    struct kept k = {0};
    if (artwork_open(file, NULL, &a, &err)) fail_msg("%s", err.text);
    assert_int_equal(artwork_page(a, 0)->width, 354);
    assert_int_equal(artwork_page(a, 0)->n_key, 4);
    if (artwork_read(a, 0, keep, &k, &err)) fail_msg("%s", err.text);
    artwork_close(a);
    return k;
}

/* The sample's key: yellow from 90 to 120, the others anything. */
static int is_keyed(const uint8_t *pixel)
{
    return pixel[2] >= 90 && pixel[2] <= 120;
}

static void test_colour_key(void **state)
{
    (void)state;
    struct enn_sign_options o = sign_options();
    struct enn_sign_report r;
    char in[300];
    snprintf(in, sizeof in, "%s", in_dir("key.pdf"));
    assert_int_equal(sim_pdf_sample("colorkey", in), 0);
    sign_ok(&o, in, "key-s.pdf", &r);
    enn_sign_report_clear(&r);
    struct kept a = samples_of(in), b = samples_of(in_dir("key-s.pdf"));
    assert_int_equal(a.n, b.n);
    long keyed = 0, changed = 0, near = 0;
    for (size_t i = 0; i < a.n; i += 4) {
        int was = is_keyed(a.data + i), same = !memcmp(a.data + i, b.data + i, 4);
        if (was != is_keyed(b.data + i)) fail_msg("pixel %zu has come in or out of the key", i / 4);
        if (was && !same) fail_msg("transparent pixel %zu has changed", i / 4);
        keyed += was;
        changed += !same;
        near += !was && a.data[i + 2] >= 85 && a.data[i + 2] <= 125;
    }
    assert_true(keyed > 500 && changed > 10000 && near > 100);
    free(a.data);
    free(b.data);
    assert_int_equal(verdict_of("key-s.pdf", "key-s.xml"), ENN_OK);
}

static void test_notes(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        uint32_t n;
        int left_alone;
        const char *name, *text;
    } cases[] = {{"cmyk", 0, 0, "", ""},
                 {"some", 2, 1, "page 1, image 2", "Decode"},
                 {"dct", 1, 0, "page 1, image 1", "JPEG again: the same tables"},
                 {"jpx", 1, 0, "page 1, image 1", "Flate, not JPEG 2000"},
                 {"stretched", 1, 0, "page 1, image 1", "nearest level"},
                 {"lab", 1, 0, "page 1, image 1", "nearest level"},
                 {"indexed", 1, 0, "page 1, image 1", "not a colour table"},
                 {"bits4", 1, 0, "page 1, image 1", "8 bits"},
                 {"mixed", 4, 1, "page 1, image 2", "line art"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct enn_sign_options o = sign_options();
        struct enn_sign_report r;
        char in[300];
        snprintf(in, sizeof in, "%s", in_dir("note.pdf"));
        assert_int_equal(sim_pdf_sample(cases[i].kind, in), 0);
        sign_ok(&o, in, "note-s.pdf", &r);
        if (r.n_notes != cases[i].n) fail_msg("%s: %u notes", cases[i].kind, r.n_notes);
        if (r.n_notes) {
            assert_string_equal(r.notes[0].name, cases[i].name);
            assert_int_equal(r.notes[0].left_alone, cases[i].left_alone);
            if (!strstr(r.notes[0].text, cases[i].text)) fail_msg("%s: %s", cases[i].kind, r.notes[0].text);
        }
        enn_sign_report_clear(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_colour_key), cmocka_unit_test(test_notes)};
    return cmocka_run_group_tests(tests, make_issuer, remove_dir);
}
