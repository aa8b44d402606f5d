/* The inks of pages that the survey does not take. */
#ifndef ENN_INSPECT_PLAIN_H
#define ENN_INSPECT_PLAIN_H
#include "artwork/artwork.h"

/* Fills in mean coverage, total coverage and profile of a readable page, and the coverage of a screened plate.  What cannot
 * be read stays as it is: mean_coverage -1.  ENN_NOMEM. */
enum enn_status inspect_plain(struct artwork *a, size_t index, const char *file,
                              const struct enn_limits *limits, struct enn_page_info *info,
                              struct enn_error *err);
/* Names the profile of the page's own colours: the survey takes CMYK of which only black prints for grey.  ENN_NOMEM. */
enum enn_status inspect_profile(const struct artwork_page *p, struct enn_page_info *info,
                                struct enn_error *err);
#endif
