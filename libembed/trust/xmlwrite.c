/* Elements, text and signature of a document (xmlwrite.h). */
#include "trust/xmlwrite.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trust/hex.h"
#include "trust/lot.h"
#include "trust/manifest.h"
#include "trust/numbers.h"
#include "trust/strictxml.h"
#include "trust/xmlsig.h"

static void xml_put(struct xml_writer *w, const char *s, size_t n)
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

static void xml_put_text(struct xml_writer *w, const char *s)
{
    xml_put(w, s, strlen(s));
}

static void xml_indent(struct xml_writer *w)
{
    for (int i = 0; i < w->depth; i++) xml_put_text(w, "  ");
}

void xml_open(struct xml_writer *w, const char *name)
{
    xml_indent(w);
    xml_put_text(w, "<"), xml_put_text(w, name), xml_put_text(w, ">\n");
    w->depth++;
}

void xml_close(struct xml_writer *w, const char *name)
{
    w->depth--;
    xml_indent(w);
    xml_put_text(w, "</"), xml_put_text(w, name), xml_put_text(w, ">\n");
}

void xml_element(struct xml_writer *w, const char *name, const char *text)
{
    xml_indent(w);
    xml_put_text(w, "<"), xml_put_text(w, name), xml_put_text(w, ">");
    for (const char *p = text; *p; p++) {
        if (*p == '&')
            xml_put_text(w, "&amp;");
        else if (*p == '<')
            xml_put_text(w, "&lt;");
        else if (*p == '>')
            xml_put_text(w, "&gt;");
        else
            xml_put(w, p, 1);
    }
    xml_put_text(w, "</"), xml_put_text(w, name), xml_put_text(w, ">\n");
}

void xml_text(struct xml_writer *w, const char *name, const char *text, size_t room)
{
    if (w->status == ENN_OK && !text_ok(text, room - 1))
        w->status = enn_fail(w->err, ENN_FORMAT, "manifest: <%s> would be no clean text of at most %zu bytes",
                             name, room - 1);
    xml_element(w, name, text);
}

void xml_integer(struct xml_writer *w, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    xml_element(w, name, text);
}

void xml_decimal(struct xml_writer *w, const char *name, double value)
{
    char text[DECIMAL_TEXT];
    if (!decimal_format(value, text) && w->status == ENN_OK)
        w->status = enn_fail(w->err, ENN_FORMAT, "manifest: <%s> would be out of its range", name);
    xml_element(w, name, text);
}

void xml_hex(struct xml_writer *w, const char *name, const uint8_t *bytes, size_t n)
{
    char text[65];
    hex_encode(bytes, n, text);
    xml_element(w, name, text);
}

void xml_base64(struct xml_writer *w, const char *name, const uint8_t *bytes, size_t n)
{
    char *text = malloc(base64_size(n));
    if (!text) {
        if (w->status == ENN_OK) w->status = enn_fail(w->err, ENN_NOMEM, "out of memory");
        return;
    }
    base64_encode(bytes, n, text);
    size_t length = strlen(text);
    xml_indent(w);
    xml_put_text(w, "<"), xml_put_text(w, name), xml_put_text(w, ">\n");
    for (size_t i = 0; i < length; i += 76) {
        xml_put(w, text + i, length - i < 76 ? length - i : 76);
        xml_put_text(w, "\n");
    }
    xml_indent(w);
    xml_put_text(w, "</"), xml_put_text(w, name), xml_put_text(w, ">\n");
    free(text);
}

void xml_begin(struct xml_writer *w, struct enn_error *err)
{
    *w = (struct xml_writer){malloc(MANIFEST_MAX_BYTES + 1), 0, 0, ENN_OK, err};
    if (!w->text) {
        w->status = enn_fail(err, ENN_NOMEM, "out of memory");
        return;
    }
    xml_put_text(w, XML_PROLOG);
    xml_put_text(w, "\n");
    w->depth = 1;
}

/* Signature with zeros for values; the offsets of the two are returned. */
static void write_signature(struct xml_writer *w, const struct cert_chain *chain, size_t *digest_at,
                            size_t *value_at)
{
    static const uint8_t zero[64] = {0};
    char text[96];
    xml_put_text(w, "  <Signature xmlns=\"" DSIG_NS "\">\n    <SignedInfo>\n"
                "      <CanonicalizationMethod Algorithm=\"" XMLSIG_C14N "\"/>\n"
                "      <SignatureMethod Algorithm=\"" XMLSIG_METHOD "\"/>\n"
                "      <Reference URI=\"\">\n        <Transforms>\n"
                "          <Transform Algorithm=\"" XMLSIG_ENVELOPED "\"/>\n"
                "          <Transform Algorithm=\"" XMLSIG_C14N "\"/>\n"
                "        </Transforms>\n        <DigestMethod Algorithm=\"" XMLSIG_DIGEST "\"/>\n"
                "        <DigestValue>");
    *digest_at = w->n;
    base64_encode(zero, 32, text);
    xml_put_text(w, text);
    xml_put_text(w, "</DigestValue>\n      </Reference>\n    </SignedInfo>\n    <SignatureValue>");
    *value_at = w->n;
    base64_encode(zero, 64, text);
    xml_put_text(w, text);
    xml_put_text(w, "</SignatureValue>\n    <KeyInfo>\n      <X509Data>\n");
    w->depth = 4;
    for (int i = 0; i < cert_chain_count(chain); i++) {
        struct cert_der der = cert_chain_der(chain, i);
        xml_base64(w, "X509Certificate", der.bytes, der.n);
    }
    xml_put_text(w, "      </X509Data>\n    </KeyInfo>\n  </Signature>\n" XML_END);
}

static void patch(struct xml_writer *w, size_t at, const uint8_t *bytes, size_t n)
{
    char text[96];
    base64_encode(bytes, n, text);
    memcpy(w->text + at, text, strlen(text));
}

static enum enn_status sign_text(struct xml_writer *w, const struct signer *s, size_t digest_at, size_t value_at)
{
    struct xmlsig x;
    uint8_t value[64];
    enum enn_status st = xmlsig_open((const uint8_t *)w->text, w->n, "document", &x, w->err);
    if (st != ENN_OK) return st;
    patch(w, digest_at, x.body_digest, 32);
    xmlsig_close(&x);
    st = xmlsig_open((const uint8_t *)w->text, w->n, "document", &x, w->err);
    if (st != ENN_OK) return st;
    st = signer_sign(s, x.info_digest, value, w->err);
    xmlsig_close(&x);
    if (st == ENN_OK) patch(w, value_at, value, 64);
    return st;
}

void xml_sign(struct xml_writer *w, const struct signer *s)
{
    size_t digest_at = 0, value_at = 0;
    write_signature(w, signer_chain(s), &digest_at, &value_at);
    if (w->status == ENN_OK) w->status = sign_text(w, s, digest_at, value_at);
}
