/*
 * The manifest: the signed XML document that goes to the printer with the artwork.  docs/manifest.md is
 * normative, docs/manifest.xsd its schema.  manifest_write (manifestwrite.c) belongs to the signing side,
 * manifest_read (manifest.c) to the verification side.
 */
#ifndef TRUST_MANIFEST_H
#define TRUST_MANIFEST_H
#include "status.h"
#include "trust/cert.h"
#include "trust/lot.h"

#define MANIFEST_MAX_BYTES 262144
#define MANIFEST_MAX_PAGES 512
#define MANIFEST_THUMBNAIL_MAX 256
#define MANIFEST_MESSAGE_BYTES 22

/* Texts are UTF-8 without control characters, not empty unless said otherwise (text_clean of lot.h makes
 * them so). Decimal numbers keep six digits after the point. */
struct manifest_file {
    char name[256];       /* base name: no '/' */
    uint64_t bytes;
    uint8_t sha256[32];
    char format[16];      /* "TIFF", "BigTIFF", ... */
    char compression[32]; /* "none", "LZW", ... */
};

struct manifest_ink {
    char name[64];                               /* "Cyan", or the name in the file */
    uint8_t source_sha256[32], signed_sha256[32]; /* of the decoded samples before and after: samplehash.h */
};

struct manifest_page {
    uint32_t width, height;     /* px, >= 1 */
    double width_mm, height_mm; /* > 0, <= 1e6 */
    double dpi_x, dpi_y;        /* > 0, <= 1e6 */
    int bits;                   /* 1, 8 or 16 */
    char colour[16];            /* "cmyk", "grey", ... */
    char profile[128];          /* description of the ICC profile, "built-in" when none */
    uint32_t n_inks;            /* 1..ENN_MAX_INKS */
    struct manifest_ink inks[ENN_MAX_INKS];
};

/* One of a set of plates; its ink stands in the same place in pages[0].inks. */
struct manifest_plate {
    struct manifest_file source, output;
};

/* There is a seal when version is 1.  Nothing of it is told but where to look. */
struct manifest_seal {
    int version;    /* 0: the artwork is not sealed; 1 */
    uint32_t step;  /* position on a step-and-repeat sheet, 0 .. 65535 */
    uint32_t pages; /* the last page number with a field, 1 .. 1000000 */
};

struct manifest_mark {
    int format;                       /* ENN_MARK_FORMAT */
    double origin_x_mm, origin_y_mm;  /* of the first tile, |v| <= 1e6 */
    int luminance;                    /* 1: the carrier is luminance; 0: yellow-blue (docs/format.md) */
    double strength;                  /* 0.1 .. 4 */
    enum enn_white white;             /* what was asked for */
    int white_used;                   /* 1: white paper carries the mark */
    uint8_t message[MANIFEST_MESSAGE_BYTES]; /* payload_pack() of the lot id and the unit */
    uint8_t anchor[32];               /* fingerprint of the anchor: keys the carrier */
    double area_cm2;                  /* 0 .. 1e9 */
    struct enn_capacity quality;      /* >= 0; written as at most 1e6 */
    double mean_tint;                 /* percent, 0 .. 100 */
    struct manifest_seal seal;
};

struct manifest_thumbnail {
    double x_mm, y_mm;          /* where it lies on the artwork, |v| <= 1e6 */
    double width_mm, height_mm; /* > 0, <= 1e6 */
    uint32_t width, height; /* 1..MANIFEST_THUMBNAIL_MAX */
    uint8_t grey[MANIFEST_THUMBNAIL_MAX * MANIFEST_THUMBNAIL_MAX]; /* width * height samples, 0 = black */
};

struct manifest {
    int64_t created;           /* seconds since 1970, 0 .. 253402300799 */
    struct lot_statement lot;
    char lot_id[21];           /* writing: computed, what is here is ignored */
    uint64_t unit;             /* 0 .. 2^40 - 1 */
    uint8_t certificate[32];   /* SHA-256 of the signer's certificate; writing: computed */
    struct manifest_file source, output;
    uint32_t n_plates;             /* 0: the artwork is one file; else that of pages[0].inks, n_pages 1, and source
                                      and output are those of the plate that carries the mark */
    struct manifest_plate *plates; /* owned: manifest_set_plates, manifest_clear */
    uint32_t n_pages;
    struct manifest_page *pages; /* owned: manifest_set_pages, manifest_clear */
    struct manifest_mark mark;   /* writing: mark.anchor is computed, what is here is ignored */
    char screen[32];             /* ruling it was made for: "am:175", "fm" */
    struct manifest_thumbnail thumbnail;
};

/* Zeroes *m and gives it n zeroed pages (1..MANIFEST_MAX_PAGES; ENN_LIMIT, ENN_NOMEM). */
enum enn_status manifest_set_pages(struct manifest *m, uint32_t n, struct enn_error *err);
/* n zeroed plates (1..ENN_MAX_INKS; ENN_LIMIT, ENN_NOMEM); the rest of *m stays. */
enum enn_status manifest_set_plates(struct manifest *m, uint32_t n, struct enn_error *err);
void manifest_clear(struct manifest *m); /* frees what it owns and zeroes it */

/* Writes and signs: *out (free() it) holds *n bytes that manifest_read accepts (it was asked).  lot.issuer
 * must be cert_chain_name(signer_chain(s)).  ENN_USAGE, ENN_FORMAT: a field is out of its range or no
 * clean text; ENN_LIMIT: over 256 KiB. */
struct signer;
enum enn_status manifest_write(const struct manifest *m, const struct signer *s, uint8_t **out, size_t *n,
                               struct enn_error *err);

/* Reads a manifest under the strict profile.  ENN_OK: the signature holds with the first certificate of
 * *chain, every field was checked; whether that chain is trusted is for trust_judge.  ENN_NOT_GENUINE:
 * malformed or forged, *reason is MANIFEST_FORMAT or BAD_SIGNATURE, err->text says where; *out is zero and
 * *chain NULL.  Faults: ENN_NOMEM, ENN_INTERNAL. `name` is for messages.  On ENN_OK release with
 * manifest_clear and cert_chain_free. */
enum enn_status manifest_read(const uint8_t *bytes, size_t n, const char *name, struct manifest *out,
                              struct cert_chain **chain, enum enn_reason *reason, struct enn_error *err);

/* Reads the file and calls manifest_read.  ENN_IO when it cannot be read; a file over MANIFEST_MAX_BYTES is
 * ENN_NOT_GENUINE, MANIFEST_FORMAT. */
enum enn_status manifest_read_file(const char *file, struct manifest *out, struct cert_chain **chain,
                                   enum enn_reason *reason, struct enn_error *err);
#endif
