/*
 * Writing and signing a manifest (docs/manifest.md, sections 4 and 5).
 * At the end manifest_read must accept the bytes, so no field can be written that a reader would refuse.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/hex.h"
#include "trust/keys.h"
#include "trust/manifest.h"
#include "trust/numbers.h"
#include "trust/xmlwrite.h"

/* Lines for the people at the press; a reader does not compare them. */
static const char *const instruction[] = {
    "This artwork carries an invisible mark. Print it at 100 % size: do not scale, resample or rotate.",
    "Do not recolour, separate again, change tone curves of single inks, sharpen, blur, denoise or descreen.",
    "Do not compress with loss (JPEG) and do not flatten to another colour space.",
    "Use the screen ruling given above or a finer one.",
    "Check a proof with: ennverify -t ISSUER.crt -m THIS.xml SCAN.tif",
};

static void write_statement(struct xml_writer *w, const struct lot_statement *s)
{
    xml_open(w, "statement");
    xml_text(w, "issuer", s->issuer, sizeof s->issuer);
    xml_text(w, "gtin", s->gtin, sizeof s->gtin);
    xml_text(w, "lot", s->lot, sizeof s->lot);
    if (*s->expiry) xml_text(w, "expiry", s->expiry, sizeof s->expiry);
    if (*s->serial) xml_text(w, "serial", s->serial, sizeof s->serial);
    xml_text(w, "nonce", s->nonce, sizeof s->nonce);
    xml_close(w, "statement");
}

static void write_file(struct xml_writer *w, const char *name, const struct manifest_file *f)
{
    xml_open(w, name);
    xml_text(w, "file", f->name, sizeof f->name);
    xml_integer(w, "bytes", f->bytes);
    xml_hex(w, "sha256", f->sha256, sizeof f->sha256);
    xml_text(w, "format", f->format, sizeof f->format);
    xml_text(w, "compression", f->compression, sizeof f->compression);
    xml_close(w, name);
}

static void write_page(struct xml_writer *w, const struct manifest_page *p)
{
    xml_open(w, "page");
    xml_integer(w, "width", p->width);
    xml_integer(w, "height", p->height);
    xml_decimal(w, "width-mm", p->width_mm);
    xml_decimal(w, "height-mm", p->height_mm);
    xml_decimal(w, "dpi-x", p->dpi_x);
    xml_decimal(w, "dpi-y", p->dpi_y);
    xml_integer(w, "bits", (uint64_t)p->bits);
    xml_text(w, "colour", p->colour, sizeof p->colour);
    xml_text(w, "profile", p->profile, sizeof p->profile);
    for (uint32_t i = 0; i < p->n_inks && i < ENN_MAX_INKS; i++) {
        const struct manifest_ink *ink = &p->inks[i];
        xml_open(w, "ink");
        xml_text(w, "name", ink->name, sizeof ink->name);
        xml_hex(w, "source-sha256", ink->source_sha256, sizeof ink->source_sha256);
        xml_hex(w, "signed-sha256", ink->signed_sha256, sizeof ink->signed_sha256);
        xml_close(w, "ink");
    }
    xml_close(w, "page");
}

static double at_most_a_million(double v)
{
    return v > 1e6 ? 1e6 : v;
}

static void write_mark(struct xml_writer *w, const struct manifest_mark *k, const uint8_t anchor[32])
{
    static const char *const white[] = {
        [ENN_WHITE_AUTO] = "auto", [ENN_WHITE_NEVER] = "never", [ENN_WHITE_ALWAYS] = "always"};
    xml_open(w, "mark");
    xml_integer(w, "format", (uint64_t)k->format);
    xml_decimal(w, "origin-x-mm", k->origin_x_mm);
    xml_decimal(w, "origin-y-mm", k->origin_y_mm);
    xml_element(w, "carrier", k->luminance ? "luminance" : "yellow-blue");
    xml_decimal(w, "strength", k->strength);
    xml_element(w, "white", (unsigned)k->white <= ENN_WHITE_ALWAYS ? white[k->white] : "");
    xml_element(w, "white-used", k->white_used ? "yes" : "no");
    xml_hex(w, "message", k->message, sizeof k->message);
    xml_hex(w, "anchor", anchor, 32);
    xml_decimal(w, "area-cm2", k->area_cm2);
    xml_decimal(w, "mean-tint", k->mean_tint);
    xml_open(w, "quality");
    xml_decimal(w, "window25-20", at_most_a_million(k->quality.window25_20));
    xml_decimal(w, "window25-10", at_most_a_million(k->quality.window25_10));
    xml_decimal(w, "panel-20", at_most_a_million(k->quality.panel_20));
    xml_decimal(w, "panel-10", at_most_a_million(k->quality.panel_10));
    xml_close(w, "quality");
    if (k->seal.version) {
        xml_open(w, "seal");
        xml_integer(w, "version", (uint64_t)k->seal.version);
        xml_integer(w, "step", k->seal.step);
        xml_integer(w, "pages", k->seal.pages);
        xml_close(w, "seal");
    }
    xml_close(w, "mark");
}

static void write_rest(struct xml_writer *w, const struct manifest *m)
{
    const struct manifest_thumbnail *t = &m->thumbnail;
    xml_open(w, "printing");
    xml_text(w, "screen", m->screen, sizeof m->screen);
    for (size_t i = 0; i < sizeof instruction / sizeof instruction[0]; i++)
        xml_element(w, "instruction", instruction[i]);
    xml_close(w, "printing");
    if (t->width > MANIFEST_THUMBNAIL_MAX || t->height > MANIFEST_THUMBNAIL_MAX) {
        if (w->status == ENN_OK)
            w->status = enn_fail(w->err, ENN_FORMAT, "manifest: the thumbnail is too large");
        return;
    }
    xml_open(w, "thumbnail");
    xml_decimal(w, "x-mm", t->x_mm);
    xml_decimal(w, "y-mm", t->y_mm);
    xml_decimal(w, "width-mm", t->width_mm);
    xml_decimal(w, "height-mm", t->height_mm);
    xml_integer(w, "width", t->width);
    xml_integer(w, "height", t->height);
    xml_base64(w, "grey", t->grey, (size_t)t->width * t->height);
    xml_close(w, "thumbnail");
}

static void write_body(struct xml_writer *w, const struct manifest *m, const struct cert_chain *chain)
{
    char created[TIME_TEXT], id_hex[21] = "";
    uint8_t id[LOT_ID_BYTES];
    if (w->status == ENN_OK) w->status = lot_id(&m->lot, id, id_hex, w->err);
    if (!time_format(m->created, created) && w->status == ENN_OK)
        w->status = enn_fail(w->err, ENN_FORMAT, "manifest: the creation time is out of its range");
    xml_element(w, "created", created);
    write_statement(w, &m->lot);
    xml_element(w, "lot-id", id_hex);
    xml_integer(w, "unit", m->unit);
    xml_hex(w, "certificate", cert_chain_signer_sha256(chain), 32);
    write_file(w, "source", &m->source);
    write_file(w, "signed", &m->output);
    for (uint32_t i = 0; i < m->n_plates; i++) {
        xml_open(w, "plate");
        write_file(w, "source", &m->plates[i].source);
        write_file(w, "signed", &m->plates[i].output);
        xml_close(w, "plate");
    }
    for (uint32_t i = 0; i < m->n_pages; i++) write_page(w, &m->pages[i]);
    write_mark(w, &m->mark, cert_chain_anchor(chain));
    write_rest(w, m);
}

/* A manifest that its own reader refuses must not leave the house. */
static enum enn_status read_back(const struct xml_writer *w)
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
    *out = NULL;
    *n = 0;
    if (strcmp(m->lot.issuer, cert_chain_name(chain)) != 0)
        return enn_fail(err, ENN_USAGE,
                        "the lot statement's issuer is not the common name of the certificate");
    enum enn_status st = lot_check(&m->lot, err);
    if (st != ENN_OK) return st;
    struct xml_writer w;
    xml_begin(&w, err);
    if (w.status == ENN_OK) write_body(&w, m, chain);
    if (w.status == ENN_OK) xml_sign(&w, s);
    if (w.status == ENN_OK) w.status = read_back(&w);
    if (w.status != ENN_OK) {
        free(w.text);
        return w.status;
    }
    *out = (uint8_t *)w.text;
    *n = w.n;
    return ENN_OK;
}
