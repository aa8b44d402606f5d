/* How a verdict is told to people: ennverify and enninspect print it the same way. */
#ifndef ENN_CLI_VERDICT_H
#define ENN_CLI_VERDICT_H
#include "cli.h"

/* The word of the verdict line: "GENUINE", "NOT GENUINE", ... */
const char *cli_verdict_word(enum enn_status s);

/* "  lot        LOT7 ..." and so on: what was read, why it was judged so, and with verbose the quality of the
 * capture. */
void cli_verdict_details(const struct cli *c, const struct enn_verdict *v);

/* Only the last part of it: how the capture was read. */
void cli_verdict_quality(const struct enn_verdict *v);

#endif
