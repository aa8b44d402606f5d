/* What the files of the verifier share: the handle, and the verdict under construction. */
#ifndef ENN_VERIFIER_H
#define ENN_VERIFIER_H
#include "enn.h"
#include "artwork/picture.h"
#include "mark/payload.h"
#include "trust/cert.h"
#include "trust/manifest.h"
#include "verify_seal.h"

#define VERIFIER_MAX_ANCHORS 64

struct enn_verifier {
    struct trust *trust;
    int have_manifest;
    enum enn_status manifest_status; /* ENN_OK, or ENN_NOT_GENUINE with reason and text */
    enum enn_reason manifest_reason;
    struct enn_error manifest_error;
    struct manifest manifest;
    struct cert_chain *chain;
    struct seal_ring ring;
};

/* ---- what the comparison of artworks asks a verifier ---- */

/* Fingerprints of the anchors whose marks the verifier reads; returns how many. */
int verifier_anchors(const struct enn_verifier *v, uint8_t fingerprint[VERIFIER_MAX_ANCHORS][32]);
/* The message of a manifest that is in order; 0: there is none. */
int verifier_message(const struct enn_verifier *v, uint8_t message[PAYLOAD_BYTES]);
/* As enn_verify_file, but what is looked at is `part`, a picture of a part of the artwork, which stays the caller's.
 * file: where bytes and samples are compared with the manifest, or NULL: nowhere. */
enum enn_status verify_part(const struct enn_verifier *v, const struct enn_verify_options *o, const char *file,
                            const struct picture *part, struct enn_verdict *out, struct enn_error *err);

/* ---- verify.c: the verdict ---- */

void verdict_reason(struct enn_verdict *v, enum enn_reason r);
/* The answer for this reason; the worse of two answers stays (not genuine beats untrusted beats no
 * mark). */
void verdict_answer(struct enn_verdict *v, enum enn_status s, enum enn_reason r);
/* Copies the facts of the manifest's lot. */
void verdict_name_lot(struct enn_verdict *out, const struct enn_verifier *v);

/* ---- verify_picture.c: what a picture says ---- */

struct detection;
/* Where on the artwork the locked part of the picture lies, its field being so many tiles ahead of the artwork. */
void verdict_view(struct enn_verdict *out, const struct detection *d, const int tiles[2]);

/* Reads the mark of a picture and judges message and content.  ENN_NOMEM. */
enum enn_status verify_picture(const struct enn_verifier *v, const struct enn_verify_options *o,
                               const struct picture *pic, struct enn_verdict *out, struct enn_error *err);

/* ---- verify_content.c: is it the artwork of the manifest ---- */

/* The manifest's picture of the artwork; lent. */
struct content_reference;
struct content_reference verifier_artwork(const struct manifest *m);
/* After a read that agrees with the manifest: adds what the picture shows to the verdict.  ENN_NOMEM. */
enum enn_status verify_content(const struct enn_verifier *v, const struct enn_verify_options *o,
                               const struct picture *pic, const struct detection *d, struct enn_verdict *out,
                               struct enn_error *err);
/* With options.map, after verify_seal: the map of a view too small or too plain to say by itself where it lies, by the seal's
 * place.  ENN_NOMEM. */
enum enn_status verify_map_by_seal(const struct enn_verifier *v, const struct enn_verify_options *o,
                                   const struct picture *pic, const struct detection *d,
                                   struct enn_verdict *out, struct enn_error *err);
/* With options.map: a map that says of no place anything, unless there is one already.  ENN_NOMEM. */
enum enn_status verify_no_map(const struct enn_verifier *v, const struct enn_verify_options *o,
                              struct enn_verdict *out, struct enn_error *err);
void verify_map_free(struct enn_alterations *m); /* NULL allowed */

/* ---- verify_file.c: what the bytes say ---- */

enum verify_exact { NOT_THE_ARTWORK, SAMPLES_DIFFER, FILE_DIFFERS, EXACT };
/* A TIFF or PDF with the pages of the manifest (size, depth, inks) is taken for the artwork itself
 * and must then agree sample by sample, and byte by byte (another profile or resolution prints
 * another pack); any other picture is a capture. */
enum enn_status verify_samples(const struct enn_verifier *v, const struct enn_verify_options *o,
                               const char *file, enum verify_exact *exact, struct enn_error *err);
/* The file as a picture of at most KEEP_PIXELS; of separations that are not CMYK, the ink that is the ink-th likely to carry
 * the mark, from 1. */
enum enn_status verify_load(const struct enn_verify_options *o, const char *file, unsigned ink, struct picture *pic,
                            struct enn_error *err);
#endif
