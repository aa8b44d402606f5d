/* Reading a passphrase: of ennsign's key, and the password of encrypted PDF files. */
#ifndef ENN_SECRET_H
#define ENN_SECRET_H
#include "enn.h"

#define SECRET_MAX 1023 /* bytes of a passphrase */

/* The first line of the file (or descriptor) without its end of line, 1..SECRET_MAX bytes.  ENN_USAGE: empty,
 * too long or with a NUL byte; ENN_IO: cannot be read.  out is wiped on failure; wiping it after use is the
 * caller's. */
enum enn_status secret_from_file(const char *file, char out[SECRET_MAX + 1], struct enn_error *err);
enum enn_status secret_from_fd(int fd, char out[SECRET_MAX + 1], struct enn_error *err);

#endif
