/*
 * The manifest: what is written is read, what is forged or malformed is not.
 *
 * Two kinds of attack: on a document whose signature the attacker cannot renew (edit), and by someone who holds a key of
 * their own or the issuer's and signs nonsense (edit, then sign_again).  testdata/manifest holds a fixed key, its
 * certificate and the manifest they must give, byte for byte; `test_manifest write` makes lot.xml again.
 */
#include "test_trust_common.h"

#include <time.h>

#include <libxml/xmlschemas.h>

#include "trust/hex.h"
#include "trust/keys.h"
#include "trust/manifest.h"
#include "trust/xmlsig.h"

#define VECTOR_DIR "testdata/manifest/"
#define VECTOR_XML VECTOR_DIR "lot.xml"
#define VECTOR_CRT VECTOR_DIR "issuer.crt"
#define VECTOR_KEY VECTOR_DIR "issuer.key"

static struct signer *open_vector_signer(void)
{
    struct enn_error e = {0};
    struct signer *s = NULL;
    struct signer_options o = {.cert_file = VECTOR_CRT, .key_file = VECTOR_KEY};
    ASSERT_STATUS(signer_open(&o, &s, &e), ENN_OK, e);
    return s;
}

static void fill_page(struct manifest_page *p, int seed)
{
    static const char *const name[] = {"Cyan", "Magenta", "Yellow", "Black"};
    *p = (struct manifest_page){.width = 1181, .height = 827, .width_mm = 99.990667, .height_mm = 70.019333,
                                .dpi_x = 300, .dpi_y = 300, .bits = 8, .colour = "cmyk",
                                .profile = "Coated <FOGRA39> & S\xc3\xb6hne", .n_inks = 4};
    for (int i = 0; i < 4; i++) {
        strcpy(p->inks[i].name, name[i]);
        memset(p->inks[i].source_sha256, 16 * seed + i, 32);
        memset(p->inks[i].signed_sha256, 16 * seed + i + 8, 32);
    }
}

/* Every field with a value of its own. */
static void fill(struct manifest *m, uint32_t n_pages, const char *issuer)
{
    struct enn_error e = {0};
    ASSERT_STATUS(manifest_set_pages(m, n_pages, &e), ENN_OK, e);
    struct lot_facts f = {.issuer = issuer, .gtin = "4012345678901", .lot = "A<23>/7", .expiry = "271231", .serial = "S&1",
                          .nonce_hex = "000102030405060708090a0b0c0d0e0f"};
    ASSERT_STATUS(lot_make(&f, &m->lot, &e), ENN_OK, e);
    m->created = 1795000000;
    m->unit = (UINT64_C(1) << 40) - 1;
    m->source = (struct manifest_file){.name = "carton \xe2\x82\xac.tif", .bytes = 123456789, .format = "TIFF", .compression = "LZW"};
    m->output = (struct manifest_file){.name = "carton-signed.tif", .bytes = UINT64_C(5000000000), .format = "BigTIFF",
                                       .compression = "Deflate"};
    memset(m->source.sha256, 0xa1, 32);
    memset(m->output.sha256, 0xb2, 32);
    for (uint32_t i = 0; i < n_pages; i++) fill_page(&m->pages[i], (int)(i % 8));
    m->mark = (struct manifest_mark){.format = 1, .origin_x_mm = -1.5, .origin_y_mm = 2.25, .strength = 1.25,
        .white = ENN_WHITE_ALWAYS, .white_used = 1, .area_cm2 = 68.123456, .mean_tint = 0.75,
        .quality = {1.5, 0.4, 22.75, 7.125}};
    for (int i = 0; i < MANIFEST_MESSAGE_BYTES; i++) m->mark.message[i] = (uint8_t)(11 * i);
    strcpy(m->screen, "am:175");
    m->thumbnail.width = 16;
    m->thumbnail.height = 9;
    for (int i = 0; i < 16 * 9; i++) m->thumbnail.grey[i] = (uint8_t)(i * 7);
}

/* The manifest of the vector, freshly written; freed by the caller, 0 after its end. */
static char *fresh(uint32_t n_pages, size_t *n)
{
    struct enn_error e = {0};
    struct signer *s = open_vector_signer();
    struct manifest m;
    uint8_t *out = NULL;
    fill(&m, n_pages, cert_chain_name(signer_chain(s)));
    ASSERT_STATUS(manifest_write(&m, s, &out, n, &e), ENN_OK, e);
    manifest_clear(&m);
    signer_free(s);
    return (char *)out;
}

static enum enn_status read_text(const char *text, size_t n, enum enn_reason *reason, struct enn_error *e)
{
    struct manifest m;
    struct cert_chain *chain;
    enum enn_status st = manifest_read((const uint8_t *)text, n, "t.xml", &m, &chain, reason, e);
    if (st != ENN_OK) {
        assert_null(chain);
        assert_null(m.pages);
    }
    manifest_clear(&m);
    cert_chain_free(chain);
    return st;
}

static void expect_refused(const char *what, const char *text, size_t n, enum enn_reason want)
{
    struct enn_error e = {0};
    enum enn_reason reason = ENN_REASON_COUNT;
    enum enn_status st = read_text(text, n, &reason, &e);
    if (st != ENN_NOT_GENUINE || reason != want || e.status != ENN_NOT_GENUINE)
        fail_msg("%s: status %d, reason %d, \"%s\"", what, st, reason, e.text);
}

static void expect_accepted(const char *what, const char *text, size_t n)
{
    struct enn_error e = {0};
    enum enn_reason reason;
    enum enn_status st = read_text(text, n, &reason, &e);
    if (st != ENN_OK) fail_msg("%s: refused: \"%s\"", what, e.text);
}

/* A copy with the first (or with '$' in front, the last) occurrence of `old` replaced. */
static char *edit(const char *text, const char *old, const char *new)
{
    int last = old[0] == '$';
    old += last;
    const char *at = strstr(text, old);
    if (!at) fail_msg("not in the document: %s", old);
    for (const char *p = at; last && (p = strstr(p + 1, old)) != NULL;) at = p;
    char *out = malloc(strlen(text) + strlen(new) + 1);
    memcpy(out, text, (size_t)(at - text));
    strcpy(out + (at - text), new);
    strcat(out, at + strlen(old));
    return out;
}

static void patch64(char *text, const char *tag, const uint8_t *bytes, size_t n)
{
    char digits[96];
    char *at = strstr(text, tag);
    assert_non_null(at);
    base64_encode(bytes, n, digits);
    memcpy(at + strlen(tag), digits, strlen(digits));
}

/* Gives an edited document a good signature by this signer (the certificates stay); 0 when its form allows none. */
static int sign_again(char *text, const struct signer *s)
{
    struct enn_error e = {0};
    struct xmlsig x;
    uint8_t value[64];
    for (int pass = 0; pass < 2; pass++) {
        if (xmlsig_open((uint8_t *)text, strlen(text), "t", &x, &e) != ENN_OK) return 0;
        if (pass == 0) patch64(text, "<DigestValue>", x.body_digest, 32);
        if (pass == 1) ASSERT_STATUS(signer_sign(s, x.info_digest, value, &e), ENN_OK, e);
        xmlsig_close(&x);
    }
    patch64(text, "<SignatureValue>", value, 64);
    return 1;
}

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
        {"<bits>8</bits>", "<bits>12</bits>"}, {"<expiry>271231</expiry>", "<expiry>2712</expiry>"},
        {"<strength>1.25</strength>", "<strength>1.250</strength>"}, {"<white>always</white>", "<white>Always</white>"}};
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
    for (int k = 0; k < 16; k++) {
        struct manifest m;
        uint8_t *out;
        size_t n;
        enum enn_status want = ENN_FORMAT;
        fill(&m, k == 0 ? 400 : 1, issuer);
        switch (k) {
        case 0: want = ENN_LIMIT; break; /* 400 pages of 4 inks */
        case 1: strcpy(m.lot.issuer, "Someone else"); want = ENN_USAGE; break;
        case 2: m.mark.strength = 5; break;
        case 3: m.mark.quality.panel_20 = -1; break;
        case 4: m.pages[0].width_mm = 0.0 / (double)m.pages[0].inks[0].source_sha256[0]; break; /* NaN */
        case 5: strcpy(m.source.name, "a/b.tif"); break;
        case 6: strcpy(m.source.name, ""); break;
        case 7: strcpy(m.pages[0].inks[1].name, "a\nb"); break;
        case 8: m.pages[0].n_inks = 0; break;
        case 9: m.unit = UINT64_C(1) << 40; break;
        case 10: m.created = -1; break;
        case 11: m.pages[0].bits = 12; break;
        case 12: m.thumbnail.width = 129; break;
        case 13: m.lot.nonce[0] = 'F'; break;
        case 14: m.pages[0].width = 0; break;
        case 15: m.mark.white = (enum enn_white)7; break;
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

static char *cut_between(const char *text, const char *from, const char *to)
{
    const char *a = strstr(text, from), *b = a ? strstr(a, to) : NULL;
    assert_non_null(b);
    a += strlen(from);
    char *out = malloc(strlen(text) + 1);
    memcpy(out, text, (size_t)(a - text));
    strcpy(out + (a - text), b);
    return out;
}

static void we_verify_xmlsec1(void **state)
{
    (void)state;
    if (!have_xmlsec1()) skip();
    size_t n;
    char *text = fresh(2, &n), keys[300];
    char *a = cut_between(text, "<DigestValue>", "</DigestValue>"), *b = cut_between(a, "<SignatureValue>", "</SignatureValue>");
    char *template = cut_between(b, "<X509Certificate>", "</X509Certificate>");
    write_file("template.xml", template, strlen(template));
    snprintf(keys, sizeof keys, "%s,%s", VECTOR_KEY, VECTOR_CRT);
    assert_int_equal(run("xmlsec1 --sign --privkey-pem %s --output %s %s >/dev/null 2>&1", keys, in_dir("signed.xml"),
                         in_dir("template.xml")), 0);
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

/* ---- attacks without a key ---- */

#define SIG "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">"

static void forms_are_refused(void **state)
{
    (void)state;
    static const struct { const char *what, *old, *new; } change[] = {
        {"comment", "<created>", "<!-- x --><created>"},
        {"comment in a text", "<bits>8", "<bits><!---->8"},
        {"processing instruction", "<created>", "<?x y?><created>"},
        {"style sheet", "<manifest", "<?xml-stylesheet href=\"x\"?><manifest"},
        {"CDATA", "<bits>8</bits>", "<bits><![CDATA[8]]></bits>"},
        {"DTD", "<manifest", "<!DOCTYPE manifest [<!ENTITY a \"b\">]><manifest"},
        {"DTD inside", "<created>", "<!DOCTYPE manifest><created>"},
        {"entity", "<colour>cmyk", "<colour>&cmyk;"},
        {"character reference", "<bits>8", "<bits>&#56;"},
        {"hexadecimal reference", "<bits>8", "<bits>&#x38;"},
        {"other entity", "<colour>cmyk", "<colour>c&quot;"},
        {"attribute", "<created>", "<created a=\"b\">"},
        {"Id attribute", "<mark>", "<mark Id=\"m\">"},
        {"xml:lang", "<mark>", "<mark xml:lang=\"en\">"},
        {"prefix", "<bits>8</bits>", "<x:bits xmlns:x=\"urn:enn:manifest:1\">8</x:bits>"},
        {"foreign namespace", "<bits>8</bits>", "<bits xmlns=\"urn:x\">8</bits>"},
        {"same namespace again", "<bits>", "<bits xmlns=\"urn:enn:manifest:1\">"},
        {"XInclude", "<bits>8</bits>", "<include xmlns=\"http://www.w3.org/2001/XInclude\" href=\"/etc/passwd\"/>"},
        {"XML 1.1", "1.0", "1.1"},
        {"encoding", "UTF-8", "utf-8"},
        {"standalone", "\"UTF-8\"?>", "\"UTF-8\" standalone=\"yes\"?>"},
        {"quotes", "\"1.0\"", "'1.0'"},
        {"root attribute", "manifest:1\">", "manifest:1\" a=\"b\">"},
        {"CR LF", "?>\n", "?>\r\n"},
        {"byte-order mark", "<?xml", "\xef\xbb\xbf<?xml"},
        {"tabulator", "  <created>", "\t<created>"},
        {"text between elements", "<mark>", "x<mark>"},
        {"no line end", "$</manifest>\n", "</manifest>"},
        {"two line ends", "$</manifest>\n", "</manifest>\n\n"},
        {"comment after the end", "$</manifest>\n", "</manifest><!-- -->\n"},
        {"second root", "$</manifest>\n", "</manifest><manifest xmlns=\"urn:enn:manifest:1\"></manifest>\n"},
        {"not well-formed", "</mark>", "</Mark>"},
        {"bad UTF-8", "FOGRA39", "FOGRA\xc3("},
        {"overlong UTF-8", "FOGRA39", "FOGRA\xc0\xaf"},
        {"white space in an end tag", "</bits>", "</bits >\n<"},
    };
    size_t n;
    char *text = fresh(1, &n);
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        char *bad = edit(text, change[i].old, change[i].new);
        expect_refused(change[i].what, bad, strlen(bad), ENN_REASON_MANIFEST_FORMAT);
        free(bad);
    }
    expect_refused("nothing", "", 0, ENN_REASON_MANIFEST_FORMAT);
    free(text);
}

static void signature_forms_are_refused(void **state)
{
    (void)state;
    static const struct { const char *what, *old, *new; } change[] = {
        {"KeyValue before", "<X509Data>", "<KeyValue><ECKeyValue xmlns=\"http://www.w3.org/2009/xmldsig11#\"></ECKeyValue></KeyValue><X509Data>"},
        {"KeyValue, same namespace", "<X509Data>", "<KeyValue><RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue></KeyValue><X509Data>"},
        {"KeyValue after", "</X509Data>", "</X509Data><KeyValue></KeyValue>"},
        {"KeyName", "<X509Data>", "<KeyName>x</KeyName><X509Data>"},
        {"X509SubjectName", "</X509Certificate>", "</X509Certificate><X509SubjectName>CN=x</X509SubjectName>"},
        {"second X509Data", "</X509Data>", "</X509Data><X509Data></X509Data>"},
        {"no certificate", "<X509Certificate>", "<X509CRL>"},
        {"Object", "</KeyInfo>", "</KeyInfo><Object>x</Object>"},
        {"Object first", "<SignedInfo>", "<Object></Object><SignedInfo>"},
        {"second SignatureValue", "<KeyInfo>", "<SignatureValue></SignatureValue><KeyInfo>"},
        {"second SignedInfo", "<SignatureValue>", "<SignedInfo></SignedInfo><SignatureValue>"},
        {"second Reference", "</SignedInfo>", "<Reference URI=\"\"></Reference></SignedInfo>"},
        {"URI of a part", "URI=\"\"", "URI=\"#mark\""},
        {"URI of a file", "URI=\"\"", "URI=\"file:///etc/passwd\""},
        {"no URI", " URI=\"\"", ""},
        {"Algorithm for URI", " URI=\"\"", " Algorithm=\"\""},
        {"URI twice", " URI=\"\"", " URI=\"\" Id=\"x\""},
        {"third transform", "</Transforms>", "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/></Transforms>"},
        {"transform with content", "c14n#\"/>\n        </Transforms>", "c14n#\">x</Transform>\n        </Transforms>"},
        {"inclusive c14n", "<Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
         "<Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>"},
        {"c14n with comments", "CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
         "CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#WithComments\""},
        {"no enveloped", "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>", ""},
        {"enveloped twice", "<Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
         "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>"},
        {"SHA-1 digest", "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"},
        {"HMAC", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"},
        {"HMAC length", "ecdsa-sha256\"/>", "ecdsa-sha256\"><HMACOutputLength>0</HMACOutputLength></SignatureMethod>"},
        {"digest too short", "<DigestValue>", "<DigestValue>AAAA"},
        {"value too long", "<SignatureValue>", "<SignatureValue>AAAA"},
        {"value not base64", "<SignatureValue>", "<SignatureValue>-"},
        {"text for an element", "<SignedInfo>", "<SignedInfo>x"},
        {"Signature Id", SIG, "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\" Id=\"s\">"},
        {"Signature in a prefix", SIG, "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"},
        {"Signature not last", "</Signature>", "</Signature><unit>0</unit>"},
        {"Signature twice", "</Signature>", "</Signature>" SIG "</Signature>"},
        {"Signature before", "  " SIG, "  " SIG "</Signature>" SIG},
        {"Signature wrapped", "  " SIG, "  <mark>" SIG},
        {"not signed", "Signature xmlns", "signature xmlns"},
        {"foreign element inside", "<SignedInfo>", "<bits xmlns=\"urn:enn:manifest:1\">8</bits><SignedInfo>"},
    };
    size_t n;
    char *text = fresh(1, &n);
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        char *bad = edit(text, change[i].old, change[i].new);
        if (strcmp(change[i].what, "Signature wrapped") == 0) {
            char *closed = edit(bad, "</Signature>", "</Signature></mark>");
            free(bad);
            bad = closed;
        }
        expect_refused(change[i].what, bad, strlen(bad), ENN_REASON_MANIFEST_FORMAT);
        free(bad);
    }
    /* moved: the signature as a whole in front of the fields, and the genuine document as a whole inside another */
    const char *start = strstr(text, "  " SIG), *first = strstr(text, "  <created>");
    char *moved = malloc(2 * n + 200);
    size_t sig_length = n - strlen("</manifest>\n") - (size_t)(start - text);
    sprintf(moved, "%.*s%.*s%.*s</manifest>\n", (int)(first - text), text, (int)sig_length, start, (int)(start - first), first);
    expect_refused("signature moved to the front", moved, strlen(moved), ENN_REASON_MANIFEST_FORMAT);
    const char *root = strchr(text, '\n') + 1;
    char *forged = edit(text, "<unit>1099511627775</unit>", "<unit>1</unit>");
    sprintf(moved, "%.*s%.*s</manifest>\n", (int)(strstr(forged, "  " SIG) - forged), forged, (int)(n - (size_t)(root - text)), root);
    expect_refused("wrapped", moved, strlen(moved), ENN_REASON_MANIFEST_FORMAT);
    free(forged);
    free(moved);
    free(text);
}

static void changes_break_the_signature(void **state)
{
    (void)state;
    static const char *const change[][2] = {
        {"<gtin>04012345678901", "<gtin>14012345678908"}, {"<lot-id>", "<lot-id>0"}, {"<bits>8", "<bits>1"},
        {"  <created>", " <created>"}, {"</bits>", "</bits><bits>8</bits>"}, {"<file>carton", "<file>Carton"},
        {"    <ink>", "    \n<ink>"}, {"    <expiry>271231</expiry>\n", ""}, {"<white-used>yes", "<white-used>no"}};
    size_t n;
    char *text = fresh(1, &n);
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        char *bad = edit(text, change[i][0], change[i][1]);
        expect_refused(change[i][0], bad, strlen(bad), ENN_REASON_BAD_SIGNATURE);
        free(bad);
    }
    /* r, s = 0 and r, s = n: no signature at all */
    uint8_t zero[64] = {0}, order[64];
    assert_true(hex_decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
                           "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 1, order, 64));
    patch64(text, "<SignatureValue>", zero, 64);
    expect_refused("r = s = 0", text, n, ENN_REASON_BAD_SIGNATURE);
    patch64(text, "<SignatureValue>", order, 64);
    expect_refused("r = s = n", text, n, ENN_REASON_BAD_SIGNATURE);
    free(text);
}

static void no_single_bit_is_free(void **state)
{
    (void)state;
    size_t n, mutants = 0;
    char *text = fresh(1, &n);
    struct enn_error e = {0};
    for (size_t bit = 0; bit < 8 * n; bit += 5) { /* 5 is prime to 8: every position of a byte, all over the document */
        enum enn_reason reason;
        text[bit / 8] ^= (char)(1 << bit % 8);
        enum enn_status st = read_text(text, n, &reason, &e);
        if (st != ENN_NOT_GENUINE) fail_msg("bit %zu flipped: status %d", bit, st);
        text[bit / 8] ^= (char)(1 << bit % 8);
        mutants++;
    }
    assert_true(mutants >= 1500);
    expect_accepted("all bits back", text, n);
    for (size_t length = 0; length < n; length += length < 200 || n - length < 200 ? 1 : 97)
        expect_refused("cut", text, length, ENN_REASON_MANIFEST_FORMAT);
    free(text);
}

/* ---- attacks with a key ---- */

static void signed_nonsense_is_refused(void **state)
{
    (void)state;
    static const struct { const char *what, *old, *new; } change[] = {
        {"element twice", "<bits>8</bits>", "<bits>8</bits><bits>8</bits>"},
        {"element missing", "<bits>8</bits>", ""},
        {"unknown element", "<mark>", "<note>x</note><mark>"},
        {"unknown at the end of a container", "</mark>", "<x>1</x></mark>"},
        {"unknown before the signature", "  <Signature", "<x>1</x>  <Signature"},
        {"order", "<white>always</white>\n    <white-used>yes</white-used>", "<white-used>yes</white-used><white>always</white>"},
        {"element for a text", "<bits>8</bits>", "<bits><b>8</b></bits>"},
        {"lot id of another lot", "<lot-id>", "<lot-id>0000"},
        {"another lot with this id", "<gtin>04012345678901", "<gtin>14012345678908"},
        {"another issuer", "<issuer>Vector", "<issuer>Rector"},
        {"GTIN too short", "<gtin>0", "<gtin>"},
        {"unit over 40 bits", "<unit>1099511627775", "<unit>1099511627776"},
        {"leading zero", "<unit>", "<unit>0"},
        {"negative", "<width>", "<width>-"},
        {"width 0", "<width>1181<", "<width>0<"},
        {"over 32 bits", "<width>1181<", "<width>4294967296<"},
        {"exponent", "<strength>1.25", "<strength>1e0"},
        {"trailing zero", "<strength>1.25", "<strength>1.250"},
        {"strength", "<strength>1.25", "<strength>4.1"},
        {"NaN", "<area-cm2>68.123456", "<area-cm2>NaN"},
        {"negative quality", "<panel-20>", "<panel-20>-"},
        {"word", "<white>always", "<white>maybe"},
        {"upper-case hash", "a1a1", "A1A1"},
        {"short hash", "a1a1", "a1a"},
        {"path in a file name", "<file>carton-signed", "<file>../carton"},
        {"empty text", "<screen>am:175<", "<screen><"},
        {"space before a text", "<screen>", "<screen> "},
        {"control in a text", "<screen>am", "<screen>a\nm"},
        {"C1 control in a text", "<screen>am", "<screen>a\xc2\x85m"},
        {"time", "<created>2026", "<created>2026-"},
        {"no such day", "<created>2026-11", "<created>2026-13"},
        {"bits", "<bits>8", "<bits>12"},
        {"thumbnail size", "<width>16<", "<width>17<"},
        {"thumbnail too large", "<width>16<", "<width>129<"},
        {"another certificate hash", "<certificate>", "<certificate>00"},
        {"another anchor", "<anchor>", "<anchor>00"},
        {"format", "<format>1<", "<format>16<"},
        {"seventeen instructions", "<printing>", NULL},
        {"seventeen inks", "</profile>", NULL},
    };
    struct signer *s = open_vector_signer();
    size_t n;
    char *text = fresh(1, &n), ink[400], many[12000];
    char zeros[65] = "";
    memset(zeros, '0', 64);
    snprintf(ink, sizeof ink, "<ink><name>x</name><source-sha256>%s</source-sha256><signed-sha256>%s</signed-sha256></ink>", zeros, zeros);
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        const char *new = change[i].new;
        if (!new) {
            int inks = strstr(change[i].what, "inks") != NULL;
            strcpy(many, inks ? "</profile>" : "<printing><screen>x</screen>");
            for (int k = 0; k < (inks ? 13 : 17); k++) strcat(many, inks ? ink : "<instruction>x</instruction>");
            strcat(many, inks ? "" : "</printing><printing>");
            new = many;
        }
        char *bad = edit(text, change[i].old, new);
        assert_true(sign_again(bad, s));
        expect_refused(change[i].what, bad, strlen(bad), ENN_REASON_MANIFEST_FORMAT);
        free(bad);
    }
    char *again = edit(text, "<area-cm2>68.123456", "<area-cm2>1"); /* the method itself: a good change, well signed */
    assert_true(sign_again(again, s));
    expect_accepted("changed and signed by the issuer", again, strlen(again));
    free(again);
    free(text);
    signer_free(s);
}

static char *swap_certificate(const char *text, const struct cert_chain *chain)
{
    struct cert_der der = cert_chain_der(chain, 0);
    char *empty = cut_between(text, "<X509Certificate>", "</X509Certificate>"), *digits = malloc(base64_size(der.n) + 40);
    strcpy(digits, "<X509Certificate>");
    base64_encode(der.bytes, der.n, digits + strlen(digits));
    char *out = edit(empty, "<X509Certificate>", digits);
    free(empty);
    free(digits);
    return out;
}

static void foreign_keys_are_found_out(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct signer *issuer = open_vector_signer(), *thief = NULL;
    const struct cert_spec spec = {.name = "Vector Pharma (test)", .usage = "critical,digitalSignature"};
    struct test_cert cert = make_cert(&spec, NULL); /* the same name, another key */
    write_certs("thief.crt", (const struct test_cert *[]){&cert}, 1);
    write_key("thief.key", cert.key);
    char crt[300], key[300];
    snprintf(crt, sizeof crt, "%s/thief.crt", test_dir);
    snprintf(key, sizeof key, "%s/thief.key", test_dir);
    ASSERT_STATUS(signer_open(&(struct signer_options){.cert_file = crt, .key_file = key}, &thief, &e), ENN_OK, e);
    size_t n;
    char *text = fresh(1, &n);
    /* signed with the thief's key, the issuer's certificate left in */
    char *forged = edit(text, "<unit>1099511627775", "<unit>1");
    assert_true(sign_again(forged, thief));
    expect_refused("another key", forged, strlen(forged), ENN_REASON_BAD_SIGNATURE);
    /* the thief's certificate in, nothing else changed */
    char *swapped = swap_certificate(text, signer_chain(thief));
    expect_refused("another certificate", swapped, strlen(swapped), ENN_REASON_BAD_SIGNATURE);
    /* ... and signed again: the signature holds, but the fields name the issuer's certificate */
    assert_true(sign_again(swapped, thief));
    expect_refused("another certificate and signature", swapped, strlen(swapped), ENN_REASON_MANIFEST_FORMAT);
    /* a manifest all of the thief's own is well-formed, and not trusted */
    struct manifest m, back;
    struct cert_chain *chain;
    enum enn_reason reason, why[TRUST_MAX_REASONS];
    uint8_t *own;
    fill(&m, 1, cert_chain_name(signer_chain(thief)));
    ASSERT_STATUS(manifest_write(&m, thief, &own, &n, &e), ENN_OK, e);
    ASSERT_STATUS(manifest_read(own, n, "own", &back, &chain, &reason, &e), ENN_OK, e);
    struct trust *t = trust_new();
    ASSERT_STATUS(trust_add_file(t, VECTOR_CRT, &e), ENN_OK, e);
    assert_int_equal(trust_judge(t, chain, TEST_NOW, why), 1);
    assert_int_equal(why[0], ENN_REASON_UNKNOWN_ISSUER);
    assert_int_equal(trust_judge(t, signer_chain(issuer), TEST_NOW, why), 0);
    trust_free(t);
    manifest_clear(&m);
    manifest_clear(&back);
    cert_chain_free(chain);
    free(own), free(forged), free(swapped), free(text);
    signer_free(issuer);
    signer_free(thief);
    free_cert(&cert);
}

static void chains_travel_in_the_manifest(void **state)
{
    (void)state;
    struct enn_error e = {0};
    const struct cert_spec ca = {.name = "Root", .usage = "critical,keyCertSign", .basic = "critical,CA:TRUE"};
    const struct cert_spec spec = {.name = "Plant 2", .usage = "critical,digitalSignature"};
    struct test_cert root = make_cert(&ca, NULL), leaf = make_cert(&spec, &root);
    struct signer *s;
    write_certs("chain.crt", (const struct test_cert *[]){&leaf, &root}, 2);
    write_certs("root.crt", (const struct test_cert *[]){&root}, 1);
    write_key("leaf.key", leaf.key);
    char crt[300], key[300];
    snprintf(crt, sizeof crt, "%s/chain.crt", test_dir);
    snprintf(key, sizeof key, "%s/leaf.key", test_dir);
    ASSERT_STATUS(signer_open(&(struct signer_options){.cert_file = crt, .key_file = key}, &s, &e), ENN_OK, e);
    struct manifest m, back;
    struct cert_chain *chain;
    enum enn_reason reason, why[TRUST_MAX_REASONS];
    uint8_t *out;
    size_t n;
    fill(&m, 1, "Plant 2");
    ASSERT_STATUS(manifest_write(&m, s, &out, &n, &e), ENN_OK, e);
    ASSERT_STATUS(manifest_read(out, n, "m", &back, &chain, &reason, &e), ENN_OK, e);
    assert_int_equal(cert_chain_count(chain), 2);
    assert_memory_equal(back.mark.anchor, cert_chain_anchor(signer_chain(s)), 32);
    struct trust *t = trust_new();
    ASSERT_STATUS(trust_add_file(t, in_dir("root.crt"), &e), ENN_OK, e);
    assert_memory_equal(trust_anchor_fingerprint(t, 0), back.mark.anchor, 32);
    assert_int_equal(trust_judge(t, chain, TEST_NOW, why), 0);
    trust_free(t);
    /* without its root the chain has another anchor than the mark */
    char *text = (char *)out, *second = strstr(strstr(text, "<X509Certificate>") + 1, "<X509Certificate>");
    char *end = strstr(second, "</X509Certificate>") + strlen("</X509Certificate>");
    memset(second, ' ', (size_t)(end - second));
    expect_refused("root taken out", text, n, ENN_REASON_MANIFEST_FORMAT);
    manifest_clear(&m);
    manifest_clear(&back);
    cert_chain_free(chain);
    free(out);
    signer_free(s);
    free_cert(&root), free_cert(&leaf);
}

/* ---- floods ---- */

static double seconds_to_refuse(const char *what, const char *text)
{
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    expect_refused(what, text, strlen(text), ENN_REASON_MANIFEST_FORMAT);
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec);
}

static void floods_are_refused_fast(void **state)
{
    (void)state;
    size_t n;
    char *text = fresh(1, &n), *flood = malloc(1 << 20), *p = flood;
    p += sprintf(p, "<mark");
    for (int i = 0; i < 30000; i++) p += sprintf(p, " a%d=\"\"", i);
    strcpy(p, ">");
    char *bad = edit(text, "<mark>", flood);
    assert_true(seconds_to_refuse("30,000 attributes", bad) < 0.5);
    free(bad);
    strcpy(flood + 200000, ">"); /* the same within the size limit */
    bad = edit(text, "<mark>", flood);
    assert_true(seconds_to_refuse("attributes in 200 KB", bad) < 0.5);
    free(bad);
    p = flood;
    for (int i = 0; i < 30000; i++) p += sprintf(p, "<a>");
    bad = edit(text, "<mark>", flood);
    assert_true(seconds_to_refuse("30,000 levels", bad) < 0.5);
    free(bad);
    p = flood;
    for (int i = 0; i < 50000; i++) p += sprintf(p, "<a/>");
    strcpy(p, "<mark>");
    bad = edit(text, "<mark>", flood);
    assert_true(seconds_to_refuse("50,000 elements", bad) < 0.5);
    free(bad);
    p = flood;
    for (int i = 0; i < 15000; i++) p += sprintf(p, "<b xmlns=\"\"/>");
    strcpy(p, "<mark>");
    bad = edit(text, "<mark>", flood);
    assert_true(seconds_to_refuse("15,000 namespaces", bad) < 0.5);
    free(bad);
    memset(flood, ' ', 300000);
    strcpy(flood + 300000, "<mark>");
    bad = edit(text, "<mark>", flood);
    assert_true(seconds_to_refuse("oversize", bad) < 0.5);
    write_file("big.xml", bad, strlen(bad));
    struct enn_error e = {0};
    struct manifest m;
    struct cert_chain *chain;
    enum enn_reason reason;
    ASSERT_STATUS(manifest_read_file(in_dir("big.xml"), &m, &chain, &reason, &e), ENN_NOT_GENUINE, e);
    assert_int_equal(reason, ENN_REASON_MANIFEST_FORMAT);
    ASSERT_STATUS(manifest_read_file(in_dir("none.xml"), &m, &chain, &reason, &e), ENN_IO, e);
    free(bad);
    free(flood);
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
        cmocka_unit_test(what_is_written_is_read),     cmocka_unit_test(vector_is_exact),
        cmocka_unit_test(schema_agrees),               cmocka_unit_test(writer_refuses_what_no_reader_takes),
        cmocka_unit_test(xmlsec1_verifies_ours),       cmocka_unit_test(we_verify_xmlsec1),
        cmocka_unit_test(forms_are_refused),           cmocka_unit_test(signature_forms_are_refused),
        cmocka_unit_test(changes_break_the_signature), cmocka_unit_test(no_single_bit_is_free),
        cmocka_unit_test(signed_nonsense_is_refused),  cmocka_unit_test(foreign_keys_are_found_out),
        cmocka_unit_test(chains_travel_in_the_manifest), cmocka_unit_test(floods_are_refused_fast),
    };
    if (argc == 2 && strcmp(argv[1], "write") == 0) return write_vector();
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
