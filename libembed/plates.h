/* What verification needs of plates (plates_verify.c). */
#ifndef ENN_PLATES_H
#define ENN_PLATES_H
#include "trust/manifest.h"

enum plates_match {
    PLATES_OTHER,    /* no plate, or of another size than those of the manifest */
    PLATES_EXACT,    /* byte for byte one of the signed plates */
    PLATES_SAME,     /* the samples of a signed plate in a file that differs elsewhere */
    PLATES_UNSIGNED, /* the plate as it was before the mark was put in */
    PLATES_CHANGED   /* a plate of the same size, but not the same pixels */
};

/* Compares a file with the plates of a manifest.  *plate: the index of the one it is (EXACT, SAME, UNSIGNED).
 * Faults are those of reading a plate that is damaged. */
enum enn_status plates_compare(const struct manifest *m, const char *file, const struct enn_limits *limits,
                               int threads, enum plates_match *match, uint32_t *plate, struct enn_error *err);

struct plate;
/* SHA-256 of all rows of a plate, packed as artwork/plate.h says. */
enum enn_status plates_sample_hash(struct plate *p, uint8_t out[32], struct enn_error *err);
#endif
