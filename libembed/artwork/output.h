/* Output files that appear whole or not at all.
 *
 * Everything is written to a temporary in the directory of the target, then fsynced and renamed.  An output
 * that is never committed leaves nothing behind, also when the process is told to stop: see output_pending.
 */
#ifndef ARTWORK_OUTPUT_H
#define ARTWORK_OUTPUT_H
#include "enn.h"

struct output;
struct output_pending; /* below */

/* Makes an empty temporary beside `path` (O_EXCL, permissions 0666 less the umask); it is in `pending` (NULL: in
 * none) before it is there.  ENN_USAGE: the target exists and force is 0, or it is a directory or a device;
 * ENN_IO: the directory is missing or not writable. */
enum enn_status output_begin(const char *path, int force, struct output_pending *pending, struct output **out,
                             struct enn_error *err);
const char *output_path(const struct output *o); /* of the temporary: open it by name and write */
/* For outputs of hundreds of megabytes: from now on what is written goes to the disk while the next is being
 * made, in a thread that only waits, so that the commit need not wait for all of it. Changes nothing but
 * time; without effect where the system lacks it. */
void output_write_early(struct output *o);
/* fsyncs the temporary, renames it to the target (never over an existing file unless force was given) and
 * fsyncs the directory.  Frees o, also on failure, when the temporary is removed. */
enum enn_status output_commit(struct output *o, struct enn_error *err);
void output_abort(struct output *o); /* unlinks the temporary and frees o; NULL allowed */

/* For signal handlers.  A tool keeps one `struct output_pending` of its own in static storage and
 * gives it to output_begin; commit and abort take the output out again.  From its SIGINT/SIGTERM handler the tool
 * calls output_unlink_pending (only unlink(2), hence async-signal-safe), restores the default action and
 * raises the signal once more. */
#define OUTPUT_MAX_PENDING 16 /* what is more is not covered */
struct output_pending {
    const char *volatile path[OUTPUT_MAX_PENDING];
};
void output_unlink_pending(const struct output_pending *pending);
#endif
