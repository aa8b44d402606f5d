/* The artwork's edges between picture, verdict and enrolment (capture/copy_edges.h). */
#ifndef ENN_VERIFY_EDGES_H
#define ENN_VERIFY_EDGES_H
#include "enn.h"
#include "capture/copy.h"
#include "trust/enrolment.h"

struct enn_edges {
    struct edges cells;
};

struct seal_ring;
/* Where they are asked for: verify_edges_free(*out), or NULL.  0, or -1 when out of memory. */
int verify_edges_measure(const struct seal_ring *ring, const struct seal_request *q,
                         const struct seal_found *f, struct enn_edges **out);

struct edge_reference *verify_edges_reference(const struct enrolment *e); /* free() it; NULL: out of memory */
void verify_edges_enrolled(const struct edge_reference *r, struct enrolled_edges *out);

/* bands, reference: of the same capture and enrolment, for the contrast of their screens.  ref, e NULL: cells 0.  0, or -1 when
 * out of memory. */
int verify_edges_compare(const struct enn_edges *e, const struct copy_bands *bands,
                         const struct copy_bands *reference, const struct edge_reference *ref,
                         struct edge_fit *fit, int *told);
#endif
