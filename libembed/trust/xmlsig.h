/*
 * The one form of XML Signature that a manifest may carry: enveloped, exclusive canonicalisation, SHA-256,
 * ECDSA P-256, certificates in the document (docs/manifest.md, section 4).
 */
#ifndef TRUST_XMLSIG_H
#define TRUST_XMLSIG_H
#include <libxml/tree.h>

#include "status.h"
#include "trust/cert.h"

#define XMLSIG_C14N "http://www.w3.org/2001/10/xml-exc-c14n#"
#define XMLSIG_METHOD "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
#define XMLSIG_ENVELOPED "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
#define XMLSIG_DIGEST "http://www.w3.org/2001/04/xmlenc#sha256"

struct xmlsig {
    xmlDocPtr doc;
    xmlNodePtr fields;           /* first child of the root */
    xmlNodePtr signature;        /* last element of the root */
    uint8_t body_digest[32];     /* of the canonical document without its signature */
    uint8_t claimed_digest[32];  /* what DigestValue says */
    uint8_t info_digest[32];     /* of the canonical SignedInfo: what is signed */
    uint8_t value[64];           /* SignatureValue: r || s */
    struct cert_chain *chain;
};

/* Parses, checks the form of the signature, computes both digests, reads the certificates.  Nothing is
 * verified yet. ENN_FORMAT, ENN_NOMEM, ENN_INTERNAL; on ENN_OK release with xmlsig_close. */
enum enn_status xmlsig_open(const uint8_t *bytes, size_t n, const char *name, struct xmlsig *out,
                            struct enn_error *err);
void xmlsig_close(struct xmlsig *s);

/* 1 when the digest agrees and the signature holds with the first certificate. */
int xmlsig_verify(const struct xmlsig *s);
#endif
