/*
 * Keys of the seal (docs/format.md 13).
 *
 *   seal secret (32 bytes, the issuer's alone)
 *     -> lot key     HKDF-SHA-256 with the lot id: what is given out, lot by lot
 *       -> field key HKDF-SHA-256 with page, step-and-repeat position and carrier
 *         -> chips   AES-256-CTR, one stretch for each cell
 *
 * The lot key is all that seeing the seal takes, and all that forging it takes.  The secret and other lots' keys do
 * not follow from it.  Verification side: deriving lot keys and writing them is in trust/sealsecret.h.
 */
#ifndef TRUST_SEALKEY_H
#define TRUST_SEALKEY_H
#include "mark/seal.h"
#include "status.h"
#include "trust/lot.h"

#define SEAL_KEY_BYTES 32
#define SEAL_KEY_LABEL "ENN LOT KEY" /* of the PEM file: format 1, lot id, key: 43 bytes */

struct seal_key {
    uint8_t lot_id[LOT_ID_BYTES];
    uint8_t key[SEAL_KEY_BYTES];
};

/* Reads a lot key file.  ENN_IO, or ENN_FORMAT: no lot key; encrypted ones (CMS) are recognised and named. */
enum enn_status seal_key_load(const char *file, struct seal_key *out, struct enn_error *err);

/* Which field of a lot: the pages of a file, the positions of a step-and-repeat sheet and the two carriers have
 * different ones. */
struct seal_place {
    uint32_t page, step; /* page from 1, step from 0 */
    int luminance;
};
struct seal_stream {
    uint8_t key[SEAL_KEY_BYTES];
};
/* ENN_INTERNAL: the library failed. */
enum enn_status seal_stream_init(struct seal_stream *s, const struct seal_key *k, const struct seal_place *p,
                                 struct enn_error *err);
void seal_key_wipe(struct seal_key *k);
void seal_stream_wipe(struct seal_stream *s);

/* A seal_bits_fn; user is a struct seal_stream. */
int seal_stream_bits(const void *user, int32_t i, int32_t j, uint8_t bits[SEAL_BYTES]);

/* HKDF-SHA-256 (RFC 5869) of 32 bytes with the salt "enn-seal-1".  1 or 0. */
int seal_hkdf(const uint8_t key[SEAL_KEY_BYTES], const uint8_t *info, size_t n, uint8_t out[SEAL_KEY_BYTES]);
#endif
