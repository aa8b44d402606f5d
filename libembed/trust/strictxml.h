/*
 * The strict profile of XML that a manifest may be (docs/manifest.md, section 3): what passes here is
 * elements and text only, with namespaces declared in two known places and attributes only where XML
 * Signature needs them.
 */
#ifndef TRUST_STRICTXML_H
#define TRUST_STRICTXML_H
#include <libxml/tree.h>

#include "status.h"

#define XML_PROLOG "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest xmlns=\"urn:enn:manifest:1\">"
#define XML_END "</manifest>\n"
#define MANIFEST_NS "urn:enn:manifest:1"
#define DSIG_NS "http://www.w3.org/2000/09/xmldsig#"

#define XML_MAX_TAG 160        /* bytes between '<' and '>' */
#define XML_MAX_TAGS 40000     /* start and end tags together: 512 pages of 4 inks take 30,000 */
#define XML_MAX_DEPTH 8

/* Parses bytes (at most MANIFEST_MAX_BYTES) and checks every node.  ENN_FORMAT with the reason, or ENN_NOMEM.
 * *out is released with xmlFreeDoc. `name` is for messages. */
enum enn_status strictxml_parse(const uint8_t *bytes, size_t n, const char *name, xmlDocPtr *out,
                                struct enn_error *err);

/* Next element among the siblings from `node` on (white-space text is stepped over); NULL when there is
 * none. */
xmlNodePtr strictxml_element(xmlNodePtr node);

/* 1 when the element has this local name and namespace. */
int strictxml_is(const xmlNode *element, const char *name, const char *ns);

/* Text of an element without children elements; "" when it is empty; NULL when it holds elements. Owned by
 * the tree. */
const char *strictxml_text(const xmlNode *element);

/* Value of an attribute, or NULL. Owned by the tree. */
const char *strictxml_attribute(const xmlNode *element, const char *name);
#endif
