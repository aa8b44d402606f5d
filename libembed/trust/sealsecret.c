/* Lot keys derived and given out (sealsecret.h). */
#include "trust/sealsecret.h"
#include "trust/issuerfile.h"
#include "trust/keys.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h> /* before cms.h, which then declares the PEM form of CMS */
#include <openssl/cms.h>
#include <openssl/x509.h>

enum enn_status seal_key_derive(const char *file, const uint8_t lot_id[LOT_ID_BYTES], struct seal_key *out,
                                struct enn_error *err)
{
    uint8_t secret[SEAL_KEY_BYTES], info[3 + LOT_ID_BYTES] = "lot";
    enum enn_status st = seal_load(file, secret, err);
    if (st) return st;
    memcpy(info + 3, lot_id, LOT_ID_BYTES);
    memcpy(out->lot_id, lot_id, LOT_ID_BYTES);
    int ok = seal_hkdf(secret, info, sizeof info, out->key);
    OPENSSL_cleanse(secret, sizeof secret);
    return ok ? ENN_OK : enn_fail(err, ENN_INTERNAL, "a key of the seal cannot be derived");
}

static enum enn_status read_recipient(const char *file, X509 **out, struct enn_error *err)
{
    FILE *f = fopen(file, "re");
    if (!f) return enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    *out = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    ERR_clear_error();
    return *out ? ENN_OK : enn_fail(err, ENN_FORMAT, "%s: no certificate in PEM form", file);
}

/* The text in `plain` becomes a CMS message in `out`. */
static int envelop(BIO *plain, X509 *recipient, BIO *out)
{
    STACK_OF(X509) *to = sk_X509_new_null();
    CMS_ContentInfo *cms = NULL;
    int ok = to && sk_X509_push(to, recipient) > 0 &&
             (cms = CMS_encrypt(to, plain, EVP_aes_256_cbc(), CMS_BINARY)) &&
             PEM_write_bio_CMS(out, cms) == 1;
    CMS_ContentInfo_free(cms);
    sk_X509_free(to); /* the certificate stays the caller's */
    return ok;
}

enum enn_status seal_key_write(const struct seal_key *k, const char *file, const char *to,
                               struct enn_error *err)
{
    uint8_t body[1 + LOT_ID_BYTES + SEAL_KEY_BYTES] = {1};
    X509 *recipient = NULL;
    enum enn_status st = to ? read_recipient(to, &recipient, err) : ENN_OK;
    memcpy(body + 1, k->lot_id, LOT_ID_BYTES);
    memcpy(body + 1 + LOT_ID_BYTES, k->key, SEAL_KEY_BYTES);
    BIO *plain = BIO_new(BIO_s_mem()), *sealed = BIO_new(BIO_s_mem());
    if (!st && !(plain && sealed && PEM_write_bio(plain, SEAL_KEY_LABEL, "", body, sizeof body) > 0))
        st = enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st && to && !envelop(plain, recipient, sealed))
        st = enn_fail(err, ENN_FORMAT, "%s: nothing can be encrypted to this certificate's key", to);
    if (!st) st = issuer_write_new(file, 0600, to ? sealed : plain, err);
    BIO_free(plain);
    BIO_free(sealed);
    X509_free(recipient);
    OPENSSL_cleanse(body, sizeof body);
    ERR_clear_error();
    return st;
}
