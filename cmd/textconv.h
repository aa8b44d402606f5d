/* enninspect --textconv: an artwork as text that changes only where the artwork does, for git diff. */
#ifndef ENN_CMD_TEXTCONV_H
#define ENN_CMD_TEXTCONV_H
#include "cli.h"

/* Writes the text form of c->files[0] to standard output; dpi: of pages that name none, or 0.  Returns the exit
 * code. */
int textconv_run(struct cli *c, double dpi);
#endif
