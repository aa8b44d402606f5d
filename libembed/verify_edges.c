/*
 * The artwork's edges in a picture, beside the enrolled ones (capture/copy_edges.h): the verifier's part.  What is measured of a
 * picture stays with its verdict, for an enrolment or to be judged with other pictures of the print.
 */
#include "verify_edges.h"
#include "verify_seal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(ENROLMENT_EDGES == EDGE_MOST && ENROLMENT_EDGE_BANDS == EDGE_BANDS, "one number for the two");

const struct edges *verify_edges(const struct enn_edges *e)
{
    return e && e->cells.n ? &e->cells : NULL;
}

void verify_edges_free(struct enn_edges *e)
{
    if (e) edges_clear(&e->cells);
    free(e);
}

int verify_edges_measure(const struct seal_ring *ring, const struct seal_request *q,
                         const struct seal_found *f, struct enn_edges **out)
{
    *out = NULL;
    if (!ring->enrolling && !(ring->enrolment && ring->enrolment->edges.n)) return 0;
    *out = calloc(1, sizeof **out);
    if (*out && !edges_measure(&q->source, f, &(*out)->cells)) return 0;
    verify_edges_free(*out);
    *out = NULL;
    return -1;
}

struct edge_reference *verify_edges_reference(const struct enrolment *e)
{
    struct edge_reference *r = malloc(sizeof *r);
    if (!r) return NULL;
    r->page = e->edges.page;
    r->n = e->edges.n;
    r->captures = e->edges.captures;
    memcpy(r->spread, e->edges.spread, sizeof r->spread);
    for (uint32_t i = 0; i < r->n; i++) {
        const struct enrolled_edge *p = &e->edges.at[i];
        r->at[i] = (struct edge_place){p->column, p->row, p->direction, p->bands, {0}};
        memcpy(r->at[i].level, p->level, sizeof p->level);
    }
    return r;
}

void verify_edges_enrolled(const struct edge_reference *r, struct enrolled_edges *out)
{
    out->n = r->n;
    out->page = r->page;
    out->captures = r->captures;
    memcpy(out->spread, r->spread, sizeof out->spread);
    for (uint32_t i = 0; i < r->n; i++) {
        const struct edge_place *p = &r->at[i];
        out->at[i] = (struct enrolled_edge){p->column, p->row, p->direction, p->bands, {0}};
        memcpy(out->at[i].level, p->level, sizeof p->level);
    }
}

int verify_edges_compare(const struct enn_edges *e, const struct copy_bands *bands,
                         const struct copy_bands *reference, const struct edge_reference *ref,
                         struct edge_fit *fit, int *told)
{
    *fit = (struct edge_fit){0};
    *told = bands->screen > 0 && reference->screen > 0;
    if (!ref || !verify_edges(e)) return 0;
    return edges_compare(&e->cells, ref, *told ? log(bands->screen / reference->screen) : 0, fit);
}
