/*
 * ennverify: is this file, scan or photo of a print genuine?
 *
 * One verifier (trust anchors and at most one manifest) judges the files one after the other; the exit code
 * is that of the most alarming answer.  Nothing here or below can sign: the tool links no private-key code.
 */
#include "cli.h"
#include "cli_json.h"
#include "cli_verdict.h"
#include "draw.h"
#include "map_draw.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_TOGETHER = 64 }; /* verdicts that are held at a time */

struct verify_args {
    struct cli_list trust, pins, seals, revoked;
    const char *manifest, *enrolment, *at, *draw, *map;
    int force, effort, all, together;
    struct enn_verify_options o;
};

static const char synopsis[] =
    "  ennverify [options] -t TRUST.crt [-m MANIFEST] FILE...\n"
    "  ennverify [options] -m MANIFEST FILE...            (read, but never trusted)\n";

static int parse(struct cli *c, struct verify_args *a, int argc, char **argv)
{
    a->effort = 1;
    const struct cli_option own[] = {
        {"trust", 't', CLI_LIST, "TRUST.crt", "certificate of an issuer to trust, PEM (repeatable)",
         &a->trust, 0, 0, 0},
        {"pin", 0, CLI_LIST, "HEX", "trust only the anchor with this key fingerprint (repeatable)", &a->pins,
         0, 0, 0},
        {"manifest", 'm', CLI_TEXT, "MANIFEST", "signed manifest of the lot the file should be of",
         &a->manifest, 0, 0, 0},
        {"seal", 0, CLI_LIST, "KEYFILE", "key of a lot: its seal must show in what is sealed (repeatable)", &a->seals, 0, 0,
         0},
        {"revoked-lots", 0, CLI_LIST, "FILE", "lot ids that are not to be trusted, one to a line (repeatable)", &a->revoked,
         0, 0, 0},
        {"enrolment", 0, CLI_TEXT, "FILE", "what good prints look like, signed by the printer: copies are suspected",
         &a->enrolment, 0, 0, 0},
        {"together", 0, CLI_FLAG, NULL, "the captures are of one pack: judge its copy verdict by all of them", &a->together, 0,
         0, 0},
        {"p-false", 0, CLI_REAL, "P", "accept a read of at most this chance of being false (default 1e-9)",
         &a->o.p_false, 1e-30, 1e-3, 0},
        {"at", 0, CLI_TEXT, "DATE", "judge validity dates at this UTC time: 2026-11-23[T12:00:00Z]", &a->at,
         0, 0, 0},
        {"effort", 0, CLI_CHOICE, "quick|normal|thorough", "how long to search for weak marks", &a->effort, 0,
         0, 0},
        {"all", 0, CLI_FLAG, NULL, "look for every print in the picture; the worst answer counts", &a->all, 0,
         0, 0},
        {"draw", 0, CLI_TEXT, "OUT.png", "write the picture with the places read drawn on it", &a->draw, 0, 0,
         0},
        {"map", 0, CLI_TEXT, "OUT.png", "write a picture of the artwork with what was altered drawn on it",
         &a->map, 0, 0, 0},
        {"force", 0, CLI_FLAG, NULL, "let --draw and --map replace an existing file", &a->force, 0, 0, 0},
        {0},
    };
    int done = cli_parse(c, own, argc, argv);
    if (done >= 0) return done;
    if (!c->n_files) return cli_usage(c, "no FILE to verify");
    if (!a->trust.n && !a->manifest)
        return cli_usage(c, "nothing to verify against: give -t TRUST.crt, -m MANIFEST or both");
    if (a->seals.n && !a->manifest) return cli_usage(c, "--seal needs -m MANIFEST");
    if (a->enrolment && !a->seals.n) return cli_usage(c, "--enrolment needs --seal KEYFILE");
    if (a->together && !a->enrolment) return cli_usage(c, "--together needs --enrolment FILE");
    if (a->together && a->all) return cli_usage(c, "--together does not go with --all");
    if (a->together && c->n_files > MOST_TOGETHER)
        return cli_usage(c, "--together takes at most %d captures", MOST_TOGETHER);
    if (a->pins.n && !a->trust.n) return cli_usage(c, "--pin needs -t TRUST.crt");
    if (a->at && cli_date(a->at, &a->o.now))
        return cli_usage(c, "--at: '%s' is not a date like 2026-11-23", a->at);
    int n_stdin = 0;
    for (int i = 0; i < c->n_files; i++) n_stdin += !strcmp(c->files[i], "-");
    if (n_stdin > 1) return cli_usage(c, "standard input can be verified once");
    if (a->draw && (c->n_files > 1 || n_stdin))
        return cli_usage(c, "--draw goes with one FILE that is not standard input");
    if (a->map && c->n_files > 1) return cli_usage(c, "--map goes with one FILE");
    if (a->map && !a->manifest) return cli_usage(c, "--map needs -m MANIFEST");
    return -1;
}

/* Faults of anchors and manifest concern every file: told once, no file is judged. */
static int setup(struct cli *c, const struct verify_args *a, struct enn_verifier *v)
{
    struct enn_error err = {0};
    enum enn_status s = ENN_OK;
    for (int i = 0; i < a->trust.n && s == ENN_OK; i++) s = enn_verifier_trust(v, a->trust.item[i], &err);
    for (int i = 0; i < a->pins.n && s == ENN_OK; i++) s = enn_verifier_pin(v, a->pins.item[i], &err);
    if (a->manifest && s == ENN_OK) s = enn_verifier_manifest(v, a->manifest, &err);
    for (int i = 0; i < a->seals.n && s == ENN_OK; i++) s = enn_verifier_seal(v, a->seals.item[i], &err);
    for (int i = 0; i < a->revoked.n && s == ENN_OK; i++) s = enn_verifier_revoked(v, a->revoked.item[i], &err);
    if (a->enrolment && s == ENN_OK) s = enn_verifier_enrolment(v, a->enrolment, &err);
    if (s == ENN_OK) return -1;
    if (s == ENN_USAGE) return cli_usage(c, "%s", err.text);
    cli_message(c, "%s", err.text);
    if (c->json)
        for (int i = 0; i < c->n_files; i++) cli_json_failure(c, c->files[i], s, err.text);
    return enn_status_exit(s);
}

static void report(struct cli *c, const char *file, const struct enn_verdict *v)
{
    cli_progress_erase(c);
    if (c->json) cli_json_verdict(c, file, v);
    if (c->json || c->quiet) return;
    cli_put(stdout, file);
    printf(": %s\n", cli_verdict_word(v->status));
    cli_verdict_details(c, v);
    fflush(stdout);
}

static void verify_one(const struct verify_args *a, const struct enn_verifier *v, const char *file,
                       struct enn_verdict *verdict)
{
    struct enn_error err = {0};
    *verdict = (struct enn_verdict){.p_false = 1};
    verdict->status = enn_verify_file(v, &a->o, file, verdict, &err);
    if (cli_fault_word(verdict->status)) snprintf(verdict->detail, sizeof verdict->detail, "%s", err.text);
}

/* Tells the verdict, and draws it; the exit code. */
static int conclude(struct cli *c, const struct verify_args *a, const char *file, const struct enn_verdict *verdict)
{
    struct enn_error err = {0};
    int fault = cli_fault_word(verdict->status) != NULL;
    if (fault) {
        cli_message(c, "%s", verdict->detail);
        if (c->json) cli_json_verdict(c, file, verdict);
    } else {
        report(c, file, verdict);
    }
    int exit_code = enn_status_exit(verdict->status);
    if (a->draw && !fault && draw_verdict(file, verdict, &a->o, a->draw, a->force, &err) != ENN_OK) {
        cli_message(c, "%s", err.text);
        exit_code = cli_worse(exit_code, enn_status_exit(err.status));
    }
    if (verdict->map && map_draw(verdict, a->map, a->force, &err) != ENN_OK) {
        cli_message(c, "%s", err.text);
        exit_code = cli_worse(exit_code, enn_status_exit(err.status));
    }
    return exit_code;
}

/* One after the other; with --together all are read before any is told of. */
static int verify_all(struct cli *c, const struct verify_args *a, const struct enn_verifier *v)
{
    int held = a->together ? c->n_files : 1, exit_code = 0;
    struct enn_error err = {0};
    struct enn_verdict *verdicts = calloc((size_t)held, sizeof *verdicts);
    if (!verdicts) {
        cli_message(c, "out of memory");
        return enn_status_exit(ENN_NOMEM);
    }
    for (int first = 0; first < c->n_files; first += held) {
        if (held == 1) cli_stages_begin(c);
        for (int i = 0; i < held; i++) verify_one(a, v, c->files[first + i], &verdicts[i]);
        if (a->together && enn_verify_together(v, verdicts, held, &err) != ENN_OK) {
            cli_message(c, "%s", err.text);
            exit_code = cli_worse(exit_code, enn_status_exit(err.status));
        }
        for (int i = 0; i < held; i++) {
            exit_code = cli_worse(exit_code, conclude(c, a, c->files[first + i], &verdicts[i]));
            enn_verdict_clear(&verdicts[i]);
        }
    }
    free(verdicts);
    return exit_code;
}

static int run(struct cli *c, struct verify_args *a)
{
    struct enn_verifier *v = enn_verifier_new();
    if (!v) {
        cli_message(c, "out of memory");
        return enn_status_exit(ENN_NOMEM);
    }
    a->o.threads = (int)c->threads;
    a->o.limits = c->limits;
    a->o.password = c->password;
    a->o.effort = a->effort;
    a->o.all = a->all;
    a->o.together = a->together;
    a->o.whole = a->draw != NULL;
    a->o.map = a->map != NULL;
    a->o.progress = cli_progress;
    a->o.progress_user = c;
    int exit_code = setup(c, a, v);
    if (exit_code < 0) exit_code = verify_all(c, a, v);
    enn_verifier_free(v);
    return exit_code;
}

int main(int argc, char **argv)
{
    struct cli c = {.tool = "ennverify",
                    .synopsis = synopsis,
                    .purpose = "is this artwork file, scan or photo of a print genuine?"};
    struct verify_args a = {.o = enn_verify_options_default()};
    cli_start();
    int exit_code = parse(&c, &a, argc, argv);
    if (exit_code < 0) exit_code = run(&c, &a);
    return cli_end(&c, exit_code);
}
