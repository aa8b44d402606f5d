/*
 * From a lot key to the chips of every cell (sealkey.h): HKDF, H. Krawczyk, P. Eronen, RFC 5869, 2010; AES in counter
 * mode, NIST SP 800-38A.  The counter block holds the cell, so that cells can be asked for in any order.
 */
#include "trust/sealkey.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/pem.h>

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

int seal_hkdf(const uint8_t key[SEAL_KEY_BYTES], const uint8_t *info, size_t n, uint8_t out[SEAL_KEY_BYTES])
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    const OSSL_PARAM p[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, SEAL_KEY_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)"enn-seal-1", 10),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info, n),
        OSSL_PARAM_construct_end(),
    };
    int ok = ctx && EVP_KDF_derive(ctx, out, SEAL_KEY_BYTES, p) == 1;
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    ERR_clear_error();
    return ok;
}

enum enn_status seal_stream_init(struct seal_stream *s, const struct seal_key *k, const struct seal_place *p,
                                 struct enn_error *err)
{
    uint8_t info[14] = "field";
    put32(info + 5, p->page);
    put32(info + 9, p->step);
    info[13] = p->luminance != 0;
    return seal_hkdf(k->key, info, sizeof info, s->key)
               ? ENN_OK
               : enn_fail(err, ENN_INTERNAL, "a key of the seal cannot be derived");
}

int seal_stream_bits(const void *user, int32_t i, int32_t j, uint8_t bits[SEAL_BYTES])
{
    const struct seal_stream *s = user;
    uint8_t counter[16] = {0};
    int n = 0;
    put32(counter, (uint32_t)i);
    put32(counter + 4, (uint32_t)j);
    memset(bits, 0, SEAL_BYTES);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int ok = ctx && EVP_EncryptInit_ex(ctx, EVP_aes_256_ctr(), NULL, s->key, counter) == 1 &&
             EVP_EncryptUpdate(ctx, bits, &n, bits, SEAL_BYTES) == 1 && n == SEAL_BYTES;
    EVP_CIPHER_CTX_free(ctx);
    if (!ok) ERR_clear_error();
    return ok ? 0 : -1;
}

void seal_key_wipe(struct seal_key *k)
{
    OPENSSL_cleanse(k, sizeof *k);
}

void seal_stream_wipe(struct seal_stream *s)
{
    OPENSSL_cleanse(s, sizeof *s);
}

enum enn_status seal_key_load(const char *file, struct seal_key *out, struct enn_error *err)
{
    FILE *f = fopen(file, "rbe");
    if (!f) return enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    char *label = NULL, *header = NULL;
    unsigned char *data = NULL;
    long n = 0;
    int found = PEM_read(f, &label, &header, &data, &n) == 1, cms = found && !strcmp(label, "CMS");
    int ok = found && !strcmp(label, SEAL_KEY_LABEL) && !*header && n == 1 + LOT_ID_BYTES + SEAL_KEY_BYTES &&
             data[0] == 1;
    fclose(f);
    if (ok) {
        memcpy(out->lot_id, data + 1, LOT_ID_BYTES);
        memcpy(out->key, data + 1 + LOT_ID_BYTES, SEAL_KEY_BYTES);
    }
    if (found) {
        OPENSSL_clear_free(data, n > 0 ? (size_t)n : 0);
        OPENSSL_free(label);
        OPENSSL_free(header);
    }
    ERR_clear_error();
    if (ok) return ENN_OK;
    return enn_fail(err, ENN_FORMAT,
                    cms ? "%s: is encrypted to a certificate: open it with openssl cms -decrypt -inform PEM"
                        : "%s: no lot key in PEM form",
                    file);
}
