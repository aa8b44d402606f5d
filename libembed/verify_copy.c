/*
 * Is the print in a picture the first, or the copy of one (capture/copy.h)?  Asked where the lot's seal was found.
 *
 * What is measured of a picture is kept in its verdict, so that several pictures of one print can be judged together: noise
 * and the camera's share differ from picture to picture, the print's does not.
 */
#include "capture/copy.h"
#include "status.h"
#include "verifier.h"
#include "verify_edges.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(ENN_COPY_BANDS == COPY_BANDS && ENROLMENT_BANDS == COPY_BANDS, "one number for the three");

/* A scan is upright and tells its resolution; a photograph does not. */
static enum copy_capture capture_kind(const struct picture *pic, const struct detection *d)
{
    return pic->dpi > 0 && fabs(d->px_per_mm * 25.4 / pic->dpi - 1) < 0.03 ? COPY_SCAN : COPY_PHOTO;
}

static double screen_lpi(const struct manifest *m)
{
    return strncmp(m->screen, "am:", 3) ? 0 : strtod(m->screen + 3, NULL);
}

void verify_response(const struct enn_response *r, struct copy_bands *out)
{
    *out = (struct copy_bands){.norm = r->norm,
                               .px_per_mm = r->px_per_mm,
                               .screen = r->screen,
                               .lpi = {r->lpi, r->lpi},
                               .captures = 1};
    memcpy(out->gain, r->gain, sizeof out->gain);
    memcpy(out->deviation, r->deviation, sizeof out->deviation);
}

static void reference_of(const struct enrolled *e, struct copy_bands *out)
{
    *out = (struct copy_bands){.norm = e->norm,
                               .px_per_mm = e->px_per_mm,
                               .screen = e->screen,
                               .lpi = {e->lpi[0], e->lpi[1]},
                               .captures = (int)e->captures};
    memcpy(out->gain, e->gain, sizeof out->gain);
    memcpy(out->deviation, e->deviation, sizeof out->deviation);
    memcpy(out->spread, e->spread, sizeof out->spread);
}

static enum enn_copy_why why_of(const struct copy_judgement *j, int enrolled, int measured)
{
    static const enum enn_copy_why of[] = {[COPY_TOO_LITTLE] = ENN_COPY_WHY_TOO_LITTLE,
                                           [COPY_OTHER_RESOLUTION] = ENN_COPY_WHY_OTHER_RESOLUTION,
                                           [COPY_OTHER_SCREEN] = ENN_COPY_WHY_OTHER_SCREEN,
                                           [COPY_OTHER_SHARPNESS] = ENN_COPY_WHY_OTHER_SHARPNESS,
                                           [COPY_OTHER_QUALITY] = ENN_COPY_WHY_OTHER_QUALITY};
    if (!measured) return ENN_COPY_WHY_TOO_COARSE;
    if (!enrolled) return ENN_COPY_WHY_NOT_ENROLLED;
    if (j->why) return of[j->why];
    return j->answer == COPY_INCONCLUSIVE ? ENN_COPY_WHY_IN_BETWEEN : ENN_COPY_WHY_NONE;
}

/* Compares what one or several captures of a print show with the enrolled ones of their kind; edges: NULL or of them. */
static void answer(const struct seal_ring *ring, enum copy_capture kind, const struct copy_bands *bands,
                   const struct edge_fit *fit, const struct edge_judgement *edges, struct enn_verdict *out)
{
    const struct enrolled *e = ring->enrolment ? &ring->enrolment->kind[kind] : NULL;
    struct copy_judgement j = {.answer = COPY_INCONCLUSIVE};
    if (e && e->captures) {
        struct copy_bands reference;
        reference_of(e, &reference);
        copy_judge_edges(kind, bands, &reference, edges, &j);
    }
    out->copy = j.answer == COPY_INCONCLUSIVE ? ENN_COPY_INCONCLUSIVE
                : j.answer == COPY_ORIGINAL   ? ENN_COPY_ORIGINAL
                                              : ENN_COPY_SUSPECTED;
    out->copy_lost = j.lost;
    out->copy_clean = j.clean;
    out->copy_power = j.power;
    out->copy_why = why_of(&j, e && e->captures, bands->px_per_mm > 0);
    out->copy_captures = (uint32_t)bands->captures;
    out->copy_edges = edges && edges->lost_power > 0 ? (uint32_t)fit->cells : 0;
}

/* The enrolled edges for captures of this kind.  0, or -1: out of memory.  *ref, to be freed: NULL where none are enrolled. */
static int edges_of(const struct seal_ring *ring, enum copy_capture kind, struct edge_reference **ref)
{
    const struct enrolment *e = ring->enrolment;
    *ref = NULL;
    if (kind != COPY_PHOTO || !e || !e->kind[kind].captures || !e->edges.n) return 0;
    *ref = verify_edges_reference(e);
    return *ref ? 0 : -1;
}

/* The answer to one capture by itself. */
static int answer_one(const struct seal_ring *ring, enum copy_capture kind, const struct copy_bands *bands,
                      const struct enn_edges *edges, struct enn_verdict *out)
{
    struct edge_reference *ref;
    struct copy_bands reference = {0};
    struct edge_fit fit;
    struct edge_judgement j;
    int told, bad = edges_of(ring, kind, &ref);
    if (ref) reference_of(&ring->enrolment->kind[kind], &reference);
    bad = bad || verify_edges_compare(edges, bands, &reference, ref, &fit, &told);
    if (!bad && ref) edges_judge(&fit, ref, 1, told, &j);
    if (!bad) answer(ring, kind, bands, &fit, ref ? &j : NULL, out);
    free(ref);
    return bad ? -1 : 0;
}

enum enn_status verify_copy(const struct seal_ring *ring, const struct manifest *m, const struct picture *pic,
                            const struct seal_request *q, const struct seal_found *f, struct enn_verdict *out,
                            struct enn_error *err)
{
    const struct detection *d = q->source.found;
    enum copy_capture kind = capture_kind(pic, d);
    struct copy_bands bands = {.norm = 1};
    struct enn_verdict now = {0};
    if (d->px_per_mm >= (kind == COPY_SCAN ? COPY_SCAN_PX_PER_MM : COPY_PHOTO_PX_PER_MM)) {
        enum seal_status got = copy_measure(q, f, seal_top(screen_lpi(m)), &bands);
        if (got == SEAL_NO_MEMORY) return enn_fail(err, ENN_NOMEM, "out of memory");
    }
    bands.captures = 1;
    if (bands.px_per_mm > 0 && kind == COPY_PHOTO && verify_edges_measure(ring, q, f, &now.edges))
        return enn_fail(err, ENN_NOMEM, "out of memory");
    int bad = answer_one(ring, kind, &bands, now.edges, &now);
    if (bad || now.copy < out->copy) { /* of several prints in a picture the worst counts */
        verify_edges_free(now.edges);
        return bad ? enn_fail(err, ENN_NOMEM, "out of memory") : ENN_OK;
    }
    verify_edges_free(out->edges);
    out->edges = now.edges;
    out->copy = now.copy;
    out->copy_lost = now.copy_lost;
    out->copy_clean = now.copy_clean;
    out->copy_power = now.copy_power;
    out->copy_why = now.copy_why;
    out->copy_captures = now.copy_captures;
    out->copy_edges = now.copy_edges;
    out->response = (struct enn_response){.px_per_mm = bands.px_per_mm,
                                          .photo = kind == COPY_PHOTO,
                                          .norm = bands.norm,
                                          .screen = bands.screen,
                                          .lpi = bands.lpi[0]};
    memcpy(out->response.gain, bands.gain, sizeof bands.gain);
    memcpy(out->response.deviation, bands.deviation, sizeof bands.deviation);
    return ENN_OK;
}

void verdict_copy(struct enn_verdict *out, int exact)
{
    if (exact) { /* the signed file itself, not a print */
        out->copy = ENN_COPY_UNCHECKED;
        out->response.px_per_mm = 0;
    }
    if (out->copy != ENN_COPY_SUSPECTED) return;
    int lost = out->copy_lost > 0 && out->copy_lost > out->copy_clean;
    enum enn_reason r = lost ? ENN_REASON_COPY_LOST : ENN_REASON_COPY_CLEAN;
    if (out->status == ENN_OK) snprintf(out->detail, sizeof out->detail, "%s", enn_reason_text(r));
    verdict_answer(out, ENN_COPY, r);
}

/* ---- several captures of one print ---- */

static int comparable(const struct enn_verdict *v)
{
    struct copy_bands b;
    verify_response(&v->response, &b);
    return v->copy != ENN_COPY_UNCHECKED && copy_measured(&b);
}

static int same_print(const struct enn_verdict *a, const struct enn_verdict *b)
{
    return !strcmp(a->lot_id, b->lot_id) && a->have_unit == b->have_unit && a->unit == b->unit &&
           a->response.photo == b->response.photo;
}

/* Several captures of one print: what each shows, by itself and beside the enrolled ones. */
struct group {
    int n;
    struct copy_bands *bands;
    struct edge_fit *fit;
    struct edge_judgement *edges;
    struct edge_reference *ref; /* NULL: edges are not enrolled */
    int told;
};

static void group_free(struct group *g)
{
    free(g->bands);
    free(g->fit);
    free(g->edges);
    free(g->ref);
}

/* Those of v[n] that go with v[first].  -1: out of memory. */
static int group_fill(struct group *g, const struct seal_ring *ring, enum copy_capture kind,
                      const struct copy_bands *reference, const struct enn_verdict *v, int n, int first)
{
    *g = (struct group){.bands = calloc((size_t)n, sizeof *g->bands),
                        .fit = calloc((size_t)n, sizeof *g->fit),
                        .edges = calloc((size_t)n, sizeof *g->edges),
                        .told = 1};
    if (!g->bands || !g->fit || !g->edges || edges_of(ring, kind, &g->ref)) return -1;
    for (int i = first; i < n; i++) {
        int told, k = g->n;
        if (!comparable(&v[i]) || !same_print(&v[i], &v[first])) continue;
        verify_response(&v[i].response, &g->bands[k]);
        if (verify_edges_compare(v[i].edges, &g->bands[k], reference, g->ref, &g->fit[k], &told)) return -1;
        if (g->ref) edges_judge(&g->fit[k], g->ref, 1, told, &g->edges[k]);
        g->told &= told;
        g->n++;
    }
    return 0;
}

/* Those of one kind with the i-th, which is the first of them.  -1: out of memory. */
static int judge_group(const struct seal_ring *ring, struct enn_verdict *v, int n, int first)
{
    enum copy_capture kind = v[first].response.photo ? COPY_PHOTO : COPY_SCAN;
    const struct enrolled *e = ring->enrolment ? &ring->enrolment->kind[kind] : NULL;
    struct copy_bands all, reference = {0};
    struct edge_fit fit = {0};
    struct edge_judgement edges = {0};
    enum copy_harmony harmony = COPY_AGREE;
    struct group g;
    if (e && e->captures) reference_of(e, &reference);
    int bad = group_fill(&g, ring, kind, &reference, v, n, first);
    if (!bad && e && e->captures)
        bad = copy_compare(kind, g.bands, g.n, &reference, g.ref ? g.edges : NULL, &harmony);
    if (!bad) {
        copy_pool(kind, g.bands, g.n, &all);
        edges_pool(g.fit, g.n, &fit);
    }
    if (!bad && g.ref) edges_judge(&fit, g.ref, g.n, g.told, &edges);
    for (int i = first; i < n && !bad; i++) {
        if (!comparable(&v[i]) || !same_print(&v[i], &v[first])) continue;
        answer(ring, kind, &all, &fit, g.ref ? &edges : NULL, &v[i]);
        if (v[i].copy == ENN_COPY_SUSPECTED || harmony == COPY_AGREE) continue;
        if (harmony == COPY_DIFFER || v[i].copy == ENN_COPY_ORIGINAL)
            v[i].copy_why = harmony == COPY_DIFFER ? ENN_COPY_WHY_CAPTURES_DIFFER : ENN_COPY_WHY_IN_BETWEEN;
        v[i].copy = ENN_COPY_INCONCLUSIVE;
    }
    group_free(&g);
    return bad ? -1 : 0;
}

static int is_first(const struct enn_verdict *v, int i)
{
    for (int k = 0; k < i; k++)
        if (comparable(&v[k]) && same_print(&v[k], &v[i])) return 0;
    return comparable(&v[i]);
}

enum enn_status enn_verify_together(const struct enn_verifier *v, struct enn_verdict *verdicts, int n,
                                    struct enn_error *err)
{
    int bad = 0;
    for (int i = 0; i < n && !bad; i++)
        if (is_first(verdicts, i)) bad = judge_group(&v->ring, verdicts, n, i);
    for (int i = 0; i < n && !bad; i++) verdict_copy(&verdicts[i], 0);
    return bad ? enn_fail(err, ENN_NOMEM, "out of memory") : ENN_OK;
}
