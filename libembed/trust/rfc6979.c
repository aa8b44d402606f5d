/*
 * Deterministic ECDSA on P-256 with SHA-256 (RFC 6979), so that the same manifest has the same signature.
 *
 * The OpenSSL of Debian 12 cannot derive the nonce this way, but has every piece: HMAC for the derivation,
 * a constant-time multiple of the generator, a constant-time modular power.  The inverse of the nonce is
 * k^(n-2) (Fermat), and the products with secrets are blinded by a random factor b: s = (b k)^-1 (b z + b
 * r d).  b changes nothing in the result.  The result is checked against the certificate by the caller.
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/obj_mac.h>

#include "trust/keys.h"

struct drbg {
    uint8_t k[32], v[32];
};

struct curve {
    BN_CTX *ctx;
    EC_GROUP *group;
    BN_MONT_CTX *mont; /* modulo the order n */
    const BIGNUM *n;
};

static int mac(const uint8_t key[32], const uint8_t *data, size_t size, uint8_t out[32])
{
    unsigned length = 32;
    return HMAC(EVP_sha256(), key, 32, data, size, out, &length) != NULL && length == 32;
}

/* K = HMAC_K(V || tag || extra), V = HMAC_K(V): steps d..g and h.3 */
static int drbg_stir(struct drbg *g, uint8_t tag, const uint8_t *extra, size_t n)
{
    uint8_t text[32 + 1 + 64];
    memcpy(text, g->v, 32);
    text[32] = tag;
    if (n) memcpy(text + 33, extra, n);
    int ok = mac(g->k, text, 33 + n, g->k) && mac(g->k, g->v, 32, g->v);
    OPENSSL_cleanse(text, sizeof text);
    return ok;
}

/* steps b and c: int2octets(d) || bits2octets(digest), the digest as a number reduced modulo n */
static int drbg_seed(struct drbg *g, const uint8_t d[32], const BIGNUM *z)
{
    uint8_t seed[64];
    memset(g->v, 1, 32);
    memset(g->k, 0, 32);
    memcpy(seed, d, 32);
    int ok = BN_bn2binpad(z, seed + 32, 32) == 32 && drbg_stir(g, 0, seed, 64) && drbg_stir(g, 1, seed, 64);
    OPENSSL_cleanse(seed, sizeof seed);
    return ok;
}

/* step h: the next candidate in 1..n-1 */
static int drbg_nonce(struct drbg *g, const BIGNUM *n, BIGNUM *k)
{
    for (;;) {
        if (!mac(g->k, g->v, 32, g->v) || !BN_bin2bn(g->v, 32, k)) return 0;
        if (!BN_is_zero(k) && BN_cmp(k, n) < 0) return 1;
        if (!drbg_stir(g, 0, NULL, 0)) return 0;
    }
}

/* r = x(kG) mod n, s = (bk)^-1 (bz + b r d) mod n; 0 on failure, 1 otherwise (r or s may be 0: try the
 * next nonce) */
static int sign_once(const struct curve *c, BIGNUM *k, const BIGNUM *d, const BIGNUM *z, BIGNUM *r, BIGNUM *s)
{
    int ok = 0;
    BN_CTX_start(c->ctx);
    BIGNUM *b = BN_CTX_get(c->ctx), *t = BN_CTX_get(c->ctx), *e = BN_CTX_get(c->ctx), *x = BN_CTX_get(c->ctx);
    EC_POINT *point = EC_POINT_new(c->group);
    if (!x || !point) goto done;
    BN_set_flags(k, BN_FLG_CONSTTIME);
    if (!EC_POINT_mul(c->group, point, k, NULL, NULL, c->ctx)) goto done;
    if (!EC_POINT_get_affine_coordinates(c->group, point, x, NULL, c->ctx) || !BN_nnmod(r, x, c->n, c->ctx))
        goto done;
    do {
        if (!BN_priv_rand_range(b, c->n)) goto done;
    } while (BN_is_zero(b));
    if (!BN_mod_mul(t, b, d, c->n, c->ctx) || !BN_mod_mul(t, t, r, c->n, c->ctx)) goto done; /* b d r */
    if (!BN_mod_mul(x, b, z, c->n, c->ctx) || !BN_mod_add(t, t, x, c->n, c->ctx)) goto done; /* + b z */
    if (!BN_mod_mul(x, b, k, c->n, c->ctx) || !BN_copy(e, c->n) || !BN_sub_word(e, 2)) goto done;
    BN_set_flags(x, BN_FLG_CONSTTIME);
    if (!BN_mod_exp_mont_consttime(b, x, e, c->n, c->ctx, c->mont)) goto done; /* (b k)^-1 */
    ok = BN_mod_mul(s, b, t, c->n, c->ctx);
done:
    if (x) BN_clear(x), BN_clear(t), BN_clear(b);
    EC_POINT_clear_free(point);
    BN_CTX_end(c->ctx);
    return ok;
}

static int sign_with(const struct curve *c, const uint8_t d_bytes[32], const uint8_t digest[32],
                     uint8_t sig[64])
{
    struct drbg g;
    int ok = 0;
    BN_CTX_start(c->ctx);
    BIGNUM *d = BN_CTX_get(c->ctx), *z = BN_CTX_get(c->ctx), *k = BN_CTX_get(c->ctx);
    BIGNUM *r = BN_CTX_get(c->ctx), *s = BN_CTX_get(c->ctx);
    if (!s || !BN_bin2bn(d_bytes, 32, d) || !BN_bin2bn(digest, 32, z) || !BN_nnmod(z, z, c->n, c->ctx))
        goto done;
    if (BN_is_zero(d) || BN_cmp(d, c->n) >= 0 || !drbg_seed(&g, d_bytes, z)) goto done;
    for (;;) {
        if (!drbg_nonce(&g, c->n, k) || !sign_once(c, k, d, z, r, s)) goto done;
        if (!BN_is_zero(r) && !BN_is_zero(s)) break;
        if (!drbg_stir(&g, 0, NULL, 0)) goto done;
    }
    ok = BN_bn2binpad(r, sig, 32) == 32 && BN_bn2binpad(s, sig + 32, 32) == 32;
done:
    if (s) BN_clear(d), BN_clear(k);
    OPENSSL_cleanse(&g, sizeof g);
    BN_CTX_end(c->ctx);
    return ok;
}

enum enn_status rfc6979_sign(const uint8_t d[32], const uint8_t digest[32], uint8_t sig[64],
                             struct enn_error *err)
{
    struct curve c = {BN_CTX_secure_new(), EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1),
                      BN_MONT_CTX_new(), NULL};
    int ok = 0;
    if (c.ctx && c.group && c.mont) {
        c.n = EC_GROUP_get0_order(c.group);
        ok = BN_MONT_CTX_set(c.mont, c.n, c.ctx) && sign_with(&c, d, digest, sig);
    }
    BN_MONT_CTX_free(c.mont);
    EC_GROUP_free(c.group);
    BN_CTX_free(c.ctx);
    ERR_clear_error();
    return ok ? ENN_OK : enn_fail(err, ENN_INTERNAL, "ECDSA signing failed");
}
