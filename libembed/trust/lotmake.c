/*
 * Making a lot statement from what the command line gives: the signing side, where the GS1 rules are asked
 * (gs1.c) and the nonce is drawn.  Reading one is lot.c.
 */
#include <string.h>

#include <openssl/rand.h>

#include "trust/hex.h"
#include "trust/lot.h"

static int all_digits(const char *s)
{
    return *s && strspn(s, "0123456789") == strlen(s);
}

static enum enn_status copy_field(const char *value, const char *what, char *out, size_t room,
                                  struct enn_error *err)
{
    out[0] = 0;
    if (!value) return ENN_OK;
    if (!*value) return enn_fail(err, ENN_USAGE, "%s is empty", what);
    if (strlen(value) >= room)
        return enn_fail(err, ENN_USAGE, "%s is longer than %zu characters", what, room - 1);
    strcpy(out, value); /* its length was just checked */
    return ENN_OK;
}

/* GTIN-8, -12 and -13 become a GTIN-14 with leading zeros, which keep the check digit. */
static enum enn_status pad_gtin(struct lot_statement *s, struct enn_error *err)
{
    size_t n = strlen(s->gtin);
    if (!all_digits(s->gtin) || (n != 8 && n != 12 && n != 13 && n != 14))
        return enn_fail(err, ENN_USAGE, "GTIN \"%s\": 8, 12, 13 or 14 digits expected", s->gtin);
    memmove(s->gtin + 14 - n, s->gtin, n + 1);
    memset(s->gtin, '0', 14 - n);
    return ENN_OK;
}

static enum enn_status copy_facts(const struct lot_facts *f, struct lot_statement *s, struct enn_error *err)
{
    enum enn_status st;
    if (f->gs1) {
        if (f->gtin || f->lot || f->expiry || f->serial)
            return enn_fail(err, ENN_USAGE, "GS1 facts are given twice: as one string and one by one");
        if ((st = gs1_split(f->gs1, s, err)) != ENN_OK) return st;
    } else {
        if ((st = copy_field(f->gtin, "GTIN", s->gtin, sizeof s->gtin, err)) != ENN_OK) return st;
        if ((st = copy_field(f->lot, "lot", s->lot, sizeof s->lot, err)) != ENN_OK) return st;
        if ((st = copy_field(f->expiry, "expiry", s->expiry, sizeof s->expiry, err)) != ENN_OK) return st;
        if ((st = copy_field(f->serial, "serial", s->serial, sizeof s->serial, err)) != ENN_OK) return st;
    }
    if (!*s->gtin) return enn_fail(err, ENN_USAGE, "a lot statement needs a GTIN, AI (01)");
    if (!*s->lot) return enn_fail(err, ENN_USAGE, "a lot statement needs a lot number, AI (10)");
    if (*s->expiry && (!all_digits(s->expiry) || strlen(s->expiry) != 6))
        return enn_fail(err, ENN_USAGE, "expiry \"%s\": six digits YYMMDD expected", s->expiry);
    if ((st = pad_gtin(s, err)) != ENN_OK) return st;
    return gs1_check(s, err);
}

static enum enn_status set_nonce(const char *nonce_hex, struct lot_statement *s, struct enn_error *err)
{
    uint8_t nonce[16];
    if (nonce_hex) {
        if (!hex_decode(nonce_hex, 0, nonce, sizeof nonce))
            return enn_fail(err, ENN_USAGE, "nonce: 32 hexadecimal digits expected");
    } else if (RAND_bytes(nonce, sizeof nonce) != 1) {
        return enn_fail(err, ENN_IO, "no random numbers from the operating system");
    }
    hex_encode(nonce, sizeof nonce, s->nonce);
    return ENN_OK;
}

enum enn_status lot_make(const struct lot_facts *facts, struct lot_statement *out, struct enn_error *err)
{
    memset(out, 0, sizeof *out);
    if (!facts->issuer || !text_ok(facts->issuer, sizeof out->issuer - 1))
        return enn_fail(err, ENN_USAGE, "issuer: 1 to %zu bytes of UTF-8 without control characters expected",
                        sizeof out->issuer - 1);
    strcpy(out->issuer, facts->issuer); /* text_ok checked its length */
    enum enn_status st = copy_facts(facts, out, err);
    if (st == ENN_OK) st = set_nonce(facts->nonce_hex, out, err);
    return st == ENN_OK ? lot_check(out, err) : st;
}
