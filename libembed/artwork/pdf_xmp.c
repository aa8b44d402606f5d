/* PDF, step 9: the pointer to the manifest in the XMP packet of the document (Metadata of the catalogue).
 *
 * The packet gets one more element (xmp.h) and is stored as plain text, as PDF/X and PDF/A ask for.  Where
 * there was none, there is one afterwards.  Left alone, so that files stay what they say they are: packets
 * that cannot be read or extended, those of PDF/A (it allows only properties that an extension schema
 * describes), and Metadata that is no stream.
 *
 * ISO 32000-1:2008, 14.3.2; ISO 19005-2:2011, 6.6.2.3. */
#include "artwork/pdf_file.h"
#include "artwork/xmp.h"
#include "status.h"
#include <stdlib.h>
#include <string.h>

#define PDFA       "http://www.aiim.org/pdfa/ns/id/"
#define MAX_PACKET ((uint64_t)16 << 20)

/* The packet, from malloc; NULL: there is none, or it cannot be read.  *has: the catalogue has an entry. */
static enum enn_status read_packet(struct pdf_artwork *a, int *has, uint8_t **packet, size_t *n,
                                   struct enn_error *err)
{
    struct enn_error unread;
    qpdf_oh entry = qpdf_oh_get_key(a->q, qpdf_get_root(a->q), "/Metadata");
    *packet = NULL;
    *n = 0;
    *has = !qpdf_oh_is_null(a->q, entry);
    if (!qpdf_oh_is_stream(a->q, entry)) return ENN_OK;
    enum enn_status s = pdf_stream_decoded(a, entry, MAX_PACKET, packet, n, &unread);
    if (s == ENN_NOMEM) return pdf_no_memory(a, err);
    if (s) *packet = NULL;
    return ENN_OK;
}

enum enn_status pdf_xmp_read(struct pdf_artwork *a, struct enn_error *err)
{
    uint8_t *packet;
    size_t n;
    int has, marked;
    char lot[XMP_LOT_ID];
    enum enn_status s = read_packet(a, &has, &packet, &n, err);
    marked = packet && xmp_find(packet, n, lot);
    for (size_t i = 0; marked && i < a->n_shown; i++) {
        a->shown[i].info.marked = 1;
        memcpy(a->shown[i].info.marked_lot, lot, sizeof lot);
    }
    free(packet);
    qpdf_oh_release_all(a->q);
    return s;
}

static void put_packet(struct pdf_artwork *a, int has, const uint8_t *packet, size_t n)
{
    qpdf_oh root = qpdf_get_root(a->q), none = qpdf_oh_new_null(a->q);
    qpdf_oh stream = has ? qpdf_oh_get_key(a->q, root, "/Metadata") : qpdf_oh_new_stream(a->q);
    qpdf_oh dict = qpdf_oh_get_dict(a->q, stream);
    qpdf_oh_replace_key(a->q, dict, "/Type", qpdf_oh_new_name(a->q, "/Metadata"));
    qpdf_oh_replace_key(a->q, dict, "/Subtype", qpdf_oh_new_name(a->q, "/XML"));
    qpdf_oh_remove_key(a->q, dict, "/DL");
    qpdf_oh_replace_stream_data(a->q, stream, packet, n, none, none); /* copies the data */
    if (!has) qpdf_oh_replace_key(a->q, root, "/Metadata", stream);
}

enum enn_status pdf_xmp_write(struct pdf_artwork *a, const struct xmp_pointer *p, int *pointed,
                              struct enn_error *err)
{
    uint8_t *old, *packet = NULL;
    size_t n, size;
    int has;
    enum enn_status s = read_packet(a, &has, &old, &n, err);
    int open = !has || (old && !memmem(old, n, PDFA, strlen(PDFA)));
    if (!s && open) s = xmp_point(old, n, p, &packet, &size, err);
    if (packet) {
        put_packet(a, has, packet, size);
        *pointed = !qpdf_has_error(a->q);
        if (!*pointed) s = pdf_fail(a, "the XMP packet cannot be replaced", err);
    }
    free(packet);
    free(old);
    qpdf_oh_release_all(a->q);
    return s;
}
