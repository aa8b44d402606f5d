/*
 * Writing and signing a manifest (docs/manifest.md, sections 4 and 5).
 *
 * The document is written once with zeros in place of the two values of the signature.  The very code that
 * verifies (xmlsig_open) computes what belongs there: the digest of the document, then, with the digest in
 * place, that of SignedInfo.  Both have a fixed length and are patched in.  At the end manifest_read must
 * accept the bytes, so no field can be written that a reader would refuse.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/hex.h"
#include "trust/keys.h"
#include "trust/manifest.h"
#include "trust/numbers.h"
#include "trust/strictxml.h"
#include "trust/xmlsig.h"

/* Lines for the people at the press; a reader does not compare them. */
static const char *const instruction[] = {
    "This artwork carries an invisible mark. Print it at 100 % size: do not scale, resample or rotate.",
    "Do not recolour, separate again, change tone curves of single inks, sharpen, blur, denoise or descreen.",
    "Do not compress with loss (JPEG) and do not flatten to another colour space.",
    "Use the screen ruling given above or a finer one.",
    "Check a proof with: ennverify -t ISSUER.crt -m THIS.xml SCAN.tif",
};

/* The first failure sticks; `text` always has room for one more byte. */
struct writer {
    char *text;
    size_t n;
    int depth;
    enum enn_status status;
    struct enn_error *err;
};

static void put(struct writer *w, const char *s, size_t n)
{
    if (w->status != ENN_OK) return;
    if (n > MANIFEST_MAX_BYTES - w->n) {
        w->status = enn_fail(w->err, ENN_LIMIT, "the manifest is over 256 KiB: too many pages and inks");
        return;
    }
    memcpy(w->text + w->n, s, n);
    w->n += n;
    w->text[w->n] = 0;
}

static void put_text(struct writer *w, const char *s)
{
    put(w, s, strlen(s));
}

static void indent(struct writer *w)
{
    for (int i = 0; i < w->depth; i++) put_text(w, "  ");
}

static void open_element(struct writer *w, const char *name)
{
    indent(w);
    put_text(w, "<"), put_text(w, name), put_text(w, ">\n");
    w->depth++;
}

static void close_element(struct writer *w, const char *name)
{
    w->depth--;
    indent(w);
    put_text(w, "</"), put_text(w, name), put_text(w, ">\n");
}

static void element(struct writer *w, const char *name, const char *text)
{
    indent(w);
    put_text(w, "<"), put_text(w, name), put_text(w, ">");
    for (const char *p = text; *p; p++) {
        if (*p == '&')
            put_text(w, "&amp;");
        else if (*p == '<')
            put_text(w, "&lt;");
        else if (*p == '>')
            put_text(w, "&gt;");
        else
            put(w, p, 1);
    }
    put_text(w, "</"), put_text(w, name), put_text(w, ">\n");
}

/* room: of the field that a reader has for it */
static void text_element(struct writer *w, const char *name, const char *text, size_t room)
{
    if (w->status == ENN_OK && !text_ok(text, room - 1))
        w->status = enn_fail(w->err, ENN_FORMAT, "manifest: <%s> would be no clean text of at most %zu bytes",
                             name, room - 1);
    element(w, name, text);
}

static void integer_element(struct writer *w, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    element(w, name, text);
}

static void decimal_element(struct writer *w, const char *name, double value)
{
    char text[DECIMAL_TEXT];
    if (!decimal_format(value, text) && w->status == ENN_OK)
        w->status = enn_fail(w->err, ENN_FORMAT, "manifest: <%s> would be out of its range", name);
    element(w, name, text);
}

static void hex_element(struct writer *w, const char *name, const uint8_t *bytes, size_t n)
{
    char text[65];
    hex_encode(bytes, n, text);
    element(w, name, text);
}

/* base64 in lines of 76 characters, as RFC 2045 has them */
static void base64_element(struct writer *w, const char *name, const uint8_t *bytes, size_t n)
{
    char *text = malloc(base64_size(n));
    if (!text) {
        if (w->status == ENN_OK) w->status = enn_fail(w->err, ENN_NOMEM, "out of memory");
        return;
    }
    base64_encode(bytes, n, text);
    size_t length = strlen(text);
    indent(w);
    put_text(w, "<"), put_text(w, name), put_text(w, ">\n");
    for (size_t i = 0; i < length; i += 76) {
        put(w, text + i, length - i < 76 ? length - i : 76);
        put_text(w, "\n");
    }
    indent(w);
    put_text(w, "</"), put_text(w, name), put_text(w, ">\n");
    free(text);
}

static void write_statement(struct writer *w, const struct lot_statement *s)
{
    open_element(w, "statement");
    text_element(w, "issuer", s->issuer, sizeof s->issuer);
    text_element(w, "gtin", s->gtin, sizeof s->gtin);
    text_element(w, "lot", s->lot, sizeof s->lot);
    if (*s->expiry) text_element(w, "expiry", s->expiry, sizeof s->expiry);
    if (*s->serial) text_element(w, "serial", s->serial, sizeof s->serial);
    text_element(w, "nonce", s->nonce, sizeof s->nonce);
    close_element(w, "statement");
}

static void write_file(struct writer *w, const char *name, const struct manifest_file *f)
{
    open_element(w, name);
    text_element(w, "file", f->name, sizeof f->name);
    integer_element(w, "bytes", f->bytes);
    hex_element(w, "sha256", f->sha256, sizeof f->sha256);
    text_element(w, "format", f->format, sizeof f->format);
    text_element(w, "compression", f->compression, sizeof f->compression);
    close_element(w, name);
}

static void write_page(struct writer *w, const struct manifest_page *p)
{
    open_element(w, "page");
    integer_element(w, "width", p->width);
    integer_element(w, "height", p->height);
    decimal_element(w, "width-mm", p->width_mm);
    decimal_element(w, "height-mm", p->height_mm);
    decimal_element(w, "dpi-x", p->dpi_x);
    decimal_element(w, "dpi-y", p->dpi_y);
    integer_element(w, "bits", (uint64_t)p->bits);
    text_element(w, "colour", p->colour, sizeof p->colour);
    text_element(w, "profile", p->profile, sizeof p->profile);
    for (uint32_t i = 0; i < p->n_inks && i < ENN_MAX_INKS; i++) {
        const struct manifest_ink *ink = &p->inks[i];
        open_element(w, "ink");
        text_element(w, "name", ink->name, sizeof ink->name);
        hex_element(w, "source-sha256", ink->source_sha256, sizeof ink->source_sha256);
        hex_element(w, "signed-sha256", ink->signed_sha256, sizeof ink->signed_sha256);
        close_element(w, "ink");
    }
    close_element(w, "page");
}

static double at_most_a_million(double v)
{
    return v > 1e6 ? 1e6 : v;
}

static void write_mark(struct writer *w, const struct manifest_mark *k, const uint8_t anchor[32])
{
    static const char *const white[] = {
        [ENN_WHITE_AUTO] = "auto", [ENN_WHITE_NEVER] = "never", [ENN_WHITE_ALWAYS] = "always"};
    open_element(w, "mark");
    integer_element(w, "format", (uint64_t)k->format);
    decimal_element(w, "origin-x-mm", k->origin_x_mm);
    decimal_element(w, "origin-y-mm", k->origin_y_mm);
    element(w, "carrier", k->luminance ? "luminance" : "yellow-blue");
    decimal_element(w, "strength", k->strength);
    element(w, "white", (unsigned)k->white <= ENN_WHITE_ALWAYS ? white[k->white] : "");
    element(w, "white-used", k->white_used ? "yes" : "no");
    hex_element(w, "message", k->message, sizeof k->message);
    hex_element(w, "anchor", anchor, 32);
    decimal_element(w, "area-cm2", k->area_cm2);
    decimal_element(w, "mean-tint", k->mean_tint);
    open_element(w, "quality");
    decimal_element(w, "window25-20", at_most_a_million(k->quality.window25_20));
    decimal_element(w, "window25-10", at_most_a_million(k->quality.window25_10));
    decimal_element(w, "panel-20", at_most_a_million(k->quality.panel_20));
    decimal_element(w, "panel-10", at_most_a_million(k->quality.panel_10));
    close_element(w, "quality");
    if (k->seal.version) {
        open_element(w, "seal");
        integer_element(w, "version", (uint64_t)k->seal.version);
        integer_element(w, "step", k->seal.step);
        integer_element(w, "pages", k->seal.pages);
        close_element(w, "seal");
    }
    close_element(w, "mark");
}

static void write_rest(struct writer *w, const struct manifest *m)
{
    const struct manifest_thumbnail *t = &m->thumbnail;
    open_element(w, "printing");
    text_element(w, "screen", m->screen, sizeof m->screen);
    for (size_t i = 0; i < sizeof instruction / sizeof instruction[0]; i++)
        element(w, "instruction", instruction[i]);
    close_element(w, "printing");
    if (t->width > MANIFEST_THUMBNAIL_MAX || t->height > MANIFEST_THUMBNAIL_MAX) {
        if (w->status == ENN_OK)
            w->status = enn_fail(w->err, ENN_FORMAT, "manifest: the thumbnail is too large");
        return;
    }
    open_element(w, "thumbnail");
    decimal_element(w, "x-mm", t->x_mm);
    decimal_element(w, "y-mm", t->y_mm);
    decimal_element(w, "width-mm", t->width_mm);
    decimal_element(w, "height-mm", t->height_mm);
    integer_element(w, "width", t->width);
    integer_element(w, "height", t->height);
    base64_element(w, "grey", t->grey, (size_t)t->width * t->height);
    close_element(w, "thumbnail");
}

static void write_body(struct writer *w, const struct manifest *m, const struct cert_chain *chain)
{
    char created[TIME_TEXT], id_hex[21] = "";
    uint8_t id[LOT_ID_BYTES];
    if (w->status == ENN_OK) w->status = lot_id(&m->lot, id, id_hex, w->err);
    if (!time_format(m->created, created) && w->status == ENN_OK)
        w->status = enn_fail(w->err, ENN_FORMAT, "manifest: the creation time is out of its range");
    put_text(w, XML_PROLOG);
    put_text(w, "\n");
    w->depth = 1;
    element(w, "created", created);
    write_statement(w, &m->lot);
    element(w, "lot-id", id_hex);
    integer_element(w, "unit", m->unit);
    hex_element(w, "certificate", cert_chain_signer_sha256(chain), 32);
    write_file(w, "source", &m->source);
    write_file(w, "signed", &m->output);
    for (uint32_t i = 0; i < m->n_plates; i++) {
        open_element(w, "plate");
        write_file(w, "source", &m->plates[i].source);
        write_file(w, "signed", &m->plates[i].output);
        close_element(w, "plate");
    }
    for (uint32_t i = 0; i < m->n_pages; i++) write_page(w, &m->pages[i]);
    write_mark(w, &m->mark, cert_chain_anchor(chain));
    write_rest(w, m);
}

/* Signature with zeros for values; the offsets of the two are returned. */
static void write_signature(struct writer *w, const struct cert_chain *chain, size_t *digest_at,
                            size_t *value_at)
{
    static const uint8_t zero[64] = {0};
    char text[96];
    put_text(w, "  <Signature xmlns=\"" DSIG_NS "\">\n    <SignedInfo>\n"
                "      <CanonicalizationMethod Algorithm=\"" XMLSIG_C14N "\"/>\n"
                "      <SignatureMethod Algorithm=\"" XMLSIG_METHOD "\"/>\n"
                "      <Reference URI=\"\">\n        <Transforms>\n"
                "          <Transform Algorithm=\"" XMLSIG_ENVELOPED "\"/>\n"
                "          <Transform Algorithm=\"" XMLSIG_C14N "\"/>\n"
                "        </Transforms>\n        <DigestMethod Algorithm=\"" XMLSIG_DIGEST "\"/>\n"
                "        <DigestValue>");
    *digest_at = w->n;
    base64_encode(zero, 32, text);
    put_text(w, text);
    put_text(w, "</DigestValue>\n      </Reference>\n    </SignedInfo>\n    <SignatureValue>");
    *value_at = w->n;
    base64_encode(zero, 64, text);
    put_text(w, text);
    put_text(w, "</SignatureValue>\n    <KeyInfo>\n      <X509Data>\n");
    w->depth = 4;
    for (int i = 0; i < cert_chain_count(chain); i++) {
        struct cert_der der = cert_chain_der(chain, i);
        base64_element(w, "X509Certificate", der.bytes, der.n);
    }
    put_text(w, "      </X509Data>\n    </KeyInfo>\n  </Signature>\n" XML_END);
}

static void patch(struct writer *w, size_t at, const uint8_t *bytes, size_t n)
{
    char text[96];
    base64_encode(bytes, n, text);
    memcpy(w->text + at, text, strlen(text));
}

static enum enn_status sign_text(struct writer *w, const struct signer *s, size_t digest_at, size_t value_at)
{
    struct xmlsig x;
    uint8_t value[64];
    enum enn_status st = xmlsig_open((const uint8_t *)w->text, w->n, "manifest", &x, w->err);
    if (st != ENN_OK) return st;
    patch(w, digest_at, x.body_digest, 32);
    xmlsig_close(&x);
    st = xmlsig_open((const uint8_t *)w->text, w->n, "manifest", &x, w->err);
    if (st != ENN_OK) return st;
    st = signer_sign(s, x.info_digest, value, w->err);
    xmlsig_close(&x);
    if (st == ENN_OK) patch(w, value_at, value, 64);
    return st;
}

/* A manifest that its own reader refuses must not leave the house. */
static enum enn_status read_back(const struct writer *w)
{
    struct manifest m;
    struct cert_chain *chain = NULL;
    enum enn_reason reason;
    enum enn_status st =
        manifest_read((const uint8_t *)w->text, w->n, "manifest", &m, &chain, &reason, w->err);
    manifest_clear(&m);
    cert_chain_free(chain);
    if (st == ENN_NOT_GENUINE) {
        if (w->err) w->err->status = ENN_FORMAT;
        st = ENN_FORMAT;
    }
    return st;
}

enum enn_status manifest_write(const struct manifest *m, const struct signer *s, uint8_t **out, size_t *n,
                               struct enn_error *err)
{
    const struct cert_chain *chain = signer_chain(s);
    size_t digest_at = 0, value_at = 0;
    *out = NULL;
    *n = 0;
    if (strcmp(m->lot.issuer, cert_chain_name(chain)) != 0)
        return enn_fail(err, ENN_USAGE,
                        "the lot statement's issuer is not the common name of the certificate");
    enum enn_status st = lot_check(&m->lot, err);
    if (st != ENN_OK) return st;
    struct writer w = {malloc(MANIFEST_MAX_BYTES + 1), 0, 0, ENN_OK, err};
    if (!w.text) return enn_fail(err, ENN_NOMEM, "out of memory");
    write_body(&w, m, chain);
    write_signature(&w, chain, &digest_at, &value_at);
    if (w.status == ENN_OK) w.status = sign_text(&w, s, digest_at, value_at);
    if (w.status == ENN_OK) w.status = read_back(&w);
    if (w.status != ENN_OK) {
        free(w.text);
        return w.status;
    }
    *out = (uint8_t *)w.text;
    *n = w.n;
    return ENN_OK;
}
