/* What cert.c and anchors.c share: the only two files that handle X.509 structures on the verification
 * side. */
#ifndef TRUST_CERTIMPL_H
#define TRUST_CERTIMPL_H
#include <openssl/x509.h>

#include "trust/cert.h"

struct cert_chain {
    int n;
    X509 *cert[CERT_MAX_CHAIN];
    uint8_t *der[CERT_MAX_CHAIN];
    size_t der_bytes[CERT_MAX_CHAIN];
    char name[128];
    uint8_t anchor[CERT_FINGERPRINT_BYTES];
    uint8_t signer_sha256[32];
};

/* Reads up to `max` certificates of a PEM file (text before, between and after is skipped, as are blocks
 * of other kinds).  *n is their number, at least 1; the caller frees each.  ENN_IO, ENN_FORMAT, ENN_LIMIT,
 * ENN_NOMEM. */
enum enn_status cert_read_pem(const char *file, X509 **certs, int max, int *n, struct enn_error *err);

/* SHA-256 of the DER SubjectPublicKeyInfo. 1 or 0. */
int cert_fingerprint(X509 *cert, uint8_t out[CERT_FINGERPRINT_BYTES]);

/* The last common name of the subject when it is clean text under `room` bytes. 1 or 0 (out is then
 * empty). */
int cert_common_name(X509 *cert, char *out, size_t room);
#endif
