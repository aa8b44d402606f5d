/*
 * Reading a manifest (docs/manifest.md, section 5).
 *
 * The order is the point of this file: bytes, tree and signature form first, then digest and signature,
 * and only in a document that is known to come from the holder of the key are fields looked at.  Fields
 * stand in one fixed order, so that a reader that steps from element to element finds everything unknown,
 * missing or doubled by itself.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/tree.h>

#include "mark/payload.h"
#include "trust/hex.h"
#include "trust/manifest.h"
#include "trust/numbers.h"
#include "trust/strictxml.h"
#include "trust/xmlfields.h"
#include "trust/xmlsig.h"

enum enn_status manifest_set_pages(struct manifest *m, uint32_t n, struct enn_error *err)
{
    memset(m, 0, sizeof *m);
    if (n < 1 || n > MANIFEST_MAX_PAGES)
        return enn_fail(err, ENN_LIMIT, "%u pages: a manifest takes 1 to %d", n, MANIFEST_MAX_PAGES);
    m->pages = calloc(n, sizeof *m->pages);
    if (!m->pages) return enn_fail(err, ENN_NOMEM, "out of memory");
    m->n_pages = n;
    return ENN_OK;
}

enum enn_status manifest_set_plates(struct manifest *m, uint32_t n, struct enn_error *err)
{
    if (n < 1 || n > ENN_MAX_INKS)
        return enn_fail(err, ENN_LIMIT, "%u plates: a manifest takes 1 to %d", n, ENN_MAX_INKS);
    free(m->plates);
    m->plates = calloc(n, sizeof *m->plates);
    if (!m->plates) return enn_fail(err, ENN_NOMEM, "out of memory");
    m->n_plates = n;
    return ENN_OK;
}

void manifest_clear(struct manifest *m)
{
    free(m->plates);
    free(m->pages);
    memset(m, 0, sizeof *m);
}

static void read_statement(struct cursor *c, struct lot_statement *s)
{
    struct cursor in = field_enter(c, "statement");
    field_text(&in, "issuer", s->issuer, sizeof s->issuer);
    field_text(&in, "gtin", s->gtin, sizeof s->gtin);
    field_text(&in, "lot", s->lot, sizeof s->lot);
    if (field_is(&in, "expiry")) field_text(&in, "expiry", s->expiry, sizeof s->expiry);
    if (field_is(&in, "serial")) field_text(&in, "serial", s->serial, sizeof s->serial);
    field_text(&in, "nonce", s->nonce, sizeof s->nonce);
    if (in.status == ENN_OK) in.status = lot_check(s, in.err);
    field_leave(c, &in, "statement");
}

static void read_file(struct cursor *c, const char *element, struct manifest_file *f)
{
    struct cursor in = field_enter(c, element);
    field_text(&in, "file", f->name, sizeof f->name);
    if (strchr(f->name, '/')) field_fail(&in, "file", "is not a base name");
    f->bytes = field_integer(&in, "bytes", 1, UINT64_C(1) << 53);
    field_hex(&in, "sha256", f->sha256, sizeof f->sha256);
    field_text(&in, "format", f->format, sizeof f->format);
    field_text(&in, "compression", f->compression, sizeof f->compression);
    field_leave(c, &in, element);
}

/* Optional: what an artwork of several files consists of. */
static void read_plates(struct cursor *c, struct manifest *m)
{
    while (field_is(c, "plate")) {
        if (m->n_plates == ENN_MAX_INKS) {
            field_fail(c, "plate", "is there too often");
            return;
        }
        if (!m->plates) m->plates = calloc(ENN_MAX_INKS, sizeof *m->plates);
        if (!m->plates) {
            c->status = enn_fail(c->err, ENN_NOMEM, "out of memory");
            return;
        }
        struct cursor in = field_enter(c, "plate");
        read_file(&in, "source", &m->plates[m->n_plates].source);
        read_file(&in, "signed", &m->plates[m->n_plates].output);
        field_leave(c, &in, "plate");
        m->n_plates++;
    }
}

static void read_ink(struct cursor *c, struct manifest_ink *ink)
{
    struct cursor in = field_enter(c, "ink");
    field_text(&in, "name", ink->name, sizeof ink->name);
    field_hex(&in, "source-sha256", ink->source_sha256, sizeof ink->source_sha256);
    field_hex(&in, "signed-sha256", ink->signed_sha256, sizeof ink->signed_sha256);
    field_leave(c, &in, "ink");
}

static void read_page(struct cursor *c, struct manifest_page *p)
{
    static const char *const bits[] = {"1", "8", "16"};
    static const int bits_of[] = {1, 8, 16};
    struct cursor in = field_enter(c, "page");
    p->width = (uint32_t)field_integer(&in, "width", 1, UINT32_MAX);
    p->height = (uint32_t)field_integer(&in, "height", 1, UINT32_MAX);
    p->width_mm = field_decimal(&in, "width-mm", 1e-6, 1e6);
    p->height_mm = field_decimal(&in, "height-mm", 1e-6, 1e6);
    p->dpi_x = field_decimal(&in, "dpi-x", 1e-6, 1e6);
    p->dpi_y = field_decimal(&in, "dpi-y", 1e-6, 1e6);
    p->bits = bits_of[field_word(&in, "bits", bits, 3)];
    field_text(&in, "colour", p->colour, sizeof p->colour);
    field_text(&in, "profile", p->profile, sizeof p->profile);
    do {
        if (p->n_inks == ENN_MAX_INKS) {
            field_fail(&in, "ink", "is there too often");
            break;
        }
        read_ink(&in, &p->inks[p->n_inks++]);
    } while (field_is(&in, "ink"));
    field_leave(c, &in, "page");
}

static void read_pages(struct cursor *c, struct manifest *m)
{
    uint32_t n = 0;
    (void)field_is(c, "page");
    for (xmlNodePtr e = c->next; e && strictxml_is(e, "page", MANIFEST_NS); e = strictxml_element(e->next))
        n++;
    if (n < 1 || n > MANIFEST_MAX_PAGES) {
        field_fail(c, "page", "is there not at all or too often");
        return;
    }
    m->pages = calloc(n, sizeof *m->pages);
    if (!m->pages) {
        c->status = enn_fail(c->err, ENN_NOMEM, "out of memory");
        return;
    }
    m->n_pages = n;
    for (uint32_t i = 0; i < n; i++) read_page(c, &m->pages[i]);
}

static void read_quality(struct cursor *c, struct enn_capacity *q)
{
    struct cursor in = field_enter(c, "quality");
    q->window25_20 = field_decimal(&in, "window25-20", 0, 1e6);
    q->window25_10 = field_decimal(&in, "window25-10", 0, 1e6);
    q->panel_20 = field_decimal(&in, "panel-20", 0, 1e6);
    q->panel_10 = field_decimal(&in, "panel-10", 0, 1e6);
    field_leave(c, &in, "quality");
}

/* Optional: absent where the artwork is not sealed. */
static void read_seal(struct cursor *c, struct manifest_seal *s)
{
    struct cursor in = field_enter(c, "seal");
    s->version = (int)field_integer(&in, "version", 1, 1);
    s->step = (uint32_t)field_integer(&in, "step", 0, 65535);
    s->pages = (uint32_t)field_integer(&in, "pages", 1, 1000000);
    field_leave(c, &in, "seal");
}

static void read_mark(struct cursor *c, struct manifest_mark *k)
{
    static const char *const white[] = {"auto", "never", "always"};
    static const enum enn_white white_of[] = {ENN_WHITE_AUTO, ENN_WHITE_NEVER, ENN_WHITE_ALWAYS};
    static const char *const yes_no[] = {"no", "yes"};
    static const char *const carriers[] = {"yellow-blue", "luminance"};
    struct cursor in = field_enter(c, "mark");
    k->format = (int)field_integer(&in, "format", 1, 15);
    k->origin_x_mm = field_decimal(&in, "origin-x-mm", -1e6, 1e6);
    k->origin_y_mm = field_decimal(&in, "origin-y-mm", -1e6, 1e6);
    k->luminance = field_word(&in, "carrier", carriers, 2);
    k->strength = field_decimal(&in, "strength", 0.1, 4);
    k->white = white_of[field_word(&in, "white", white, 3)];
    k->white_used = field_word(&in, "white-used", yes_no, 2);
    field_hex(&in, "message", k->message, sizeof k->message);
    field_hex(&in, "anchor", k->anchor, sizeof k->anchor);
    k->area_cm2 = field_decimal(&in, "area-cm2", 0, 1e9);
    k->mean_tint = field_decimal(&in, "mean-tint", 0, 100);
    read_quality(&in, &k->quality);
    if (field_is(&in, "seal")) read_seal(&in, &k->seal);
    field_leave(c, &in, "mark");
}

/* The instructions are for people: any clean lines will do, what binds is the ruling. */
static void read_printing(struct cursor *c, struct manifest *m)
{
    char line[256];
    int lines = 0;
    struct cursor in = field_enter(c, "printing");
    field_text(&in, "screen", m->screen, sizeof m->screen);
    while (field_is(&in, "instruction") && lines++ < 16) field_text(&in, "instruction", line, sizeof line);
    field_leave(c, &in, "printing");
}

/* Without a rectangle it is the first page, from the corner of the artwork on. */
static void read_thumbnail(struct cursor *c, const struct manifest_page *page, struct manifest_thumbnail *t)
{
    struct cursor in = field_enter(c, "thumbnail");
    t->x_mm = t->y_mm = 0;
    t->width_mm = page ? page->width_mm : 1;
    t->height_mm = page ? page->height_mm : 1;
    if (field_is(&in, "x-mm")) {
        t->x_mm = field_decimal(&in, "x-mm", -1e6, 1e6);
        t->y_mm = field_decimal(&in, "y-mm", -1e6, 1e6);
        t->width_mm = field_decimal(&in, "width-mm", 1e-6, 1e6);
        t->height_mm = field_decimal(&in, "height-mm", 1e-6, 1e6);
    }
    t->width = (uint32_t)field_integer(&in, "width", 1, MANIFEST_THUMBNAIL_MAX);
    t->height = (uint32_t)field_integer(&in, "height", 1, MANIFEST_THUMBNAIL_MAX);
    const char *text = field_take(&in, "grey");
    size_t n = (size_t)t->width * t->height; /* <= 256 * 256 = sizeof t->grey */
    if (base64_decode(text, strlen(text), t->grey, n) != (long)n)
        field_fail(&in, "grey", "is not width x height samples");
    field_leave(c, &in, "thumbnail");
}

static enum enn_status read_fields(const struct xmlsig *s, const char *name, struct manifest *m,
                                   struct enn_error *err)
{
    struct cursor c = {s->fields, name, ENN_OK, err};
    if (!time_parse(field_take(&c, "created"), &m->created)) field_fail(&c, "created", "is no UTC time");
    read_statement(&c, &m->lot);
    field_text(&c, "lot-id", m->lot_id, sizeof m->lot_id);
    m->unit = field_integer(&c, "unit", 0, (UINT64_C(1) << 40) - 1);
    field_hex(&c, "certificate", m->certificate, sizeof m->certificate);
    read_file(&c, "source", &m->source);
    read_file(&c, "signed", &m->output);
    read_plates(&c, m);
    read_pages(&c, m);
    if (m->n_plates && c.status == ENN_OK && (m->n_pages != 1 || m->pages[0].n_inks != m->n_plates))
        field_fail(&c, "plate", "is not one for each ink of one page");
    read_mark(&c, &m->mark);
    read_printing(&c, m);
    read_thumbnail(&c, m->pages, &m->thumbnail);
    if (c.status == ENN_OK && strictxml_element(c.next) != s->signature)
        field_fail(&c, "manifest", "holds something unknown");
    return c.status;
}

/* The message in the ink must be one, and name the same lot and unit. */
static int message_agrees(const struct manifest *m, const uint8_t id[LOT_ID_BYTES])
{
    struct payload p;
    return payload_unpack(m->mark.message, &p) && memcmp(p.lot_id, id, LOT_ID_BYTES) == 0 &&
           p.unit == m->unit;
}

/* What ties the fields to each other and to the certificates. */
static enum enn_status check_bonds(const struct xmlsig *s, const char *name, const struct manifest *m,
                                   struct enn_error *err)
{
    uint8_t id[LOT_ID_BYTES];
    char id_hex[21];
    enum enn_status st = lot_id(&m->lot, id, id_hex, err);
    if (st != ENN_OK) return st;
    if (strcmp(id_hex, m->lot_id) != 0)
        return enn_fail(err, ENN_FORMAT, "%s: the lot id is not that of the lot statement", name);
    if (!message_agrees(m, id))
        return enn_fail(err, ENN_FORMAT, "%s: the mark's message does not name the lot id and the unit",
                        name);
    if (strcmp(m->lot.issuer, cert_chain_name(s->chain)) != 0)
        return enn_fail(err, ENN_FORMAT, "%s: the issuer is not the one named in the signer's certificate",
                        name);
    if (memcmp(m->certificate, cert_chain_signer_sha256(s->chain), 32) != 0)
        return enn_fail(err, ENN_FORMAT, "%s: the signer's certificate is not the one that was signed", name);
    if (memcmp(m->mark.anchor, cert_chain_anchor(s->chain), 32) != 0)
        return enn_fail(err, ENN_FORMAT, "%s: the mark's anchor is not the last certificate", name);
    return ENN_OK;
}

static enum enn_status read_signed(const struct xmlsig *s, const char *name, struct manifest *out,
                                   enum enn_reason *reason, struct enn_error *err)
{
    if (!xmlsig_verify(s)) {
        *reason = ENN_REASON_BAD_SIGNATURE;
        return enn_fail(err, ENN_FORMAT, "%s: the signature does not verify", name);
    }
    enum enn_status st = read_fields(s, name, out, err);
    return st == ENN_OK ? check_bonds(s, name, out, err) : st;
}

enum enn_status manifest_read(const uint8_t *bytes, size_t n, const char *name, struct manifest *out,
                              struct cert_chain **chain, enum enn_reason *reason, struct enn_error *err)
{
    struct xmlsig s;
    memset(out, 0, sizeof *out);
    *chain = NULL;
    *reason = ENN_REASON_MANIFEST_FORMAT;
    enum enn_status st = xmlsig_open(bytes, n, name, &s, err);
    if (st == ENN_OK) {
        st = read_signed(&s, name, out, reason, err);
        if (st == ENN_OK) {
            *chain = s.chain;
            s.chain = NULL;
        }
        xmlsig_close(&s);
    }
    if (st != ENN_OK) manifest_clear(out);
    if (st == ENN_OK || st == ENN_NOMEM || st == ENN_INTERNAL) return st;
    /* everything else is an answer about the document; the text is in err already */
    if (err) err->status = ENN_NOT_GENUINE;
    return ENN_NOT_GENUINE;
}

enum enn_status manifest_read_file(const char *file, struct manifest *out, struct cert_chain **chain,
                                   enum enn_reason *reason, struct enn_error *err)
{
    memset(out, 0, sizeof *out);
    *chain = NULL;
    *reason = ENN_REASON_IO_FAILED;
    FILE *f = fopen(file, "rbe");
    if (!f) return enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    uint8_t *bytes = malloc(MANIFEST_MAX_BYTES + 1); /* one more: manifest_read sees that it is too large */
    size_t n = bytes ? fread(bytes, 1, MANIFEST_MAX_BYTES + 1, f) : 0;
    enum enn_status st;
    if (!bytes)
        st = enn_fail(err, ENN_NOMEM, "%s: out of memory", file);
    else if (ferror(f))
        st = enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    else
        st = manifest_read(bytes, n, file, out, chain, reason, err);
    fclose(f);
    free(bytes);
    return st;
}
