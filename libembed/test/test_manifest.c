/*
 * The manifest: what is written is read, byte for byte the same each time, and an independent implementation
 * agrees in both directions.  Forgeries are in test_manifest_attacks.c.  `test_manifest write` makes
 * testdata/manifest/lot.xml again.
 */
#include "test_manifest_common.h"

#include <libxml/xmlschemas.h>

/* ---- what must work ---- */

static void compare_files(const struct manifest_file *a, const struct manifest_file *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->format, b->format);
    assert_string_equal(a->compression, b->compression);
    assert_memory_equal(a->sha256, b->sha256, 32);
    assert_int_equal(a->bytes, b->bytes);
}

static void compare_pages(const struct manifest_page *a, const struct manifest_page *b)
{
    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    assert_true(a->width_mm == b->width_mm && a->height_mm == b->height_mm);
    assert_true(a->dpi_x == b->dpi_x && a->dpi_y == b->dpi_y);
    assert_int_equal(a->bits, b->bits);
    assert_string_equal(a->colour, b->colour);
    assert_string_equal(a->profile, b->profile);
    assert_int_equal(a->n_inks, b->n_inks);
    for (uint32_t i = 0; i < a->n_inks; i++) {
        assert_string_equal(a->inks[i].name, b->inks[i].name);
        assert_memory_equal(a->inks[i].source_sha256, b->inks[i].source_sha256, 32);
        assert_memory_equal(a->inks[i].signed_sha256, b->inks[i].signed_sha256, 32);
    }
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct signer *s = open_vector_signer();
    struct manifest a, b;
    struct cert_chain *chain;
    enum enn_reason reason;
    uint8_t *out;
    size_t n;
    fill(&a, 3, cert_chain_name(signer_chain(s)));
    ASSERT_STATUS(manifest_write(&a, s, &out, &n, &e), ENN_OK, e);
    write_file("m.xml", out, n);
    free(out);
    ASSERT_STATUS(manifest_read_file(in_dir("m.xml"), &b, &chain, &reason, &e), ENN_OK, e);
    assert_int_equal(a.created, b.created);
    assert_memory_equal(&a.lot, &b.lot, sizeof a.lot);
    assert_int_equal(strlen(b.lot_id), 20);
    assert_int_equal(a.unit, b.unit);
    compare_files(&a.source, &b.source);
    compare_files(&a.output, &b.output);
    assert_int_equal(b.n_pages, 3);
    for (int i = 0; i < 3; i++) compare_pages(&a.pages[i], &b.pages[i]);
    assert_int_equal(a.mark.format, b.mark.format);
    assert_true(a.mark.origin_x_mm == b.mark.origin_x_mm && a.mark.origin_y_mm == b.mark.origin_y_mm);
    assert_true(a.mark.strength == b.mark.strength && a.mark.area_cm2 == b.mark.area_cm2);
    assert_true(a.mark.white == b.mark.white && a.mark.white_used == b.mark.white_used);
    assert_memory_equal(a.mark.message, b.mark.message, MANIFEST_MESSAGE_BYTES);
    assert_memory_equal(b.mark.anchor, cert_chain_anchor(signer_chain(s)), 32);
    assert_memory_equal(b.certificate, cert_chain_signer_sha256(chain), 32);
    assert_true(memcmp(&a.mark.quality, &b.mark.quality, sizeof a.mark.quality) == 0);
    assert_true(a.mark.mean_tint == b.mark.mean_tint);
    assert_string_equal(a.screen, b.screen);
    assert_memory_equal(&a.thumbnail, &b.thumbnail, sizeof a.thumbnail);
    manifest_clear(&a);
    manifest_clear(&b);
    cert_chain_free(chain);
    signer_free(s);
}

/* Fixed key, nonce and time: fixed bytes. */
static void vector_is_exact(void **state)
{
    (void)state;
    size_t n, want_n = 0;
    char *text = fresh(1, &n);
    uint8_t *want = read_all(VECTOR_XML, &want_n);
    assert_non_null(want);
    assert_int_equal(n, want_n);
    assert_memory_equal(text, want, n);
    free(text);
    free(want);
}

static void quiet(void *ctx, const char *format, ...)
{
    (void)ctx, (void)format;
}

static int schema_says(const char *text, size_t n)
{
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewParserCtxt("docs/manifest.xsd");
    xmlSchemaPtr schema = xmlSchemaParse(parser);
    assert_non_null(schema);
    xmlSchemaValidCtxtPtr valid = xmlSchemaNewValidCtxt(schema);
    xmlSchemaSetValidErrors(valid, quiet, quiet, NULL);
    xmlDocPtr doc = xmlReadMemory(text, (int)n, "t.xml", NULL, XML_PARSE_NONET);
    assert_non_null(doc);
    int result = xmlSchemaValidateDoc(valid, doc);
    xmlFreeDoc(doc);
    xmlSchemaFreeValidCtxt(valid);
    xmlSchemaFree(schema);
    xmlSchemaFreeParserCtxt(parser);
    return result;
}

static void schema_agrees(void **state)
{
    (void)state;
    size_t n;
    char *text = fresh(2, &n);
    assert_int_equal(schema_says(text, n), 0);
    static const char *const change[][2] = {{"<unit>1099511627775</unit>", "<unit>1099511627776</unit>"},
                                            {"<bits>8</bits>", "<bits>12</bits>"},
                                            {"<expiry>271231</expiry>", "<expiry>2712</expiry>"},
                                            {"<strength>1.25</strength>", "<strength>1.250</strength>"},
                                            {"<white>always</white>", "<white>Always</white>"}};
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        char *bad = edit(text, change[i][0], change[i][1]);
        if (schema_says(bad, strlen(bad)) == 0) fail_msg("the schema accepts %s", change[i][1]);
        free(bad);
    }
    free(text);
}

static void writer_refuses_what_no_reader_takes(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct signer *s = open_vector_signer();
    const char *issuer = cert_chain_name(signer_chain(s));
    for (int k = 0; k < 19; k++) {
        struct manifest m;
        uint8_t *out;
        size_t n;
        enum enn_status want = ENN_FORMAT;
        fill(&m, k == 0 ? 400 : 1, issuer);
        switch (k) {
        case 0:
            want = ENN_LIMIT;
            break; /* 400 pages of 4 inks */
        case 1:
            strcpy(m.lot.issuer, "Someone else");
            want = ENN_USAGE;
            break;
        case 2:
            m.mark.strength = 5;
            break;
        case 3:
            m.mark.quality.panel_20 = -1;
            break;
        case 4:
            m.pages[0].width_mm = 0.0 / (double)m.pages[0].inks[0].source_sha256[0];
            break; /* NaN */
        case 5:
            strcpy(m.source.name, "a/b.tif");
            break;
        case 6:
            strcpy(m.source.name, "");
            break;
        case 7:
            strcpy(m.pages[0].inks[1].name, "a\nb");
            break;
        case 8:
            m.pages[0].n_inks = 0;
            break;
        case 9:
            m.unit = UINT64_C(1) << 40;
            break;
        case 10:
            m.created = -1;
            break;
        case 11:
            m.pages[0].bits = 12;
            break;
        case 12:
            m.thumbnail.width = 257;
            break;
        case 13:
            m.lot.nonce[0] = 'F';
            break;
        case 14:
            m.pages[0].width = 0;
            break;
        case 16:
            m.mark.message[5] ^= 1; /* no message any more */
            break;
        case 17:
            m.unit = 7; /* a good message, of another unit */
            break;
        case 18:
            strcpy(m.lot.lot, "B"); /* a good message, of another lot */
            break;
        case 15:
            m.mark.white = (enum enn_white)7;
            break;
        }
        enum enn_status st = manifest_write(&m, s, &out, &n, &e);
        if (st != want || out) fail_msg("case %d: status %d: %s", k, st, e.text);
        manifest_clear(&m);
    }
    signer_free(s);
}

/* ---- xmlsec1, the independent implementation ---- */

static int have_xmlsec1(void)
{
    return system("xmlsec1 --version >/dev/null 2>&1") == 0;
}

static int run(const char *format, const char *a, const char *b, const char *c)
{
    char command[2048];
    snprintf(command, sizeof command, format, a, b, c);
    return system(command);
}

static void xmlsec1_verifies_ours(void **state)
{
    (void)state;
    if (!have_xmlsec1()) skip();
    static const char verify[] = "xmlsec1 --verify --enabled-key-data x509 --enabled-reference-uris empty "
                                 "--trusted-pem %s %s >/dev/null 2>%s";
    size_t n;
    char *text = fresh(2, &n);
    write_file("m.xml", text, n);
    assert_int_equal(run(verify, VECTOR_CRT, in_dir("m.xml"), "/dev/null"), 0);
    char *bad = edit(text, "<bits>8</bits>", "<bits>1</bits>");
    write_file("m.xml", bad, strlen(bad));
    assert_int_not_equal(run(verify, VECTOR_CRT, in_dir("m.xml"), "/dev/null"), 0);
    free(bad);
    free(text);
}

static void we_verify_xmlsec1(void **state)
{
    (void)state;
    if (!have_xmlsec1()) skip();
    size_t n;
    char *text = fresh(2, &n), keys[300];
    char *a = cut_between(text, "<DigestValue>", "</DigestValue>"),
         *b = cut_between(a, "<SignatureValue>", "</SignatureValue>");
    char *template = cut_between(b, "<X509Certificate>", "</X509Certificate>");
    write_file("template.xml", template, strlen(template));
    snprintf(keys, sizeof keys, "%s,%s", VECTOR_KEY, VECTOR_CRT);
    assert_int_equal(run("xmlsec1 --sign --privkey-pem %s --output %s %s >/dev/null 2>&1", keys,
                         in_dir("signed.xml"), in_dir("template.xml")),
                     0);
    free(a), free(b), free(template);
    uint8_t *theirs = read_all(in_dir("signed.xml"), &n);
    assert_non_null(theirs);
    assert_string_not_equal((char *)theirs, text); /* another nonce, other line breaks */
    expect_accepted("signed by xmlsec1", (char *)theirs, n);
    char *bad = edit((char *)theirs, "<bits>8</bits>", "<bits>1</bits>");
    expect_refused("signed by xmlsec1, changed", bad, strlen(bad), ENN_REASON_BAD_SIGNATURE);
    free(bad);
    free(theirs);
    free(text);
}

static int write_vector(void)
{
    size_t n;
    char *text = fresh(1, &n);
    FILE *f = fopen(VECTOR_XML, "wb");
    int ok = f && fwrite(text, 1, n, f) == n;
    free(text);
    return f && fclose(f) == 0 && ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read), cmocka_unit_test(vector_is_exact),
        cmocka_unit_test(schema_agrees),           cmocka_unit_test(writer_refuses_what_no_reader_takes),
        cmocka_unit_test(xmlsec1_verifies_ours),   cmocka_unit_test(we_verify_xmlsec1),
    };
    if (argc == 2 && strcmp(argv[1], "write") == 0) return write_vector();
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
