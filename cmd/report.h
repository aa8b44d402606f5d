/* What enninspect tells of one file: as text for 80 columns, as part of an HTML page, and the capacity
 * as a picture. */
#ifndef ENN_REPORT_H
#define ENN_REPORT_H
#include "cli.h"

/* report_text.c: on stdout. */
void report_text(const struct cli *c, const char *file, const struct enn_inspection *in);
/* "  label      text", broken between words at 80 columns, further lines under the first. */
void report_line(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* report_html.c: one page for all files, as an output of its own (artwork/output.h). */
struct report_html;
enum enn_status report_html_begin(const char *path, int force, struct report_html **out,
                                  struct enn_error *err);
enum enn_status report_html_file(struct report_html *h, const char *file, const struct enn_inspection *in,
                                 struct enn_error *err);
/* A file that could not be inspected, and why. */
void report_html_failure(struct report_html *h, const char *file, const char *why);
/* Puts the page in its place, or with `keep` 0 throws it away. Frees h; NULL allowed. */
enum enn_status report_html_end(struct report_html *h, int keep, struct enn_error *err);

/* report_map.c: where a 25 mm window at 20 px/mm would be read how well, in colour over the picture of
 * the page, with a scale. *rgb is the caller's to free. ENN_NOMEM; ENN_UNSUPPORTED: the page has no
 * capacity. */
enum enn_status report_map(const struct enn_page_info *p, uint8_t **rgb, uint32_t *width, uint32_t *height,
                           struct enn_error *err);
/* The same as a file. */
enum enn_status report_map_file(const struct enn_page_info *p, const char *path, int force,
                                struct enn_error *err);
#endif
