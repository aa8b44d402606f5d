/* Artwork, step 9: what a TIFF says beside its samples (artwork_notes): text tags and metadata packets.
 *
 * Tags that lay out or colour the samples are not among them: artwork.h describes these.
 *
 * TIFF 6.0, section 8 and part 2; Adobe Photoshop TIFF Technical Notes; XMP Specification Part 3. */
#include "artwork/tiff_file.h"
#include "status.h"
#include "trust/hex.h"
#include "trust/samplehash.h"
#include <stdio.h>
#include <string.h>

enum { LONGEST = 2000 }; /* of a text; the digest tells what is behind */

static const struct {
    uint32_t tag;
    const char *name;
    int packet; /* bytes, not text */
} known[] = {
    {TIFFTAG_DOCUMENTNAME, "DocumentName", 0},
    {TIFFTAG_IMAGEDESCRIPTION, "ImageDescription", 0},
    {TIFFTAG_MAKE, "Make", 0},
    {TIFFTAG_MODEL, "Model", 0},
    {TIFFTAG_PAGENAME, "PageName", 0},
    {TIFFTAG_SOFTWARE, "Software", 0},
    {TIFFTAG_DATETIME, "DateTime", 0},
    {TIFFTAG_ARTIST, "Artist", 0},
    {TIFFTAG_HOSTCOMPUTER, "HostComputer", 0},
    {TIFFTAG_TARGETPRINTER, "TargetPrinter", 0},
    {TIFFTAG_COPYRIGHT, "Copyright", 0},
    {TIFFTAG_XMLPACKET, "XMP", 1},
    {TIFFTAG_RICHTIFFIPTC, "IPTC", 1},
    {TIFFTAG_PHOTOSHOP, "Photoshop", 1},
};

static enum enn_status digest(const void *bytes, size_t n, char hex[2 * SHA256_BYTES + 1],
                              struct enn_error *err)
{
    uint8_t sum[SHA256_BYTES];
    enum enn_status s = sha256_buffer(bytes, n, sum, err);
    if (!s) hex_encode(sum, sizeof sum, hex);
    return s;
}

/* Readable by people as it stands: the rest of the text in dots, and a digest where that hides something. */
static enum enn_status put_text(const char *from, char to[LONGEST + 100], struct enn_error *err)
{
    size_t n = strlen(from), length = n < LONGEST ? n : LONGEST;
    int whole = n == length;
    char hex[2 * SHA256_BYTES + 1];
    for (size_t i = 0; i < length; i++) {
        int plain = from[i] >= 0x20 && from[i] < 0x7f;
        to[i] = plain ? from[i] : '.';
        whole &= plain;
    }
    to[length] = 0;
    enum enn_status s = whole ? ENN_OK : digest(from, n, hex, err);
    if (!s && !whole) sprintf(to + length, " (%.16s)", hex);
    return s;
}

static enum enn_status one_tag(const struct tiff_artwork *a, size_t i, char value[LONGEST + 100],
                               struct enn_error *err)
{
    const char *text = NULL;
    const void *bytes = NULL;
    uint32_t n = 0;
    char hex[2 * SHA256_BYTES + 1];
    *value = 0;
    if (!known[i].packet)
        return TIFFGetField(a->tif, known[i].tag, &text) && text ? put_text(text, value, err) : ENN_OK;
    if (!TIFFGetField(a->tif, known[i].tag, &n, &bytes) || !bytes) return ENN_OK;
    enum enn_status s = digest(bytes, n, hex, err);
    if (!s) sprintf(value, "%u bytes, %.16s", n, hex);
    return s;
}

enum enn_status tiff_artwork_notes(struct artwork *base, artwork_note_fn note, void *user,
                                   struct enn_error *err)
{
    const struct tiff_artwork *a = (const struct tiff_artwork *)base;
    char name[48], value[LONGEST + 100];
    enum enn_status s = ENN_OK;
    for (size_t p = 0; p < a->n_pages && !s; p++) {
        if (!TIFFSetSubDirectory(a->tif, a->layout.dirs[a->pages[p].dir].offset))
            return enn_fail(err, ENN_FORMAT, "%s: page %zu: the directory cannot be read", a->name, p + 1);
        for (size_t i = 0; i < sizeof known / sizeof *known && !s; i++) {
            s = one_tag(a, i, value, err);
            if (s || !*value) continue;
            if (a->n_pages > 1)
                snprintf(name, sizeof name, "page %zu: %s", p + 1, known[i].name);
            else
                snprintf(name, sizeof name, "%s", known[i].name);
            s = note(user, &(struct artwork_note){ENN_FACT_METADATA, name, value, 0});
        }
    }
    return s;
}
