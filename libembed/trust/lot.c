/*
 * The lot statement and its id (docs/manifest.md, section 2).
 *
 * The canonical form is one "name=value" line per field in a fixed order; values hold no control
 * characters, so no two statements share a form.  The id is SHA-256 of it, cut to the 80 bits that the
 * mark has room for: an issuer cannot be attacked below 2^80 work by a second statement with the same id,
 * and the nonce hides the facts from guessing.
 */
#include <stdio.h>
#include <string.h>

#include "trust/hex.h"
#include "trust/lot.h"
#include "trust/samplehash.h"

static int all_digits(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

/* printable ASCII without space: the reader's superset of GS1 character set 82 */
static int all_graphic(const char *s)
{
    for (; *s; s++)
        if (*s <= ' ' || *s > '~') return 0;
    return 1;
}

enum enn_status lot_check(const struct lot_statement *s, struct enn_error *err)
{
    uint8_t nonce[16];
    if (!text_ok(s->issuer, sizeof s->issuer - 1))
        return enn_fail(err, ENN_FORMAT, "lot statement: issuer is no clean text");
    if (strlen(s->gtin) != 14 || !all_digits(s->gtin))
        return enn_fail(err, ENN_FORMAT, "lot statement: GTIN is not 14 digits");
    if (!*s->lot || strlen(s->lot) > 20 || !all_graphic(s->lot))
        return enn_fail(err, ENN_FORMAT, "lot statement: lot is not 1 to 20 printable characters");
    if (*s->expiry && (strlen(s->expiry) != 6 || !all_digits(s->expiry)))
        return enn_fail(err, ENN_FORMAT, "lot statement: expiry is not six digits");
    if (strlen(s->serial) > 20 || !all_graphic(s->serial))
        return enn_fail(err, ENN_FORMAT, "lot statement: serial is not 1 to 20 printable characters");
    if (!hex_decode(s->nonce, 1, nonce, sizeof nonce))
        return enn_fail(err, ENN_FORMAT, "lot statement: nonce is not 32 lower-case hexadecimal digits");
    return ENN_OK;
}

size_t lot_canonical(const struct lot_statement *s, char out[LOT_CANONICAL_MAX])
{
    /* 20 + 6 names and line ends (50) + 127 + 14 + 20 + 6 + 20 + 32 < 512 */
    int n = snprintf(out, LOT_CANONICAL_MAX,
                     "enn lot statement 1\nissuer=%s\ngtin=%s\nlot=%s\nexpiry=%s\nserial=%s\nnonce=%s\n",
                     s->issuer, s->gtin, s->lot, s->expiry, s->serial, s->nonce);
    return n < 0 || n >= LOT_CANONICAL_MAX ? 0 : (size_t)n;
}

enum enn_status lot_id(const struct lot_statement *s, uint8_t id[LOT_ID_BYTES], char id_hex[21],
                       struct enn_error *err)
{
    char canonical[LOT_CANONICAL_MAX];
    uint8_t hash[SHA256_BYTES];
    enum enn_status st = sha256_buffer(canonical, lot_canonical(s, canonical), hash, err);
    if (st != ENN_OK) return st;
    memcpy(id, hash, LOT_ID_BYTES);
    if (id_hex) hex_encode(id, LOT_ID_BYTES, id_hex);
    return ENN_OK;
}
