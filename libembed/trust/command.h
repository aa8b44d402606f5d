/* External signers: a program that turns a digest into a signature. */
#ifndef TRUST_COMMAND_H
#define TRUST_COMMAND_H
#include "status.h"

#define COMMAND_TIMEOUT_MS 60000

/* Runs `command` (split at spaces, no shell, found through PATH) with `argument` as one more argument,
 * stdin empty, stderr that of the caller, and collects at most `room` bytes of its stdout.  ENN_IO: cannot
 * be started, exit status not 0, more than `room` bytes, longer than timeout_ms (it is killed).
 * ENN_USAGE: empty or over 64 words. */
enum enn_status command_run(const char *command, const char *argument, int timeout_ms, uint8_t *out,
                            size_t room, size_t *n, struct enn_error *err);
#endif
