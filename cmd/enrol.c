/* Enrolling good prints (enrol.h). */
#include "enrol.h"
#include "cli_json.h"
#include <stdio.h>

int enrol_run(struct cli *c, struct enn_enrol_options *o)
{
    struct enn_error err = {0};
    o->verify.threads = (int)c->threads;
    o->verify.limits = c->limits;
    o->pending = cli_pending();
    enum enn_status s = enn_enrol(o, (const char *const *)c->files, c->n_files, &err);
    if (s != ENN_OK) {
        cli_message(c, "%s", err.text);
        if (c->json) cli_json_failure(c, NULL, s, err.text);
        return enn_status_exit(s);
    }
    if (c->json) cli_json_enrolled(c, o->out, c->n_files);
    if (c->json || c->quiet) return 0;
    cli_put(stdout, o->out);
    printf(": enrolment of %d captures written\n", c->n_files);
    return 0;
}
