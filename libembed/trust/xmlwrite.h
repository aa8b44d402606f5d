/*
 * Writing and signing a document of the strict profile (trust/strictxml.h): the manifest and the enrolment.
 *
 * The document is written once with zeros in place of the two values of the signature.  The very code that
 * verifies (xmlsig_open) computes what belongs there: the digest of the document, then, with the digest in
 * place, that of SignedInfo.  Both have a fixed length and are patched in.
 */
#ifndef TRUST_XMLWRITE_H
#define TRUST_XMLWRITE_H
#include "status.h"
#include "trust/keys.h"
#include <stddef.h>
#include <stdint.h>

/* The first failure sticks; `text` always has room for one more byte. */
struct xml_writer {
    char *text;
    size_t n;
    int depth;
    enum enn_status status;
    struct enn_error *err;
};

/* Starts a document; text NULL after ENN_NOMEM.  free(w->text) when done. */
void xml_begin(struct xml_writer *w, struct enn_error *err);

void xml_open(struct xml_writer *w, const char *name);
void xml_close(struct xml_writer *w, const char *name);
void xml_element(struct xml_writer *w, const char *name, const char *text);
/* room: of the field that a reader has for it */
void xml_text(struct xml_writer *w, const char *name, const char *text, size_t room);
void xml_integer(struct xml_writer *w, const char *name, uint64_t value);
void xml_decimal(struct xml_writer *w, const char *name, double value);
void xml_hex(struct xml_writer *w, const char *name, const uint8_t *bytes, size_t n);
/* base64 in lines of 76 characters, as RFC 2045 has them */
void xml_base64(struct xml_writer *w, const char *name, const uint8_t *bytes, size_t n);

/* Ends the document with the signature; w->status says whether all went well. */
void xml_sign(struct xml_writer *w, const struct signer *s);
#endif
