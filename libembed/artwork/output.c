/* Outputs that appear whole or not at all: temporary beside the target, fsync, rename, fsync of the
 * directory.
 *
 * Without force the rename is renameat2(RENAME_NOREPLACE), so that a file made by someone else in the
 * meantime is never lost; on file systems without it, link(2) and unlink(2) do the same.
 *
 * A system keeps what is written in memory for half a minute and more, and fsync then waits for all of it,
 * longer than signing takes. Asked for with output_write_early, a thread has it written out as it comes.
 */
#include "artwork/output.h"
#include "status.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EARLY_NS 200000000 /* between two looks at what was written */

/* The thread of output_write_early. */
struct early {
    int running, fd, stop;
    pthread_t thread;
    pthread_mutex_t lock; /* of stop */
    pthread_cond_t stopped;
};

struct output {
    char *path, *temporary, *directory;
    int force;
    struct output_pending *pending;
    struct early early;
};

#ifdef SYNC_FILE_RANGE_WRITE
/* 1: told to stop; 0: it is time to look. */
static int wait_early(struct early *e)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += EARLY_NS;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
    pthread_mutex_lock(&e->lock);
    int waited = 0;
    while (!e->stop && !waited) waited = pthread_cond_timedwait(&e->stopped, &e->lock, &until) != 0;
    int stop = e->stop;
    pthread_mutex_unlock(&e->lock);
    return stop;
}

/* The request is not waited for: errors are seen by the fsync of the commit. */
static void *write_early(void *user)
{
    struct early *e = user;
    while (!wait_early(e))
        if (sync_file_range(e->fd, 0, 0, SYNC_FILE_RANGE_WRITE)) break;
    return NULL;
}

void output_write_early(struct output *o)
{
    struct early *e = &o->early;
    if (e->running || (e->fd = open(o->temporary, O_WRONLY | O_CLOEXEC)) < 0) return;
    e->stop = 0;
    if (!pthread_mutex_init(&e->lock, NULL)) {
        if (!pthread_cond_init(&e->stopped, NULL)) {
            e->running = !pthread_create(&e->thread, NULL, write_early, e);
            if (e->running) return;
            pthread_cond_destroy(&e->stopped);
        }
        pthread_mutex_destroy(&e->lock);
    }
    close(e->fd);
}
#else
void output_write_early(struct output *o)
{
    (void)o;
}
#endif

static void stop_early(struct early *e)
{
    if (!e->running) return;
    pthread_mutex_lock(&e->lock);
    e->stop = 1;
    pthread_cond_signal(&e->stopped);
    pthread_mutex_unlock(&e->lock);
    pthread_join(e->thread, NULL);
    pthread_cond_destroy(&e->stopped);
    pthread_mutex_destroy(&e->lock);
    close(e->fd);
    e->running = 0;
}

/* Before the file is there, so that a signal never finds one that is not pending. */
static void remember_pending(const struct output *o)
{
    int i = 0;
    while (o->pending && i < OUTPUT_MAX_PENDING && o->pending->path[i]) i++;
    if (o->pending && i < OUTPUT_MAX_PENDING) o->pending->path[i] = o->temporary;
}

static void forget_pending(const struct output *o)
{
    for (int i = 0; o->pending && o->temporary && i < OUTPUT_MAX_PENDING; i++)
        if (o->pending->path[i] == o->temporary) o->pending->path[i] = NULL;
}

static void output_free(struct output *o)
{
    stop_early(&o->early);
    forget_pending(o);
    free(o->path);
    free(o->temporary);
    free(o->directory);
    free(o);
}

/* DIR/.NAME.XXXXXXXXXXXX with random hex digits; NAME cut so that the whole stays a valid file name. */
static char *temporary_name(const char *directory, const char *name)
{
    uint8_t random[6];
    char *text = NULL;
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) return NULL;
    if (asprintf(&text, "%s/.%.200s.%02x%02x%02x%02x%02x%02x", directory, name, random[0], random[1],
                 random[2], random[3], random[4], random[5]) < 0)
        return NULL;
    return text;
}

static enum enn_status create(struct output *o, const char *name, struct enn_error *err)
{
    for (int i = 0; i < 100; i++) {
        forget_pending(o);
        free(o->temporary);
        o->temporary = temporary_name(o->directory, name);
        if (!o->temporary) return enn_fail(err, ENN_NOMEM, "%s: out of memory", o->path);
        remember_pending(o);
        int fd = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            close(fd);
            return ENN_OK;
        }
        if (errno != EEXIST) break;
    }
    return enn_fail(err, ENN_IO, "%s: cannot create a file in %s: %s", o->path, o->directory,
                    strerror(errno));
}

enum enn_status output_begin(const char *path, int force, struct output_pending *pending, struct output **out,
                             struct enn_error *err)
{
    struct stat st;
    *out = NULL;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (!*name) return enn_fail(err, ENN_USAGE, "%s: is not a file name", path);
    if (lstat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode)) return enn_fail(err, ENN_USAGE, "%s: is a directory", path);
        if (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
            return enn_fail(err, ENN_USAGE, "%s: is not a regular file", path);
        if (!force) return enn_fail(err, ENN_USAGE, "%s: exists already (--force replaces it)", path);
    }
    struct output *o = calloc(1, sizeof *o);
    if (!o) return enn_fail(err, ENN_NOMEM, "%s: out of memory", path);
    o->force = force;
    o->pending = pending;
    o->path = strdup(path);
    o->directory = !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    enum enn_status s =
        o->path && o->directory ? create(o, name, err) : enn_fail(err, ENN_NOMEM, "%s: out of memory", path);
    if (s)
        output_free(o);
    else
        *out = o;
    return s;
}

const char *output_path(const struct output *o)
{
    return o->temporary;
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0) return -1;
    int failed = fsync(fd);
    /* some file systems cannot sync a directory: nothing more can be done there */
    if (failed && (flags & O_DIRECTORY) && (errno == EINVAL || errno == ENOTSUP)) failed = 0;
    int reason = errno;
    close(fd);
    errno = reason;
    return failed;
}

static int move_into_place(const struct output *o)
{
    if (o->force) return rename(o->temporary, o->path);
    if (renameat2(AT_FDCWD, o->temporary, AT_FDCWD, o->path, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    if (link(o->temporary, o->path)) return -1;
    unlink(o->temporary);
    return 0;
}

enum enn_status output_commit(struct output *o, struct enn_error *err)
{
    enum enn_status s = ENN_OK;
    stop_early(&o->early);
    if (sync_path(o->temporary, 0))
        s = enn_fail(err, ENN_IO, "%s: cannot write: %s", o->path, strerror(errno));
    if (!s && move_into_place(o))
        s = errno == EEXIST ? enn_fail(err, ENN_USAGE, "%s: exists already (--force replaces it)", o->path)
                            : enn_fail(err, ENN_IO, "%s: cannot rename: %s", o->path, strerror(errno));
    if (s)
        unlink(o->temporary);
    else if (sync_path(o->directory, O_DIRECTORY))
        s = enn_fail(err, ENN_IO, "%s: cannot sync %s: %s", o->path, o->directory, strerror(errno));
    output_free(o);
    return s;
}

void output_abort(struct output *o)
{
    if (!o) return;
    unlink(o->temporary);
    output_free(o);
}

void output_unlink_pending(const struct output_pending *pending)
{
    for (int i = 0; i < OUTPUT_MAX_PENDING; i++) {
        const char *path = pending->path[i];
        if (path) unlink(path);
    }
}
