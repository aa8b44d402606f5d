/* enninspect --diff: what differs between two artworks, for people and for machines. */
#ifndef ENN_CMD_DIFF_H
#define ENN_CMD_DIFF_H
#include "cli.h"

struct diff_args {
    int diff, force;
    const char *manifest, *heatmap, *html, *junit, *sarif;
    struct enn_diff_options o;
};

/* Compares the two files that are left on the command line and writes what was asked for.  v: issuers to
 * name the marks by, or NULL.  Returns the exit code. */
int diff_run(struct cli *c, const struct diff_args *a, const struct enn_verifier *v);

/* One result, as every form of it takes it. */
struct diff_result {
    const char *before, *after; /* file names */
    const struct enn_diff *d;
    const struct diff_args *args;
};

/* Each writes to an open file; write errors are found by the caller with ferror(). */
typedef enum enn_status (*diff_write_fn)(FILE *f, const struct diff_result *r, struct enn_error *err);
enum enn_status diff_write_html(FILE *f, const struct diff_result *r,
                                struct enn_error *err); /* diff_html.c */
enum enn_status diff_write_junit(FILE *f, const struct diff_result *r, struct enn_error *err); /* diff_ci.c */
enum enn_status diff_write_sarif(FILE *f, const struct diff_result *r, struct enn_error *err);

/* Picture of a page, from 0: the artwork light grey with the differences in colour, the first HEATMAP_NUMBERS changes of the
 * page in boxes with their numbers in the list (from 1), and a legend below.  *rgb is malloc'ed, 3 bytes a pixel.
 * (diff_heatmap.c) */
enum { HEATMAP_NUMBERS = 99 };
enum enn_status diff_heatmap(const struct enn_diff *d, uint32_t page, uint8_t **rgb, uint32_t *width, uint32_t *height,
                             struct enn_error *err);

/* "colour in Cyan, 12.0 x 3.1 mm at 40.2, 10.0 mm, CIEDE2000 4.2 mean, 9.8 at most" */
void diff_describe(const struct enn_change *k, char *text, size_t size);
/* "lot id 0123.. of Ennova", or "" when none was read. */
void diff_describe_mark(const struct enn_verdict *v, char *text, size_t size);

/* The JSON line (cli_json.c). */
void cli_json_diff(struct cli *c, const struct diff_result *r);
#endif
