/*
 * X.509 certificates: chains, fingerprints, trust anchors.  Verification side: nothing here knows a
 * private key.
 *
 * A chain is ordered signer first, anchor last, each certificate signed by the next.  The anchor's
 * fingerprint is the SHA-256 of its DER SubjectPublicKeyInfo: it keys the carrier of the mark, and its hex
 * is what a pin is.
 */
#ifndef TRUST_CERT_H
#define TRUST_CERT_H
#include "status.h"

#define CERT_MAX_CHAIN 8           /* certificates in a chain */
#define CERT_MAX_DER 16384         /* bytes of one certificate */
#define CERT_MAX_ANCHORS 256
#define CERT_FINGERPRINT_BYTES 32

struct cert_chain;

/* Reads a PEM file of 1..CERT_MAX_CHAIN certificates.  ENN_IO, or ENN_FORMAT when it holds none, when they
 * are out of order or one is not signed by the next, when the first key is not ECDSA P-256, or its common
 * name is missing, over 127 bytes or no clean text. */
enum enn_status cert_chain_load(const char *file, struct cert_chain **out, struct enn_error *err);

/* The same from n DER certificates (copied). */
struct cert_der { const uint8_t *bytes; size_t n; };
enum enn_status cert_chain_from_der(const struct cert_der *der, int n, struct cert_chain **out,
                                    struct enn_error *err);
void cert_chain_free(struct cert_chain *chain); /* NULL is fine */

int cert_chain_count(const struct cert_chain *chain);
struct cert_der cert_chain_der(const struct cert_chain *chain, int i);  /* owned by the chain */
const char *cert_chain_name(const struct cert_chain *chain);            /* common name of the signer, UTF-8 */
const uint8_t *cert_chain_anchor(const struct cert_chain *chain);  /* fingerprint of the last, 32 bytes */

/* SHA-256 of the first certificate's DER, 32 bytes. */
const uint8_t *cert_chain_signer_sha256(const struct cert_chain *chain);

/* 1 when sig = r || s (32 bytes each, big-endian) is the signer's ECDSA signature of the digest, else 0. */
int cert_chain_verify(const struct cert_chain *chain, const uint8_t digest[32], const uint8_t sig[64]);

/* ---- whom a verifier trusts ---- */

struct trust;
struct trust *trust_new(void);           /* NULL: out of memory */
void trust_free(struct trust *t);        /* NULL is fine */

/* Every certificate of the PEM file becomes an anchor (the same one twice is one).  ENN_IO, ENN_FORMAT,
 * ENN_LIMIT. */
enum enn_status trust_add_file(struct trust *t, const char *file, struct enn_error *err);

/* 64 hex digits (either case, colons between bytes allowed).  ENN_USAGE. */
enum enn_status trust_add_pin(struct trust *t, const char *pin_hex, struct enn_error *err);

/* The anchors that count: all, or when pins were given, those that are pinned.  Fingerprints are 32 bytes. */
int trust_anchor_count(const struct trust *t);
const uint8_t *trust_anchor_fingerprint(const struct trust *t, int i);
const char *trust_anchor_name(const struct trust *t, int i); /* common name; "" when it is no clean text */

/* Judges a chain at the time `now` (seconds since 1970) against the anchors: writes up to max distinct
 * reasons and returns their number; 0 means trusted.  NO_TRUST (no anchor was given), UNKNOWN_ISSUER,
 * EXPIRED, NOT_YET_VALID, KEY_USAGE, PIN_MISMATCH.  A failure of the library (memory) is reported as
 * UNKNOWN_ISSUER, never as trust.  Revocation is not looked at: nothing is ever fetched; an issuer is
 * revoked by taking its anchor away. */
#define TRUST_MAX_REASONS 6
int trust_judge(const struct trust *t, const struct cert_chain *chain, int64_t now,
                enum enn_reason reasons[TRUST_MAX_REASONS]);
#endif
