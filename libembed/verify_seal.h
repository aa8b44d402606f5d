/* The verifier's part of the seal: lot keys, revoked lots, and what the seal says of a picture. */
#ifndef ENN_VERIFY_SEAL_H
#define ENN_VERIFY_SEAL_H
#include "enn.h"
#include "artwork/picture.h"
#include "trust/enrolment.h"
#include "trust/manifest.h"
#include "trust/sealkey.h"

#define VERIFIER_MAX_KEYS    256
#define VERIFIER_MAX_REVOKED 100000

struct seal_ring { /* zeroed: empty */
    int n_keys, n_revoked;
    struct seal_key *keys;            /* owned */
    uint8_t (*revoked)[LOT_ID_BYTES]; /* owned */
    struct enrolment *enrolment;      /* owned; NULL: none */
    int enrolling;                    /* 1: captures are measured for an enrolment */
};
enum enn_status seal_ring_add(struct seal_ring *r, const char *key_file, struct enn_error *err);
/* A text file: a lot id of 20 hex digits to a line, what follows a space or a # is a comment; empty lines. */
enum enn_status seal_ring_revoke(struct seal_ring *r, const char *list_file, struct enn_error *err);
/* The signature was checked; whom *chain (released by the caller) belongs to is his business.  ENN_USAGE: there is one. */
enum enn_status seal_ring_enrol(struct seal_ring *r, const char *file, struct cert_chain **chain,
                                struct enn_error *err);
int seal_ring_is_revoked(const struct seal_ring *r, const char *lot_id);
void seal_ring_clear(struct seal_ring *r); /* wipes the keys */

struct detection;
/* After a read that agrees with the manifest: fills in out->seal and what belongs to it, and out->view.  ENN_NOMEM,
 * ENN_INTERNAL. */
enum enn_status verify_seal(const struct seal_ring *r, const struct manifest *m, const struct picture *pic,
                            const struct detection *d, struct enn_verdict *out, struct enn_error *err);
/* Answers what out->seal asks for. */
void verdict_seal(struct enn_verdict *out);

/* ---- verify_copy.c ---- */

struct seal_request;
struct seal_found;
struct copy_bands;
/* After seal_detect() has found the seal: fills in out->copy and what belongs to it, unless there is a worse one.  ENN_NOMEM. */
enum enn_status verify_copy(const struct seal_ring *ring, const struct manifest *m, const struct picture *pic,
                            const struct seal_request *q, const struct seal_found *f, struct enn_verdict *out,
                            struct enn_error *err);
/* The response of a verdict as the judgement takes it. */
void verify_response(const struct enn_response *r, struct copy_bands *out);
/* What of a verdict's edges is enrolled; NULL: none were measured. */
struct edges;
const struct edges *verify_edges(const struct enn_edges *e);
void verify_edges_free(struct enn_edges *e); /* NULL allowed */
/* Answers what out->copy asks for.  exact: the picture is the signed file. */
void verdict_copy(struct enn_verdict *out, int exact);
#endif
