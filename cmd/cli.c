/*
 * Options, messages, progress and exit codes of the three tools.
 *
 * The table of options drives getopt_long, the typed parsing of values and --help.  A single-valued option
 * that is given twice is refused: in a pre-press script the second one is a mistake more often than an
 * override.
 */
#include "cli.h"
#include "cli_json.h"
#include "secret.h"
#include "artwork/output.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { COMMON = 10, MAX_OPTIONS = 64, FIRST_CODE = 256 };

enum { ID_HELP, ID_VERSION };

/* The options that every tool has; help and version have no value to set. */
static int common_options(struct cli *c, struct cli_option *to)
{
    const struct cli_option o[COMMON] = {
        {"json", 0, CLI_FLAG, NULL, "one JSON object per input on standard output, also on failure", &c->json,
         0, 0, 0},
        {"quiet", 'q', CLI_FLAG, NULL, "print nothing for people but errors", &c->quiet, 0, 0, 0},
        {"verbose", 'v', CLI_FLAG, NULL, "print more detail", &c->verbose, 0, 0, 0},
        {"threads", 'j', CLI_COUNT, "N", "threads to use (default: one per core)", &c->threads, 1, 256, 0},
        {"progress", 0, CLI_CHOICE, "auto|always|never",
         "a progress bar on standard error (auto: on a terminal)", &c->progress, 0, 0, 0},
        {"max-pixels", 0, CLI_SIZE, "N", "refuse pages of more pixels (k, M, G; default 4G)",
         &c->limits.max_pixels, 1, 1e15, 0},
        {"max-memory", 0, CLI_SIZE, "BYTES", "refuse inputs that need more memory (k, M, G; default 1G)",
         &c->limits.max_memory, 1, 1e15, 1},
        {"password-file", 0, CLI_TEXT, "FILE", "first line is the password of encrypted PDF files",
         &c->password_file, 0, 0, 0},
        {"help", 'h', CLI_FLAG, NULL, "print this help", NULL, ID_HELP, 0, 0},
        {"version", 'V', CLI_FLAG, NULL, "print the version", NULL, ID_VERSION, 0, 0},
    };
    memcpy(to, o, sizeof o);
    return COMMON;
}

void cli_put(FILE *to, const char *text)
{
    for (; *text; text++) putc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, to);
}

static void message_v(struct cli *c, const char *format, va_list ap, char text[ENN_ERROR_TEXT])
{
    vsnprintf(text, ENN_ERROR_TEXT, format, ap);
    cli_progress_erase(c);
    fprintf(stderr, "%s: ", c->tool);
    cli_put(stderr, text);
    putc('\n', stderr);
}

void cli_message(struct cli *c, const char *format, ...)
{
    char text[ENN_ERROR_TEXT];
    va_list ap;
    va_start(ap, format);
    message_v(c, format, ap, text);
    va_end(ap);
}

int cli_usage(struct cli *c, const char *format, ...)
{
    char text[ENN_ERROR_TEXT];
    va_list ap;
    va_start(ap, format);
    message_v(c, format, ap, text);
    va_end(ap);
    fprintf(stderr, "Try '%s --help'.\n", c->tool);
    if (c->json) cli_json_failure(c, NULL, ENN_USAGE, text);
    return enn_status_exit(ENN_USAGE);
}

void cli_line(const char *label, const char *format, ...)
{
    char text[ENN_ERROR_TEXT];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (!*text) return;
    printf("  %-10s ", label);
    cli_put(stdout, text);
    putchar('\n');
}

/* One option of --help: "  -k, --key=FILE" and the help from column 28, on the next line when the name is
 * long. */
static void print_option(const struct cli_option *o)
{
    char left[64];
    int n =
        snprintf(left, sizeof left, "  %c%c%s --%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
                 o->letter ? "," : " ", o->name, o->arg ? "=" : "", o->arg ? o->arg : "");
    if (n > 27)
        printf("%s\n%-28s%s\n", left, "", o->help);
    else
        printf("%-28s%s\n", left, o->help);
}

static void print_help(const struct cli *c, const struct cli_option *o, int n)
{
    printf("%s: %s\n\n%s\n", c->tool, c->purpose, c->synopsis);
    for (int i = 0; i < n; i++) {
        if (i == n - COMMON) printf("\n");
        print_option(&o[i]);
    }
    printf("\nExit codes: 0 done, 2 wrong usage, 3 nothing found, 4 not genuine, 5 copy suspected,\n"
           "6 valid but not trusted, 7 input refused, 8 system failure.  More: man %s\n",
           c->tool);
}

/* Digits with an optional suffix; -1 for junk, signs, overflow.  Values stay below 2^53 (max of the table).
 */
static int parse_count(const char *s, const struct cli_option *o, uint64_t *out)
{
    uint64_t v = 0, unit = 1, base = o->binary ? 1024 : 1000;
    const char *p = s;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (v > (UINT64_MAX - 9) / 10) return -1;
        v = v * 10 + (uint64_t)(*p - '0');
    }
    if (p == s) return -1;
    if (o->kind == CLI_SIZE && *p) {
        const char *suffix = strchr("kMG", *p++);
        if (!suffix) return -1;
        for (const char *k = "kMG"; k <= suffix && *k; k++) unit *= base;
    }
    if (*p || v > UINT64_MAX / unit) return -1;
    *out = v * unit;
    return (double)*out < o->min || (double)*out > o->max ? -1 : 0;
}

static int parse_real(const char *s, const struct cli_option *o, double *out)
{
    if (strspn(s, "0123456789.eE+-") != strlen(s)) return -1; /* no inf, nan, hexadecimal or spaces */
    char *end;
    errno = 0;
    double v = strtod(s, &end);
    if (end == s || *end || errno || !isfinite(v) || v < o->min || v > o->max) return -1;
    *out = v;
    return 0;
}

/* Index of the word among "a|b|c"; -1 when it is none of them. */
static int parse_choice(const char *s, const char *words)
{
    size_t n = strlen(s);
    for (int i = 0; *words; i++) {
        size_t len = strcspn(words, "|");
        if (len == n && memcmp(words, s, n) == 0) return i;
        words += len + (words[len] == '|');
    }
    return -1;
}

static int set_value(struct cli *c, const struct cli_option *o, const char *s)
{
    int bad = 0;
    switch (o->kind) {
    case CLI_FLAG:
        *(int *)o->value = 1;
        break;
    case CLI_TEXT:
        bad = !*s;
        *(const char **)o->value = s;
        break;
    case CLI_LIST: {
        struct cli_list *list = o->value;
        bad = !*s;
        list->item[list->n++] = s;
        break;
    }
    case CLI_COUNT:
    case CLI_SIZE:
        bad = parse_count(s, o, o->value);
        break;
    case CLI_REAL:
        bad = parse_real(s, o, o->value);
        break;
    case CLI_CHOICE:
        bad = (*(int *)o->value = parse_choice(s, o->arg)) < 0;
        break;
    }
    if (!bad) return -1;
    if (o->kind == CLI_CHOICE) return cli_usage(c, "--%s: '%s' is not one of %s", o->name, s, o->arg);
    if (o->kind == CLI_TEXT || o->kind == CLI_LIST) return cli_usage(c, "--%s: the value is empty", o->name);
    return cli_usage(c, "--%s: '%s' is not a number from %.15g to %.15g", o->name, s, o->min, o->max);
}

/* Tables for getopt_long; every list gets room for as many values as there are arguments. */
static int make_tables(struct cli *c, const struct cli_option *o, int n, int argc, char *letters,
                       struct option *longs)
{
    int n_lists = 0;
    for (int i = 0; i < n; i++) n_lists += o[i].kind == CLI_LIST;
    c->lists = calloc((size_t)n_lists * (size_t)argc + 1, sizeof *c->lists);
    if (!c->lists) return -1;
    *letters++ = ':';
    for (int i = 0, used = 0; i < n; i++) {
        int has_arg = o[i].kind != CLI_FLAG;
        longs[i] =
            (struct option){o[i].name, has_arg ? required_argument : no_argument, NULL, FIRST_CODE + i};
        if (o[i].letter) *letters++ = (char)o[i].letter;
        if (o[i].letter && has_arg) *letters++ = ':';
        if (o[i].kind == CLI_LIST)
            *(struct cli_list *)o[i].value = (struct cli_list){0, c->lists + (size_t)used++ * (size_t)argc};
    }
    *letters = 0;
    return 0;
}

static int index_of(const struct cli_option *o, int n, int code)
{
    if (code >= FIRST_CODE) return code - FIRST_CODE;
    for (int i = 0; i < n; i++)
        if (o[i].letter == code) return i;
    return -1;
}

static int read_password(struct cli *c)
{
    struct enn_error err = {0};
    enum enn_status s = ENN_NOMEM;
    c->password = malloc(SECRET_MAX + 1);
    if (c->password && (s = secret_from_file(c->password_file, c->password, &err)) == ENN_OK) return -1;
    if (s == ENN_USAGE) return cli_usage(c, "%s", err.text);
    cli_message(c, "%s", c->password ? err.text : "out of memory");
    return enn_status_exit(s);
}

int cli_parse(struct cli *c, const struct cli_option *own, int argc, char **argv)
{
    struct cli_option o[MAX_OPTIONS];
    struct option longs[MAX_OPTIONS + 1] = {0};
    char letters[3 * MAX_OPTIONS], seen[MAX_OPTIONS] = {0};
    int n = 0;
    for (; own[n].name && n < MAX_OPTIONS - COMMON; n++) o[n] = own[n];
    c->limits = enn_limits_default();
    n += common_options(c, o + n);
    if (make_tables(c, o, n, argc, letters, longs)) {
        cli_message(c, "out of memory");
        return enn_status_exit(ENN_NOMEM);
    }
    for (int i = 1; i < argc && strcmp(argv[i], "--");
         i++) /* errors further left are reported as JSON, too */
        if (!strcmp(argv[i], "--json")) c->json = 1;
    opterr = 0;
    for (int code; (code = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        const char *word = argv[optind - 1];
        if (code == ':') return cli_usage(c, "option %s needs a value", word);
        if (code == '?' && optopt && optopt < FIRST_CODE) return cli_usage(c, "unknown option -%c", optopt);
        if (code == '?') return cli_usage(c, "unknown or misused option %s", word);
        int i = index_of(o, n, code);
        if (!o[i].value && o[i].min == ID_HELP) {
            print_help(c, o, n);
            return 0;
        }
        if (!o[i].value) {
            printf("%s (enn) %s, mark format %d\n", c->tool, ENN_VERSION, ENN_MARK_FORMAT);
            return 0;
        }
        if (seen[i]++ && o[i].kind != CLI_LIST) return cli_usage(c, "option --%s is given twice", o[i].name);
        int bad = set_value(c, &o[i], optarg);
        if (bad >= 0) return bad;
    }
    c->n_files = argc - optind;
    c->files = argv + optind;
    for (int i = 0; i < c->n_files; i++)
        if (!*c->files[i]) return cli_usage(c, "a file name is empty");
    if (c->quiet && c->verbose) return cli_usage(c, "--quiet and --verbose exclude each other");
    return c->password_file ? read_password(c) : -1;
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void cli_stages_begin(struct cli *c)
{
    c->n_stages = 0;
    c->begin = seconds_now();
}

static void note_stage(struct cli *c, const char *name)
{
    int i = 0;
    if (c->begin == 0) return; /* nobody asked */
    while (i < c->n_stages && strcmp(c->stage[i].name, name)) i++;
    if (i == CLI_STAGES) return;
    if (i == c->n_stages) c->stage[c->n_stages++].name = name;
    c->stage[i].end = seconds_now();
}

void cli_stages_line(const struct cli *c)
{
    char text[CLI_STAGES * 40];
    size_t n = 0;
    for (int i = 0; i < c->n_stages; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%.20s %.3f s", i ? ", " : "", c->stage[i].name,
                              fmax(0, c->stage[i].end - (i ? c->stage[i - 1].end : c->begin)));
    if (n) cli_line("stages", "%s", text);
}

void cli_progress(void *user, double share, const char *stage)
{
    struct cli *c = user;
    if (c->verbose && stage) note_stage(c, stage);
    int percent = share <= 0 ? 0 : share >= 1 ? 100 : (int)(share * 100);
    if (c->progress == CLI_PROGRESS_NEVER) return;
    if (c->progress == CLI_PROGRESS_AUTO && (c->quiet || !isatty(STDERR_FILENO))) return;
    if (c->bar_shown && percent == c->bar_percent && stage == c->bar_stage) return;
    c->bar_shown = 1;
    c->bar_percent = percent;
    c->bar_stage = stage;
    char bar[31];
    for (int i = 0; i < 30; i++) bar[i] = i * 100 < percent * 30 ? '#' : '.';
    bar[30] = 0;
    fprintf(stderr, "\r[%s] %3d %% %-16.16s", bar, percent, stage ? stage : "");
    fflush(stderr);
}

void cli_progress_erase(struct cli *c)
{
    if (!c->bar_shown) return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    c->bar_shown = 0;
}

int cli_worse(int a, int b)
{
    static const int order[] = {0, 6, 3, 7, 2, 8, 5, 4};
    int rank_a = 0, rank_b = 0;
    for (int i = 0; i < (int)(sizeof order / sizeof *order); i++) {
        if (order[i] == a) rank_a = i;
        if (order[i] == b) rank_b = i;
    }
    return rank_a >= rank_b ? a : b;
}

/* The one static object: a signal handler can be given nothing. */
static struct output_pending pending;

struct output_pending *cli_pending(void)
{
    return &pending;
}

static void stop(int signal_number)
{
    output_unlink_pending(&pending);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* A file must never be opened under the number of a standard stream that was closed: the progress bar would
 * be written into the artwork.  Closed streams become /dev/null, standard output read-only, so that writing
 * to it fails as it should. */
static void keep_standard_streams(void)
{
    static const int mode[] = {O_RDONLY, O_RDONLY, O_WRONLY};
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", mode[fd]) != fd) _exit(8);
}

void cli_start(void)
{
    keep_standard_streams();
    static const int stops[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction act = {.sa_handler = stop}, old;
    sigemptyset(&act.sa_mask);
    for (size_t i = 0; i < sizeof stops / sizeof *stops;
         i++) /* nohup and background jobs keep ignoring theirs */
        if (!sigaction(stops[i], NULL, &old) && old.sa_handler != SIG_IGN) sigaction(stops[i], &act, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int cli_date(const char *text, int64_t *seconds)
{
    static const char pattern[] = "dddd-dd-ddTdd:dd:ddZ";
    size_t n = strlen(text);
    if (n != 10 && n != 20) return -1;
    for (size_t i = 0; i < n; i++)
        if (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i]) return -1;
    struct tm tm = {0};
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
               &tm.tm_sec) < 3)
        return -1;
    struct tm asked = tm;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    asked.tm_year -= 1900;
    asked.tm_mon -= 1;
    int64_t t = (int64_t)timegm(&tm); /* timegm moves 31 April to 1 May: such a date is refused */
    if (tm.tm_mday != asked.tm_mday || tm.tm_mon != asked.tm_mon || tm.tm_hour != asked.tm_hour ||
        tm.tm_min != asked.tm_min || tm.tm_sec != asked.tm_sec || t <= 0)
        return -1;
    *seconds = t;
    return 0;
}

int cli_is_hex(const char *text, size_t n)
{
    return strlen(text) == n && strspn(text, "0123456789abcdefABCDEF") == n;
}

int cli_end(struct cli *c, int exit_code)
{
    cli_progress_erase(c);
    int bad = fflush(stdout) != 0 || ferror(stdout);
    if (bad) fprintf(stderr, "%s: standard output: cannot be written: %s\n", c->tool, strerror(errno));
    free(c->lists);
    c->lists = NULL;
    if (c->password) explicit_bzero(c->password, SECRET_MAX + 1);
    free(c->password);
    c->password = NULL;
    return bad ? enn_status_exit(ENN_IO) : exit_code;
}
