/* ennsign: where the seal secret is, and --export-lot-key. */
#ifndef CMD_LOTKEY_H
#define CMD_LOTKEY_H
#include "cli.h"
#include <limits.h>

/* The secret that --new-issuer put beside the key: KEY with its .key replaced by .seal.  1 when there is such a file. */
int lotkey_beside(const char *key_file, char out[PATH_MAX]);

/* ennsign --export-lot-key: the exit code. */
int lotkey_export(struct cli *c, const char *secret, const char *lot, const char *to, const char *out);
#endif
