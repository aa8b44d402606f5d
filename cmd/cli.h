/*
 * What the three tools share: options from one table, messages, the progress bar, exit codes.
 *
 * A tool fills in struct cli, lists its own options in a table that ends with {0}, and calls cli_parse(). The
 * same table makes the parser and the --help text, so an option is described in one place only.
 */
#ifndef ENN_CLI_H
#define ENN_CLI_H
#include <stdio.h>
#include "enn.h"

enum cli_kind {
    CLI_FLAG,  /* int *: set to 1 */
    CLI_TEXT,  /* const char **: points into argv, never empty */
    CLI_LIST,  /* struct cli_list *: may be repeated */
    CLI_COUNT, /* uint64_t *: decimal digits, min .. max */
    CLI_SIZE,  /* uint64_t *: decimal digits with an optional k, M or G (powers of 1024 for memory: `binary`)
                */
    CLI_REAL,  /* double *: min .. max */
    CLI_CHOICE /* int *: index of the word in arg, "auto|always|never" */
};

struct cli_list {
    int n;
    const char **item; /* points into argv; the array is owned by struct cli */
};

struct cli_option {
    const char *name; /* long name without dashes */
    int letter;       /* short name, or 0 */
    enum cli_kind kind;
    const char *arg;  /* name of the value in --help; the words of a CLI_CHOICE */
    const char *help; /* one line */
    void *value;
    double min, max; /* CLI_COUNT, CLI_SIZE, CLI_REAL; max below 2^53 */
    int binary;      /* CLI_SIZE: k is 1024, not 1000 */
};

enum { CLI_PROGRESS_AUTO, CLI_PROGRESS_ALWAYS, CLI_PROGRESS_NEVER };

#define CLI_STAGES 8
struct cli {
    const char *tool;     /* name for messages */
    const char *purpose;  /* one line for --help */
    const char *synopsis; /* lines for --help, each ending with a newline */
    /* the options common to all tools, set by cli_parse() */
    int json, quiet, verbose, progress;
    uint64_t threads; /* 0: one per core */
    struct enn_limits limits;
    const char *password_file;
    char *password; /* of encrypted PDF files, read from it; wiped by cli_end() */
    /* the rest of the command line */
    int n_files;
    char **files;
    /* owned: released by cli_end() */
    const char **lists;
    int bar_shown, bar_percent;
    const char *bar_stage;
    int n_stages;
    struct {
        const char *name; /* as cli_progress got it */
        double end;       /* when it was heard of last: seconds of the monotonic clock */
    } stage[CLI_STAGES];
    double begin; /* of the job in work */
};

/* Parses the command line.  Returns -1 to go on, or the exit code to leave with: 0 after --help and
 * --version, 2 after a message about wrong usage, 8 when out of memory. */
int cli_parse(struct cli *c, const struct cli_option *own, int argc, char **argv);

/* Prints "tool: text" and a hint at --help on stderr, with --json also a line on stdout.  Returns 2. */
int cli_usage(struct cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints "tool: text" on stderr; control characters are shown as '?'. */
void cli_message(struct cli *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints text with control characters shown as '?': names and facts come from hostile files. */
void cli_put(FILE *to, const char *text);

/* Prints "  label      text" for people on stdout, nothing for an empty text. */
void cli_line(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* enn_progress_fn; user is the struct cli. */
void cli_progress(void *user, double share, const char *stage);
void cli_progress_erase(struct cli *c);
/* Before a job whose stages shall be told, and after it: "  stages     reading 0.31 s, marking 0.52 s", nothing without stages. */
void cli_stages_begin(struct cli *c);
void cli_stages_line(const struct cli *c);

/* The exit code of several results together.  What is alarming about a pack comes first, then what could not
 * be judged: 4 (not genuine), 5 (copy suspected), 8 (failure), 2 (usage), 7 (refused), 3 (nothing found), 6
 * (not trusted), 0. */
int cli_worse(int a, int b);

/* Call first.  Removes unfinished outputs when the tool is stopped by SIGINT, SIGTERM or SIGHUP, then stops
 * it by that signal; makes writing to a closed pipe an error instead of a signal; opens standard streams that
 * were closed. */
void cli_start(void);
struct output_pending *cli_pending(void); /* where outputs are registered for that: artwork/output.h */

/* "2026-11-23" or "2026-11-23T12:00:00Z" as seconds since 1970.  Returns 0, or -1 for anything else. */
int cli_date(const char *text, int64_t *seconds);

/* 1 when the text is exactly n hexadecimal digits. */
int cli_is_hex(const char *text, size_t n);

/* Flushes stdout, releases what struct cli owns and returns the exit code: 8 when stdout could not be
 * written. */
int cli_end(struct cli *c, int exit_code);

#endif
