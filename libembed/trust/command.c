/*
 * Runs an external signer (--signer-cmd): a smart card tool, an HSM client, a script.
 *
 * No shell sees the command line: it is split at spaces and given to execvp.  The child leads its own
 * process group, so that a timeout ends what it started as well.  Between fork and exec only
 * async-signal-safe calls are made, for the caller may have threads.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "trust/command.h"

#define MAX_WORDS 64

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t); /* a stop watch, no time of day */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Cuts text in place; argv has room for MAX_WORDS + 2.  Returns the number of words or -1. */
static int split_words(char *text, char **argv)
{
    int n = 0;
    char *rest = NULL;
    for (char *w = strtok_r(text, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
        if (n == MAX_WORDS) return -1;
        argv[n++] = w;
    }
    return n;
}

static void run_child(char **argv, int out_fd)
{
    int null = open("/dev/null", O_RDONLY);
    setpgid(0, 0);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out_fd, STDOUT_FILENO) >= 0) execvp(argv[0], argv);
    _exit(127);
}

/* Reads to the end of the stream. 0 = done, else why not. */
static const char *collect(int fd, int timeout_ms, uint8_t *out, size_t room, size_t *n)
{
    int64_t deadline = now_ms() + timeout_ms;
    *n = 0;
    for (;;) {
        int64_t left = deadline - now_ms();
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return ready < 0 ? strerror(errno) : "took too long and was stopped";
        uint8_t extra;
        int full = *n == room;
        ssize_t got = read(fd, full ? &extra : out + *n, full ? 1 : room - *n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return strerror(errno);
        if (got == 0) return NULL;
        if (full) return "wrote more than a signature";
        *n += (size_t)got;
    }
}

/* Waits for the child until the deadline; what is left of it then is killed. Returns its status, -1 when
 * killed. */
static int reap(pid_t pid, int timeout_ms)
{
    int64_t deadline = now_ms() + timeout_ms;
    int status = 0;
    pid_t got;
    while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
        if (now_ms() >= deadline) {
            kill(-pid, SIGKILL);
            kill(pid, SIGKILL);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
            return -1;
        }
        nanosleep(&(struct timespec){0, 2000000}, NULL);
    }
    return got == pid ? status : -1;
}

static enum enn_status run(char **argv, int timeout_ms, uint8_t *out, size_t room, size_t *n,
                           struct enn_error *err)
{
    int fd[2];
    if (pipe2(fd, O_CLOEXEC) < 0) return enn_fail(err, ENN_IO, "%s: %s", argv[0], strerror(errno));
    int64_t start = now_ms();
    pid_t pid = fork();
    if (pid == 0) run_child(argv, fd[1]);
    if (pid > 0) setpgid(pid, pid); /* the child does it too: whoever comes first */
    close(fd[1]);
    if (pid < 0) {
        close(fd[0]);
        return enn_fail(err, ENN_IO, "%s: %s", argv[0], strerror(errno));
    }
    const char *why = collect(fd[0], timeout_ms, out, room, n);
    close(fd[0]);
    int64_t left = timeout_ms - (now_ms() - start);
    int status = reap(pid, why || left < 0 ? 0 : (int)left);
    if (why) return enn_fail(err, ENN_IO, "signer command %s: %s", argv[0], why);
    if (status == -1)
        return enn_fail(err, ENN_IO, "signer command %s: took too long and was stopped", argv[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return enn_fail(err, ENN_IO, "signer command %s: cannot be run", argv[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return enn_fail(err, ENN_IO, "signer command %s: failed with %s %d", argv[0],
                        WIFEXITED(status) ? "exit status" : "signal",
                        WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return ENN_OK;
}

enum enn_status command_run(const char *command, const char *argument, int timeout_ms, uint8_t *out,
                            size_t room, size_t *n, struct enn_error *err)
{
    char *argv[MAX_WORDS + 2];
    char *text = strdup(command), *last = strdup(argument);
    enum enn_status st = ENN_OK;
    int words = text ? split_words(text, argv) : 0;
    if (!text || !last)
        st = enn_fail(err, ENN_NOMEM, "out of memory");
    else if (words < 1)
        st = enn_fail(err, ENN_USAGE, "signer command: %s", words == 0 ? "is empty" : "has over 64 words");
    if (st == ENN_OK) {
        argv[words] = last;
        argv[words + 1] = NULL;
        st = run(argv, timeout_ms, out, room, n, err);
    }
    free(text);
    free(last);
    return st;
}
