/*
 * XML Signature (W3C Recommendation, 2008 and 1.1), the strict profile.
 *
 * There is nothing to choose in a signature of this profile, so there is nothing to be talked into: every
 * element is at one place, every algorithm is one constant, the reference is the whole document, the key
 * is that of the certificates. Canonicalisation is libxml2's exclusive C14N (xml-exc-c14n, 2002) on the
 * tree that strictxml checked, over node sets: all but the Signature subtree for the document, the
 * SignedInfo subtree for the signed value.
 */
#include <stdlib.h>
#include <string.h>

#include <libxml/c14n.h>
#include <libxml/tree.h>

#include "trust/hex.h"
#include "trust/samplehash.h"
#include "trust/strictxml.h"
#include "trust/xmlsig.h"

struct subtree {
    const xmlNode *top;
    int inside;
};

/* Called for every node; a namespace declaration stands with the element that carries it. */
static int visible(void *user, xmlNodePtr node, xmlNodePtr parent)
{
    const struct subtree *set = user;
    const xmlNode *n = node->type == XML_NAMESPACE_DECL ? parent : node;
    for (; n; n = n->parent)
        if (n == set->top) return set->inside;
    return !set->inside;
}

static enum enn_status digest_subtree(xmlDocPtr doc, const xmlNode *top, int inside, uint8_t digest[32],
                                      struct enn_error *err)
{
    struct subtree set = {top, inside};
    xmlOutputBufferPtr buffer = xmlAllocOutputBuffer(NULL);
    if (!buffer) return enn_fail(err, ENN_NOMEM, "out of memory");
    int n = xmlC14NExecute(doc, visible, &set, XML_C14N_EXCLUSIVE_1_0, NULL, 0, buffer);
    enum enn_status st;
    if (n < 0)
        st = enn_fail(err, ENN_INTERNAL, "canonicalisation failed");
    else
        st = sha256_buffer(xmlOutputBufferGetContent(buffer), xmlOutputBufferGetSize(buffer), digest, err);
    xmlOutputBufferClose(buffer);
    return st;
}

/* Steps to the next element, which must be this one of the signature; NULL otherwise. */
static xmlNodePtr expect(xmlNodePtr from, const char *name)
{
    xmlNodePtr e = strictxml_element(from);
    return strictxml_is(e, name, DSIG_NS) ? e : NULL;
}

static int algorithm_is(const xmlNode *e, const char *uri)
{
    const char *a = e ? strictxml_attribute(e, "Algorithm") : NULL;
    return a && strcmp(a, uri) == 0 && !e->children;
}

/* A container: no attribute, and `last` is its last element. */
static int closed(const xmlNode *container, const xmlNode *last)
{
    return !container->properties && last && !strictxml_element(last->next);
}

static int read_bytes(const xmlNode *e, uint8_t *out, size_t n)
{
    const char *text = e && !e->properties ? strictxml_text(e) : NULL;
    return text && base64_decode(text, strlen(text), out, n) == (long)n;
}

static const char *read_reference(xmlNodePtr reference, uint8_t digest[32])
{
    const char *uri = strictxml_attribute(reference, "URI");
    if (!uri || *uri) return "the reference is not URI=\"\"";
    xmlNodePtr transforms = expect(reference->children, "Transforms");
    xmlNodePtr first = transforms ? expect(transforms->children, "Transform") : NULL;
    xmlNodePtr second = first ? expect(first->next, "Transform") : NULL;
    if (!algorithm_is(first, XMLSIG_ENVELOPED) || !algorithm_is(second, XMLSIG_C14N) ||
        !closed(transforms, second))
        return "the transforms are not enveloped-signature and exc-c14n";
    xmlNodePtr method = expect(transforms->next, "DigestMethod");
    if (!algorithm_is(method, XMLSIG_DIGEST)) return "the digest method is not sha256";
    xmlNodePtr value = expect(method->next, "DigestValue");
    if (!value || strictxml_element(value->next) || !read_bytes(value, digest, 32))
        return "the digest value is not 32 bytes of base64";
    return NULL;
}

static const char *read_signed_info(xmlNodePtr info, uint8_t digest[32])
{
    xmlNodePtr c14n = expect(info->children, "CanonicalizationMethod");
    if (!algorithm_is(c14n, XMLSIG_C14N)) return "the canonicalisation method is not exc-c14n";
    xmlNodePtr method = expect(c14n->next, "SignatureMethod");
    if (!algorithm_is(method, XMLSIG_METHOD)) return "the signature method is not ecdsa-sha256";
    xmlNodePtr reference = expect(method->next, "Reference");
    if (!reference || !closed(info, reference)) return "not exactly one reference";
    return read_reference(reference, digest);
}

/* The certificates of KeyInfo/X509Data, in document order. ENN_FORMAT, ENN_NOMEM. */
static enum enn_status read_certificates(xmlNodePtr key_info, const char *name, struct cert_chain **out,
                                         struct enn_error *err)
{
    struct cert_der der[CERT_MAX_CHAIN];
    uint8_t *room[CERT_MAX_CHAIN] = {NULL};
    int n = 0;
    enum enn_status st = ENN_OK;
    xmlNodePtr data = expect(key_info->children, "X509Data");
    if (!data || !closed(key_info, data) || data->properties)
        return enn_fail(err, ENN_FORMAT, "%s: KeyInfo holds something else than one X509Data", name);
    for (xmlNodePtr e = strictxml_element(data->children); e && st == ENN_OK;
         e = strictxml_element(e->next)) {
        const char *text = e->properties ? NULL : strictxml_text(e);
        if (n == CERT_MAX_CHAIN || !strictxml_is(e, "X509Certificate", DSIG_NS) || !text || !*text) {
            st = enn_fail(err, ENN_FORMAT, "%s: X509Data holds something else than 1 to %d certificates",
                          name, CERT_MAX_CHAIN);
            break;
        }
        room[n] = malloc(CERT_MAX_DER);
        long size = room[n] ? base64_decode(text, strlen(text), room[n], CERT_MAX_DER) : 0;
        if (!room[n])
            st = enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
        else if (size <= 0)
            st = enn_fail(err, ENN_FORMAT, "%s: a certificate is no base64 or too large", name);
        der[n] = (struct cert_der){room[n], size > 0 ? (size_t)size : 0};
        n++;
    }
    if (st == ENN_OK) st = cert_chain_from_der(der, n, out, err);
    while (n > 0) free(room[--n]);
    return st;
}

/* Everything below Signature, which holds nothing else. */
static enum enn_status read_signature(struct xmlsig *s, const char *name, xmlNodePtr *info,
                                      struct enn_error *err)
{
    if (s->signature->properties) return enn_fail(err, ENN_FORMAT, "%s: Signature has an attribute", name);
    *info = expect(s->signature->children, "SignedInfo");
    xmlNodePtr value = *info ? expect((*info)->next, "SignatureValue") : NULL;
    xmlNodePtr key_info = value ? expect(value->next, "KeyInfo") : NULL;
    if (!key_info || !closed(s->signature, key_info) || key_info->properties)
        return enn_fail(err, ENN_FORMAT, "%s: Signature is not SignedInfo, SignatureValue and KeyInfo", name);
    const char *wrong = read_signed_info(*info, s->claimed_digest);
    if (wrong) return enn_fail(err, ENN_FORMAT, "%s: %s", name, wrong);
    if (!read_bytes(value, s->value, sizeof s->value))
        return enn_fail(err, ENN_FORMAT, "%s: the signature value is not 64 bytes of base64", name);
    return read_certificates(key_info, name, &s->chain, err);
}

static enum enn_status open_parsed(struct xmlsig *s, const char *name, struct enn_error *err)
{
    xmlNodePtr root = xmlDocGetRootElement(s->doc), info = NULL;
    if (!strictxml_is(root, "manifest", MANIFEST_NS))
        return enn_fail(err, ENN_FORMAT, "%s: no manifest", name);
    s->fields = root->children;
    for (xmlNodePtr e = strictxml_element(root->children); e; e = strictxml_element(e->next)) {
        if (strcmp((const char *)e->ns->href, DSIG_NS) != 0) continue;
        if (!strictxml_is(e, "Signature", DSIG_NS) || strictxml_element(e->next))
            return enn_fail(err, ENN_FORMAT, "%s: Signature is not the last element, once", name);
        s->signature = e;
    }
    if (!s->signature) return enn_fail(err, ENN_FORMAT, "%s: is not signed", name);
    enum enn_status st = read_signature(s, name, &info, err);
    if (st == ENN_OK) st = digest_subtree(s->doc, s->signature, 0, s->body_digest, err);
    if (st == ENN_OK) st = digest_subtree(s->doc, info, 1, s->info_digest, err);
    return st;
}

enum enn_status xmlsig_open(const uint8_t *bytes, size_t n, const char *name, struct xmlsig *out,
                            struct enn_error *err)
{
    memset(out, 0, sizeof *out);
    enum enn_status st = strictxml_parse(bytes, n, name, &out->doc, err);
    if (st == ENN_OK) st = open_parsed(out, name, err);
    if (st != ENN_OK) xmlsig_close(out);
    return st;
}

void xmlsig_close(struct xmlsig *s)
{
    xmlFreeDoc(s->doc);
    cert_chain_free(s->chain);
    memset(s, 0, sizeof *s);
}

int xmlsig_verify(const struct xmlsig *s)
{
    return memcmp(s->body_digest, s->claimed_digest, 32) == 0 &&
           cert_chain_verify(s->chain, s->info_digest, s->value);
}
