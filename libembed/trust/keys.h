/*
 * The signing side: issuer creation (enn_issuer_create of enn.h is in issuer.c), private keys and external
 * signers. Nothing of the verification side includes this header.
 */
#ifndef TRUST_KEYS_H
#define TRUST_KEYS_H
#include "status.h"
#include "trust/cert.h"

struct signer;

struct signer_options {
    const char *cert_file;  /* PEM chain, signer first, anchor last */
    const char *key_file;   /* PEM PKCS#8 (or SEC1) ECDSA P-256 key */
    const char *passphrase; /* of the key, or NULL */
    const char *signer_cmd; /* instead of key_file: program and arguments separated by spaces, run without
                               a shell with the 64 hex digits of the digest as one more argument; writes a
                               DER signature to stdout */
};

/* Opens certificate and key.  ENN_USAGE: not exactly one of key_file and signer_cmd, wrong or missing
 * passphrase, key of another certificate; ENN_FORMAT: not P-256, not PEM; ENN_IO.  *out is released by
 * signer_free. */
enum enn_status signer_open(const struct signer_options *o, struct signer **out, struct enn_error *err);
void signer_free(struct signer *s); /* NULL is fine; wipes the key */
const struct cert_chain *signer_chain(const struct signer *s);

/* Signs a SHA-256 digest: sig = r || s.  With a key file the nonce is that of RFC 6979, so the same digest
 * gives the same signature.  The signature is checked against the certificate before it is returned;
 * ENN_IO when an external signer fails, takes over 60 s or answers with something else. */
enum enn_status signer_sign(const struct signer *s, const uint8_t digest[32], uint8_t sig[64],
                            struct enn_error *err);

/* The issuer's 32-byte seal secret, as written by enn_issuer_create in NAME.seal. ENN_IO, ENN_FORMAT. */
enum enn_status seal_load(const char *file, uint8_t seal[32], struct enn_error *err);

/* File base name of an issuer: letters, digits, '.', '-' and '_' of its name, everything else '-'; never
 * starts with a dot or a dash.  out holds 65 bytes. */
void issuer_base_name(const char *name, char out[65]);

/* rfc6979.c: deterministic ECDSA P-256 with the private scalar d (32 bytes, big-endian). ENN_INTERNAL,
 * ENN_NOMEM. */
enum enn_status rfc6979_sign(const uint8_t d[32], const uint8_t digest[32], uint8_t sig[64],
                             struct enn_error *err);
#endif
