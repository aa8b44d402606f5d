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

static void read_edge(struct cursor *c, const struct enrolled_edge *before, struct enrolled_edge *e)
{
    uint8_t b[ENROLMENT_EDGE_BYTES] = {0};
    field_hex(c, "edge", b, sizeof b);
    e->column = (uint16_t)(b[0] << 8 | b[1]);
    e->row = (uint16_t)(b[2] << 8 | b[3]);
    e->direction = b[4];
    e->bands = b[5];
    memcpy(e->level, b + 6, sizeof e->level);
    int rises = !before || e->row > before->row || (e->row == before->row && e->column > before->column);
    if (c->status == ENN_OK && (e->direction > 7 || e->bands > 127 || !rises))
        field_fail(c, "edge", "is out of its range or order");
}

static void read_edges(struct cursor *c, struct enrolled_edges *e)
{
    if (!field_is(c, "edges")) return;
    struct cursor in = field_enter(c, "edges");
    e->page = (uint32_t)field_integer(&in, "page", 1, MANIFEST_MAX_PAGES);
    e->captures = (uint32_t)field_integer(&in, "captures", 2, 1000);
    for (int b = 0; b < ENROLMENT_EDGE_BANDS; b++) e->spread[b] = field_decimal(&in, "spread", 0, 100);
    e->n = (uint32_t)field_integer(&in, "count", 1, ENROLMENT_EDGES);
    for (uint32_t i = 0; in.status == ENN_OK && i < e->n; i++)
        read_edge(&in, i ? &e->at[i - 1] : NULL, &e->at[i]);
    field_leave(c, &in, "edges");
}

static enum enn_status read_fields(const struct xmlsig *s, const char *name, struct enrolment *e,
                                   struct enn_error *err)
{
    uint8_t id[10];
    struct cursor c = {s->fields, name, ENN_OK, err};
    struct cursor in = field_enter(&c, "enrolment");
    uint64_t version = field_integer(&in, "version", 1, 2);
    if (!time_parse(field_take(&in, "created"), &e->created)) field_fail(&in, "created", "is no UTC time");
    field_hex(&in, "lot-id", id, sizeof id);
    field_hex(&in, "artwork", e->artwork, sizeof e->artwork);
    read_kind(&in, "scan", &e->kind[0]);
    read_kind(&in, "photo", &e->kind[1]);
    if (version >= 2) read_edges(&in, &e->edges);
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
