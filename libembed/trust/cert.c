/*
 * Certificate chains: reading, order, fingerprints, and the check of one ECDSA signature.
 *
 * What is decided here does not depend on whom a verifier trusts: the chain holds together (every
 * certificate is signed by the next), the signer's key is a P-256 point in the one encoding of RFC 5480,
 * the name is clean text.  Trust, dates and key usage are judged in anchors.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "trust/certimpl.h"
#include "trust/lot.h"

/* Largest PEM file: CERT_MAX_ANCHORS certificates of 2 KiB each, far more than any real chain. */
#define PEM_FILE_MAX (1 << 20)

static int no_passphrase(char *buf, int size, int rwflag, void *user)
{
    (void)buf, (void)size, (void)rwflag, (void)user;
    return -1; /* an encrypted block is no certificate: never ask on the terminal */
}

static enum enn_status read_whole(const char *file, uint8_t **bytes, size_t *n, struct enn_error *err)
{
    FILE *f = fopen(file, "rbe");
    if (!f) return enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    uint8_t *p = malloc(PEM_FILE_MAX + 1);
    size_t got = p ? fread(p, 1, PEM_FILE_MAX + 1, f) : 0;
    int bad = ferror(f);
    enum enn_status st = ENN_OK;
    if (!p)
        st = enn_fail(err, ENN_NOMEM, "%s: out of memory", file);
    else if (bad)
        st = enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    else if (got > PEM_FILE_MAX)
        st = enn_fail(err, ENN_LIMIT, "%s: larger than 1 MiB, no certificate file", file);
    fclose(f);
    if (st != ENN_OK) {
        free(p);
        return st;
    }
    *bytes = p;
    *n = got;
    return ENN_OK;
}

enum enn_status cert_read_pem(const char *file, X509 **certs, int max, int *n, struct enn_error *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    *n = 0;
    enum enn_status st = read_whole(file, &bytes, &size, err);
    if (st != ENN_OK) return st;
    BIO *bio = BIO_new_mem_buf(bytes, (int)size);
    X509 *cert = NULL;
    while (bio && (cert = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL)) != NULL) {
        if (*n == max) {
            X509_free(cert);
            st = enn_fail(err, ENN_LIMIT, "%s: more than %d certificates", file, max);
            break;
        }
        certs[(*n)++] = cert;
    }
    /* "no start line" is the end of the certificates; everything else is damage */
    unsigned long why = ERR_peek_last_error();
    int at_end = ERR_GET_LIB(why) == ERR_LIB_PEM && ERR_GET_REASON(why) == PEM_R_NO_START_LINE;
    if (!bio)
        st = enn_fail(err, ENN_NOMEM, "%s: out of memory", file);
    else if (st == ENN_OK && (!at_end || *n == 0))
        st = enn_fail(err, ENN_FORMAT, "%s: %s", file,
                      at_end ? "no certificate in PEM form" : "damaged certificate");
    ERR_clear_error();
    BIO_free(bio);
    free(bytes);
    if (st != ENN_OK)
        while (*n > 0) X509_free(certs[--*n]);
    return st;
}

int cert_fingerprint(X509 *cert, uint8_t out[CERT_FINGERPRINT_BYTES])
{
    unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    int ok = n > 0 && EVP_Digest(der, (size_t)n, out, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return ok;
}

int cert_common_name(X509 *cert, char *out, size_t room)
{
    X509_NAME *subject = X509_get_subject_name(cert);
    int at = -1, next;
    out[0] = 0;
    while ((next = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0) at = next;
    if (at < 0) return 0;
    unsigned char *utf8 = NULL;
    int n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    int ok =
        n > 0 && (size_t)n < room && strlen((char *)utf8) == (size_t)n && text_ok((char *)utf8, room - 1);
    if (ok) memcpy(out, utf8, (size_t)n + 1);
    OPENSSL_free(utf8);
    ERR_clear_error();
    return ok;
}

/* SubjectPublicKeyInfo of an uncompressed point on the named curve P-256 (RFC 5480): these 27 bytes and 64
 * more. Explicit curve parameters, which could redefine the curve, and every other key are refused by the
 * comparison. */
static int is_p256(X509 *cert)
{
    static const uint8_t head[27] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04};
    unsigned char *der = NULL;
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    int ok = n == 91 && memcmp(der, head, sizeof head) == 0 && X509_get0_pubkey(cert) != NULL;
    OPENSSL_free(der);
    return ok;
}

/* Every certificate signed by the next; a last one that names itself as issuer must be signed by itself. */
static const char *links_wrong(const struct cert_chain *c)
{
    for (int i = 0; i < c->n; i++) {
        X509 *issuer = c->cert[i + 1 < c->n ? i + 1 : i];
        int same_name = X509_NAME_cmp(X509_get_issuer_name(c->cert[i]), X509_get_subject_name(issuer)) == 0;
        if (i + 1 == c->n && !same_name) return NULL;
        if (!same_name) return "certificates are not in order: signer first, each issued by the next";
        EVP_PKEY *key = X509_get0_pubkey(issuer);
        if (!key || X509_verify(c->cert[i], key) != 1) return "a certificate's signature does not verify";
    }
    return NULL;
}

/* Fills in all that is derived from the certificates; `name` is for messages. */
static enum enn_status finish_chain(struct cert_chain *c, const char *name, struct enn_error *err)
{
    for (int i = 0; i < c->n; i++) {
        int n = i2d_X509(c->cert[i], &c->der[i]);
        if (n <= 0) return enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
        if (n > CERT_MAX_DER)
            return enn_fail(err, ENN_FORMAT, "%s: a certificate is over %d bytes", name, CERT_MAX_DER);
        c->der_bytes[i] = (size_t)n;
    }
    if (!is_p256(c->cert[0]))
        return enn_fail(err, ENN_FORMAT,
                        "%s: the signer's key is not ECDSA on P-256 (named curve, uncompressed)", name);
    if (!cert_common_name(c->cert[0], c->name, sizeof c->name))
        return enn_fail(err, ENN_FORMAT, "%s: the signer's certificate has no common name of clean text",
                        name);
    const char *wrong = links_wrong(c);
    if (wrong) return enn_fail(err, ENN_FORMAT, "%s: %s", name, wrong);
    if (!cert_fingerprint(c->cert[c->n - 1], c->anchor) ||
        EVP_Digest(c->der[0], c->der_bytes[0], c->signer_sha256, NULL, EVP_sha256(), NULL) != 1)
        return enn_fail(err, ENN_INTERNAL, "%s: SHA-256 failed", name);
    return ENN_OK;
}

static enum enn_status hand_out(struct cert_chain *c, enum enn_status st, struct cert_chain **out)
{
    ERR_clear_error();
    if (st == ENN_OK) {
        *out = c;
    } else {
        cert_chain_free(c);
        *out = NULL;
    }
    return st;
}

enum enn_status cert_chain_load(const char *file, struct cert_chain **out, struct enn_error *err)
{
    *out = NULL;
    struct cert_chain *c = calloc(1, sizeof *c);
    if (!c) return enn_fail(err, ENN_NOMEM, "%s: out of memory", file);
    enum enn_status st = cert_read_pem(file, c->cert, CERT_MAX_CHAIN, &c->n, err);
    if (st == ENN_OK) st = finish_chain(c, file, err);
    return hand_out(c, st, out);
}

enum enn_status cert_chain_from_der(const struct cert_der *der, int n, struct cert_chain **out,
                                    struct enn_error *err)
{
    *out = NULL;
    if (n < 1 || n > CERT_MAX_CHAIN)
        return enn_fail(err, ENN_FORMAT, "%d certificates: 1 to %d expected", n, CERT_MAX_CHAIN);
    struct cert_chain *c = calloc(1, sizeof *c);
    if (!c) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_status st = ENN_OK;
    for (int i = 0; i < n && st == ENN_OK; i++) {
        const unsigned char *p = der[i].bytes;
        if (der[i].n <= CERT_MAX_DER) c->cert[i] = d2i_X509(NULL, &p, (long)der[i].n);
        c->n = i + 1;
        if (!c->cert[i] || p != der[i].bytes + der[i].n)
            st = enn_fail(err, ENN_FORMAT, "certificate %d is damaged", i + 1);
    }
    if (st == ENN_OK) st = finish_chain(c, "certificates", err);
    return hand_out(c, st, out);
}

void cert_chain_free(struct cert_chain *chain)
{
    if (!chain) return;
    for (int i = 0; i < chain->n; i++) {
        X509_free(chain->cert[i]);
        OPENSSL_free(chain->der[i]);
    }
    free(chain);
}

int cert_chain_count(const struct cert_chain *chain)
{
    return chain->n;
}

struct cert_der cert_chain_der(const struct cert_chain *chain, int i)
{
    if (i < 0 || i >= chain->n) return (struct cert_der){NULL, 0};
    return (struct cert_der){chain->der[i], chain->der_bytes[i]};
}

const char *cert_chain_name(const struct cert_chain *chain)
{
    return chain->name;
}

const uint8_t *cert_chain_anchor(const struct cert_chain *chain)
{
    return chain->anchor;
}

const uint8_t *cert_chain_signer_sha256(const struct cert_chain *chain)
{
    return chain->signer_sha256;
}

/* r || s -> DER; *out is freed with OPENSSL_free; returns its length or 0 */
static int signature_der(const uint8_t sig[64], unsigned char **out)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(sig, 32, NULL), *s = BN_bin2bn(sig + 32, 32, NULL);
    if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(pair);
        return 0;
    }
    int n = i2d_ECDSA_SIG(pair, out);
    ECDSA_SIG_free(pair);
    return n > 0 ? n : 0;
}

int cert_chain_verify(const struct cert_chain *chain, const uint8_t digest[32], const uint8_t sig[64])
{
    unsigned char *der = NULL;
    int n = signature_der(sig, &der);
    EVP_PKEY_CTX *ctx = n ? EVP_PKEY_CTX_new(X509_get0_pubkey(chain->cert[0]), NULL) : NULL;
    int ok = ctx && EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
             EVP_PKEY_verify(ctx, der, (size_t)n, digest, 32) == 1;
    EVP_PKEY_CTX_free(ctx);
    OPENSSL_free(der);
    ERR_clear_error();
    return ok;
}
