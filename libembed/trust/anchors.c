/*
 * Trust anchors, pins, and the judgement of a chain (RFC 5280, section 6, through OpenSSL's path
 * validation).
 *
 * Every given certificate is an anchor, whether it is a root or not (X509_V_FLAG_PARTIAL_CHAIN).  The
 * callback turns each failure of the path into one of enn's reasons and goes on where that is harmless, so
 * that a certificate that has expired *and* may not sign is reported as both.  Beyond RFC 5280 two things
 * are asked: the signer's certificate must carry a keyUsage with digitalSignature, and when it has an
 * extended key usage, one that is about signing documents: under a company's root the web server's
 * certificate must not be able to sign artwork.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "trust/certimpl.h"
#include "trust/hex.h"

struct anchor {
    X509 *cert;
    uint8_t fingerprint[CERT_FINGERPRINT_BYTES];
    char name[128];
};

struct trust {
    int n_anchors, n_pins;
    struct anchor anchor[CERT_MAX_ANCHORS];
    uint8_t pin[CERT_MAX_ANCHORS][CERT_FINGERPRINT_BYTES];
};

struct reasons {
    int n;
    enum enn_reason list[TRUST_MAX_REASONS];
};

struct trust *trust_new(void)
{
    return calloc(1, sizeof(struct trust));
}

void trust_free(struct trust *t)
{
    if (!t) return;
    for (int i = 0; i < t->n_anchors; i++) X509_free(t->anchor[i].cert);
    free(t);
}

/* Takes the certificate over, also when it fails. */
static enum enn_status add_anchor(struct trust *t, X509 *cert, const char *file, struct enn_error *err)
{
    for (int i = 0; i < t->n_anchors; i++) {
        if (X509_cmp(t->anchor[i].cert, cert) != 0) continue;
        X509_free(cert);
        return ENN_OK;
    }
    struct anchor *a = &t->anchor[t->n_anchors];
    if (t->n_anchors == CERT_MAX_ANCHORS || !cert_fingerprint(cert, a->fingerprint)) {
        X509_free(cert);
        return enn_fail(err, ENN_LIMIT, "%s: more than %d trust anchors", file, CERT_MAX_ANCHORS);
    }
    (void)cert_common_name(cert, a->name, sizeof a->name); /* a nameless anchor is still an anchor */
    a->cert = cert;
    t->n_anchors++;
    return ENN_OK;
}

enum enn_status trust_add_file(struct trust *t, const char *file, struct enn_error *err)
{
    X509 *certs[CERT_MAX_ANCHORS];
    int n = 0;
    enum enn_status st = cert_read_pem(file, certs, CERT_MAX_ANCHORS, &n, err);
    for (int i = 0; i < n; i++) {
        if (st == ENN_OK)
            st = add_anchor(t, certs[i], file, err);
        else
            X509_free(certs[i]);
    }
    return st;
}

enum enn_status trust_add_pin(struct trust *t, const char *pin_hex, struct enn_error *err)
{
    char digits[2 * CERT_FINGERPRINT_BYTES + 1];
    size_t n = 0;
    for (const char *p = pin_hex; *p; p++) {
        if (*p == ':' && n > 0 && n % 2 == 0 && p[-1] != ':' && p[1]) continue;
        if (n + 1 == sizeof digits) return enn_fail(err, ENN_USAGE, "pin: more than 64 hexadecimal digits");
        digits[n++] = *p;
    }
    digits[n] = 0;
    if (t->n_pins == CERT_MAX_ANCHORS) return enn_fail(err, ENN_LIMIT, "more than %d pins", CERT_MAX_ANCHORS);
    if (n != 2 * CERT_FINGERPRINT_BYTES || !hex_decode(digits, 0, t->pin[t->n_pins], CERT_FINGERPRINT_BYTES))
        return enn_fail(err, ENN_USAGE,
                        "pin \"%.80s\": 64 hexadecimal digits expected (SHA-256 of the public key)", pin_hex);
    t->n_pins++;
    return ENN_OK;
}

static int is_pinned(const struct trust *t, const struct anchor *a)
{
    for (int i = 0; i < t->n_pins; i++)
        if (memcmp(t->pin[i], a->fingerprint, CERT_FINGERPRINT_BYTES) == 0) return 1;
    return t->n_pins == 0;
}

static const struct anchor *counting_anchor(const struct trust *t, int i)
{
    for (int k = 0; k < t->n_anchors; k++)
        if (is_pinned(t, &t->anchor[k]) && i-- == 0) return &t->anchor[k];
    return NULL;
}

int trust_anchor_count(const struct trust *t)
{
    int n = 0;
    while (counting_anchor(t, n)) n++;
    return n;
}

const uint8_t *trust_anchor_fingerprint(const struct trust *t, int i)
{
    const struct anchor *a = counting_anchor(t, i);
    return a ? a->fingerprint : NULL;
}

const char *trust_anchor_name(const struct trust *t, int i)
{
    const struct anchor *a = counting_anchor(t, i);
    return a ? a->name : "";
}

static void add_reason(struct reasons *r, enum enn_reason reason)
{
    for (int i = 0; i < r->n; i++)
        if (r->list[i] == reason) return;
    if (r->n < TRUST_MAX_REASONS) r->list[r->n++] = reason;
}

static int has_reason(const struct reasons *r, enum enn_reason reason)
{
    for (int i = 0; i < r->n; i++)
        if (r->list[i] == reason) return 1;
    return 0;
}

/* 1 = the path goes on, the reason is kept; 0 = stop */
static int on_path_error(int ok, X509_STORE_CTX *ctx)
{
    struct reasons *r = X509_STORE_CTX_get_app_data(ctx);
    if (ok) return 1;
    switch (X509_STORE_CTX_get_error(ctx)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        add_reason(r, ENN_REASON_EXPIRED);
        return 1;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        add_reason(r, ENN_REASON_NOT_YET_VALID);
        return 1;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_INVALID_PURPOSE:
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
        add_reason(r, ENN_REASON_KEY_USAGE);
        return 1;
    default:
        add_reason(r, ENN_REASON_UNKNOWN_ISSUER);
        return 0;
    }
}

/* id-kp-documentSigning (RFC 9336), codeSigning, anyExtendedKeyUsage; no extension at all is fine as well */
static int extended_usage_ok(X509 *cert)
{
    static const char *const good[] = {"1.3.6.1.5.5.7.3.36", "1.3.6.1.5.5.7.3.3", "2.5.29.37.0"};
    int critical = -1, ok = 0;
    EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
    if (!usage) return critical == -1; /* -1: absent; -2: twice; 0 and 1: unreadable */
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
        char oid[64];
        int n = OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usage, i), 1);
        for (size_t k = 0; n > 0 && k < sizeof good / sizeof good[0]; k++) ok |= strcmp(oid, good[k]) == 0;
    }
    EXTENDED_KEY_USAGE_free(usage);
    return ok;
}

static void judge_usage(X509 *signer, struct reasons *r)
{
    uint32_t flags = X509_get_extension_flags(signer);
    int signs = (flags & EXFLAG_KUSAGE) && (X509_get_key_usage(signer) & KU_DIGITAL_SIGNATURE);
    if ((flags & EXFLAG_INVALID) || !signs || !extended_usage_ok(signer)) add_reason(r, ENN_REASON_KEY_USAGE);
}

/* The path from the signer to this one anchor; whatever fails leaves a reason behind. */
static void validate(X509_STORE_CTX *ctx, X509_STORE *store, const struct cert_chain *chain,
                     STACK_OF(X509) * anchors, STACK_OF(X509) * others, int64_t now, struct reasons *r)
{
    if (X509_STORE_CTX_init(ctx, store, chain->cert[0], others) != 1) {
        add_reason(r, ENN_REASON_UNKNOWN_ISSUER);
        return;
    }
    X509_STORE_CTX_set0_trusted_stack(ctx, anchors);
    X509_STORE_CTX_set_app_data(ctx, r);
    X509_STORE_CTX_set_verify_cb(ctx, on_path_error);
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
    X509_VERIFY_PARAM_set_time(param, (time_t)now);
    X509_VERIFY_PARAM_set_auth_level(param, 2); /* 112 bits: no SHA-1, no RSA under 2048 */
    X509_VERIFY_PARAM_set_depth(param, CERT_MAX_CHAIN);
    int ready = X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) == 1;
    if ((!ready || X509_verify_cert(ctx) != 1) && r->n == 0) add_reason(r, ENN_REASON_UNKNOWN_ISSUER);
}

static struct reasons judge_with(const struct anchor *a, const struct cert_chain *chain, int64_t now)
{
    struct reasons r = {0};
    STACK_OF(X509) *anchors = sk_X509_new_null(), *others = sk_X509_new_null();
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int ready = anchors && others && store && ctx && sk_X509_push(anchors, a->cert) > 0;
    for (int i = 1; ready && i < chain->n; i++) ready = sk_X509_push(others, chain->cert[i]) > 0;
    if (ready)
        validate(ctx, store, chain, anchors, others, now, &r);
    else
        add_reason(&r, ENN_REASON_UNKNOWN_ISSUER);
    judge_usage(chain->cert[0], &r);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    sk_X509_free(others);
    sk_X509_free(anchors);
    ERR_clear_error();
    return r;
}

/* An anchor that the chain leads to beats one that it does not; then fewer reasons are better. */
static int better(const struct reasons *a, const struct reasons *b)
{
    int unknown_a = has_reason(a, ENN_REASON_UNKNOWN_ISSUER),
        unknown_b = has_reason(b, ENN_REASON_UNKNOWN_ISSUER);
    return unknown_a != unknown_b ? unknown_b : a->n < b->n;
}

/* One anchor at a time: with several of one name (an issuer with a new key) path building would settle for
 * the first. An anchor that is not pinned counts only when no pinned one is led to, and then as
 * PIN_MISMATCH. */
int trust_judge(const struct trust *t, const struct cert_chain *chain, int64_t now,
                enum enn_reason reasons[TRUST_MAX_REASONS])
{
    struct reasons best = {0};
    if (t->n_anchors == 0) {
        add_reason(&best, ENN_REASON_NO_TRUST);
        judge_usage(chain->cert[0], &best);
    }
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1 && best.n > 0 && !has_reason(&best, ENN_REASON_UNKNOWN_ISSUER)) break;
        for (int i = 0; i < t->n_anchors; i++) {
            if (is_pinned(t, &t->anchor[i]) == pass) continue;
            struct reasons r = judge_with(&t->anchor[i], chain, now);
            if (r.n == 0 && pass == 0) return 0;
            if (pass == 1 && !has_reason(&r, ENN_REASON_UNKNOWN_ISSUER))
                add_reason(&r, ENN_REASON_PIN_MISMATCH);
            if (best.n == 0 || better(&r, &best)) best = r;
        }
    }
    if (best.n == 0) add_reason(&best, ENN_REASON_UNKNOWN_ISSUER);
    memcpy(reasons, best.list, sizeof best.list);
    return best.n;
}
