/* Which marks two artworks carry: read from a part of a page that is in memory already. */
#ifndef DIFF_READ_MARK_H
#define DIFF_READ_MARK_H
#include "diff/fit.h"
#include "diff/pair.h"

/* What is to be read, and what was; both sides: old, new. */
struct mark_reader {
    const struct enn_verifier *v;
    const struct enn_verify_options *o;
    const char *names[2];
    struct enn_verdict *verdict[2]; /* of the caller, zeroed at first */
    struct fit_known *known;        /* gets the chips of what was read; chips are freed by the caller */
    int whole[2];                   /* the whole file was searched: no more can be found */
};

/* Reads both marks; once where the pages are equal.  A page that is kept upright is looked at where it carries a mark best,
 * and as a whole file only where that shows a pilot and no message; other pages, and where pair is NULL, as whole files.  ENN_NOMEM. */
enum enn_status read_marks(struct mark_reader *r, const struct pair *pair, int equal, struct enn_error *err);

/* What the comparison saw and read_marks did not read, sought in the whole files: to name it. */
void read_marks_again(struct mark_reader *r, int before, int after);
#endif
