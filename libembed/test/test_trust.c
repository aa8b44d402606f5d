/* Lots, keys, certificates, hashes: every promise of the headers of trust/ but the manifest's. */
#include "test_trust_common.h"

#include <fcntl.h>

#include "trust/cert.h"
#include "trust/command.h"
#include "trust/hex.h"
#include "trust/keys.h"
#include "trust/lot.h"
#include "trust/numbers.h"
#include "trust/samplehash.h"

/* ---- texts and numbers ---- */

static void hex_and_base64_are_strict(void **state)
{
    (void)state;
    uint8_t b[64];
    char text[64];
    assert_true(hex_decode("00ffA0", 0, b, 3) && b[1] == 255 && b[2] == 160);
    assert_false(hex_decode("00ffA0", 1, b, 3));
    assert_false(hex_decode("00ff0", 0, b, 3));
    assert_false(hex_decode("00ff000", 0, b, 3));
    assert_false(hex_decode("00fg00", 0, b, 3));
    for (size_t n = 0; n <= 20; n++) {
        for (size_t i = 0; i < n; i++) b[i] = (uint8_t)(37 * i + n);
        base64_encode(b, n, text);
        assert_int_equal(strlen(text) + 1, base64_size(n));
        uint8_t back[32];
        assert_int_equal(base64_decode(text, strlen(text), back, n), n);
        assert_memory_equal(b, back, n);
        if (n) assert_int_equal(base64_decode(text, strlen(text), back, n - 1), -1);
    }
    assert_int_equal(base64_decode("Z m\n9v", 6, b, 8), 3);
    static const char *const bad[] = {
        "Zg", "Zg=", "Zg===", "Zh==", "Zm8", "Zm9=", "=", "Z===", "Zg==Zg==", "Zm9v=", "Z-9v", "Zg=\n=x"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(base64_decode(bad[i], strlen(bad[i]), b, 64), -1);
}

static void texts_are_clean(void **state)
{
    (void)state;
    assert_true(text_ok("ACME Pharma", 11));
    assert_false(text_ok("ACME Pharma", 10));
    assert_true(text_ok("S\xc3\xb6hne \xe8\xb3\xbc \xf0\x9f\x92\x8a", 64));
    static const char *const bad[] = {"",
                                      " a",
                                      "a ",
                                      "a\nb",
                                      "a\tb",
                                      "\x7f",
                                      "a\xc2\x85",
                                      "\xc3",
                                      "\xc0\xaf",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xff",
                                      "a\xe2\x80\xae"
                                      "b",
                                      "\xef\xbb\xbf"
                                      "a",
                                      "\xef\xbf\xbf",
                                      "a\xe2\x80\xa8"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char clean[16];
        if (text_ok(bad[i], 64)) fail_msg("accepted bad text %zu", i);
        text_clean(bad[i], clean, sizeof clean);
        if (!text_ok(clean, sizeof clean - 1)) fail_msg("text_clean left text %zu bad: \"%s\"", i, clean);
    }
    char cut[5];
    text_clean("abc\xc3\xb6", cut, sizeof cut);
    assert_string_equal(cut, "abc"); /* cut between characters */
    text_clean("a\nb", cut, sizeof cut);
    assert_string_equal(cut, "a?b");
}

static void numbers_have_one_spelling(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } good[] = {{0, "0"},         {-0.0, "0"},        {12.7, "12.7"},
                {-3.25, "-3.25"}, {1e-6, "0.000001"}, {999999999.5, "999999999.5"},
                {100, "100"}};
    char text[DECIMAL_TEXT];
    double v;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(decimal_format(good[i].v, text));
        assert_string_equal(text, good[i].text);
        assert_true(decimal_parse(text, -1e9, 1e9, &v) && v == good[i].v);
    }
    assert_false(decimal_format(0.0 / 0.0 * 1.0, text));
    assert_false(decimal_format(1e300, text));
    static const char *const bad[] = {"",
                                      "-",
                                      ".",
                                      "1.",
                                      ".5",
                                      "01",
                                      "1.50",
                                      "-0",
                                      "1e3",
                                      "+1",
                                      "0x1",
                                      " 1",
                                      "1 ",
                                      "1.0000001",
                                      "1000000001",
                                      "nan",
                                      "99999999999999999999",
                                      "1..2",
                                      "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (decimal_parse(bad[i], -1e18, 1e18, &v)) fail_msg("accepted \"%s\"", bad[i]);
    assert_false(decimal_parse("4.000001", 0, 4, &v));
    uint64_t u;
    assert_true(integer_parse("1099511627775", 0, (UINT64_C(1) << 40) - 1, &u));
    assert_false(integer_parse("1099511627776", 0, (UINT64_C(1) << 40) - 1, &u));
    assert_false(integer_parse("00", 0, 9, &u) || integer_parse("", 0, 9, &u) ||
                 integer_parse("-1", 0, 9, &u));
    assert_false(integer_parse("18446744073709551616", 0, UINT64_MAX, &u));
    int64_t t;
    assert_true(time_parse("2024-02-29T23:59:59Z", &t) && t == 1709251199);
    static const char *const bad_time[] = {"2023-02-29T00:00:00Z",
                                           "2024-02-29T23:59:60Z",
                                           "2024-2-29T23:59:59Z",
                                           "1969-12-31T23:59:59Z",
                                           "2024-02-29 23:59:59Z",
                                           "2024-02-29T23:59:59",
                                           ""};
    for (size_t i = 0; i < sizeof bad_time / sizeof bad_time[0]; i++)
        assert_false(time_parse(bad_time[i], &t));
}

/* ---- hashes ---- */

static void sample_hashes_ignore_the_layout(void **state)
{
    (void)state;
    struct enn_error e = {0};
    enum { N = 5000, C = 4 };
    uint16_t *px = malloc(N * C * sizeof *px);
    uint8_t *plane = malloc(2 * N), want[C][32], got[C][32];
    for (int bits = 8; bits <= 16; bits += 8) {
        uint8_t *px8 = (uint8_t *)px;
        for (size_t i = 0; i < N * C; i++) {
            uint16_t v = (uint16_t)(i * i * 31 + i);
            if (bits == 8)
                px8[i] = (uint8_t)v;
            else
                px[i] = v;
        }
        struct samplehash *h;
        ASSERT_STATUS(samplehash_new(C, bits, &h, &e), ENN_OK, e);
        size_t step = (size_t)C * (size_t)bits / 8;
        for (size_t at = 0, n = 1; at < N; at += n, n = n * 2 + 1) { /* pieces of 1, 3, 7, ... pixels */
            if (n > N - at) n = N - at;
            ASSERT_STATUS(samplehash_update(h, px8 + at * step, n, &e), ENN_OK, e);
        }
        ASSERT_STATUS(samplehash_final(h, got, &e), ENN_OK, e);
        samplehash_free(h);
        for (size_t c = 0; c < C; c++) { /* the definition, taken literally */
            size_t k = 0;
            for (size_t i = 0; i < N; i++) {
                if (bits == 16) plane[k++] = (uint8_t)(px[i * C + c] >> 8);
                plane[k++] = bits == 16 ? (uint8_t)px[i * C + c] : px8[i * C + c];
            }
            ASSERT_STATUS(sha256_buffer(plane, k, want[c], &e), ENN_OK, e);
        }
        assert_memory_equal(got, want, sizeof want);
    }
    struct samplehash *h;
    ASSERT_STATUS(samplehash_new(1, 16, &h, &e), ENN_OK, e);
    ASSERT_STATUS(samplehash_update_plane(h, 0, px, N, &e), ENN_OK, e);
    ASSERT_STATUS(samplehash_final(h, got, &e), ENN_OK, e);
    samplehash_free(h);
    for (size_t i = 0; i < N; i++) plane[2 * i] = (uint8_t)(px[i] >> 8), plane[2 * i + 1] = (uint8_t)px[i];
    ASSERT_STATUS(sha256_buffer(plane, 2 * N, want[0], &e), ENN_OK, e);
    assert_memory_equal(got[0], want[0], 32);
    free(px);
    free(plane);
    ASSERT_STATUS(samplehash_new(0, 8, &h, &e), ENN_UNSUPPORTED, e);
    ASSERT_STATUS(samplehash_new(65, 8, &h, &e), ENN_UNSUPPORTED, e);
    ASSERT_STATUS(samplehash_new(4, 12, &h, &e), ENN_UNSUPPORTED, e);
}

static void file_hash_is_sha256(void **state)
{
    (void)state;
    struct enn_error e = {0};
    uint8_t hash[32];
    uint64_t n = 0;
    char hex[65];
    write_file("abc", "abc", 3);
    ASSERT_STATUS(sha256_file(in_dir("abc"), hash, &n, &e), ENN_OK, e);
    hex_encode(hash, 32, hex);
    assert_int_equal(n, 3);
    assert_string_equal(hex,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); /* FIPS 180-2 */
    ASSERT_STATUS(sha256_file(in_dir("missing"), hash, &n, &e), ENN_IO, e);
    assert_non_null(strstr(e.text, "missing"));
}

/* ---- lots ---- */

static void lot_id_vector(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct lot_statement s;
    struct lot_facts f = {.issuer = "ACME Pharma",
                          .gtin = "4012345678901",
                          .lot = "A23/7",
                          .expiry = "271231",
                          .nonce_hex = "000102030405060708090A0B0C0D0E0F"};
    char canonical[LOT_CANONICAL_MAX], id_hex[21];
    uint8_t id[10];
    ASSERT_STATUS(lot_make(&f, &s, &e), ENN_OK, e);
    lot_canonical(&s, canonical);
    assert_string_equal(
        canonical, "enn lot statement 1\nissuer=ACME Pharma\ngtin=04012345678901\nlot=A23/7\nexpiry=271231\n"
                   "serial=\nnonce=000102030405060708090a0b0c0d0e0f\n");
    ASSERT_STATUS(lot_id(&s, id, id_hex, &e), ENN_OK, e);
    assert_string_equal(id_hex,
                        "8bfa2b9dbba04fe31352"); /* printf of the seven lines | sha256sum | cut -c1-20 */
    struct lot_statement again;
    f = (struct lot_facts){
        .issuer = "ACME Pharma", .gs1 = "(17)271231(01)04012345678901(10)A23/7", .nonce_hex = f.nonce_hex};
    ASSERT_STATUS(lot_make(&f, &again, &e), ENN_OK, e);
    assert_memory_equal(&s, &again, sizeof s);
    f.nonce_hex = NULL;
    ASSERT_STATUS(lot_make(&f, &s, &e), ENN_OK, e);
    ASSERT_STATUS(lot_make(&f, &again, &e), ENN_OK, e);
    assert_string_not_equal(s.nonce, again.nonce);
}

static void gs1_rules_hold(void **state)
{
    (void)state;
    static const struct {
        const char *gtin, *lot, *expiry, *serial, *gs1, *word;
    } bad[] = {{"4012345678902", "A", NULL, NULL, NULL, "(01)"}, /* check digit */
               {"401234567890", "A", NULL, NULL, NULL, "(01)"},
               {"40123456789011", "A", NULL, NULL, NULL, "(01)"},
               {"123", "A", NULL, NULL, NULL, "GTIN"},
               {"401234567890x", "A", NULL, NULL, NULL, "GTIN"},
               {"4012345678901", NULL, NULL, NULL, NULL, "(10)"},
               {NULL, "A", NULL, NULL, NULL, "(01)"},
               {"4012345678901", "", NULL, NULL, NULL, "lot"},
               {"4012345678901", "ABCDEFGHIJKLMNOPQRSTU", NULL, NULL, NULL, "lot"},
               {"4012345678901", "A B", NULL, NULL, NULL, "(10)"},
               {"4012345678901", "A~B", NULL, NULL, NULL, "(10)"},
               {"4012345678901", "A\nB", NULL, NULL, NULL, "(10)"},
               {"4012345678901", "A[21]B", NULL, NULL, NULL, "(10)"},
               {"4012345678901", "\xc3\xa4", NULL, NULL, NULL, "(10)"},
               {"4012345678901", "A", "271301", NULL, NULL, "(17)"},
               {"4012345678901", "A", "270230", NULL, NULL, "(17)"},
               {"4012345678901", "A", "2712", NULL, NULL, "expiry"},
               {"4012345678901", "A", NULL, "x^y", NULL, "(21)"},
               {"4012345678901", NULL, NULL, NULL, "(10)A", "twice"},
               {NULL, NULL, NULL, NULL, "(01)04012345678901", "(10)"},
               {NULL, NULL, NULL, NULL, "(10)A", "(01)"},
               {NULL, NULL, NULL, NULL, "(01)04012345678901(10)A(10)B", "(10)"},
               {NULL, NULL, NULL, NULL, "(01)04012345678901(10)A(11)260101", "(11)"},
               {NULL, NULL, NULL, NULL, "(01)04012345678901(10)", "(10)"},
               {NULL, NULL, NULL, NULL, "(01)04012345678902(10)A", "(01)"},
               {NULL, NULL, NULL, NULL, "0104012345678901", "(AI)"},
               {NULL, NULL, NULL, NULL, "", "(AI)"}};
    struct enn_error e = {0};
    struct lot_statement s;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct lot_facts f = {"X", bad[i].gtin, bad[i].lot, bad[i].expiry, bad[i].serial, bad[i].gs1, NULL};
        enum enn_status st = lot_make(&f, &s, &e);
        if (st != ENN_USAGE || !strstr(e.text, bad[i].word))
            fail_msg("case %zu: status %d, \"%s\"", i, st, e.text);
    }
    static const struct {
        const char *gtin, *want;
    } good[] = {{"96385074", "00000096385074"},
                {"614141007349", "00614141007349"},
                {"4012345678901", "04012345678901"},
                {"14012345678908", "14012345678908"}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct lot_facts f = {.issuer = "X",
                              .gtin = good[i].gtin,
                              .lot = "ABCDEFGHIJKLMNOPQRST",
                              .expiry = "260200",
                              .serial = "!\"%&'()*+,-./:;<=>?_"};
        ASSERT_STATUS(lot_make(&f, &s, &e), ENN_OK, e);
        assert_string_equal(s.gtin, good[i].want);
    }
    struct lot_facts f = {.issuer = "X", .gs1 = "(01)04012345678901(10)a\\(21)b(21)7"};
    ASSERT_STATUS(lot_make(&f, &s, &e), ENN_OK, e);
    assert_string_equal(s.lot, "a(21)b");
    f = (struct lot_facts){.issuer = "two\nlines", .gtin = "4012345678901", .lot = "A"};
    ASSERT_STATUS(lot_make(&f, &s, &e), ENN_USAGE, e);
    f = (struct lot_facts){.issuer = "X", .gtin = "4012345678901", .lot = "A", .nonce_hex = "12"};
    ASSERT_STATUS(lot_make(&f, &s, &e), ENN_USAGE, e);
}

/* ---- signatures and keys ---- */

static void rfc6979_vectors(void **state)
{
    (void)state;
    /* RFC 6979, A.2.5: P-256 with SHA-256, messages "sample" and "test" */
    static const char *const want[2][2] = {
        {"sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"
                   "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"},
        {"test", "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367"
                 "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083"}};
    struct enn_error e = {0};
    uint8_t d[32], digest[32], sig[64];
    char hex[129];
    assert_true(hex_decode("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721", 0, d, 32));
    for (int i = 0; i < 2; i++) {
        ASSERT_STATUS(sha256_buffer(want[i][0], strlen(want[i][0]), digest, &e), ENN_OK, e);
        ASSERT_STATUS(rfc6979_sign(d, digest, sig, &e), ENN_OK, e);
        hex_encode(sig, 64, hex);
        assert_string_equal(hex, want[i][1]);
    }
    memset(d, 0, 32);
    ASSERT_STATUS(rfc6979_sign(d, digest, sig, &e), ENN_INTERNAL, e);
    memset(d, 255, 32);
    ASSERT_STATUS(rfc6979_sign(d, digest, sig, &e), ENN_INTERNAL, e);
}

static int mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (int)(st.st_mode & 0777) : -1;
}

static void issuer_is_made(void **state)
{
    (void)state;
    struct enn_error e = {0};
    char dir[300];
    snprintf(dir, sizeof dir, "%s/new", test_dir);
    struct enn_issuer_options o = {.name = "S\xc3\xb6hne & Co. / Plant 2", .out_dir = dir};
    ASSERT_STATUS(enn_issuer_create(&o, &e), ENN_OK, e);
    assert_int_equal(mode_of(dir), 0700);
    assert_int_equal(mode_of(in_dir("new/S-hne-Co.-Plant-2.key")), 0600);
    assert_int_equal(mode_of(in_dir("new/S-hne-Co.-Plant-2.seal")), 0600);
    struct signer *s = NULL;
    char key[400], crt[400];
    snprintf(key, sizeof key, "%s/S-hne-Co.-Plant-2.key", dir);
    snprintf(crt, sizeof crt, "%s/S-hne-Co.-Plant-2.crt", dir);
    ASSERT_STATUS(signer_open(&(struct signer_options){.cert_file = crt, .key_file = key}, &s, &e), ENN_OK,
                  e);
    assert_string_equal(cert_chain_name(signer_chain(s)), o.name);
    uint8_t digest[32] = {1}, sig[64], again[64], seal[32], zero[32] = {0};
    ASSERT_STATUS(signer_sign(s, digest, sig, &e), ENN_OK, e);
    ASSERT_STATUS(signer_sign(s, digest, again, &e), ENN_OK, e);
    assert_memory_equal(sig, again, 64);
    assert_true(cert_chain_verify(signer_chain(s), digest, sig));
    sig[10] ^= 1;
    assert_false(cert_chain_verify(signer_chain(s), digest, sig));
    struct trust *t = trust_new();
    enum enn_reason r[TRUST_MAX_REASONS];
    ASSERT_STATUS(trust_add_file(t, crt, &e), ENN_OK, e);
    assert_int_equal(trust_judge(t, signer_chain(s), time(NULL), r), 0);
    assert_int_equal(trust_judge(t, signer_chain(s), time(NULL) + 3660 * INT64_C(86400), r), 1);
    assert_int_equal(r[0], ENN_REASON_EXPIRED);
    trust_free(t);
    signer_free(s);
    ASSERT_STATUS(seal_load(in_dir("new/S-hne-Co.-Plant-2.seal"), seal, &e), ENN_OK, e);
    assert_memory_not_equal(seal, zero, 32);
    ASSERT_STATUS(seal_load(crt, seal, &e), ENN_FORMAT, e);
    /* never overwritten, and a half-made issuer is taken away */
    ASSERT_STATUS(enn_issuer_create(&o, &e), ENN_USAGE, e);
    assert_int_equal(unlink(key), 0);
    ASSERT_STATUS(enn_issuer_create(&o, &e), ENN_USAGE, e);
    assert_int_equal(mode_of(key), -1);
    assert_int_equal(mode_of(crt), 0644);
}

static void issuer_options_are_checked(void **state)
{
    (void)state;
    struct enn_error e = {0};
    char base[65];
    static const char *const bad[] = {"", "a\nb", " a", "\xff",
                                      "12345678901234567890123456789012345678901234567890123456789012345"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct enn_issuer_options o = {.name = bad[i], .out_dir = test_dir};
        ASSERT_STATUS(enn_issuer_create(&o, &e), ENN_USAGE, e);
    }
    struct enn_issuer_options o = {.name = "x", .out_dir = test_dir, .passphrase = ""};
    ASSERT_STATUS(enn_issuer_create(&o, &e), ENN_USAGE, e);
    o = (struct enn_issuer_options){.name = "x", .out_dir = in_dir("no/such/dir")};
    ASSERT_STATUS(enn_issuer_create(&o, &e), ENN_IO, e);
    issuer_base_name("../../etc/passwd", base);
    assert_string_equal(base, "etc-passwd");
    issuer_base_name("\xe8\xb3\xbc", base);
    assert_string_equal(base, "issuer");
}

static void passphrases_guard_keys(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct enn_issuer_options o = {.name = "Locked", .out_dir = test_dir, .passphrase = "correct horse"};
    ASSERT_STATUS(enn_issuer_create(&o, &e), ENN_OK, e);
    char key[300], crt[300];
    snprintf(key, sizeof key, "%s/Locked.key", test_dir);
    snprintf(crt, sizeof crt, "%s/Locked.crt", test_dir);
    struct signer_options so = {.cert_file = crt, .key_file = key};
    struct signer *s;
    ASSERT_STATUS(signer_open(&so, &s, &e), ENN_USAGE, e);
    assert_non_null(strstr(e.text, "no passphrase"));
    so.passphrase = "wrong horse";
    ASSERT_STATUS(signer_open(&so, &s, &e), ENN_USAGE, e);
    assert_non_null(strstr(e.text, "wrong passphrase"));
    so.passphrase = o.passphrase;
    ASSERT_STATUS(signer_open(&so, &s, &e), ENN_OK, e);
    signer_free(s);
    /* PKCS#8, and scrypt (OID 1.3.6.1.4.1.11591.4.11) inside */
    FILE *f = fopen(key, "r");
    char *name = NULL, *header = NULL;
    unsigned char *der = NULL;
    long n = 0;
    assert_int_equal(PEM_read(f, &name, &header, &der, &n), 1);
    fclose(f);
    assert_string_equal(name, "ENCRYPTED PRIVATE KEY");
    static const uint8_t scrypt[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b};
    assert_non_null(memmem(der, (size_t)n, scrypt, sizeof scrypt));
    OPENSSL_free(name), OPENSSL_free(header), OPENSSL_free(der);
}

static const struct cert_spec plain_signer = {.name = "Signer", .usage = "critical,digitalSignature"};

static void keys_must_fit(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct signer *s;
    struct test_cert a = make_cert(&plain_signer, NULL), b = make_cert(&plain_signer, NULL);
    struct cert_spec rsa_spec = plain_signer, p384_spec = plain_signer;
    rsa_spec.kind = "RSA";
    p384_spec.kind = "P-384";
    struct test_cert rsa = make_cert(&rsa_spec, NULL), p384 = make_cert(&p384_spec, NULL);
    write_certs("a.crt", (const struct test_cert *[]){&a}, 1);
    write_certs("rsa.crt", (const struct test_cert *[]){&rsa}, 1);
    write_certs("p384.crt", (const struct test_cert *[]){&p384}, 1);
    write_key("a.key", a.key);
    write_key("b.key", b.key);
    write_key("rsa.key", rsa.key);
    write_file("empty", "", 0);
    write_file("junk.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", 59);
    struct cert_chain *c;
    ASSERT_STATUS(cert_chain_load(in_dir("rsa.crt"), &c, &e), ENN_FORMAT, e);
    ASSERT_STATUS(cert_chain_load(in_dir("p384.crt"), &c, &e), ENN_FORMAT, e);
    ASSERT_STATUS(cert_chain_load(in_dir("empty"), &c, &e), ENN_FORMAT, e);
    ASSERT_STATUS(cert_chain_load(in_dir("junk.crt"), &c, &e), ENN_FORMAT, e);
    ASSERT_STATUS(cert_chain_load(in_dir("none.crt"), &c, &e), ENN_IO, e);
    ASSERT_STATUS(cert_chain_load(in_dir("a.key"), &c, &e), ENN_FORMAT, e);
    const struct {
        const char *key;
        enum enn_status want;
    } wanted[] = {{"a.key", ENN_OK},
                  {"b.key", ENN_USAGE},
                  {"rsa.key", ENN_FORMAT},
                  {"empty", ENN_FORMAT},
                  {"none", ENN_IO}};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct signer_options o = {.cert_file = in_dir("a.crt"), .key_file = in_dir(wanted[i].key)};
        ASSERT_STATUS(signer_open(&o, &s, &e), wanted[i].want, e);
        signer_free(s);
    }
    struct signer_options o = {.cert_file = in_dir("a.crt")};
    ASSERT_STATUS(signer_open(&o, &s, &e), ENN_USAGE, e);
    free_cert(&a), free_cert(&b), free_cert(&rsa), free_cert(&p384);
}

static void external_signer_is_checked(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct test_cert a = make_cert(&plain_signer, NULL), b = make_cert(&plain_signer, NULL);
    write_certs("a.crt", (const struct test_cert *[]){&a}, 1);
    write_key("a.key", a.key);
    write_key("b.key", b.key);
    static const char script[] =
        "#!/bin/sh\nperl -e 'print pack \"H*\", $ARGV[0]' -- \"$2\" > \"$1.digest\" &&\n"
        "exec openssl pkeyutl -sign -inkey \"$1\" -in \"$1.digest\"\n";
    write_file("sign.sh", script, sizeof script - 1);
    chmod(in_dir("sign.sh"), 0700);
    const struct {
        const char *form;
        enum enn_status want;
    } wanted[] = {{"%s/sign.sh  %s/a.key", ENN_OK},
                  {"%s/sign.sh %s/b.key", ENN_IO},
                  {"%s/sign.sh %s/none.key", ENN_IO},
                  {"%s/missing %s", ENN_IO},
                  {"true", ENN_IO},
                  {"false", ENN_IO},
                  {"echo not-a-signature", ENN_IO},
                  {"cat /dev/zero", ENN_IO},
                  {"  ", ENN_USAGE}};
    int have_openssl = system("openssl version >/dev/null 2>&1") == 0;
    for (size_t i = have_openssl ? 0 : 1; i < sizeof wanted / sizeof wanted[0]; i++) {
        char command[700];
        struct signer *s;
        uint8_t digest[32] = {9, 8, 7}, sig[64];
        snprintf(command, sizeof command, wanted[i].form, test_dir, test_dir);
        struct signer_options o = {.cert_file = in_dir("a.crt"), .signer_cmd = command};
        ASSERT_STATUS(signer_open(&o, &s, &e), ENN_OK, e);
        int quiet = open("/dev/null", O_WRONLY), kept = dup(STDERR_FILENO);
        dup2(quiet, STDERR_FILENO); /* the children complain there */
        enum enn_status st = signer_sign(s, digest, sig, &e);
        dup2(kept, STDERR_FILENO);
        close(quiet), close(kept);
        ASSERT_STATUS(st, wanted[i].want, e);
        if (wanted[i].want == ENN_OK) assert_true(cert_chain_verify(signer_chain(s), digest, sig));
        signer_free(s);
    }
    uint8_t out[16];
    size_t n;
    /* stopped at the time-out, also when it holds the pipe no more or has children of its own */
    ASSERT_STATUS(command_run("sleep", "30", 100, out, sizeof out, &n, &e), ENN_IO, e);
    assert_non_null(strstr(e.text, "too long"));
    static const char closes[] = "#!/bin/sh\n(sleep 0.4; touch \"$0.late\") &\nexec >&-\nsleep 30\n";
    write_file("closes.sh", closes, sizeof closes - 1);
    chmod(in_dir("closes.sh"), 0700);
    time_t start = time(NULL);
    ASSERT_STATUS(command_run(in_dir("closes.sh"), "x", 100, out, sizeof out, &n, &e), ENN_IO, e);
    assert_true(time(NULL) - start < 10);
    usleep(700000);
    assert_int_equal(mode_of(in_dir("closes.sh.late")), -1); /* its own children were ended as well */
    ASSERT_STATUS(command_run("echo -n a  b", "c d", 5000, out, sizeof out, &n, &e), ENN_OK, e);
    assert_int_equal(n, 7);
    assert_memory_equal(out, "a b c d", 7); /* split at spaces, the last argument kept whole */
    free_cert(&a), free_cert(&b);
}

/* ---- chains and trust ---- */

/* Judges the chain in chain_file with the anchors of anchor_file; returns the reasons as words, sorted as
 * found. */
static const char *judge(const char *chain_file, const char *anchor_file, const char *pin, int64_t now)
{
    static char words[256];
    struct enn_error e = {0};
    struct cert_chain *c = NULL;
    struct trust *t = trust_new();
    enum enn_reason r[TRUST_MAX_REASONS];
    ASSERT_STATUS(cert_chain_load(in_dir(chain_file), &c, &e), ENN_OK, e);
    if (anchor_file) ASSERT_STATUS(trust_add_file(t, in_dir(anchor_file), &e), ENN_OK, e);
    if (pin) ASSERT_STATUS(trust_add_pin(t, pin, &e), ENN_OK, e);
    int n = trust_judge(t, c, now, r);
    words[0] = 0;
    for (int i = 0; i < n; i++) {
        if (i) strcat(words, " ");
        strcat(words, enn_reason_word(r[i]));
    }
    trust_free(t);
    cert_chain_free(c);
    return words;
}

static void chains_are_judged(void **state)
{
    (void)state;
    struct enn_error e = {0};
    const struct cert_spec ca = {
        .name = "Root", .usage = "critical,keyCertSign", .basic = "critical,CA:TRUE"};
    const struct cert_spec sub = {
        .name = "Sub", .usage = "critical,keyCertSign", .basic = "critical,CA:TRUE,pathlen:0"};
    struct test_cert root = make_cert(&ca, NULL), other = make_cert(&ca, NULL), mid = make_cert(&sub, &root);
    struct test_cert leaf = make_cert(&plain_signer, &mid);
    write_certs("root.crt", (const struct test_cert *[]){&root}, 1);
    write_certs("other.crt", (const struct test_cert *[]){&other}, 1); /* same name, another key */
    write_certs("mid.crt", (const struct test_cert *[]){&mid}, 1);
    write_certs("both.crt", (const struct test_cert *[]){&other, &root}, 2);
    write_certs("chain.crt", (const struct test_cert *[]){&leaf, &mid, &root}, 3);
    write_certs("short.crt", (const struct test_cert *[]){&leaf, &mid}, 2);
    write_certs("leaf.crt", (const struct test_cert *[]){&leaf}, 1);
    write_certs("disorder.crt", (const struct test_cert *[]){&leaf, &root, &mid}, 3);
    struct cert_chain *c;
    ASSERT_STATUS(cert_chain_load(in_dir("disorder.crt"), &c, &e), ENN_FORMAT, e);
    assert_string_equal(judge("chain.crt", "root.crt", NULL, TEST_NOW), "");
    assert_string_equal(judge("chain.crt", "both.crt", NULL, TEST_NOW), "");
    assert_string_equal(judge("chain.crt", "mid.crt", NULL, TEST_NOW), "");
    assert_string_equal(judge("short.crt", "root.crt", NULL, TEST_NOW), "");
    assert_string_equal(judge("chain.crt", "leaf.crt", NULL, TEST_NOW), "");
    assert_string_equal(judge("leaf.crt", "root.crt", NULL, TEST_NOW), "unknown-issuer");
    assert_string_equal(judge("chain.crt", "other.crt", NULL, TEST_NOW), "unknown-issuer");
    assert_string_equal(judge("chain.crt", NULL, NULL, TEST_NOW), "no-trust");
    assert_string_equal(judge("chain.crt", "root.crt", NULL, TEST_NOW + 15768001), "expired");
    assert_string_equal(judge("chain.crt", "root.crt", NULL, TEST_NOW - 15768001), "not-yet-valid");
    /* pins */
    ASSERT_STATUS(cert_chain_load(in_dir("chain.crt"), &c, &e), ENN_OK, e);
    char pin[65], strange[65];
    hex_encode(cert_chain_anchor(c), 32, pin);
    memcpy(strange, pin, 65);
    strange[0] = strange[0] == '0' ? '1' : '0';
    assert_string_equal(judge("chain.crt", "root.crt", pin, TEST_NOW), "");
    assert_string_equal(judge("chain.crt", "both.crt", pin, TEST_NOW), "");
    assert_string_equal(judge("chain.crt", "root.crt", strange, TEST_NOW), "pin-mismatch");
    assert_string_equal(judge("chain.crt", "other.crt", pin, TEST_NOW), "unknown-issuer");
    struct trust *t = trust_new();
    ASSERT_STATUS(trust_add_file(t, in_dir("both.crt"), &e), ENN_OK, e);
    ASSERT_STATUS(trust_add_file(t, in_dir("root.crt"), &e), ENN_OK, e);
    assert_int_equal(trust_anchor_count(t), 2);
    ASSERT_STATUS(trust_add_pin(t, "12", &e), ENN_USAGE, e);
    ASSERT_STATUS(trust_add_pin(t, pin, &e), ENN_OK, e);
    assert_int_equal(trust_anchor_count(t), 1);
    assert_memory_equal(trust_anchor_fingerprint(t, 0), cert_chain_anchor(c), 32);
    assert_string_equal(trust_anchor_name(t, 0), "Root");
    ASSERT_STATUS(trust_add_file(t, in_dir("nothing.crt"), &e), ENN_IO, e);
    trust_free(t);
    cert_chain_free(c);
    free_cert(&root), free_cert(&other), free_cert(&mid), free_cert(&leaf);
}

static void key_usage_is_judged(void **state)
{
    (void)state;
    const struct cert_spec ca = {
        .name = "Root", .usage = "critical,keyCertSign", .basic = "critical,CA:TRUE,pathlen:0"};
    const struct cert_spec no_ca = {
        .name = "Root", .usage = "critical,digitalSignature", .basic = "critical,CA:FALSE"};
    const struct {
        struct cert_spec leaf;
        const struct cert_spec *root;
        const char *want;
    } cases[] = {{{.name = "L", .usage = "digitalSignature"}, &ca, ""},
                 {{.name = "L"}, &ca, "key-usage"},
                 {{.name = "L", .usage = "critical,keyEncipherment"}, &ca, "key-usage"},
                 {{.name = "L", .usage = "digitalSignature", .extended = "serverAuth"}, &ca, "key-usage"},
                 {{.name = "L", .usage = "digitalSignature", .extended = "serverAuth,codeSigning"}, &ca, ""},
                 {{.name = "L", .usage = "digitalSignature", .extended = "1.3.6.1.5.5.7.3.36"}, &ca, ""},
                 {{.name = "L", .usage = "digitalSignature"}, &no_ca, "key-usage"},
                 {{.name = "L", .usage = "keyEncipherment", .to = TEST_NOW - 1}, &ca, "expired key-usage"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct test_cert root = make_cert(cases[i].root, NULL), leaf = make_cert(&cases[i].leaf, &root);
        write_certs("root.crt", (const struct test_cert *[]){&root}, 1);
        write_certs("chain.crt", (const struct test_cert *[]){&leaf, &root}, 2);
        const char *got = judge("chain.crt", "root.crt", NULL, TEST_NOW);
        if (strcmp(got, cases[i].want) != 0)
            fail_msg("case %zu: \"%s\" instead of \"%s\"", i, got, cases[i].want);
        free_cert(&root), free_cert(&leaf);
    }
    /* pathlen:0 allows no second level of authorities */
    struct test_cert root = make_cert(&ca, NULL),
                     mid = make_cert(&(struct cert_spec){.name = "Mid",
                                                         .usage = "critical,keyCertSign",
                                                         .basic = "critical,CA:TRUE"},
                                     &root),
                     leaf = make_cert(&plain_signer, &mid);
    write_certs("root.crt", (const struct test_cert *[]){&root}, 1);
    write_certs("chain.crt", (const struct test_cert *[]){&leaf, &mid, &root}, 3);
    assert_string_equal(judge("chain.crt", "root.crt", NULL, TEST_NOW), "key-usage");
    free_cert(&root), free_cert(&mid), free_cert(&leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_and_base64_are_strict),
        cmocka_unit_test(texts_are_clean),
        cmocka_unit_test(numbers_have_one_spelling),
        cmocka_unit_test(sample_hashes_ignore_the_layout),
        cmocka_unit_test(file_hash_is_sha256),
        cmocka_unit_test(lot_id_vector),
        cmocka_unit_test(gs1_rules_hold),
        cmocka_unit_test(rfc6979_vectors),
        cmocka_unit_test(issuer_is_made),
        cmocka_unit_test(issuer_options_are_checked),
        cmocka_unit_test(passphrases_guard_keys),
        cmocka_unit_test(keys_must_fit),
        cmocka_unit_test(chains_are_judged),
        cmocka_unit_test(key_usage_is_judged),
        cmocka_unit_test(external_signer_is_checked),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
