/* The signing side of the seal's keys (trust/sealkey.h): from the issuer's secret to lot keys, and lot keys given out.
 * Nothing of the verification side includes this header. */
#ifndef TRUST_SEALSECRET_H
#define TRUST_SEALSECRET_H
#include "trust/sealkey.h"

/* Key of one lot from the secret in `file` (trust/keys.h, seal_load()). ENN_IO, ENN_FORMAT, ENN_INTERNAL. */
enum enn_status seal_key_derive(const char *file, const uint8_t lot_id[LOT_ID_BYTES], struct seal_key *out,
                                struct enn_error *err);

/* Writes a lot key to a new file of mode 0600 that must not exist.  to: NULL, or the file of a certificate: then the key
 * file is encrypted to its public key (CMS EnvelopedData, AES-256-CBC, RFC 5652; RFC 5753 for EC keys).  ENN_USAGE:
 * the file exists; ENN_IO; ENN_FORMAT: no certificate, or one of a kind that nothing can be encrypted to. */
enum enn_status seal_key_write(const struct seal_key *k, const char *file, const char *to,
                               struct enn_error *err);
#endif
