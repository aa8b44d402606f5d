/* What differs between two artworks beside the samples. */
#ifndef DIFF_FACTS_H
#define DIFF_FACTS_H
#include "artwork/artwork.h"

/* Adds one fact when before and after are not the same text.  ENN_NOMEM. */
enum enn_status facts_add(struct enn_diff *d, enum enn_fact_group group, uint32_t page, const char *name,
                          const char *before, const char *after, int prints, struct enn_error *err);

/* What the files say beside their samples, and paint beside their images (artwork_notes).  Facts are those of
 * the file. */
enum enn_status facts_notes(struct enn_diff *d, struct artwork *before, struct artwork *after,
                            struct enn_error *err);

/* dpi: of pages that name none, or 0.  page: from 1. */
enum enn_status facts_page(struct enn_diff *d, uint32_t page, const struct artwork_page *before,
                           const struct artwork_page *after, double dpi, struct enn_error *err);
#endif
