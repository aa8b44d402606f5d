/* The options of ennsign and enninspect that say what of an artwork is left alone. */
#ifndef ENN_CLI_PROTECTION_H
#define ENN_CLI_PROTECTION_H
#include "cli.h"

struct cli_protection {
    const struct cli_list *masks, *regions, *protect_regions, *technical, *allow_inks;
};

/* Turns the lists into *out, whose arrays are released by cli_protection_free().  Returns -1 to go on,
 * or the exit code after a message: a rectangle is not four numbers, or has no area. */
int cli_protection(struct cli *c, const struct cli_protection *given, struct enn_protection *out);
void cli_protection_free(struct enn_protection *p);
#endif
