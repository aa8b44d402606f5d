/*
 * The lot statement: the facts that an issuer signs about one lot, and the lot id that the mark carries.
 * docs/manifest.md section 2 is the normative text for the canonical bytes and the id.
 */
#ifndef TRUST_LOT_H
#define TRUST_LOT_H
#include "status.h"

#define LOT_ID_BYTES 10

struct lot_statement {
    char issuer[128]; /* common name of the signer's certificate: UTF-8 */
    char gtin[15];    /* 14 digits, the shorter GTINs padded with leading zeros */
    char lot[21];     /* AI (10): 1..20 characters of GS1 set 82 */
    char expiry[7];   /* AI (17): YYMMDD, or empty */
    char serial[21];  /* AI (21): 1..20 characters of GS1 set 82, or empty */
    char nonce[33];   /* 32 lower-case hex digits */
};

/* What the command line gives; NULL means not given. */
struct lot_facts {
    const char *issuer;                      /* required: cert_chain_name() of the signer's chain */
    const char *gtin, *lot, *expiry, *serial; /* gtin and lot required, unless gs1 is given */
    const char *gs1;       /* "(01)...(10)...(17)...(21)...", instead of the four; "\(" is a plain "(" */
    const char *nonce_hex; /* 32 hex digits; NULL: from the operating system's random numbers */
};

/* lotmake.c: builds and validates a statement (signing side: GS1 rules checked with libzint).  ENN_USAGE
 * names the option or the AI and the reason. */
enum enn_status lot_make(const struct lot_facts *facts, struct lot_statement *out, struct enn_error *err);

/* Checks the form only (lengths, digits, character sets, UTF-8 without control characters): what a reader
 * of a manifest needs.  ENN_FORMAT names the field. */
enum enn_status lot_check(const struct lot_statement *s, struct enn_error *err);

/* First 80 bits of the SHA-256 of the canonical statement.  id_hex (may be NULL) gets 20 lower-case
 * digits. */
enum enn_status lot_id(const struct lot_statement *s, uint8_t id[LOT_ID_BYTES], char id_hex[21],
                       struct enn_error *err);

/* Canonical bytes (at most 512 with the terminating 0, which is not hashed); returns their number. */
#define LOT_CANONICAL_MAX 512
size_t lot_canonical(const struct lot_statement *s, char out[LOT_CANONICAL_MAX]);

/* gs1.c: the GS1 rules.  Checks the element string with libzint's lints; ENN_USAGE names the AI and the
 * reason. */
enum enn_status gs1_check(const struct lot_statement *s, struct enn_error *err);

/* Splits "(01)...(10)..." into the fields gtin (as given, up to 14 digits), lot, expiry, serial of *s.
 * ENN_USAGE. */
enum enn_status gs1_split(const char *text, struct lot_statement *s, struct enn_error *err);

/* text.c: 1 when s is well-formed UTF-8 of 1..max bytes, without control or non-characters and without
 * white space at either end. */
int text_ok(const char *s, size_t max);

/* Copies src into dst[room] so that text_ok holds: what is not allowed becomes '?', too long a text is cut
 * between characters, an empty one becomes "-". */
void text_clean(const char *src, char *dst, size_t room);
#endif
