/* Reading an enrolment (enrolment.h): signature first, then the fields in their one order, as manifest.c does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/tree.h>

#include "trust/enrolment.h"
#include "trust/hex.h"
#include "trust/manifest.h"
#include "trust/numbers.h"
#include "trust/strictxml.h"
#include "trust/xmlfields.h"
#include "trust/xmlsig.h"

static void read_kind(struct cursor *c, const char *name, struct enrolled *k)
{
    if (!field_is(c, name)) return;
    struct cursor in = field_enter(c, name);
    k->captures = (uint32_t)field_integer(&in, "captures", 2, 1000);
    k->px_per_mm = field_decimal(&in, "px-per-mm", 1, 1000);
    k->norm = field_decimal(&in, "norm", 0, 1);
    k->screen = field_decimal(&in, "screen", 0, 100);
    k->lpi[0] = field_decimal(&in, "ruling-min", 0, 1000);
    k->lpi[1] = field_decimal(&in, "ruling-max", 0, 1000);
    for (int b = 0; b < ENROLMENT_BANDS; b++) {
        struct cursor band = field_enter(&in, "band");
        k->gain[b] = field_decimal(&band, "gain", -100, 100);
        k->deviation[b] = field_decimal(&band, "deviation", 0, 100);
        k->spread[b] = field_decimal(&band, "spread", 0, 100);
        field_leave(&in, &band, "band");
    }
    field_leave(c, &in, name);
}

static enum enn_status read_fields(const struct xmlsig *s, const char *name, struct enrolment *e,
                                   struct enn_error *err)
{
    uint8_t id[10];
    struct cursor c = {s->fields, name, ENN_OK, err};
    struct cursor in = field_enter(&c, "enrolment");
    field_integer(&in, "version", 1, 1);
    if (!time_parse(field_take(&in, "created"), &e->created)) field_fail(&in, "created", "is no UTC time");
    field_hex(&in, "lot-id", id, sizeof id);
    field_hex(&in, "artwork", e->artwork, sizeof e->artwork);
    read_kind(&in, "scan", &e->kind[0]);
    read_kind(&in, "photo", &e->kind[1]);
    field_leave(&c, &in, "enrolment");
    hex_encode(id, sizeof id, e->lot_id);
    if (c.status == ENN_OK && strictxml_element(c.next) != s->signature)
        field_fail(&c, "manifest", "holds something unknown");
    return c.status;
}

enum enn_status enrolment_read(const uint8_t *bytes, size_t n, const char *name, struct enrolment *out,
                               struct cert_chain **chain, struct enn_error *err)
{
    struct xmlsig s;
    memset(out, 0, sizeof *out);
    *chain = NULL;
    enum enn_status st = xmlsig_open(bytes, n, name, &s, err);
    if (st) return st;
    if (!xmlsig_verify(&s))
        st = enn_fail(err, ENN_FORMAT, "%s: the signature does not verify", name);
    else
        st = read_fields(&s, name, out, err);
    if (!st) {
        *chain = s.chain;
        s.chain = NULL;
    }
    xmlsig_close(&s);
    return st;
}

enum enn_status enrolment_read_file(const char *file, struct enrolment *out, struct cert_chain **chain,
                                    struct enn_error *err)
{
    memset(out, 0, sizeof *out);
    *chain = NULL;
    FILE *f = fopen(file, "rbe");
    if (!f) return enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    uint8_t *bytes = malloc(MANIFEST_MAX_BYTES + 1); /* one more: the parser sees that it is too large */
    size_t n = bytes ? fread(bytes, 1, MANIFEST_MAX_BYTES + 1, f) : 0;
    enum enn_status st = !bytes      ? enn_fail(err, ENN_NOMEM, "out of memory")
                         : ferror(f) ? enn_fail(err, ENN_IO, "%s: cannot be read", file)
                                     : enrolment_read(bytes, n, file, out, chain, err);
    fclose(f);
    free(bytes);
    return st;
}
