/* ennsign --enrol: what good prints look like, signed by the printer. */
#ifndef CMD_ENROL_H
#define CMD_ENROL_H
#include "cli.h"

/* The captures are the files of the command line; o is filled in but for limits and threads.  The exit code. */
int enrol_run(struct cli *c, struct enn_enrol_options *o);
#endif
