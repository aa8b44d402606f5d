/* What the report has to say, with levels and places: from the facts that the passes have gathered. */
#ifndef ENN_FINDINGS_H
#define ENN_FINDINGS_H
#include "preflight.h"

/* Findings about a page that could be read: number from 1. p: of the second pass. ENN_NOMEM. */
enum enn_status findings_of_page(struct enn_inspection *in, uint32_t number, const struct survey *s,
                                 const struct preflight *p, const struct enn_inspect_options *o,
                                 struct enn_error *err);
/* About its layout alone: also of pages that cannot be read. */
enum enn_status findings_of_layout(struct enn_inspection *in, uint32_t number, const struct artwork_page *p,
                                   struct enn_error *err);
/* About the barcodes from index `first` on, and about them all against each other; about the mark. */
enum enn_status findings_of_codes(struct enn_inspection *in, struct enn_error *err);
enum enn_status findings_of_mark(struct enn_inspection *in, struct enn_error *err);
/* Why the page is not signed: an error, or a note where the rest of the file can be. */
enum enn_status findings_of_signing(struct enn_inspection *in, uint32_t number, const struct artwork_page *p,
                                    struct enn_error *err);
/* Errors first, then warnings, then notes; each by page, otherwise in the order in which they were found. */
void findings_sort(struct enn_inspection *in);
#endif
