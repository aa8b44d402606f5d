/*
 * enn: sign packaging artwork before it is printed, read the mark back from a picture of the print.
 *
 * This is the one public header.  The conventions of the whole library:
 *
 * Geometry     Pixel (0,0) is the top-left pixel; its centre is at (0.5, 0.5).  Artwork positions are in mm from the
 *              artwork's top-left corner, x to the right, y down.  Angles are in radians, positive from +x towards +y
 *              (clockwise as seen on the page).
 * Samples      Rows run top to bottom, channels interleaved, 8 or 16 bits, native byte order.  Ink samples grow with
 *              the amount of ink (0 = paper), light samples grow with light (0 = black).
 * Soft bits    Positive means 0, negative means 1, magnitude is the log-likelihood ratio up to one common factor.
 * Status       Every call that can fail returns enum enn_status and, when it is not ENN_OK, writes one line of detail,
 *              naming the file and the reason, into the caller's struct enn_error.  NO_MARK, NOT_GENUINE, COPY and
 *              UNTRUSTED are answers; the rest are faults.  Nothing is ever printed by the library.
 * Ownership    Strings and structs passed in stay the caller's and are not kept after the call returns, unless a
 *              comment says so.  What a function allocates is released by the function named beside it.
 * Threads      No mutable globals.  Different handles may be used by different threads at the same time.
 * Randomness   Only key generation and the lot nonce draw random numbers (from the operating system); everything else
 *              is a function of its inputs.
 */
#ifndef ENN_H
#define ENN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ENN_VERSION "0.1.0"  /* of the software: the only place it is written */
#define ENN_MARK_FORMAT 1    /* of the mark: docs/format.md */
#define ENN_JSON_SCHEMA 1    /* of the JSON lines of the tools */

/* name, exit code of the tools, verdict word in JSON, sentence */
#define ENN_STATUS_LIST(X)                                                                              \
    X(OK,          0, "genuine",        "done: everything asked for was verified and is trusted")       \
    X(USAGE,       2, "failed",         "wrong usage")                                                  \
    X(NO_MARK,     3, "no-mark",        "nothing found: no mark could be read")                         \
    X(NOT_GENUINE, 4, "not-genuine",    "not genuine: something was found and does not agree")          \
    X(COPY,        5, "copy-suspected", "copy suspected")                                               \
    X(UNTRUSTED,   6, "untrusted",      "valid but not trusted")                                        \
    X(FORMAT,      7, "refused",        "input refused: malformed")                                     \
    X(UNSUPPORTED, 7, "refused",        "input refused: unsupported")                                   \
    X(LIMIT,       7, "refused",        "input refused: over a limit")                                  \
    X(IO,          8, "failed",         "system failure: input or output")                              \
    X(NOMEM,       8, "failed",         "system failure: out of memory")                                \
    X(INTERNAL,    8, "failed",         "system failure: a check inside enn failed")                    \
    X(BARCODE_MISMATCH, 7, "refused",   "input refused: a barcode says another lot")                    \
    X(BARCODE_CHANGED,  8, "failed",    "system failure: a barcode would not read the same")

enum enn_status {
#define ENN_X(name, exit, word, text) ENN_##name,
    ENN_STATUS_LIST(ENN_X)
#undef ENN_X
};

int enn_status_exit(enum enn_status s);          /* exit code of the command line tools */
const char *enn_status_word(enum enn_status s);  /* JSON "verdict" */
const char *enn_status_text(enum enn_status s);  /* one English sentence without a full stop */

/* Stable words for JSON "reasons" and their explanation.  Never renamed, only added to. */
#define ENN_REASON_LIST(X)                                                                                \
    X(NO_PILOT,         "no-pilot",         "no pilot of a mark was found")                               \
    X(TOO_SMALL,        "too-small",        "the picture is too small to hold a readable mark")           \
    X(TOO_COARSE,       "too-coarse",       "too few pixels per millimetre to resolve a mark")            \
    X(TOO_WEAK,         "too-weak",         "a pilot was found but the message is too weak to be accepted") \
    X(OTHER_ISSUER,     "other-issuer",     "a pilot was found but no given issuer's message")            \
    X(MIRRORED,         "mirrored",         "the picture is mirrored")                                    \
    X(NO_MANIFEST,      "no-manifest",      "no manifest was given: the lot is named, not proven")        \
    X(NO_TRUST,         "no-trust",         "no trust anchor was given")                                  \
    X(UNKNOWN_ISSUER,   "unknown-issuer",   "the manifest's issuer is not a given trust anchor")          \
    X(EXPIRED,          "expired",          "the issuer's certificate has expired")                       \
    X(NOT_YET_VALID,    "not-yet-valid",    "the issuer's certificate is not valid yet")                  \
    X(KEY_USAGE,        "key-usage",        "the issuer's certificate may not be used for signing")       \
    X(PIN_MISMATCH,     "pin-mismatch",     "the trust anchor is not the pinned one")                     \
    X(MANIFEST_FORMAT,  "manifest-format",  "the manifest is not in the strict profile")                  \
    X(BAD_SIGNATURE,    "bad-signature",    "the manifest's signature does not verify")                   \
    X(OTHER_LOT,        "other-lot",        "the mark names another lot than the manifest")               \
    X(FILE_HASH,        "file-hash",        "the file is not byte for byte the one that was signed")      \
    X(SAMPLES_DIFFER,   "samples-differ",   "the decoded samples are not the ones that were signed")      \
    X(OTHER_ARTWORK,    "other-artwork",    "the picture does not show the artwork of the manifest")      \
    X(ALTERED,          "altered",          "places of the artwork were altered after it was signed")     \
    X(MALFORMED,        "malformed",        "the input is malformed")                                     \
    X(UNSUPPORTED_INPUT, "unsupported",     "the input has a property that is not supported")             \
    X(OVER_LIMIT,       "over-limit",       "the input is over a limit")                                  \
    X(WRONG_USAGE,      "usage",            "wrong usage")                                                \
    X(INTERNAL_CHECK,   "internal",         "a check inside enn failed")                                  \
    X(IO_FAILED,        "io",               "reading or writing failed")                                  \
    X(NO_MEMORY,        "memory",           "out of memory")                                              \
    X(BARCODE_MISMATCH, "barcode-mismatch", "a barcode in the artwork names another GTIN, lot, expiry or serial") \
    X(BARCODE_CHANGED,  "barcode-changed",  "a barcode would not read the same with the mark")             \
    X(SEAL_MISSING,     "seal-missing",     "the message is there, the lot's seal is not")                 \
    X(SEAL_BROKEN,      "seal-broken",      "a part of the message, in places or in strength, has no seal") \
    X(LOT_REVOKED,      "lot-revoked",      "the lot is revoked")                                         \
    X(COPY_LOST,        "fine-detail-lost", "fine detail is missing as it is in the copy of a print")      \
    X(COPY_CLEAN,       "too-clean",        "the fine detail is too strong for a first print: sharpened, or no print")

enum enn_reason {
#define ENN_X(name, word, text) ENN_REASON_##name,
    ENN_REASON_LIST(ENN_X)
#undef ENN_X
    ENN_REASON_COUNT
};
const char *enn_reason_word(enum enn_reason r);
const char *enn_reason_text(enum enn_reason r);

#define ENN_ERROR_TEXT 512
struct enn_error {
    enum enn_status status;
    char text[ENN_ERROR_TEXT];  /* one line, no newline, always terminated */
};

/* Limits against hostile inputs; enn_limits_default() fills in what the tools use. */
struct enn_limits {
    uint64_t max_pixels;  /* per page or picture, default 4e9 */
    uint64_t max_memory;  /* bytes one input may make us allocate, default 1 GiB */
};
struct enn_limits enn_limits_default(void);

/* Called with the share done, 0..1, at most some hundred times per job.  May be NULL. */
typedef void (*enn_progress_fn)(void *user, double share, const char *stage);

/* ---- issuer ------------------------------------------------------------------------------------------------- */

struct enn_issuer_options {
    const char *name;        /* common name in the certificate, 1..64 bytes of UTF-8 without control characters */
    const char *out_dir;     /* created (0700) if missing; NAME.key NAME.crt NAME.seal are made in it, never overwritten */
    const char *passphrase;  /* NULL: the key is written unencrypted (still 0600) */
    int valid_days;          /* 0: 3650 */
};
/* Makes an ECDSA P-256 key (PKCS#8 PEM, 0600, scrypt-encrypted when a passphrase is given), a self-signed certificate
 * with keyUsage digitalSignature + keyCertSign and basicConstraints CA:TRUE pathlen:0, and a 32-byte seal secret. */
enum enn_status enn_issuer_create(const struct enn_issuer_options *o, struct enn_error *err);

/* The lot's key, which shows (and makes) the seal of this lot and of no other: from the issuer's seal secret in
 * secret_file into a new file `out` of mode 0600.  lot: a manifest's file, or a lot id of 20 hex digits.  to: NULL, or the
 * file of a certificate that the key is encrypted to (CMS).  lot_id (21 bytes, or NULL) gets the lot id.  A manifest's
 * signature must hold, its issuer need not be trusted.  ENN_USAGE: `out` exists; ENN_NOT_GENUINE: the manifest. */
enum enn_status enn_export_lot_key(const char *secret_file, const char *lot, const char *to, const char *out,
                                   char lot_id[21], struct enn_error *err);

/* ---- barcodes ------------------------------------------------------------------------------------------------ */

struct enn_element { char ai[5], value[91]; };  /* one GS1 application identifier and its value */

struct enn_barcode {
    uint32_t page;                    /* from 1 */
    const char *type, *title;         /* "data-matrix", "Data Matrix" */
    char *text;                       /* n bytes as read, and a 0; GS1 separators are 0x1d */
    size_t n;
    int gs1;                          /* the symbol is marked as GS1 (FNC1, or GS1 DataBar) */
    int bracketed;                    /* it is not, but its text has the form (01)...(10)... */
    uint32_t n_elements;              /* of GS1 data, of bracketed text, and AI 01 of EAN, UPC and ITF-14 */
    struct enn_element *elements;
    char problem[160];                /* the GS1 rule that the data break, or "" */
    double x, y, width, height;       /* upright box in mm, without the quiet zone */
    double module_mm;                 /* narrowest bar or module; 0: not measured */
    double quiet_mm, quiet_needed_mm; /* clear space found (-1: not measured), up to what is needed */
    double contrast;                  /* reflectance of the paper less that of the bars in red light, 0..1; -1: not measured */
    int turned;                       /* not by a multiple of 90 degrees */
};
struct enn_barcodes { uint32_t n; struct enn_barcode *items; };
void enn_barcodes_clear(struct enn_barcodes *c);

/* ---- signing ------------------------------------------------------------------------------------------------- */

/* A rectangle in mm from the artwork's top-left corner. */
struct enn_rect { double x, y, width, height; };

/* What is never touched, besides what the tools find themselves (barcodes, type, solids ...).  Honoured to the pixel:
 * a pixel whose centre is protected keeps its samples bit by bit. */
struct enn_protection {
    const char *const *masks;         /* PNG, TIFF or JPEG pictures: what is dark in them (below half) is protected.  Of any
                                         size, laid over the whole page; one for all pages, or one for each */
    const struct enn_rect *regions;         /* if any: nothing outside of them is marked */
    const struct enn_rect *protect_regions; /* nothing inside of them is marked */
    int n_masks, n_regions, n_protect_regions;
    const char *const *technical;     /* further names of inks that are technical: varnish, die lines ... */
    const char *const *allow_inks;    /* brand inks that may be marked over, or carry the mark where there is no CMYK */
    int n_technical, n_allow_inks;
};

enum enn_white { ENN_WHITE_AUTO, ENN_WHITE_NEVER, ENN_WHITE_ALWAYS };

struct enn_sign_options {
    const char *key_file, *cert_file;  /* PEM; cert_file: the signer's certificate first, its anchor last */
    const char *passphrase;            /* of the key, or NULL */
    const char *signer_cmd;            /* instead of key_file: run with the hex SHA-256 digest as the last argument, writes
                                          a DER ECDSA signature to stdout; or NULL */
    const char *gtin, *lot, *expiry, *serial;  /* GS1 facts; expiry YYMMDD; expiry and serial may be NULL */
    const char *gs1;                   /* instead of the four: "(01)...(10)...(17)..." */
    uint64_t unit;                     /* unit index 0 .. 2^40-1, 0 = the whole lot */
    const char *nonce_hex;             /* 32 hex digits, or NULL: random */
    double strength;                   /* 1 = the default visibility budget; 0.1 .. 4 */
    enum enn_white white;
    double dpi;                        /* used when the file names no resolution; 0: refuse such files */
    const char *profile_file;          /* ICC CMYK output profile used when none is embedded, or NULL: built in */
    const char *screen;                /* e.g. "am:175" or "fm", written into the manifest; NULL: "am:175".  With a seal it
                                          also limits what the seal uses to what such a screen prints */
    const char *seal_secret;           /* file of the issuer's seal secret: the lot's seal is added; NULL: no seal */
    uint32_t step;                     /* position on a step-and-repeat sheet: each has a seal of its own; 0 .. 65535 */
    int jpeg_reencode;                 /* 1: JPEG-compressed TIFF is accepted and written again with JPEG (lossy) */
    struct enn_protection protection;
    int no_xmp;                        /* 1: no pointer to the manifest is put into the XMP packet */
    int allow_barcode_mismatch;        /* 1: artwork whose barcodes name another lot is signed all the same */
    int force;                         /* 1: existing outputs are replaced, marked artwork is marked again, and a PDF
                                          with a digital signature, which the mark breaks, is signed all the same */
    const char *password;              /* of an encrypted PDF, or NULL */
    int threads;                       /* 0: one per core */
    struct enn_limits limits;
    enn_progress_fn progress;
    void *progress_user;
    struct output_pending *pending;    /* temporaries are listed here while they exist, for a signal handler
                                          (artwork/output.h of the sources); or NULL */
};
struct enn_sign_options enn_sign_options_default(void);

/* Prediction of how well a mark reads: energy over what the message needs (>= 1: reads without a manifest). */
struct enn_capacity {
    double window25_20, window25_10;  /* median 25 x 25 mm window, at 20 and 10 px/mm */
    double panel_20, panel_10;        /* the whole panel */
};

/* An image or page that is left as it was, or comes back stored in another way. */
struct enn_sign_note {
    int left_alone;           /* 1: it carries no mark, and text says why; 0: text says how it is stored now */
    char name[64], text[160]; /* "page 1, image 2"; one English line */
};

struct enn_sign_report {
    char lot_id[21];            /* 20 hex digits */
    uint32_t pages;
    uint32_t left_alone;        /* images of a PDF too small for the mark, or line art */
    uint32_t pages_left_alone;  /* pages of a PDF that have no image for the mark, beside others that have */
    uint32_t n_notes;           /* the first 500 of those, and what else is stored in another way */
    struct enn_sign_note *notes; /* released by enn_sign_report_clear */
    uint32_t reencoded;         /* pages whose JPEG data were written again, a little lossy */
    double width_mm, height_mm; /* first page */
    double marked_cm2;          /* area that carries the mark, all pages */
    double white_cm2;           /* of it on white paper */
    double mean_tint;           /* mean yellow added to white, percent */
    int luminance;              /* 1: the mark is in lightness, as all marked pages are grey or of single inks */
    char carrier_ink[64];       /* with luminance: the ink that carries it on the first page */
    int sealed;                 /* 1: the lot's seal is in the artwork */
    double seal_top;            /* of it: the fastest wave, cycles/mm */
    int xmp;                    /* 1: the pointer to the manifest stands in the file */
    int white_used;             /* --white=auto decided to mark white, or it was asked for */
    int yellow_added;           /* of a CMYK job that does not print yellow otherwise: one plate more */
    double coverage_change[8];  /* mean coverage change per ink of the first page, percentage points */
    uint32_t inks;
    struct enn_capacity capacity;
    struct enn_barcodes barcodes;  /* of all marked pages: released by enn_sign_report_clear */
    uint32_t other_barcodes;       /* of them, not compared: the lot is under GS1's prefix for examples, they are not */
    uint32_t plates;            /* of a set of plates; 0: the artwork was one file */
    char missing_plates[32];    /* of it: which of cyan, magenta, yellow, black it has not: "Magenta, Black" */
    char plate_carriers[64];    /* of it: those whose dots are moved, "Yellow", "Yellow, Cyan" */
    double plate_reach;         /* of it: how much of the wanted change the dots could take, 0..1 */
    double plate_tone;          /* of it: the most that the ink of any square of 1 cm changes by, percentage points */
    double seconds;
};
void enn_sign_report_clear(struct enn_sign_report *r);

/* Signs one artwork: reads `artwork`, writes `out` (same layout, mark embedded) and `manifest` (may be NULL: out with
 * its extension replaced by .xml), each through a temporary in the same directory, read back and compared, fsynced and
 * renamed, the manifest last.  On any failure nothing is left behind.  Barcodes are read before and after:
 * ENN_BARCODE_MISMATCH when they name another lot, ENN_BARCODE_CHANGED when one would not read the same. */
enum enn_status enn_sign(const struct enn_sign_options *o, const char *artwork, const char *out, const char *manifest,
                         struct enn_sign_report *report, struct enn_error *err);

/* One separation of a screened artwork: a TIFF of one bit per pixel, 1000 to 4100 dpi. */
struct enn_plate {
    const char *file;
    const char *ink; /* "Cyan", "Magenta", "Yellow", "Black" or a spot ink; NULL: from the file's name, as in
                        "job(Cyan).tif", "job_C.tif" */
};

/* Signs a set of n plates (1..ENN_MAX_INKS, all of one size and resolution, each ink once) as one artwork.  Dots of
 * the yellow plate are made a little larger or smaller (docs/plates.md), those of others only where yellow cannot carry
 * the mark; what is not changed is copied byte for byte.  The outputs lie in the existing directory out_dir under the
 * plates' own names; manifest NULL: that of the yellow (or the first) plate with its extension replaced by .xml.  As
 * enn_sign: whole or nothing, the manifest last. */
enum enn_status enn_sign_plates(const struct enn_sign_options *o, const struct enn_plate *plates, size_t n,
                                const char *out_dir, const char *manifest, struct enn_sign_report *report,
                                struct enn_error *err);

/* ---- verifying ----------------------------------------------------------------------------------------------- */

struct enn_point { double x, y; };

/* One print of several in a picture. */
struct enn_pack {
    char lot_id[21];
    int have_unit;
    uint64_t unit;
    int matched, agrees;       /* agrees: with the manifest; 0 when none was given */
    double p_false, px_per_mm, energy;
    struct enn_point box[4];   /* pixels of the picture */
};

/* What a capture shows, against the picture in the manifest: not-checked: no manifest, or nothing was read;
 * not-measurable: too small or too flat a view, or prints show more than the picture does. */
#define ENN_CONTENT_LIST(X)        \
    X(UNCHECKED, "not-checked")    \
    X(UNKNOWN,   "not-measurable") \
    X(AGREES,    "agrees")         \
    X(DIFFERS,   "differs")
enum enn_content {
#define ENN_X(name, word) ENN_CONTENT_##name,
    ENN_CONTENT_LIST(ENN_X)
#undef ENN_X
};
const char *enn_content_word(enum enn_content c);

/* Is the lot's seal in the picture?  The later answer is the worse one. */
#define ENN_SEAL_LIST(X)                                                                        \
    X(UNCHECKED, "not-checked")    /* no manifest, one without a seal, or nothing was read */   \
    X(PRESENT,   "present")                                                                     \
    X(NO_KEY,    "no-key")         /* the artwork is sealed, no key of its lot was given */     \
    X(UNKNOWN,   "not-measurable") /* too little, or too weakly, in view */                     \
    X(BROKEN,    "broken")         /* a place, or a share of the strength, has no seal */       \
    X(MISSING,   "missing")
enum enn_seal {
#define ENN_X(name, word) ENN_SEAL_##name,
    ENN_SEAL_LIST(ENN_X)
#undef ENN_X
};
const char *enn_seal_word(enum enn_seal s);

/* Where a capture differs from the artwork of the manifest. */
enum enn_cell_state { ENN_CELL_UNKNOWN, ENN_CELL_INTACT, ENN_CELL_ALTERED };
struct enn_alteration {
    struct enn_rect at;  /* mm of the artwork, whole cells */
    double score;        /* how much differs, up to 25; listed from 2.2 on */
    int certain;         /* strong, and all around it is as it should be: part of the verdict */
};
struct enn_alterations {
    double x, y, width, height, cell_mm;  /* the artwork in mm, and its cells */
    uint32_t columns, rows;
    uint8_t *state;                       /* rows x columns, enum enn_cell_state */
    uint32_t n;
    struct enn_alteration *items;         /* the strongest first, at most 256 */
    uint32_t picture_width, picture_height;
    uint8_t *picture;                     /* the capture as the artwork lies, or the manifest's picture: 3 bytes a px */
};

/* One cell of the lot's seal in view, by itself: PRESENT, BROKEN, or UNKNOWN where it holds too little of the mark. */
struct enn_seal_cell {
    struct enn_rect at;  /* mm of the artwork */
    enum enn_seal seal;
    double z, expected;  /* as in the verdict */
};

/* Is it a first print, or the copy of one?  Looked at where the seal was found, against an enrolment. */
#define ENN_COPY_LIST(X)                                                                                    \
    X(UNCHECKED,    "not-checked")                                                                          \
    X(ORIGINAL,     "original")      /* a reprint would have shown, and this is as good as enrolled ones */ \
    X(INCONCLUSIVE, "inconclusive")  /* no enrolment, too coarse, too little in view, or in between */      \
    X(SUSPECTED,    "suspected")
enum enn_copy {
#define ENN_X(name, word) ENN_COPY_##name,
    ENN_COPY_LIST(ENN_X)
#undef ENN_X
};
const char *enn_copy_word(enum enn_copy c);

/* Why no answer was given. */
#define ENN_COPY_WHY_LIST(X)                                                                                \
    X(NONE,             "")                                                                                 \
    X(NOT_ENROLLED,     "not-enrolled")     /* no enrolment, or none with captures of this kind */          \
    X(TOO_COARSE,       "too-coarse")       /* below 500 dpi, 25 px/mm, or nothing could be measured */     \
    X(TOO_LITTLE,       "too-little")       /* in view, or enrolled */                                      \
    X(OTHER_RESOLUTION, "other-resolution") /* than that of the enrolled captures */                        \
    X(OTHER_SCREEN,     "other-screen")     /* another ruling than enrolled: another print job */           \
    X(OTHER_SHARPNESS,  "other-sharpness")  /* another device, or paper, than enrolled */                   \
    X(OTHER_QUALITY,    "other-quality")    /* more compressed, or duller, than enrolled: that takes detail, too */ \
    X(IN_BETWEEN,       "in-between")                                                                       \
    X(CAPTURES_DIFFER,  "captures-differ")  /* together: not all can be of one print */
enum enn_copy_why {
#define ENN_X(name, word) ENN_COPY_WHY_##name,
    ENN_COPY_WHY_LIST(ENN_X)
#undef ENN_X
};
const char *enn_copy_why_word(enum enn_copy_why w);

/* What is left of the waves of the mark in eight bands from 0.6 to 3.1 cycles/mm, over the mean of the third and fourth. */
#define ENN_COPY_BANDS 8
struct enn_response {
    double px_per_mm; /* 0: not measured */
    int photo;        /* 0: a scan */
    double norm;      /* relative deviation of that mean */
    double screen;    /* contrast of the print's screen: rms of the logarithm of lightness; 0: no ruling is seen */
    double lpi;       /* its ruling, lines per inch */
    double gain[ENN_COPY_BANDS], deviation[ENN_COPY_BANDS];
};

struct enn_edges; /* opaque */
struct enn_verdict {
    enum enn_status status;
    int n_reasons;
    enum enn_reason reasons[16];
    char detail[ENN_ERROR_TEXT];   /* one English line for people */
    /* what was read; empty strings where unknown */
    char lot_id[21], gtin[15], lot[64], expiry[7], serial[64], issuer[128];
    int have_unit;
    uint64_t unit;
    double p_false;                /* of the best hypothesis, also when it was rejected; 1 when there was none */
    int matched;                   /* 1: the message was not decoded but matched against the manifest's */
    /* quality of the capture */
    double px_per_mm, tilt_deg, rotation_deg;
    double tiles;                  /* tiles in view, in units of one whole tile */
    double energy, energy_needed;  /* of the message, and what blind decoding needs */
    struct enn_point box[4];       /* corners of the area the mark was read from, in pixels of the picture */
    int n_cells;                   /* locked places, for drawing: owned by the verdict */
    struct enn_cell *cells;
    int n_packs;                   /* with options.all: every print that was read, the first is the one above */
    struct enn_pack *packs;        /* owned by the verdict */
    enum enn_content content;      /* is it the artwork of the manifest? */
    double content_agreement;      /* correlation with the thumbnail at the best place, -1 .. 1 */
    struct enn_alterations *map;   /* with options.map and a manifest; owned by the verdict */
    struct enn_rect view;          /* where on the artwork the read places lie, mm; of ENN_CONTENT_AGREES, else zero */
    enum enn_seal seal;
    double seal_p;                 /* when looked for: bound of the chance that a picture without it shows as much */
    double seal_z, seal_expected;  /* its correlation in standard deviations, and what the message lets expect */
    uint32_t seal_page;            /* when present: page of the artwork; the place on it is `view` */
    uint32_t n_seal_cells;         /* when present, or broken: */
    struct enn_seal_cell *seal_cells; /* owned by the verdict */
    enum enn_copy copy;
    double copy_lost, copy_clean;  /* against an enrolment, standard deviations: fine detail missing; fine too strong
                                      beside slow detail */
    enum enn_copy_why copy_why;    /* of ENN_COPY_INCONCLUSIVE */
    double copy_power;             /* what copy_lost would be for a reprint; 0: nothing was compared */
    uint32_t copy_captures;        /* that were judged together; 1 without enn_verify_together */
    uint32_t copy_edges;           /* places on edges of the artwork that were compared, too; 0: none */
    struct enn_response response;  /* of print and capture to the mark, where it was measured */
    struct enn_edges *edges;       /* the same to the artwork's edges, for enn_verify_together; owned by the verdict, or NULL */
    int file_checked;              /* 1: the exact file and its samples were compared with the manifest */
    double seconds;
};
struct enn_cell { struct enn_point corner[4]; double confidence; };  /* a quarter tile in picture pixels */
void enn_verdict_clear(struct enn_verdict *v);  /* frees what the verdict owns, zeroes the rest */

struct enn_verifier;  /* trust anchors and at most one manifest */
struct enn_verifier *enn_verifier_new(void);  /* NULL: out of memory */
void enn_verifier_free(struct enn_verifier *v);
enum enn_status enn_verifier_trust(struct enn_verifier *v, const char *cert_file, struct enn_error *err);
/* pin: 64 hex digits, SHA-256 of the anchor's SubjectPublicKeyInfo.  When any is set, only pinned anchors count. */
enum enn_status enn_verifier_pin(struct enn_verifier *v, const char *pin_hex, struct enn_error *err);
/* Reads the manifest; its verdict is given with every file.  Faults (no such file) are returned at once; a manifest that is
 * malformed or forged is an answer and is reported by enn_verify_file. */
enum enn_status enn_verifier_manifest(struct enn_verifier *v, const char *manifest_file, struct enn_error *err);

/* A lot key (enn_export_lot_key): sealed artwork of this lot must show its seal.  Up to 256 lots.  ENN_FORMAT, ENN_IO. */
enum enn_status enn_verifier_seal(struct enn_verifier *v, const char *key_file, struct enn_error *err);
/* A text file of lot ids, 20 hex digits to a line, # begins a comment: these lots are ENN_UNTRUSTED, LOT_REVOKED. */
enum enn_status enn_verifier_revoked(struct enn_verifier *v, const char *list_file, struct enn_error *err);

/* An enrolment (enn_enrol), after the manifest and the trust anchors: captures are compared with the prints it tells of.
 * ENN_FORMAT: malformed or forged, or of another artwork; ENN_UNTRUSTED: its signer is not trusted. */
enum enn_status enn_verifier_enrolment(struct enn_verifier *v, const char *file, struct enn_error *err);

struct enn_verify_options {
    double p_false;        /* accept a read only at or below, default 1e-9 */
    int64_t now;           /* seconds since 1970 for validity dates; 0: the clock */
    int threads;
    const char *password;  /* of an encrypted PDF, or NULL */
    int effort;            /* 0 quick, 1 default, 2 search longer for weak marks */
    int whole;             /* 1: follow the mark to its borders, so that box and cells cover all of the print */
    int map;               /* 1: compare every place with the manifest's picture; implies whole */
    int all;               /* 1: look for every print in the picture, at most 32; the worst answer counts */
    int together;          /* 1: verdict.copy counts only after enn_verify_together */
    struct enn_limits limits;
    enn_progress_fn progress;
    void *progress_user;
};
struct enn_verify_options enn_verify_options_default(void);

/* Judges one file (TIFF or PDF artwork, or a TIFF, PNG or JPEG capture; "-" reads stdin).  The answer is in *verdict and is also returned;
 * faults are returned with *err, and verdict->status and reasons say the same. */
enum enn_status enn_verify_file(const struct enn_verifier *v, const struct enn_verify_options *o, const char *file,
                                struct enn_verdict *verdict, struct enn_error *err);

/* The same for an 8-bit RGB picture in memory: rgb holds height rows of stride bytes, stride >= 3 * width. */
enum enn_status enn_verify_rgb(const struct enn_verifier *v, const struct enn_verify_options *o, const uint8_t *rgb,
                               uint32_t width, uint32_t height, size_t stride, struct enn_verdict *verdict,
                               struct enn_error *err);

/* Several captures of one pack tell first print from copy better than one.  After each was verified with options.together: the
 * copy answers of those that name the same lot and unit, scans and photographs apart, become one, in the verdict of each, with
 * its status and reasons.  ENN_NOMEM. */
enum enn_status enn_verify_together(const struct enn_verifier *v, struct enn_verdict *verdicts, int n, struct enn_error *err);

/* ---- inspecting ---------------------------------------------------------------------------------------------- */

#define ENN_MAX_INKS 16
struct enn_ink_info { char name[64]; double mean_coverage; const char *role; };  /* percent; light channels: 100 - value;
    -1: not measured.
    role: "process", "spot", "technical", "selection" (a saved selection, not printed), "alpha" */
/* A reduced picture of a page as it is looked at: 3 bytes a pixel, sRGB. */
struct enn_preview { uint32_t width, height; uint8_t *rgb; };
/* Where the mark is read how well: for the window of 25 x 25 mm around every place, photographed at 20 px/mm, the energy over
 * what a message needs. */
struct enn_capacity_map { uint32_t columns, rows; double step_mm; float *with_white, *without_white; };

#define ENN_N_WINDOWS 6
#define ENN_WINDOWS_MM {10, 15, 25, 40, 60, 0}
#define ENN_N_PX_PER_MM 3
#define ENN_PX_PER_MM {10, 14, 20}

struct enn_page_info {
    char name[64];   /* of an image in a PDF: "page 2, image 3"; else "" */
    char sheet[160]; /* its page in the PDF: size and boxes; else "" */
    char place[96];  /* where it lies there */
    uint32_t width, height;
    double width_mm, height_mm, dpi_x, dpi_y;  /* 0 where the file names no resolution */
    char colour[16], compression[32], profile[128];
    int bits, tiled, planar;
    uint32_t n_inks;
    struct enn_ink_info inks[ENN_MAX_INKS];
    int surveyed;    /* 1: the shares, and with signable the capacity, are measured */
    double white_share, solid_share, type_share, barcode_share, protected_share;  /* of the page area, 0..1 */
    double max_tac;                                    /* largest total area coverage, percent; 0: not of inks */
    double over_tac_mm2;                               /* area over the limit of enn_inspect_options */
    int signable;                                      /* 0: `why` says why not */
    char why[160];
    struct enn_capacity with_white, without_white;
    /* the same for more windows (side ENN_WINDOWS_MM, 0: whole page) and resolutions (ENN_PX_PER_MM); -1: the page is smaller */
    double table_with_white[ENN_N_WINDOWS][ENN_N_PX_PER_MM], table_without_white[ENN_N_WINDOWS][ENN_N_PX_PER_MM];
    int white_needed;             /* 1: what ennsign --white=auto decides for a page like this */
    struct enn_preview preview;   /* empty unless asked for */
    struct enn_capacity_map map;
};

enum enn_level { ENN_NOTE, ENN_WARNING, ENN_ERROR };
const char *enn_level_word(enum enn_level l);  /* "note", "warning", "error" */

/* Stable ids of findings and what they mean.  Never renamed, only added to. */
#define ENN_FINDING_LIST(X)                                                                                  \
    X(UNSIGNABLE, "unsignable", "the page cannot be signed")                                                 \
    X(LOW_RESOLUTION, "low-resolution", "fewer pixels than print needs")                                     \
    X(NO_RESOLUTION, "no-resolution", "the file names no resolution")                                        \
    X(UNEQUAL_RESOLUTION, "unequal-resolution", "other resolutions across and down")                         \
    X(NO_PROFILE, "no-profile", "no output profile: colours are taken for coated offset")                    \
    X(RGB_ARTWORK, "rgb-artwork", "not in inks: press or RIP will convert the colours")                      \
    X(LOSSY, "lossy", "compressed with loss")                                                                \
    X(ALPHA, "alpha", "a transparency channel; only what is opaque carries the mark")                        \
    X(TECHNICAL_INK, "technical-ink", "an ink that is not printed as colour")                                \
    X(SPOT_INK, "spot-ink", "a brand ink, left alone unless it is allowed")                                  \
    X(TAC_OVER_LIMIT, "tac-over-limit", "more ink than the limit of total area coverage")                    \
    X(HAIRLINE, "hairline", "a line too thin to print safely")                                               \
    X(REVERSED_TYPE, "reversed-type", "small light type in several inks, which closes up")                   \
    X(WHITE_SHARE, "white-share", "mostly bare paper, which carries little mark")                            \
    X(CAPACITY_LOW, "capacity-low", "a print will be hard to read")                                          \
    X(ALREADY_MARKED, "already-marked", "a mark was found")                                                  \
    X(BARCODE_GS1_INVALID, "barcode-gs1-invalid", "GS1 data that break a rule")                              \
    X(BARCODE_GS1_PLAIN, "barcode-gs1-plain", "GS1 data as plain text, in a symbol not marked as GS1")       \
    X(BARCODE_INCOMPLETE, "barcode-incomplete", "GS1 data without GTIN or lot")                              \
    X(BARCODE_DISAGREE, "barcode-disagree", "two barcodes name different GTINs, lots or expiries")           \
    X(BARCODE_NO_QUIET_ZONE, "barcode-no-quiet-zone", "the space around a barcode is too narrow")            \
    X(BARCODE_COLOUR, "barcode-colour", "too little contrast in the red light of scanners")                  \
    X(BARCODE_SMALL, "barcode-small", "bars or modules are narrower than scanners need")                     \
    X(BARCODE_UNSEARCHED, "barcode-unsearched", "more places look like barcodes than are searched")

enum enn_finding_id {
#define ENN_X(name, word, text) ENN_FINDING_##name,
    ENN_FINDING_LIST(ENN_X)
#undef ENN_X
};
const char *enn_finding_word(enum enn_finding_id id);
const char *enn_finding_text(enum enn_finding_id id);

struct enn_finding {
    enum enn_finding_id id;
    enum enn_level level;
    uint32_t page;                 /* from 1; 0: the file */
    int placed;                    /* 1: the rectangle in mm says where */
    double x, y, width, height;
    char text[200];                /* one English line for people */
};

struct enn_inspection {
    char format[32];
    uint32_t n_pages;
    struct enn_page_info *pages;
    struct enn_barcodes barcodes;
    uint32_t n_findings;
    struct enn_finding *findings; /* errors first, then warnings, then notes; by page */
    struct enn_verdict mark;  /* what enn_verify_file says of it (issuers given to the verifier only) */
};
struct enn_inspect_options {
    double dpi;                        /* of artwork that names none */
    double tac_limit;                  /* percent, default 330 */
    uint32_t preview_side;             /* longest side of the previews in px; 0, the default: none, and no capacity map */
    struct enn_verify_options verify;  /* limits, threads, progress, and how the mark is read */
};
struct enn_inspect_options enn_inspect_options_default(void);
/* v: issuers to look for, or NULL: no mark is looked for. */
enum enn_status enn_inspect_file(const struct enn_verifier *v, const struct enn_inspect_options *o, const char *file,
                                 struct enn_inspection *out, struct enn_error *err);
void enn_inspection_clear(struct enn_inspection *i);

struct enn_map_options {
    struct enn_protection protection;
    uint32_t page;  /* 1 .. ; 0: the first */
    double dpi;     /* used when the file names no resolution */
    int threads;    /* 0: one per core */
    int force;      /* 1: an existing picture is replaced */
    struct enn_limits limits;
    struct output_pending *pending; /* as in enn_sign_options */
};
struct enn_map_options enn_map_options_default(void);
/* Writes a PNG that shows what of a page the mark leaves alone, and why, in colours with a legend. */
enum enn_status enn_protect_map(const struct enn_map_options *o, const char *file, const char *out, struct enn_error *err);

/* ---- enrolling ----------------------------------------------------------------------------------------------- */

struct enn_enrol_options {
    const char *manifest, *lot_key;   /* of the artwork, and its seal's */
    const char *key_file, *cert_file; /* the printer's, as in struct enn_sign_options */
    const char *passphrase, *signer_cmd;
    const char *out;                  /* the enrolment */
    int force;                        /* 1: an existing one is replaced */
    struct output_pending *pending;   /* as in enn_sign_options */
    int all;                          /* 1: also captures that differ from the others: of several papers, say */
    struct enn_verify_options verify;
};
struct enn_enrol_options enn_enrol_options_default(void);
/* Signs what n captures of good prints of one artwork show of its mark; 2 or more of scans, photographs or both.
 * ENN_NOT_GENUINE: a capture does not show the sealed artwork, or (of three or more of its kind, without `all`) is far from what the
 * others show; ENN_UNSUPPORTED: too coarse, too few. */
enum enn_status enn_enrol(const struct enn_enrol_options *o, const char *const *captures, int n, struct enn_error *err);

/* ---- comparing ----------------------------------------------------------------------------------------------- */

/* name, word in JSON "class", exit code, sentence */
#define ENN_DIFF_LIST(X)                                                                                  \
    X(IDENTICAL,    "identical",       0, "identical")                                                    \
    X(SAME,         "same-artwork",    0, "same artwork, saved in another way")                           \
    X(MARK_ADDED,   "mark-added",      0, "only a mark was added")                                        \
    X(MARK_REMOVED, "mark-removed",    0, "only a mark was removed")                                      \
    X(MARK_CHANGED, "mark-changed",    0, "the mark was changed, the artwork is the same")                \
    X(CHANGED,      "artwork-changed", 4, "the artwork was changed")

enum enn_diff_class {
#define ENN_X(name, word, exit, text) ENN_DIFF_##name,
    ENN_DIFF_LIST(ENN_X)
#undef ENN_X
};
const char *enn_diff_word(enum enn_diff_class c);
const char *enn_diff_text(enum enn_diff_class c);
int enn_diff_exit(enum enn_diff_class c);

enum enn_change_kind { ENN_CHANGE_COLOUR, ENN_CHANGE_SHAPE, ENN_CHANGE_TEXT, ENN_CHANGE_ADDED, ENN_CHANGE_REMOVED };
const char *enn_change_word(enum enn_change_kind k);  /* colour, shape, text, added, removed */

/* One region whose difference the mark does not explain. */
struct enn_change {
    uint32_t page;                  /* from 1 */
    double x, y, width, height;     /* mm, in the new artwork */
    uint32_t box[4];                /* left, top, right, bottom: px of the raster that the preview reduces */
    double area;                    /* mm2 of differing pixels */
    double mean_de, max_de;         /* CIEDE2000 over the differing pixels */
    enum enn_change_kind kind;
    char inks[128];                 /* "Cyan, Black": those that changed most */
    double ink_change;              /* of the first of them, mean, percentage points */
};

/* Something that differs beside the samples. */
enum enn_fact_group { ENN_FACT_METADATA, ENN_FACT_BOXES, ENN_FACT_PROFILE, ENN_FACT_RESOLUTION, ENN_FACT_INKS, ENN_FACT_CONTENT };
const char *enn_fact_group_word(enum enn_fact_group g);
struct enn_fact {
    enum enn_fact_group group;
    uint32_t page;                  /* from 1; 0: the file */
    char name[48], before[128], after[128];
    int prints;                     /* 1: another print comes of it: the artwork is changed */
};

/* A reduced picture of a page before and after, and where it differs: rgb 3 bytes, heat 1 byte a pixel
 * (CIEDE2000 of the worst difference beyond the mark, times 10, at most 255). */
struct enn_diff_preview {
    uint32_t width, height, reduction;  /* px of the page per px of the preview */
    double px_per_mm;
    uint8_t *before, *after, *heat;
};

struct enn_diff_page {
    double width_mm, height_mm;     /* of the new page */
    double shift_x, shift_y;        /* mm by which the new page is shifted against the old one */
    int resampled;                  /* 1: not the same raster; compared on the coarser one */
    uint64_t pixels, differing, explained;  /* differing samples, and those of them that the mark explains */
    uint64_t below_tolerance, below_size;   /* pixels counted and not listed */
    double strength;                /* of the mark found; 0: none */
    int exact;                      /* 1: the mark explains its pixels to the last level */
    struct enn_diff_preview preview;
};

struct enn_diff {
    enum enn_diff_class answer;
    char note[256];                 /* one English line, or "" */
    uint32_t n_pages, n_changes, n_facts;
    uint64_t all_changes;           /* also those over max_changes, which are not listed */
    struct enn_diff_page *pages;
    struct enn_change *changes;
    struct enn_fact *facts;
    struct enn_verdict before, after;  /* the marks read in both (of issuers given to the verifier only) */
    double seconds;
};

struct enn_diff_options {
    double tolerance;               /* CIEDE2000 below which a difference is counted only; default 0.5 */
    double ignore_mm;               /* side of the smallest square that counts as printed; default 0.254 */
    double dpi;                     /* of artwork that names none */
    uint32_t max_changes;           /* listed at most, the largest; default 1000 */
    uint32_t preview_side;          /* longest side of the previews in px, 0: none */
    struct enn_verify_options verify;  /* limits, threads, progress, and how marks are read */
};
struct enn_diff_options enn_diff_options_default(void);

/* Compares two artwork files.  v: issuers and manifest to name the marks by, or NULL.  Faults are returned with
 * *err; else ENN_OK with the answer in *out.  Release with enn_diff_clear, also after a failure. */
enum enn_status enn_diff_files(const struct enn_verifier *v, const struct enn_diff_options *o, const char *old_file,
                               const char *new_file, struct enn_diff *out, struct enn_error *err);
void enn_diff_clear(struct enn_diff *d);

#ifdef __cplusplus
}
#endif
#endif
