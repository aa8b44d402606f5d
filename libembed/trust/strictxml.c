/*
 * Strict XML: what is refused, is refused before a general parser sees it.
 *
 * A scan over the bytes comes first.  In well-formed XML '<' only ever opens markup, so "no '<!' and no
 * '<?' after the fixed prolog" rules out DTDs, entities, comments, CDATA and processing instructions
 * without any parser's help, and a limit on the length of one tag rules out the attribute floods on which
 * libxml2 2.9.14 is quadratic.  Only then libxml2 builds the tree, with no network, no DTD loading and no
 * entity substitution; its callbacks for the forbidden constructs raise a flag of our own (xmlStopParser
 * would leave wellFormed == 1), and the tree is checked node by node.
 */
#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>

#include "trust/manifest.h"
#include "trust/strictxml.h"

/* ---- the bytes ---- */

static int known_entity(const uint8_t *p, size_t n)
{
    static const char *const name[] = {"&amp;", "&lt;", "&gt;"};
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++)
        if (n >= strlen(name[i]) && memcmp(p, name[i], strlen(name[i])) == 0) return 1;
    return 0;
}

/* What is wrong with the bytes between prolog and end, or NULL. */
static const char *scan_bytes(const uint8_t *p, size_t n)
{
    size_t tags = 0, depth = 0, tag_start = 0;
    int in_tag = 0;
    for (size_t i = 0; i < n; i++) {
        uint8_t c = p[i];
        if ((c < 0x20 && c != '\n') || c == 0x7f) return "control character";
        if (in_tag) {
            if (i - tag_start > XML_MAX_TAG) return "a tag is too long";
            if (c == '<' || c == '&' || c >= 0x80) return "a tag holds a character it may not";
            if (c != '>') continue;
            in_tag = 0;
            if (p[i - 1] == '/' && p[tag_start + 1] != '/') depth--; /* an empty element closes itself */
            continue;
        }
        if (c == '&' && !known_entity(p + i, n - i)) return "entity or character reference";
        if (c == '>') return "'>' in a text";
        if (c != '<') continue;
        if (i + 1 < n && p[i + 1] == '!') return "document type, comment or CDATA section";
        if (i + 1 < n && p[i + 1] == '?') return "processing instruction";
        if (++tags > XML_MAX_TAGS) return "too many tags";
        int closing = i + 1 < n && p[i + 1] == '/';
        if (closing && depth == 0) return "an end tag without a start tag";
        depth += closing ? (size_t)-1 : 1;
        if (depth >= XML_MAX_DEPTH) return "elements are nested too deeply";
        in_tag = 1;
        tag_start = i;
    }
    return in_tag ? "a tag does not end" : depth ? "an element does not end" : NULL;
}

static const char *scan_document(const uint8_t *bytes, size_t n)
{
    const size_t head = strlen(XML_PROLOG), tail = strlen(XML_END);
    if (n > MANIFEST_MAX_BYTES) return "larger than 256 KiB";
    if (n < head + tail || memcmp(bytes, XML_PROLOG, head) != 0)
        return "does not begin with the fixed prolog";
    if (memcmp(bytes + n - tail, XML_END, tail) != 0) return "does not end with </manifest> and a line end";
    return scan_bytes(bytes + head, n - head - tail);
}

/* ---- libxml2 ---- */

/* The context's private data: the flag that the callbacks raise. */
struct guard {
    int forbidden;
};

static struct guard *guard_of(void *ctx)
{
    return ((xmlParserCtxtPtr)ctx)->_private;
}

static void on_dtd(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
    (void)name, (void)external, (void)system;
    guard_of(ctx)->forbidden = 1;
}

static void on_text(void *ctx, const xmlChar *text)
{
    (void)text;
    guard_of(ctx)->forbidden = 1;
}

static void on_pi(void *ctx, const xmlChar *target, const xmlChar *data)
{
    (void)target, (void)data;
    guard_of(ctx)->forbidden = 1;
}

static void on_cdata(void *ctx, const xmlChar *value, int n)
{
    (void)value, (void)n;
    guard_of(ctx)->forbidden = 1;
}

static void on_entity(void *ctx, const xmlChar *name, int type, const xmlChar *external,
                      const xmlChar *system, xmlChar *content)
{
    (void)name, (void)type, (void)external, (void)system, (void)content;
    guard_of(ctx)->forbidden = 1;
}

static void on_error(void *user, xmlErrorPtr error)
{
    (void)user, (void)error; /* nothing is printed: wellFormed says what is needed */
}

static xmlParserInputPtr no_entity(void *ctx, const xmlChar *public_id, const xmlChar *system_id)
{
    (void)public_id, (void)system_id;
    guard_of(ctx)->forbidden = 1;
    return NULL;
}

static void set_guards(xmlSAXHandlerPtr sax)
{
    sax->internalSubset = on_dtd;
    sax->externalSubset = on_dtd;
    sax->entityDecl = on_entity;
    sax->reference = on_text;
    sax->comment = on_text;
    sax->processingInstruction = on_pi;
    sax->cdataBlock = on_cdata;
    sax->resolveEntity = no_entity;
    sax->serror = on_error;
    sax->warning = NULL;
    sax->error = NULL;
    sax->fatalError = NULL;
}

static int parse_tree(const uint8_t *bytes, size_t n, xmlDocPtr *out)
{
    struct guard guard = {0};
    *out = NULL;
    xmlParserCtxtPtr ctx = xmlCreateMemoryParserCtxt((const char *)bytes, (int)n);
    if (!ctx) return 0;
    /* options first: they install handlers of their own */
    xmlCtxtUseOptions(ctx, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    set_guards(ctx->sax);
    ctx->_private = &guard;
    int failed = xmlParseDocument(ctx) != 0;
    xmlDocPtr doc = ctx->myDoc;
    if (failed || !ctx->wellFormed || !ctx->nsWellFormed || guard.forbidden || ctx->errNo != XML_ERR_OK) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    ctx->myDoc = NULL;
    xmlFreeParserCtxt(ctx);
    *out = doc;
    return doc != NULL;
}

/* ---- the tree ---- */

static int blank(const xmlNode *text)
{
    const char *s = (const char *)text->content;
    return !s || s[strspn(s, " \n")] == 0;
}

static int in_signature(const xmlNode *e)
{
    return strcmp((const char *)e->ns->href, DSIG_NS) == 0;
}

/* Namespaces are declared at the root and at its Signature child; what is below belongs to the same
 * namespace. */
static const char *check_namespace(const xmlNode *e, const xmlNode *root)
{
    if (!e->ns || !e->ns->href || e->ns->prefix) return "an element has a prefix or no namespace";
    int signature = in_signature(e);
    if (!signature && strcmp((const char *)e->ns->href, MANIFEST_NS) != 0)
        return "an element of a foreign namespace";
    int declares =
        e == root || (signature && e->parent == root && strcmp((const char *)e->name, "Signature") == 0);
    if (declares) {
        if (!e->nsDef || e->nsDef->next || e->nsDef != e->ns)
            return "a namespace is not declared where it must be";
        return NULL;
    }
    if (e->nsDef) return "a namespace declaration in the wrong place";
    return signature == in_signature(e->parent) ? NULL : "an element in the wrong place";
}

/* Attributes only inside the signature, one at most, named Algorithm or URI and in no namespace. */
static const char *check_element(const xmlNode *e, const xmlNode *root)
{
    const char *wrong = check_namespace(e, root);
    const xmlAttr *a = e->properties;
    if (wrong || !a) return wrong;
    if (!in_signature(e) || a->next || a->ns) return "an attribute in the wrong place";
    if (strcmp((const char *)a->name, "Algorithm") != 0 && strcmp((const char *)a->name, "URI") != 0)
        return "an unknown attribute";
    return NULL;
}

/* Elements hold either elements and white space, or one text. */
static const char *check_children(const xmlNode *e)
{
    int elements = 0, texts = 0, filled = 0;
    for (const xmlNode *c = e->children; c; c = c->next) {
        if (c->type == XML_ELEMENT_NODE) {
            elements++;
        } else if (c->type == XML_TEXT_NODE) {
            texts++;
            filled |= !blank(c);
        } else {
            return "something that is neither element nor text";
        }
    }
    if (elements && filled) return "text between elements";
    return !elements && texts > 1 ? "a text in pieces" : NULL;
}

/* Depth is bounded by the scan, so the recursion is. */
static const char *check_tree(const xmlNode *e, const xmlNode *root)
{
    const char *wrong = check_element(e, root);
    if (!wrong) wrong = check_children(e);
    for (const xmlNode *c = e->children; c && !wrong; c = c->next)
        if (c->type == XML_ELEMENT_NODE) wrong = check_tree(c, root);
    return wrong;
}

enum enn_status strictxml_parse(const uint8_t *bytes, size_t n, const char *name, xmlDocPtr *out,
                                struct enn_error *err)
{
    *out = NULL;
    const char *wrong = scan_document(bytes, n);
    if (wrong) return enn_fail(err, ENN_FORMAT, "%s: %s", name, wrong);
    xmlDocPtr doc = NULL;
    if (!parse_tree(bytes, n, &doc)) return enn_fail(err, ENN_FORMAT, "%s: not well-formed XML", name);
    const xmlNode *root = xmlDocGetRootElement(doc);
    if (!root || doc->children != root || root->next || doc->intSubset || doc->extSubset)
        wrong = "something besides the root element";
    if (!wrong) wrong = check_tree(root, root);
    if (wrong) {
        xmlFreeDoc(doc);
        return enn_fail(err, ENN_FORMAT, "%s: %s", name, wrong);
    }
    *out = doc;
    return ENN_OK;
}

xmlNodePtr strictxml_element(xmlNodePtr node)
{
    while (node && node->type != XML_ELEMENT_NODE) node = node->next;
    return node;
}

int strictxml_is(const xmlNode *element, const char *name, const char *ns)
{
    return element && strcmp((const char *)element->name, name) == 0 &&
           strcmp((const char *)element->ns->href, ns) == 0;
}

const char *strictxml_text(const xmlNode *element)
{
    const xmlNode *c = element->children;
    if (!c) return "";
    if (c->type != XML_TEXT_NODE || c->next) return NULL;
    return (const char *)c->content;
}

const char *strictxml_attribute(const xmlNode *element, const char *name)
{
    const xmlAttr *a = element->properties;
    if (!a || strcmp((const char *)a->name, name) != 0) return NULL;
    if (!a->children) return "";
    return a->children->next ? NULL : (const char *)a->children->content;
}
