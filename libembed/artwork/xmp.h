/* The pointer from a signed artwork to its manifest, in the XMP packet: nothing secret, and all that a
 * second signing needs to know that there was a first.
 *
 *   <rdf:Description rdf:about="" xmlns:enn="urn:enn:xmp:1:" enn:Manifest="carton.xml" enn:LotId="..."
 *    enn:Format="1"/>
 */
#ifndef ARTWORK_XMP_H
#define ARTWORK_XMP_H
#include <stddef.h>
#include "enn.h"

#define XMP_LOT_ID 21 /* 20 hex digits and the end */

struct xmp_pointer {
    const char *manifest;    /* base name, UTF-8 without control characters */
    char lot_id[XMP_LOT_ID]; /* 20 hex digits */
};

/* 1: the packet holds a pointer, in whatever form; lot_id is "" where it cannot be told.  Any bytes will
 * do. */
int xmp_find(const uint8_t *packet, size_t n, char lot_id[XMP_LOT_ID]);

/* The packet with the pointer in it, all else as it was: a pointer that enn wrote is replaced, padding
 * shrinks by what is added.  packet NULL: a packet of its own.  *out is freed by the caller; NULL with
 * ENN_OK: this packet cannot be extended (not UTF-8 text, no end of rdf:RDF, or a pointer that another
 * program has rewritten).  ENN_NOMEM. */
enum enn_status xmp_point(const uint8_t *packet, size_t n, const struct xmp_pointer *p, uint8_t **out,
                          size_t *size, struct enn_error *err);
#endif
