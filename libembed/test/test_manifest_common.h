/*
 * What the tests of the manifest share: a manifest with every field filled in, editing, signing again.
 *
 * testdata/manifest holds a fixed key, its certificate and the manifest they must give.
 */
#ifndef TEST_MANIFEST_COMMON_H
#define TEST_MANIFEST_COMMON_H
#include "test_trust_common.h"

#include "mark/payload.h"
#include "trust/hex.h"
#include "trust/keys.h"
#include "trust/manifest.h"
#include "trust/xmlsig.h"

#define VECTOR_DIR "testdata/manifest/"
#define VECTOR_XML VECTOR_DIR "lot.xml"
#define VECTOR_CRT VECTOR_DIR "issuer.crt"
#define VECTOR_KEY VECTOR_DIR "issuer.key"

static inline struct signer *open_vector_signer(void)
{
    struct enn_error e = {0};
    struct signer *s = NULL;
    struct signer_options o = {.cert_file = VECTOR_CRT, .key_file = VECTOR_KEY};
    ASSERT_STATUS(signer_open(&o, &s, &e), ENN_OK, e);
    return s;
}

static inline void fill_page(struct manifest_page *p, int seed)
{
    static const char *const name[] = {"Cyan", "Magenta", "Yellow", "Black"};
    *p = (struct manifest_page){.width = 1181,
                                .height = 827,
                                .width_mm = 99.990667,
                                .height_mm = 70.019333,
                                .dpi_x = 300,
                                .dpi_y = 300,
                                .bits = 8,
                                .colour = "cmyk",
                                .profile = "Coated <FOGRA39> & S\xc3\xb6hne",
                                .n_inks = 4};
    for (int i = 0; i < 4; i++) {
        strcpy(p->inks[i].name, name[i]);
        memset(p->inks[i].source_sha256, 16 * seed + i, 32);
        memset(p->inks[i].signed_sha256, 16 * seed + i + 8, 32);
    }
}

/* Every field with a value of its own. */
static inline void fill(struct manifest *m, uint32_t n_pages, const char *issuer)
{
    struct enn_error e = {0};
    ASSERT_STATUS(manifest_set_pages(m, n_pages, &e), ENN_OK, e);
    struct lot_facts f = {.issuer = issuer,
                          .gtin = "4012345678901",
                          .lot = "A<23>/7",
                          .expiry = "271231",
                          .serial = "S&1",
                          .nonce_hex = "000102030405060708090a0b0c0d0e0f"};
    ASSERT_STATUS(lot_make(&f, &m->lot, &e), ENN_OK, e);
    m->created = 1795000000;
    m->unit = (UINT64_C(1) << 40) - 1;
    m->source = (struct manifest_file){
        .name = "carton \xe2\x82\xac.tif", .bytes = 123456789, .format = "TIFF", .compression = "LZW"};
    m->output = (struct manifest_file){.name = "carton-signed.tif",
                                       .bytes = UINT64_C(5000000000),
                                       .format = "BigTIFF",
                                       .compression = "Deflate"};
    memset(m->source.sha256, 0xa1, 32);
    memset(m->output.sha256, 0xb2, 32);
    for (uint32_t i = 0; i < n_pages; i++) fill_page(&m->pages[i], (int)(i % 8));
    m->mark = (struct manifest_mark){.format = 1,
                                     .origin_x_mm = -1.5,
                                     .origin_y_mm = 2.25,
                                     .strength = 1.25,
                                     .white = ENN_WHITE_ALWAYS,
                                     .white_used = 1,
                                     .area_cm2 = 68.123456,
                                     .mean_tint = 0.75,
                                     .quality = {1.5, 0.4, 22.75, 7.125}};
    struct payload p = {.unit = m->unit};
    ASSERT_STATUS(lot_id(&m->lot, p.lot_id, NULL, &e), ENN_OK, e);
    payload_pack(&p, m->mark.message);
    strcpy(m->screen, "am:175");
    m->thumbnail.x_mm = -1.5;
    m->thumbnail.y_mm = 2.25;
    m->thumbnail.width_mm = 80;
    m->thumbnail.height_mm = 45;
    m->thumbnail.width = 16;
    m->thumbnail.height = 9;
    for (int i = 0; i < 16 * 9; i++) m->thumbnail.grey[i] = (uint8_t)(i * 7);
}

/* The manifest of the vector, freshly written; freed by the caller, 0 after its end. */
static inline char *fresh(uint32_t n_pages, size_t *n)
{
    struct enn_error e = {0};
    struct signer *s = open_vector_signer();
    struct manifest m;
    uint8_t *out = NULL;
    fill(&m, n_pages, cert_chain_name(signer_chain(s)));
    ASSERT_STATUS(manifest_write(&m, s, &out, n, &e), ENN_OK, e);
    manifest_clear(&m);
    signer_free(s);
    char *text = malloc(*n + 1);
    assert_non_null(text);
    memcpy(text, out, *n);
    text[*n] = 0;
    free(out);
    return text;
}

static inline enum enn_status read_text(const char *text, size_t n, enum enn_reason *reason,
                                        struct enn_error *e)
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

static inline void expect_refused(const char *what, const char *text, size_t n, enum enn_reason want)
{
    struct enn_error e = {0};
    enum enn_reason reason = ENN_REASON_COUNT;
    enum enn_status st = read_text(text, n, &reason, &e);
    if (st != ENN_NOT_GENUINE || reason != want || e.status != ENN_NOT_GENUINE)
        fail_msg("%s: status %d, reason %d, \"%s\"", what, st, reason, e.text);
}

static inline void expect_accepted(const char *what, const char *text, size_t n)
{
    struct enn_error e = {0};
    enum enn_reason reason;
    enum enn_status st = read_text(text, n, &reason, &e);
    if (st != ENN_OK) fail_msg("%s: refused: \"%s\"", what, e.text);
}

/* A copy with the first (or with '$' in front, the last) occurrence of `old` replaced. */
static inline char *edit(const char *text, const char *old, const char *new)
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

static inline void patch64(char *text, const char *tag, const uint8_t *bytes, size_t n)
{
    char digits[96];
    char *at = strstr(text, tag);
    assert_non_null(at);
    base64_encode(bytes, n, digits);
    memcpy(at + strlen(tag), digits, strlen(digits));
}

/* Gives an edited document a good signature by this signer (the certificates stay); 0 when its form allows
 * none. */
static inline int sign_again(char *text, const struct signer *s)
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

static inline char *cut_between(const char *text, const char *from, const char *to)
{
    const char *a = strstr(text, from), *b = a ? strstr(a, to) : NULL;
    assert_non_null(b);
    a += strlen(from);
    char *out = malloc(strlen(text) + 1);
    memcpy(out, text, (size_t)(a - text));
    strcpy(out + (a - text), b);
    return out;
}
#endif
