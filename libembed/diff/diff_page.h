/* Comparing one page with another: the conductor of the stages of diff/. */
#ifndef DIFF_DIFF_PAGE_H
#define DIFF_DIFF_PAGE_H
#include "artwork/artwork.h"
#include "diff/read_mark.h"

struct page_job {
    struct artwork *artwork[2]; /* before, after */
    size_t number[2];
    const char *names[2];
    const struct enn_diff_options *o;
    const struct fit_known *known;
    struct mark_reader *reader; /* reads the marks of this page before they are sought in the difference; or NULL */
    uint32_t page, of; /* from 1 */
};

/* What became of the mark, over all pages. */
struct page_marks {
    int added, removed, changed;
    double strength; /* of the mark that explains most, negative: removed; 0: none */
    uint64_t pixels; /* that it explains */
};

/* Fills *out, and adds changes to d and what it saw of marks to *marks. */
enum enn_status diff_page(const struct page_job *j, struct enn_diff *d, struct enn_diff_page *out,
                          struct page_marks *marks, struct enn_error *err);
#endif
