/* Writing of secret files, shared by issuer.c and sealsecret.c: the only header that shows a type of OpenSSL. */
#ifndef TRUST_ISSUERFILE_H
#define TRUST_ISSUERFILE_H
#include "status.h"
#include <openssl/bio.h>

/* Creates the file (O_EXCL) with this mode and writes all that is in the memory BIO, fsynced; takes the file away again
 * when that fails.  ENN_USAGE: it exists; ENN_IO. */
enum enn_status issuer_write_new(const char *file, int mode, BIO *bio, struct enn_error *err);
#endif
