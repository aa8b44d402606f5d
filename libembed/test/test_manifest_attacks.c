/*
 * What is forged or malformed is refused, with the right reason.
 *
 * Two kinds of attack: on a document whose signature the attacker cannot renew (edit), and by someone who
 * holds a key of their own or the issuer's and signs nonsense (edit, then sign_again).
 */
#include "test_manifest_common.h"

#include <time.h>

/* ---- attacks without a key ---- */

#define SIG "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\">"

static void forms_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *what, *old, *new;
    } change[] = {
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
        {"XInclude", "<bits>8</bits>",
         "<include xmlns=\"http://www.w3.org/2001/XInclude\" href=\"/etc/passwd\"/>"},
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
    static const struct {
        const char *what, *old, *new;
    } change[] = {
        {"KeyValue before", "<X509Data>",
         "<KeyValue><ECKeyValue "
         "xmlns=\"http://www.w3.org/2009/xmldsig11#\"></ECKeyValue></KeyValue><X509Data>"},
        {"KeyValue, same namespace", "<X509Data>",
         "<KeyValue><RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue></KeyValue><X509Data>"},
        {"KeyValue after", "</X509Data>", "</X509Data><KeyValue></KeyValue>"},
        {"KeyName", "<X509Data>", "<KeyName>x</KeyName><X509Data>"},
        {"X509SubjectName", "</X509Certificate>",
         "</X509Certificate><X509SubjectName>CN=x</X509SubjectName>"},
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
        {"third transform", "</Transforms>",
         "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"/></Transforms>"},
        {"transform with content", "c14n#\"/>\n        </Transforms>",
         "c14n#\">x</Transform>\n        </Transforms>"},
        {"inclusive c14n", "<Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
         "<Transform Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>"},
        {"c14n with comments", "CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"",
         "CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#WithComments\""},
        {"no enveloped", "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>",
         ""},
        {"enveloped twice", "<Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>",
         "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>"},
        {"SHA-1 digest", "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"},
        {"HMAC", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
         "http://www.w3.org/2000/09/xmldsig#hmac-sha1"},
        {"HMAC length", "ecdsa-sha256\"/>",
         "ecdsa-sha256\"><HMACOutputLength>0</HMACOutputLength></SignatureMethod>"},
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
    /* moved: the signature as a whole in front of the fields, and the genuine document as a whole inside
     * another */
    const char *start = strstr(text, "  " SIG), *first = strstr(text, "  <created>");
    char *moved = malloc(2 * n + 200);
    size_t sig_length = n - strlen("</manifest>\n") - (size_t)(start - text);
    sprintf(moved, "%.*s%.*s%.*s</manifest>\n", (int)(first - text), text, (int)sig_length, start,
            (int)(start - first), first);
    expect_refused("signature moved to the front", moved, strlen(moved), ENN_REASON_MANIFEST_FORMAT);
    const char *root = strchr(text, '\n') + 1;
    char *forged = edit(text, "<unit>1099511627775</unit>", "<unit>1</unit>");
    sprintf(moved, "%.*s%.*s</manifest>\n", (int)(strstr(forged, "  " SIG) - forged), forged,
            (int)(n - (size_t)(root - text)), root);
    expect_refused("wrapped", moved, strlen(moved), ENN_REASON_MANIFEST_FORMAT);
    free(forged);
    free(moved);
    free(text);
}

static void changes_break_the_signature(void **state)
{
    (void)state;
    static const char *const change[][2] = {{"<gtin>04012345678901", "<gtin>14012345678908"},
                                            {"<lot-id>", "<lot-id>0"},
                                            {"<bits>8", "<bits>1"},
                                            {"  <created>", " <created>"},
                                            {"</bits>", "</bits><bits>8</bits>"},
                                            {"<file>carton", "<file>Carton"},
                                            {"    <ink>", "    \n<ink>"},
                                            {"    <expiry>271231</expiry>\n", ""},
                                            {"<white-used>yes", "<white-used>no"}};
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
                           "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
                           1, order, 64));
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
    for (size_t bit = 0; bit < 8 * n;
         bit += 5) { /* 5 is prime to 8: every position of a byte, all over the document */
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
    static const struct {
        const char *what, *old, *new;
    } change[] = {
        {"element twice", "<bits>8</bits>", "<bits>8</bits><bits>8</bits>"},
        {"element missing", "<bits>8</bits>", ""},
        {"unknown element", "<mark>", "<note>x</note><mark>"},
        {"unknown at the end of a container", "</mark>", "<x>1</x></mark>"},
        {"unknown before the signature", "  <Signature", "<x>1</x>  <Signature"},
        {"order", "<white>always</white>\n    <white-used>yes</white-used>",
         "<white-used>yes</white-used><white>always</white>"},
        {"element for a text", "<bits>8</bits>", "<bits><b>8</b></bits>"},
        {"lot id of another lot", "<lot-id>", "<lot-id>0000"},
        {"another lot with this id", "<gtin>04012345678901", "<gtin>14012345678908"},
        {"another issuer", "<issuer>Vector", "<issuer>Rector"},
        {"GTIN too short", "<gtin>0", "<gtin>"},
        {"a unit other than the message's", "<unit>1099511627775", "<unit>1"},
        {"no message", "<message>10", "<message>11"},
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
        {"thumbnail too large", "<width>16<", "<width>257<"},
        {"thumbnail without a width", "<width-mm>80</width-mm>", ""},
        {"thumbnail of no width", "<width-mm>80<", "<width-mm>0<"},
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
    snprintf(ink, sizeof ink,
             "<ink><name>x</name><source-sha256>%s</source-sha256><signed-sha256>%s</signed-sha256></ink>",
             zeros, zeros);
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        const char *new = change[i].new;
        if (!new) {
            int inks = strstr(change[i].what, "inks") != NULL;
            strcpy(many, inks ? "</profile>" : "<printing><screen>x</screen>");
            for (int k = 0; k < (inks ? 13 : 17); k++)
                strcat(many, inks ? ink : "<instruction>x</instruction>");
            strcat(many, inks ? "" : "</printing><printing>");
            new = many;
        }
        char *bad = edit(text, change[i].old, new);
        assert_true(sign_again(bad, s));
        expect_refused(change[i].what, bad, strlen(bad), ENN_REASON_MANIFEST_FORMAT);
        free(bad);
    }
    char *again =
        edit(text, "<area-cm2>68.123456", "<area-cm2>1"); /* the method itself: a good change, well signed */
    assert_true(sign_again(again, s));
    expect_accepted("changed and signed by the issuer", again, strlen(again));
    free(again);
    free(text);
    signer_free(s);
}

/* Another issuer in the statement, with the lot id and the message that belong to the changed statement. */
static void another_issuer_is_refused(void **state)
{
    (void)state;
    struct signer *s = open_vector_signer();
    size_t n;
    char *text = fresh(1, &n);
    struct enn_error e = {0};
    struct manifest m;
    struct payload p = {.unit = (UINT64_C(1) << 40) - 1};
    char old_id[32], new_id[32], old_message[64], new_message[64];
    fill(&m, 1, cert_chain_name(signer_chain(s)));
    ASSERT_STATUS(lot_id(&m.lot, p.lot_id, old_id, &e), ENN_OK, e);
    hex_encode(m.mark.message, MANIFEST_MESSAGE_BYTES, old_message);
    m.lot.issuer[0] = 'R';
    ASSERT_STATUS(lot_id(&m.lot, p.lot_id, new_id, &e), ENN_OK, e);
    payload_pack(&p, m.mark.message);
    hex_encode(m.mark.message, MANIFEST_MESSAGE_BYTES, new_message);
    manifest_clear(&m);
    char *rector = edit(text, "<issuer>Vector", "<issuer>Rector"), *half = edit(rector, old_id, new_id);
    char *named = edit(half, old_message, new_message);
    assert_true(sign_again(named, s));
    expect_refused("another issuer and its lot id", named, strlen(named), ENN_REASON_MANIFEST_FORMAT);
    free(rector), free(half), free(named);
    free(text);
    signer_free(s);
}

static char *swap_certificate(const char *text, const struct cert_chain *chain)
{
    struct cert_der der = cert_chain_der(chain, 0);
    char *empty = cut_between(text, "<X509Certificate>", "</X509Certificate>"),
         *digits = malloc(base64_size(der.n) + 40);
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
    ASSERT_STATUS(signer_open(&(struct signer_options){.cert_file = crt, .key_file = key}, &thief, &e),
                  ENN_OK, e);
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
    const struct cert_spec ca = {
        .name = "Root", .usage = "critical,keyCertSign", .basic = "critical,CA:TRUE"};
    const struct cert_spec spec = {.name = "Plant 2", .usage = "critical,digitalSignature"};
    struct test_cert root = make_cert(&ca, NULL), leaf = make_cert(&spec, &root);
    struct signer *s;
    write_certs("chain.crt", (const struct test_cert *[]){&leaf, &root}, 2);
    write_certs("root.crt", (const struct test_cert *[]){&root}, 1);
    write_key("leaf.key", leaf.key);
    char crt[300], key[300];
    snprintf(crt, sizeof crt, "%s/chain.crt", test_dir);
    snprintf(key, sizeof key, "%s/leaf.key", test_dir);
    ASSERT_STATUS(signer_open(&(struct signer_options){.cert_file = crt, .key_file = key}, &s, &e), ENN_OK,
                  e);
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
    char *text = fresh(1, &n), *flood = malloc(1 << 20), *p;
    char *bad;
    for (int count = 24000; count <= 30000; count += 6000) { /* 24,000 are within the size limit */
        p = flood + sprintf(flood, "<mark");
        for (int i = 0; i < count; i++) p += sprintf(p, " a%d=\"\"", i);
        strcpy(p, ">");
        bad = edit(text, "<mark>", flood);
        assert_int_equal(strlen(bad) <= MANIFEST_MAX_BYTES, count == 24000);
        assert_true(seconds_to_refuse("attributes", bad) < 0.1);
        free(bad);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_refused),           cmocka_unit_test(signature_forms_are_refused),
        cmocka_unit_test(changes_break_the_signature), cmocka_unit_test(no_single_bit_is_free),
        cmocka_unit_test(signed_nonsense_is_refused),  cmocka_unit_test(another_issuer_is_refused),
        cmocka_unit_test(foreign_keys_are_found_out),  cmocka_unit_test(chains_travel_in_the_manifest),
        cmocka_unit_test(floods_are_refused_fast),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
