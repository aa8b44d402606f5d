/* The grey picture of a page that goes into the manifest: what the mark's captures are compared with. */
#ifndef ENN_THUMBNAIL_H
#define ENN_THUMBNAIL_H
#include "survey.h"

struct thumbnail;

/* For the page of a survey whose profile and place are known: as the page is looked at, in the mm of
 * the mark. * ENN_NOMEM. */
enum enn_status thumbnail_new(const struct survey *s, struct thumbnail **out, struct enn_error *err);
/* Row y of the page, the carrier in front (survey_swap). */
void thumbnail_row(struct thumbnail *t, uint32_t y, const void *row);
void thumbnail_finish(const struct thumbnail *t, struct manifest_thumbnail *out);
/* Half the samples each way: for manifests that need their room for many pages. */
void thumbnail_halve(struct manifest_thumbnail *t);
void thumbnail_free(struct thumbnail *t); /* NULL allowed */
#endif
