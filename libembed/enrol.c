/*
 * Enrolment: captures of good prints -> the response of print and capture to the mark -> a document that the printer signs.
 *
 * The captures are verified as any others are; what is kept of them are eight numbers for scans and eight for photographs, and of
 * photographs what the edges of the artwork hold at up to 3000 places.
 */
#include "artwork/output.h"
#include "capture/copy.h"
#include "status.h"
#include "trust/enrolment.h"
#include "trust/keys.h"
#include "verifier.h"
#include "verify_edges.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct gathered {
    struct copy_bands *of[ENROLMENT_KINDS];
    const char **name[ENROLMENT_KINDS]; /* its file */
    int n[ENROLMENT_KINDS];
    int n_edges;         /* photographs that edges were measured in: */
    struct edges *edges; /* lent by held */
    double *contrast;    /* of their screens */
    const char **edge_name;
    struct enn_edges **held; /* owned */
};

static void keep_edges(struct gathered *g, struct enn_verdict *r, const char *file)
{
    const struct edges *e = verify_edges(r->edges);
    if (!e) return;
    g->edges[g->n_edges] = *e;
    g->contrast[g->n_edges] = r->response.screen;
    g->edge_name[g->n_edges] = file;
    g->held[g->n_edges++] = r->edges;
    r->edges = NULL;
}

static void gathered_clear_edges(struct gathered *g)
{
    for (int i = 0; i < g->n_edges; i++) verify_edges_free(g->held[i]);
    free(g->edges);
    free(g->contrast);
    free(g->edge_name);
    free(g->held);
}

static enum enn_status add_capture(struct gathered *g, const struct enn_verifier *v,
                                   const struct enn_enrol_options *o, const char *file, struct enn_error *err)
{
    struct enn_verdict r = {.p_false = 1};
    enum enn_status st = enn_verify_file(v, &o->verify, file, &r, err);
    if (enn_status_exit(st) >= 7 || st == ENN_USAGE) {
        enn_verdict_clear(&r);
        return st;
    }
    st = ENN_OK;
    if (r.seal != ENN_SEAL_PRESENT)
        st = enn_fail(err, ENN_NOT_GENUINE, "%s: the lot's seal is not seen in it: %s", file,
                      enn_seal_word(r.seal));
    else if (r.content == ENN_CONTENT_DIFFERS)
        st = enn_fail(err, ENN_NOT_GENUINE, "%s: does not show the artwork of the manifest", file);
    else if (!r.response.px_per_mm)
        st = enn_fail(err, ENN_UNSUPPORTED,
                      "%s: too coarse to enrol: scans of 600 dpi, photographs of 25 px/mm", file);
    if (!st) {
        int kind = r.response.photo != 0;
        g->name[kind][g->n[kind]] = file;
        verify_response(&r.response, &g->of[kind][g->n[kind]++]);
        keep_edges(g, &r, file);
    }
    enn_verdict_clear(&r);
    return st;
}

static enum enn_status refuse(const char *const *name, const double *apart, int n, const char *others,
                              struct enn_error *err)
{
    int worst = 0;
    for (int i = 1; i < n; i++)
        if (apart[i] > apart[worst]) worst = i;
    if (n < 3 || !(apart[worst] > COPY_APART)) return ENN_OK;
    return enn_fail(
        err, ENN_NOT_GENUINE,
        "%s: is %.1f deviations from the other %s, where good ones differ by less than %.1f: leave it out",
        name[worst], apart[worst], others, COPY_APART);
}

/* One capture that was taken badly, or of a copy, would widen what is allowed to all that are verified later. */
static enum enn_status refuse_outlier(const struct gathered *g, enum copy_capture kind, struct enn_error *err)
{
    int n = g->n[kind];
    double *apart = calloc((size_t)n + 1, sizeof *apart);
    enum enn_status st = apart && !copy_apart(kind, g->of[kind], n, apart)
                             ? ENN_OK
                             : enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st) st = refuse(g->name[kind], apart, n, kind == COPY_SCAN ? "scans" : "photographs", err);
    free(apart);
    return st;
}

/* The same by the edges of the artwork. */
static enum enn_status refuse_edges(const struct gathered *g, struct enn_error *err)
{
    double *apart = calloc((size_t)g->n_edges + 1, sizeof *apart);
    int bad = !apart || (g->n_edges >= 3 && edges_apart(g->edges, g->contrast, g->n_edges, apart));
    enum enn_status st = bad ? enn_fail(err, ENN_NOMEM, "out of memory")
                             : refuse(g->edge_name, apart, g->n_edges, "photographs", err);
    free(apart);
    return st;
}

static enum enn_status summarise_edges(const struct gathered *g, struct enrolment *e, struct enn_error *err)
{
    if (!e->kind[COPY_PHOTO].captures || g->n_edges < COPY_ENROL_LEAST) return ENN_OK;
    struct edge_reference *r = malloc(sizeof *r);
    if (!r || edges_enrol(g->edges, g->contrast, g->n_edges, r)) {
        free(r);
        return enn_fail(err, ENN_NOMEM, "out of memory");
    }
    verify_edges_enrolled(r, &e->edges);
    free(r);
    return ENN_OK;
}

static enum enn_status summarise(const struct gathered *g, struct enrolment *e, struct enn_error *err)
{
    int kinds = 0;
    for (int k = 0; k < ENROLMENT_KINDS; k++) {
        struct copy_bands all;
        if (!copy_enrol((enum copy_capture)k, g->of[k], g->n[k], &all)) continue;
        e->kind[k] = (struct enrolled){.captures = (uint32_t)g->n[k],
                                       .px_per_mm = all.px_per_mm,
                                       .norm = all.norm,
                                       .screen = all.screen,
                                       .lpi = {all.lpi[0], all.lpi[1]}};
        memcpy(e->kind[k].gain, all.gain, sizeof all.gain);
        memcpy(e->kind[k].deviation, all.deviation, sizeof all.deviation);
        memcpy(e->kind[k].spread, all.spread, sizeof all.spread);
        kinds++;
    }
    return kinds
               ? ENN_OK
               : enn_fail(err, ENN_UNSUPPORTED,
                          "enrolling takes %d or more scans, or photographs, that show enough of the artwork",
                          COPY_ENROL_LEAST);
}

static int64_t creation_time(void)
{
    const char *e = getenv("SOURCE_DATE_EPOCH");
    char *end;
    long long t = e ? strtoll(e, &end, 10) : -1;
    return e && *e && !*end && t >= 0 ? t : (int64_t)time(NULL);
}

static enum enn_status write_out(const struct enn_enrol_options *o, const uint8_t *bytes, size_t n,
                                 struct enn_error *err)
{
    struct output *out = NULL;
    enum enn_status st = output_begin(o->out, o->force, o->pending, &out, err);
    if (st) return st;
    FILE *f = fopen(output_path(out), "wb");
    if (!f || fwrite(bytes, 1, n, f) != n) st = enn_fail(err, ENN_IO, "%s: cannot be written", o->out);
    if (f && fclose(f) && !st) st = enn_fail(err, ENN_IO, "%s: cannot be written", o->out);
    if (!st) return output_commit(out, err);
    output_abort(out);
    return st;
}

static enum enn_status enrol(const struct enn_verifier *v, const struct enn_enrol_options *o,
                             const char *const *captures, int n, struct gathered *g, struct enn_error *err)
{
    struct signer_options so = {.cert_file = o->cert_file,
                                .key_file = o->key_file,
                                .passphrase = o->passphrase,
                                .signer_cmd = o->signer_cmd};
    struct signer *signer = NULL;
    struct enrolment e = {.created = creation_time()};
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum enn_status st = signer_open(&so, &signer, err);
    for (int i = 0; i < n && !st; i++) st = add_capture(g, v, o, captures[i], err);
    for (int k = 0; k < ENROLMENT_KINDS && !st && !o->all; k++)
        st = refuse_outlier(g, (enum copy_capture)k, err);
    if (!st && !o->all) st = refuse_edges(g, err);
    memcpy(e.lot_id, v->manifest.lot_id, sizeof e.lot_id);
    memcpy(e.artwork, v->manifest.output.sha256, sizeof e.artwork);
    if (!st) st = summarise(g, &e, err);
    if (!st) st = summarise_edges(g, &e, err);
    if (!st) st = enrolment_write(&e, signer, &bytes, &size, err);
    if (!st) st = write_out(o, bytes, size, err);
    free(bytes);
    signer_free(signer);
    return st;
}

struct enn_enrol_options enn_enrol_options_default(void)
{
    return (struct enn_enrol_options){.verify = enn_verify_options_default()};
}

enum enn_status enn_enrol(const struct enn_enrol_options *o, const char *const *captures, int n,
                          struct enn_error *err)
{
    if (n < 1 || n > 1000) return enn_fail(err, ENN_USAGE, "1 to 1000 captures are enrolled at a time");
    struct enn_verifier *v = enn_verifier_new();
    struct gathered g = {.n = {0}};
    enum enn_status st = v ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
    for (int k = 0; k < ENROLMENT_KINDS && !st; k++) {
        g.of[k] = calloc((size_t)n, sizeof *g.of[k]);
        g.name[k] = calloc((size_t)n, sizeof *g.name[k]);
        if (!g.of[k] || !g.name[k]) st = enn_fail(err, ENN_NOMEM, "out of memory");
    }
    g.edges = calloc((size_t)n, sizeof *g.edges);
    g.contrast = calloc((size_t)n, sizeof *g.contrast);
    g.edge_name = calloc((size_t)n, sizeof *g.edge_name);
    g.held = calloc((size_t)n, sizeof *g.held);
    if (!st && (!g.edges || !g.contrast || !g.edge_name || !g.held))
        st = enn_fail(err, ENN_NOMEM, "out of memory");
    if (v) v->ring.enrolling = 1;
    if (!st) st = enn_verifier_manifest(v, o->manifest, err);
    if (!st && v->manifest_status) {
        if (err) *err = v->manifest_error;
        st = v->manifest_status;
    }
    if (!st && !v->manifest.mark.seal.version)
        st = enn_fail(err, ENN_UNSUPPORTED, "%s: the artwork is not sealed: there is nothing to enrol",
                      o->manifest);
    if (!st) st = enn_verifier_seal(v, o->lot_key, err);
    if (!st) st = enrol(v, o, captures, n, &g, err);
    for (int k = 0; k < ENROLMENT_KINDS; k++) {
        free(g.of[k]);
        free(g.name[k]);
    }
    gathered_clear_edges(&g);
    enn_verifier_free(v);
    return st;
}
