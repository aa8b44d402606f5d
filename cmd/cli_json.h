/*
 * The JSON lines of the tools: one object per input on standard output.
 *
 * Every object begins with the same keys, always all of them: schema, tool, file, verdict, exit, reasons,
 * lot, gtin, expiry, unit, lot_id, p_false, quality, seconds; unknown facts are null.  `detail` is one
 * English line for people.
 */
#ifndef ENN_CLI_JSON_H
#define ENN_CLI_JSON_H
#include "cli.h"

/* A job that failed before there was a result; file may be NULL. */
void cli_json_failure(struct cli *c, const char *file, enum enn_status s, const char *detail);

/* ennverify. */
void cli_json_verdict(struct cli *c, const char *file, const struct enn_verdict *v);

/* ennsign: adds output, manifest, pages, width_mm, height_mm, marked_cm2, white_cm2, mean_tint, white_used,
 * coverage_change[], capacity{}, barcodes[]. */
struct cli_signed {
    const char *file, *output, *manifest, *gtin, *lot, *expiry; /* the three facts as given, or NULL */
    uint64_t unit;
    const struct enn_sign_report *report;
};
void cli_json_signed(struct cli *c, const struct cli_signed *s);

/* ennsign --enrol: adds enrolment (the file's name) and captures. */
void cli_json_enrolled(struct cli *c, const char *enrolment, int captures);
/* ennsign --export-lot-key: adds lot_id, key (the file's name) and encrypted. */
void cli_json_lot_key(struct cli *c, const char *lot_id, const char *key, int encrypted);
/* ennsign --new-issuer: adds key, certificate, seal (file names) and pin (hex). */
void cli_json_issuer(struct cli *c, const char *key, const char *certificate, const char *seal,
                     const char *pin);

/* enninspect: adds format, pages[], inks[] (of the first page), capacity{}, barcodes[]. */
void cli_json_inspection(struct cli *c, const char *file, const struct enn_inspection *i);

/* The reason word of a fault: "malformed", "io", "usage", ...; NULL for an answer. */
const char *cli_fault_word(enum enn_status s);

#endif
