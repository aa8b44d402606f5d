/*
 * enn_issuer_create: a new issuer is a P-256 key, a self-signed certificate (RFC 5280) and a seal secret.
 *
 * The certificate is its own trust anchor and may issue signer certificates one level down (pathlen 0), so
 * a small firm starts with one key and can move to separate pre-press keys later without new anchors at
 * the inspectors.  All three files are created with O_EXCL; when the last fails, the first two are taken
 * away again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "trust/issuerfile.h"
#include "trust/keys.h"
#include "trust/lot.h"

/* scrypt (RFC 7914): 16 MiB and five passes, the most OpenSSL derives under its default memory limit of 32
 * MiB */
#define SCRYPT_N 16384
#define SCRYPT_R 8
#define SCRYPT_P 5

void issuer_base_name(const char *name, char out[65])
{
    size_t n = 0;
    for (; *name && n < 64; name++) {
        char c = *name;
        int plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!plain && c != '.' && c != '-') c = '-';
        if (!plain && (n == 0 || (c == '-' && out[n - 1] == '-'))) continue;
        out[n++] = c;
    }
    while (n > 0 && (out[n - 1] == '-' || out[n - 1] == '.')) n--;
    if (n == 0) memcpy(out, "issuer", n = 6);
    out[n] = 0;
}

static int add_extension(X509 *cert, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    int ok = e && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return ok;
}

/* 127 random bits: positive and not zero in at most 16 octets (RFC 5280 allows 20) */
static int set_serial(X509 *cert)
{
    uint8_t bytes[16];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return 0;
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
    BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
    int ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert)) != NULL;
    BN_free(n);
    return ok;
}

static X509 *make_certificate(EVP_PKEY *key, const char *name, int days)
{
    X509 *cert = X509_new();
    if (!cert) return NULL;
    X509_NAME *subject = X509_get_subject_name(cert);
    /* Valid from an hour ago, for verifiers whose clock is late.  X509_time_adj_ex picks UTCTime up to
     * 2049 and GeneralizedTime after, as RFC 5280 asks. */
    int ok =
        X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
        X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const unsigned char *)name, -1,
                                   -1, 0) &&
        X509_set_issuer_name(cert, subject) && X509_time_adj_ex(X509_getm_notBefore(cert), 0, -3600, NULL) &&
        X509_time_adj_ex(X509_getm_notAfter(cert), days, 0, NULL) && X509_set_pubkey(cert, key) &&
        add_extension(cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        add_extension(cert, NID_key_usage, "critical,digitalSignature,keyCertSign") &&
        add_extension(cert, NID_subject_key_identifier, "hash") && X509_sign(cert, key, EVP_sha256()) > 0;
    if (ok) return cert;
    X509_free(cert);
    return NULL;
}

static int write_plain_key(BIO *bio, EVP_PKEY *key)
{
    return PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
}

/* PKCS#8 EncryptedPrivateKeyInfo, PBES2 with scrypt and AES-256-CBC */
static int write_encrypted_key(BIO *bio, EVP_PKEY *key, const char *passphrase)
{
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
    X509_ALGOR *scheme =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 16, NULL, SCRYPT_N, SCRYPT_R, SCRYPT_P);
    X509_SIG *box = NULL;
    if (plain && scheme) box = PKCS8_set0_pbe(passphrase, (int)strlen(passphrase), plain, scheme);
    int ok = box && PEM_write_bio_PKCS8(bio, box) == 1;
    if (!box) X509_ALGOR_free(scheme);
    X509_SIG_free(box);
    PKCS8_PRIV_KEY_INFO_free(plain);
    return ok;
}

static int write_seal(BIO *bio)
{
    uint8_t seal[32];
    int ok = RAND_priv_bytes(seal, sizeof seal) == 1 &&
             PEM_write_bio(bio, "ENN SEAL SECRET", "", seal, sizeof seal) > 0;
    OPENSSL_cleanse(seal, sizeof seal);
    return ok;
}

enum enn_status issuer_write_new(const char *file, int mode, BIO *bio, struct enn_error *err)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0 && errno == EEXIST)
        return enn_fail(err, ENN_USAGE, "%s: exists and is never overwritten", file);
    if (fd < 0) return enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    char *p = NULL;
    long left = BIO_get_mem_data(bio, &p);
    int why = fchmod(fd, (mode_t)mode) < 0 ? errno : 0; /* the umask may have made it tighter, never wider */
    while (!why && left > 0) {
        ssize_t put = write(fd, p, (size_t)left);
        if (put < 0 && errno != EINTR) why = errno;
        if (put > 0) p += put, left -= put;
    }
    if (!why && fsync(fd) < 0) why = errno;
    if (close(fd) < 0 && !why) why = errno;
    if (!why) return ENN_OK;
    unlink(file);
    return enn_fail(err, ENN_IO, "%s: %s", file, strerror(why));
}

struct outputs {
    BIO *bio[3];
    char file[3][4096];
};

static enum enn_status write_all(const struct outputs *w, struct enn_error *err)
{
    static const int mode[3] = {0600, 0644, 0600};
    for (int i = 0; i < 3; i++) {
        enum enn_status st = issuer_write_new(w->file[i], mode[i], w->bio[i], err);
        if (st == ENN_OK) continue;
        while (i > 0) unlink(w->file[--i]);
        return st;
    }
    return ENN_OK;
}

/* Key, certificate and seal into memory; 1 or 0. */
static int make_all(const struct enn_issuer_options *o, struct outputs *w)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key ? make_certificate(key, o->name, o->valid_days > 0 ? o->valid_days : 3650) : NULL;
    int ok = cert && w->bio[0] && w->bio[1] && w->bio[2];
    if (ok)
        ok = o->passphrase ? write_encrypted_key(w->bio[0], key, o->passphrase)
                           : write_plain_key(w->bio[0], key);
    ok = ok && PEM_write_bio_X509(w->bio[1], cert) == 1 && write_seal(w->bio[2]);
    X509_free(cert);
    EVP_PKEY_free(key);
    return ok;
}

static enum enn_status check_options(const struct enn_issuer_options *o, struct enn_error *err)
{
    if (!o->name || !text_ok(o->name, 64))
        return enn_fail(err, ENN_USAGE,
                        "issuer name: 1 to 64 bytes of UTF-8 without control characters expected");
    if (!o->out_dir || !*o->out_dir)
        return enn_fail(err, ENN_USAGE, "no directory for the new issuer was given");
    if (o->passphrase && (!*o->passphrase || strlen(o->passphrase) > 1024))
        return enn_fail(err, ENN_USAGE, "passphrase: 1 to 1024 bytes expected");
    if (o->valid_days < 0 || o->valid_days > 36500)
        return enn_fail(err, ENN_USAGE, "validity: 1 to 36500 days expected");
    return ENN_OK;
}

enum enn_status enn_issuer_create(const struct enn_issuer_options *o, struct enn_error *err)
{
    static const char *const extension[3] = {"key", "crt", "seal"};
    char base[65];
    enum enn_status st = check_options(o, err);
    if (st != ENN_OK) return st;
    struct outputs *w = calloc(1, sizeof *w);
    if (!w) return enn_fail(err, ENN_NOMEM, "out of memory");
    issuer_base_name(o->name, base);
    for (int i = 0; i < 3; i++) {
        int n = snprintf(w->file[i], sizeof w->file[i], "%s/%s.%s", o->out_dir, base, extension[i]);
        if (n < 0 || (size_t)n >= sizeof w->file[i])
            st = enn_fail(err, ENN_USAGE, "%s: too long a path", o->out_dir);
        w->bio[i] = BIO_new(BIO_s_mem());
    }
    if (st == ENN_OK && mkdir(o->out_dir, 0700) < 0 && errno != EEXIST)
        st = enn_fail(err, ENN_IO, "%s: %s", o->out_dir, strerror(errno));
    if (st == ENN_OK && !make_all(o, w)) st = enn_fail(err, ENN_INTERNAL, "a key could not be made");
    if (st == ENN_OK) st = write_all(w, err);
    for (int i = 0; i < 3; i++) BIO_free(w->bio[i]); /* memory BIOs are wiped when freed */
    free(w);
    ERR_clear_error();
    return st;
}
