/*
 * The enrolment: what good prints of one artwork look like, signed by the printer.  A document of the manifest's strict
 * profile (docs/manifest.md 3, 4) whose only field is <enrolment>; docs/manifest.md 7 is normative.  No picture is in it.
 * Reading (enrolment.c) belongs to the verification side, writing (enrolmentwrite.c) to the signing side.
 */
#ifndef TRUST_ENROLMENT_H
#define TRUST_ENROLMENT_H
#include "status.h"
#include "trust/cert.h"

#define ENROLMENT_BANDS 8
#define ENROLMENT_KINDS 2 /* scans, photographs */

struct enrolled {
    uint32_t captures; /* 0: none of this kind; else 2 .. 1000 */
    double px_per_mm;  /* mean, 1 .. 1000 */
    double norm;       /* 0 .. 1 */
    double screen;     /* 0 .. 100 */
    double lpi[2];     /* 0 .. 1000 */
    double gain[ENROLMENT_BANDS], deviation[ENROLMENT_BANDS],
        spread[ENROLMENT_BANDS]; /* -100 .. 100, 0 .. 100, 0 .. 100; capture/copy.h says what all are */
};

#define ENROLMENT_EDGES      3000
#define ENROLMENT_EDGE_BANDS 7
#define ENROLMENT_EDGE_BYTES                                                                                 \
    (6 + ENROLMENT_EDGE_BANDS) /* column, row: two each, the higher first; direction, bands, levels */
struct enrolled_edges {        /* of the artwork, in photographs: capture/copy_edges.h says what all are */
    uint32_t n;                /* 0: none; up to ENROLMENT_EDGES */
    uint32_t page;             /* 1 .. MANIFEST_MAX_PAGES */
    uint32_t captures;         /* 2 .. 1000 */
    double spread[ENROLMENT_EDGE_BANDS]; /* 0 .. 100 */
    struct enrolled_edge {
        uint16_t column, row; /* rising: by rows, then columns */
        uint8_t direction;    /* 0 .. 7 */
        uint8_t bands;        /* 0 .. 127 */
        uint8_t level[ENROLMENT_EDGE_BANDS];
    } at[ENROLMENT_EDGES];
};

struct enrolment {
    int64_t created; /* seconds since 1970 */
    char lot_id[21];
    uint8_t artwork[32]; /* SHA-256 of the signed artwork that the manifest names */
    struct enrolled kind[ENROLMENT_KINDS];
    struct enrolled_edges edges; /* where photographs are enrolled */
};

/* ENN_OK: the signature holds with the first certificate of *chain, all fields were checked; whether it is trusted is for
 * trust_judge.  ENN_FORMAT: malformed or forged; ENN_IO, ENN_NOMEM, ENN_INTERNAL.  Release *chain. */
enum enn_status enrolment_read_file(const char *file, struct enrolment *out, struct cert_chain **chain,
                                    struct enn_error *err);

/* Writes and signs: *out (free() it) holds *n bytes.  ENN_FORMAT: a number is out of its range. */
struct signer;
enum enn_status enrolment_write(const struct enrolment *e, const struct signer *s, uint8_t **out, size_t *n,
                                struct enn_error *err);
/* The same from bytes; `name` for messages. */
enum enn_status enrolment_read(const uint8_t *bytes, size_t n, const char *name, struct enrolment *out,
                               struct cert_chain **chain, struct enn_error *err);
#endif
