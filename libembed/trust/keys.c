/*
 * Private keys and signatures: the signing side of trust.  ennverify links none of this.
 *
 * A signer is a certificate chain and either the scalar of its P-256 key or a command that signs.
 * Whichever it is, every signature is checked with the certificate before anyone sees it, which also
 * proves that key and certificate belong together and catches a computation fault, the classical way to
 * lose an ECDSA key.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "trust/command.h"
#include "trust/hex.h"
#include "trust/keys.h"
#include "trust/samplehash.h"

struct signer {
    struct cert_chain *chain;
    char *command; /* NULL: d holds the key */
    uint8_t d[32];
};

struct ask {
    const char *passphrase;
    int asked;
};

static int give_passphrase(char *buf, int size, int rwflag, void *user)
{
    struct ask *ask = user;
    (void)rwflag;
    ask->asked = 1;
    if (!ask->passphrase) return -1;
    size_t n = strlen(ask->passphrase);
    if (size < 0 || n > (size_t)size) return -1;
    memcpy(buf, ask->passphrase, n);
    return (int)n;
}

/* The scalar of a P-256 key; 0 when it is another kind of key. */
static int p256_scalar(EVP_PKEY *key, uint8_t d[32])
{
    char group[32] = "";
    size_t n = 0;
    BIGNUM *scalar = NULL;
    int ok = EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof group, &n) == 1 &&
             strcmp(group, "prime256v1") == 0 &&
             EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
             BN_bn2binpad(scalar, d, 32) == 32;
    BN_clear_free(scalar);
    return ok;
}

static enum enn_status load_key(const char *file, const char *passphrase, uint8_t d[32],
                                struct enn_error *err)
{
    FILE *f = fopen(file, "rbe");
    if (!f) return enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    struct ask ask = {passphrase, 0};
    EVP_PKEY *key = PEM_read_PrivateKey(f, NULL, give_passphrase, &ask);
    fclose(f);
    enum enn_status st = ENN_OK;
    if (!key && ask.asked && !passphrase)
        st = enn_fail(err, ENN_USAGE, "%s: the key is encrypted and no passphrase was given", file);
    else if (!key && ask.asked)
        st = enn_fail(err, ENN_USAGE, "%s: wrong passphrase, or the key is damaged", file);
    else if (!key)
        st = enn_fail(err, ENN_FORMAT, "%s: no private key in PEM form", file);
    else if (!p256_scalar(key, d))
        st = enn_fail(err, ENN_FORMAT, "%s: not an ECDSA P-256 key", file);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return st;
}

/* A trial signature: tells a key of another certificate apart from everything else. */
static enum enn_status check_pair(const struct signer *s, const struct signer_options *o,
                                  struct enn_error *err)
{
    static const uint8_t digest[32] = "the key belongs to the cert";
    uint8_t sig[64];
    enum enn_status st = rfc6979_sign(s->d, digest, sig, err);
    if (st != ENN_OK || cert_chain_verify(s->chain, digest, sig)) return st;
    return enn_fail(err, ENN_USAGE, "%s: is not the key of the first certificate in %s", o->key_file,
                    o->cert_file);
}

enum enn_status signer_open(const struct signer_options *o, struct signer **out, struct enn_error *err)
{
    *out = NULL;
    if (!o->cert_file) return enn_fail(err, ENN_USAGE, "no certificate was given");
    if (!o->key_file == !o->signer_cmd)
        return enn_fail(err, ENN_USAGE, "either a key file or a signer command is needed%s",
                        o->key_file ? ", not both" : "");
    struct signer *s = calloc(1, sizeof *s);
    if (!s) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_status st = cert_chain_load(o->cert_file, &s->chain, err);
    if (st == ENN_OK && o->signer_cmd) {
        s->command = strdup(o->signer_cmd);
        if (!s->command) st = enn_fail(err, ENN_NOMEM, "out of memory");
    } else if (st == ENN_OK) {
        st = load_key(o->key_file, o->passphrase, s->d, err);
        if (st == ENN_OK) st = check_pair(s, o, err);
    }
    if (st == ENN_OK)
        *out = s;
    else
        signer_free(s);
    return st;
}

void signer_free(struct signer *s)
{
    if (!s) return;
    cert_chain_free(s->chain);
    free(s->command);
    OPENSSL_cleanse(s, sizeof *s);
    free(s);
}

const struct cert_chain *signer_chain(const struct signer *s)
{
    return s->chain;
}

/* DER Ecdsa-Sig-Value, nothing after it -> r || s */
static int der_to_raw(const uint8_t *der, size_t n, uint8_t sig[64])
{
    const unsigned char *p = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)n);
    int ok = pair && p == der + n && !BN_is_negative(ECDSA_SIG_get0_r(pair)) &&
             !BN_is_negative(ECDSA_SIG_get0_s(pair)) && BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, 32) == 32 &&
             BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + 32, 32) == 32;
    ECDSA_SIG_free(pair);
    ERR_clear_error();
    return ok;
}

static enum enn_status sign_outside(const struct signer *s, const uint8_t digest[32], uint8_t sig[64],
                                    struct enn_error *err)
{
    char hex[65];
    uint8_t der[128]; /* a P-256 signature takes at most 72 */
    size_t n = 0;
    hex_encode(digest, 32, hex);
    enum enn_status st = command_run(s->command, hex, COMMAND_TIMEOUT_MS, der, sizeof der, &n, err);
    if (st != ENN_OK) return st;
    if (!der_to_raw(der, n, sig))
        return enn_fail(err, ENN_IO, "signer command: its output is no DER ECDSA P-256 signature");
    if (!cert_chain_verify(s->chain, digest, sig))
        return enn_fail(err, ENN_IO,
                        "signer command: its signature does not verify with the given certificate");
    return ENN_OK;
}

enum enn_status signer_sign(const struct signer *s, const uint8_t digest[32], uint8_t sig[64],
                            struct enn_error *err)
{
    if (s->command) return sign_outside(s, digest, sig, err);
    enum enn_status st = rfc6979_sign(s->d, digest, sig, err);
    if (st == ENN_OK && !cert_chain_verify(s->chain, digest, sig)) {
        OPENSSL_cleanse(sig, 64); /* a faulty signature would give the key away */
        st = enn_fail(err, ENN_INTERNAL, "a signature just made does not verify");
    }
    return st;
}

enum enn_status seal_load(const char *file, uint8_t seal[32], struct enn_error *err)
{
    FILE *f = fopen(file, "rbe");
    if (!f) return enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    char *label = NULL, *header = NULL;
    unsigned char *data = NULL;
    long n = 0;
    int found = PEM_read(f, &label, &header, &data, &n) == 1;
    int ok = found && strcmp(label, "ENN SEAL SECRET") == 0 && !*header && n == 32;
    fclose(f);
    if (ok) memcpy(seal, data, 32);
    if (found) {
        OPENSSL_clear_free(data, n > 0 ? (size_t)n : 0);
        OPENSSL_free(label);
        OPENSSL_free(header);
    }
    ERR_clear_error();
    return ok ? ENN_OK : enn_fail(err, ENN_FORMAT, "%s: no seal secret in PEM form", file);
}
