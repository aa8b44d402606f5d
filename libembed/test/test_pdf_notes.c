/* PDF: content token by token, what a document says beside its images, and what JPEG tables lose. */
#include "artwork/artwork.h"
#include "artwork/jpeg_error.h"
#include "artwork/pdf_content.h"
#include "test/sim_pdf.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

struct seen {
    char kinds[64];
    char text[64];
    double sum;
    size_t n;
};

static int on_token(void *user, const struct pdf_token *t)
{
    struct seen *s = user;
    s->kinds[s->n++] = "0/(oB[I"[t->kind == PDF_TOKEN_INLINE    ? 6
                                 : t->kind == PDF_TOKEN_BRACKET ? 5
                                                                : (int)t->kind];
    s->sum += t->number;
    if (t->kind != PDF_TOKEN_STRING) return 0;
    uint8_t bytes[64];
    assert_true(t->n <= sizeof bytes);
    strncat(s->text, (const char *)bytes, pdf_token_string(t, bytes));
    return 0;
}

static void tokens_are_told_apart(void **state)
{
    static const char content[] = "BT /F#31 12.5 Tf [(a\\(b\\)\\101\\\nc) -3 <4 4 4>] TJ % not (this)\n"
                                  "BI /W 1 /H 1 /BPC 8 ID (x EI ET true";
    struct seen s = {.n = 0};
    (void)state;
    assert_int_equal(pdf_content_tokens((const uint8_t *)content, strlen(content), on_token, &s), 0);
    assert_string_equal(s.kinds, "o/0o[(0([oIoo");
    assert_string_equal(s.text, "a(b)AcD@");
    assert_true(s.sum == 9.5);
}

static void tokens_may_be_cut_anywhere(void **state)
{
    static const char content[] = "(a\\(b\\)\\10) <41 42> <</K (v\\\\)>> BDC BI /W 1 ID xx EI (\\";
    (void)state;
    for (size_t n = 0; n <= strlen(content); n++) {
        struct seen s = {.n = 0};
        uint8_t *cut = malloc(n ? n : 1); /* so that the sanitizer sees what is read behind it */
        assert_non_null(cut);
        memcpy(cut, content, n);
        assert_int_equal(pdf_content_tokens(cut, n, on_token, &s), 0);
        free(cut);
    }
}

struct told {
    unsigned boxes, content, prints;
    char text[200];
};

static enum enn_status on_note(void *user, const struct artwork_note *n)
{
    struct told *t = user;
    t->boxes += n->group == ENN_FACT_BOXES;
    t->content += n->group == ENN_FACT_CONTENT;
    t->prints += (unsigned)n->prints;
    if (!strcmp(n->name, "text")) snprintf(t->text, sizeof t->text, "%s", n->value);
    return ENN_OK;
}

static void a_document_is_told(void **state)
{
    char path[64];
    struct artwork *a;
    struct enn_error e = {0};
    struct told t = {.boxes = 0};
    (void)state;
    snprintf(path, sizeof path, "/tmp/enn-notes-%d.pdf", (int)getpid());
    assert_int_equal(sim_pdf_sample("cmyk", path), 0);
    assert_int_equal(artwork_open(path, NULL, &a, &e), ENN_OK);
    assert_int_equal(artwork_notes(a, on_note, &t, &e), ENN_OK);
    assert_int_equal(t.boxes, 7);   /* five boxes, Rotate, UserUnit */
    assert_int_equal(t.content, 3); /* operators, text, fonts */
    assert_int_equal(t.prints, 10);
    assert_string_equal(t.text, "EN9459 (lot) % no comment ");
    artwork_close(a);
    unlink(path);
}

/* All steps 12: the error is uniform over 12, its rms 12 / sqrt(12). */
static void tables_tell_their_error(void **state)
{
    uint8_t jpeg[2 + 4 + 65 + 4 + 129 + 4] = {0xff, 0xd8, 0xff, 0xdb, 0, 67, 0};
    uint8_t *second = jpeg + 6 + 65;
    (void)state;
    memset(jpeg + 7, 12, 64);
    assert_float_equal(jpeg_error_rms(jpeg, 6 + 65), 3.4641, 1e-3);
    assert_true(jpeg_error_rms(jpeg, 6 + 64) == 0);
    memcpy(second, "\xff\xdb\0\x83\x11", 5); /* 16 bits: 0x0100 = 256 */
    for (int i = 0; i < 64; i++) second[5 + 2 * i] = 1;
    memcpy(second + 4 + 129, "\xff\xda\0\2", 4);
    assert_float_equal(jpeg_error_rms(jpeg, sizeof jpeg), 73.9, 0.1);
    assert_true(jpeg_error_rms((const uint8_t *)"\xff\xff\xff\xff", 4) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_told_apart),
        cmocka_unit_test(tokens_may_be_cut_anywhere),
        cmocka_unit_test(a_document_is_told),
        cmocka_unit_test(tables_tell_their_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
