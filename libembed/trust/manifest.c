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

/* Walks over the elements of one container; the first failure sticks, so calls can follow each other
 * unchecked. */
struct cursor {
    xmlNodePtr next;
    const char *name; /* of the file */
    enum enn_status status;
    struct enn_error *err;
};

static void fail(struct cursor *c, const char *element, const char *why)
{
    if (c->status != ENN_OK) return;
    c->status = enn_fail(c->err, ENN_FORMAT, "%s: <%s> %s", c->name, element, why);
}

static int at(struct cursor *c, const char *element)
{
    c->next = strictxml_element(c->next);
    return c->status == ENN_OK && strictxml_is(c->next, element, MANIFEST_NS);
}

/* The text of the next element, which must be this one; "" after a failure. */
static const char *take(struct cursor *c, const char *element)
{
    if (!at(c, element)) {
        fail(c, element, "is expected and not there");
        return "";
    }
    const char *text = strictxml_text(c->next);
    c->next = c->next->next;
    if (text) return text;
    fail(c, element, "holds elements");
    return "";
}

static struct cursor enter(struct cursor *c, const char *element)
{
    struct cursor inner = {NULL, c->name, c->status, c->err};
    if (!at(c, element)) {
        fail(c, element, "is expected and not there");
        inner.status = c->status;
        return inner;
    }
    inner.next = c->next->children;
    c->next = c->next->next;
    return inner;
}

static void leave(struct cursor *c, struct cursor *inner, const char *element)
{
    if (inner->status == ENN_OK && strictxml_element(inner->next))
        fail(inner, element, "holds something unknown");
    if (c->status == ENN_OK) c->status = inner->status;
}

static void take_text(struct cursor *c, const char *element, char *out, size_t room)
{
    const char *text = take(c, element);
    if (c->status != ENN_OK) return;
    if (!text_ok(text, room - 1)) {
        fail(c, element, "is no clean text of the length it may have");
        return;
    }
    strcpy(out, text); /* text_ok checked its length */
}

static void take_hex(struct cursor *c, const char *element, uint8_t *out, size_t n)
{
    if (!hex_decode(take(c, element), 1, out, n))
        fail(c, element, "is not lower-case hexadecimal of the right length");
}

static uint64_t take_integer(struct cursor *c, const char *element, uint64_t low, uint64_t high)
{
    uint64_t v = low;
    if (!integer_parse(take(c, element), low, high, &v)) fail(c, element, "is no integer in its range");
    return v;
}

static double take_decimal(struct cursor *c, const char *element, double low, double high)
{
    double v = low;
    if (!decimal_parse(take(c, element), low, high, &v))
        fail(c, element, "is no decimal number in its range");
    return v;
}

/* One of the words; returns its index. */
static int take_word(struct cursor *c, const char *element, const char *const *words, int n)
{
    const char *text = take(c, element);
    for (int i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0) return i;
    fail(c, element, "is not one of its words");
    return 0;
}

static void read_statement(struct cursor *c, struct lot_statement *s)
{
    struct cursor in = enter(c, "statement");
    take_text(&in, "issuer", s->issuer, sizeof s->issuer);
    take_text(&in, "gtin", s->gtin, sizeof s->gtin);
    take_text(&in, "lot", s->lot, sizeof s->lot);
    if (at(&in, "expiry")) take_text(&in, "expiry", s->expiry, sizeof s->expiry);
    if (at(&in, "serial")) take_text(&in, "serial", s->serial, sizeof s->serial);
    take_text(&in, "nonce", s->nonce, sizeof s->nonce);
    if (in.status == ENN_OK) in.status = lot_check(s, in.err);
    leave(c, &in, "statement");
}

static void read_file(struct cursor *c, const char *element, struct manifest_file *f)
{
    struct cursor in = enter(c, element);
    take_text(&in, "file", f->name, sizeof f->name);
    if (strchr(f->name, '/')) fail(&in, "file", "is not a base name");
    f->bytes = take_integer(&in, "bytes", 1, UINT64_C(1) << 53);
    take_hex(&in, "sha256", f->sha256, sizeof f->sha256);
    take_text(&in, "format", f->format, sizeof f->format);
    take_text(&in, "compression", f->compression, sizeof f->compression);
    leave(c, &in, element);
}

/* Optional: what an artwork of several files consists of. */
static void read_plates(struct cursor *c, struct manifest *m)
{
    while (at(c, "plate")) {
        if (m->n_plates == ENN_MAX_INKS) {
            fail(c, "plate", "is there too often");
            return;
        }
        if (!m->plates) m->plates = calloc(ENN_MAX_INKS, sizeof *m->plates);
        if (!m->plates) {
            c->status = enn_fail(c->err, ENN_NOMEM, "out of memory");
            return;
        }
        struct cursor in = enter(c, "plate");
        read_file(&in, "source", &m->plates[m->n_plates].source);
        read_file(&in, "signed", &m->plates[m->n_plates].output);
        leave(c, &in, "plate");
        m->n_plates++;
    }
}

static void read_ink(struct cursor *c, struct manifest_ink *ink)
{
    struct cursor in = enter(c, "ink");
    take_text(&in, "name", ink->name, sizeof ink->name);
    take_hex(&in, "source-sha256", ink->source_sha256, sizeof ink->source_sha256);
    take_hex(&in, "signed-sha256", ink->signed_sha256, sizeof ink->signed_sha256);
    leave(c, &in, "ink");
}

static void read_page(struct cursor *c, struct manifest_page *p)
{
    static const char *const bits[] = {"1", "8", "16"};
    static const int bits_of[] = {1, 8, 16};
    struct cursor in = enter(c, "page");
    p->width = (uint32_t)take_integer(&in, "width", 1, UINT32_MAX);
    p->height = (uint32_t)take_integer(&in, "height", 1, UINT32_MAX);
    p->width_mm = take_decimal(&in, "width-mm", 1e-6, 1e6);
    p->height_mm = take_decimal(&in, "height-mm", 1e-6, 1e6);
    p->dpi_x = take_decimal(&in, "dpi-x", 1e-6, 1e6);
    p->dpi_y = take_decimal(&in, "dpi-y", 1e-6, 1e6);
    p->bits = bits_of[take_word(&in, "bits", bits, 3)];
    take_text(&in, "colour", p->colour, sizeof p->colour);
    take_text(&in, "profile", p->profile, sizeof p->profile);
    do {
        if (p->n_inks == ENN_MAX_INKS) {
            fail(&in, "ink", "is there too often");
            break;
        }
        read_ink(&in, &p->inks[p->n_inks++]);
    } while (at(&in, "ink"));
    leave(c, &in, "page");
}

static void read_pages(struct cursor *c, struct manifest *m)
{
    uint32_t n = 0;
    (void)at(c, "page");
    for (xmlNodePtr e = c->next; e && strictxml_is(e, "page", MANIFEST_NS); e = strictxml_element(e->next))
        n++;
    if (n < 1 || n > MANIFEST_MAX_PAGES) {
        fail(c, "page", "is there not at all or too often");
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
    struct cursor in = enter(c, "quality");
    q->window25_20 = take_decimal(&in, "window25-20", 0, 1e6);
    q->window25_10 = take_decimal(&in, "window25-10", 0, 1e6);
    q->panel_20 = take_decimal(&in, "panel-20", 0, 1e6);
    q->panel_10 = take_decimal(&in, "panel-10", 0, 1e6);
    leave(c, &in, "quality");
}

/* Optional: absent where the artwork is not sealed. */
static void read_seal(struct cursor *c, struct manifest_seal *s)
{
    struct cursor in = enter(c, "seal");
    s->version = (int)take_integer(&in, "version", 1, 1);
    s->step = (uint32_t)take_integer(&in, "step", 0, 65535);
    s->pages = (uint32_t)take_integer(&in, "pages", 1, 1000000);
    leave(c, &in, "seal");
}

static void read_mark(struct cursor *c, struct manifest_mark *k)
{
    static const char *const white[] = {"auto", "never", "always"};
    static const enum enn_white white_of[] = {ENN_WHITE_AUTO, ENN_WHITE_NEVER, ENN_WHITE_ALWAYS};
    static const char *const yes_no[] = {"no", "yes"};
    static const char *const carriers[] = {"yellow-blue", "luminance"};
    struct cursor in = enter(c, "mark");
    k->format = (int)take_integer(&in, "format", 1, 15);
    k->origin_x_mm = take_decimal(&in, "origin-x-mm", -1e6, 1e6);
    k->origin_y_mm = take_decimal(&in, "origin-y-mm", -1e6, 1e6);
    k->luminance = take_word(&in, "carrier", carriers, 2);
    k->strength = take_decimal(&in, "strength", 0.1, 4);
    k->white = white_of[take_word(&in, "white", white, 3)];
    k->white_used = take_word(&in, "white-used", yes_no, 2);
    take_hex(&in, "message", k->message, sizeof k->message);
    take_hex(&in, "anchor", k->anchor, sizeof k->anchor);
    k->area_cm2 = take_decimal(&in, "area-cm2", 0, 1e9);
    k->mean_tint = take_decimal(&in, "mean-tint", 0, 100);
    read_quality(&in, &k->quality);
    if (at(&in, "seal")) read_seal(&in, &k->seal);
    leave(c, &in, "mark");
}

/* The instructions are for people: any clean lines will do, what binds is the ruling. */
static void read_printing(struct cursor *c, struct manifest *m)
{
    char line[256];
    int lines = 0;
    struct cursor in = enter(c, "printing");
    take_text(&in, "screen", m->screen, sizeof m->screen);
    while (at(&in, "instruction") && lines++ < 16) take_text(&in, "instruction", line, sizeof line);
    leave(c, &in, "printing");
}

/* Without a rectangle it is the first page, from the corner of the artwork on. */
static void read_thumbnail(struct cursor *c, const struct manifest_page *page, struct manifest_thumbnail *t)
{
    struct cursor in = enter(c, "thumbnail");
    t->x_mm = t->y_mm = 0;
    t->width_mm = page ? page->width_mm : 1;
    t->height_mm = page ? page->height_mm : 1;
    if (at(&in, "x-mm")) {
        t->x_mm = take_decimal(&in, "x-mm", -1e6, 1e6);
        t->y_mm = take_decimal(&in, "y-mm", -1e6, 1e6);
        t->width_mm = take_decimal(&in, "width-mm", 1e-6, 1e6);
        t->height_mm = take_decimal(&in, "height-mm", 1e-6, 1e6);
    }
    t->width = (uint32_t)take_integer(&in, "width", 1, MANIFEST_THUMBNAIL_MAX);
    t->height = (uint32_t)take_integer(&in, "height", 1, MANIFEST_THUMBNAIL_MAX);
    const char *text = take(&in, "grey");
    size_t n = (size_t)t->width * t->height; /* <= 256 * 256 = sizeof t->grey */
    if (base64_decode(text, strlen(text), t->grey, n) != (long)n)
        fail(&in, "grey", "is not width x height samples");
    leave(c, &in, "thumbnail");
}

static enum enn_status read_fields(const struct xmlsig *s, const char *name, struct manifest *m,
                                   struct enn_error *err)
{
    struct cursor c = {s->fields, name, ENN_OK, err};
    if (!time_parse(take(&c, "created"), &m->created)) fail(&c, "created", "is no UTC time");
    read_statement(&c, &m->lot);
    take_text(&c, "lot-id", m->lot_id, sizeof m->lot_id);
    m->unit = take_integer(&c, "unit", 0, (UINT64_C(1) << 40) - 1);
    take_hex(&c, "certificate", m->certificate, sizeof m->certificate);
    read_file(&c, "source", &m->source);
    read_file(&c, "signed", &m->output);
    read_plates(&c, m);
    read_pages(&c, m);
    if (m->n_plates && c.status == ENN_OK && (m->n_pages != 1 || m->pages[0].n_inks != m->n_plates))
        fail(&c, "plate", "is not one for each ink of one page");
    read_mark(&c, &m->mark);
    read_printing(&c, m);
    read_thumbnail(&c, m->pages, &m->thumbnail);
    if (c.status == ENN_OK && strictxml_element(c.next) != s->signature)
        fail(&c, "manifest", "holds something unknown");
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
