/*
 * Reading a passphrase from a file or a descriptor, without stdio, whose buffers would keep a copy.
 */
#include "secret.h"
#include "status.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static enum enn_status read_line(int fd, const char *name, char out[SECRET_MAX + 1], struct enn_error *err)
{
    size_t n = 0;
    for (;;) { /* byte by byte: what follows the line stays in a pipe */
        char byte;
        ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return enn_fail(err, ENN_IO, "%s: cannot be read: %s", name, strerror(errno));
        if (!got || byte == '\n') break;
        if (!byte) return enn_fail(err, ENN_USAGE, "%s: the passphrase holds a NUL byte", name);
        if (n == SECRET_MAX)
            return enn_fail(err, ENN_USAGE, "%s: the passphrase is over %d bytes", name, SECRET_MAX);
        out[n++] = byte;
    }
    if (n && out[n - 1] == '\r') n--;
    out[n] = 0;
    if (!n) return enn_fail(err, ENN_USAGE, "%s: the passphrase is empty", name);
    return ENN_OK;
}

static enum enn_status read_secret(int fd, const char *name, char out[SECRET_MAX + 1], struct enn_error *err)
{
    enum enn_status s = read_line(fd, name, out, err);
    if (s != ENN_OK) explicit_bzero(out, SECRET_MAX + 1);
    return s;
}

enum enn_status secret_from_file(const char *file, char out[SECRET_MAX + 1], struct enn_error *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return enn_fail(err, ENN_IO, "%s: cannot be opened: %s", file, strerror(errno));
    enum enn_status s = read_secret(fd, file, out, err);
    close(fd);
    return s;
}

enum enn_status secret_from_fd(int fd, char out[SECRET_MAX + 1], struct enn_error *err)
{
    return read_secret(fd, "--passphrase-fd", out, err);
}
