/* Writing and signing an enrolment (enrolment.h). */
#include <stdlib.h>
#include <string.h>

#include "trust/enrolment.h"
#include "trust/hex.h"
#include "trust/numbers.h"
#include "trust/xmlwrite.h"

static void write_kind(struct xml_writer *w, const char *name, const struct enrolled *k)
{
    if (!k->captures) return;
    xml_open(w, name);
    xml_integer(w, "captures", k->captures);
    xml_decimal(w, "px-per-mm", k->px_per_mm);
    xml_decimal(w, "norm", k->norm);
    xml_decimal(w, "screen", k->screen);
    xml_decimal(w, "ruling-min", k->lpi[0]);
    xml_decimal(w, "ruling-max", k->lpi[1]);
    for (int b = 0; b < ENROLMENT_BANDS; b++) {
        xml_open(w, "band");
        xml_decimal(w, "gain", k->gain[b]);
        xml_decimal(w, "deviation", k->deviation[b]);
        xml_decimal(w, "spread", k->spread[b]);
        xml_close(w, "band");
    }
    xml_close(w, name);
}

static void write_edges(struct xml_writer *w, const struct enrolled_edges *e)
{
    if (!e->n) return;
    xml_open(w, "edges");
    xml_integer(w, "page", e->page);
    xml_integer(w, "captures", e->captures);
    for (int b = 0; b < ENROLMENT_EDGE_BANDS; b++) xml_decimal(w, "spread", e->spread[b]);
    xml_integer(w, "count", e->n);
    for (uint32_t i = 0; i < e->n && i < ENROLMENT_EDGES; i++) {
        const struct enrolled_edge *p = &e->at[i];
        uint8_t b[ENROLMENT_EDGE_BYTES] = {
            (uint8_t)(p->column >> 8), (uint8_t)p->column, (uint8_t)(p->row >> 8),
            (uint8_t)p->row,           p->direction,       p->bands};
        memcpy(b + 6, p->level, sizeof p->level);
        xml_hex(w, "edge", b, sizeof b);
    }
    xml_close(w, "edges");
}

static void write_body(struct xml_writer *w, const struct enrolment *e)
{
    char created[TIME_TEXT];
    if (!time_format(e->created, created))
        w->status = enn_fail(w->err, ENN_FORMAT, "enrolment: the creation time is out of its range");
    xml_open(w, "enrolment");
    xml_integer(w, "version", e->edges.n ? 2 : 1); /* who knows no edges reads what has none */
    xml_element(w, "created", created);
    xml_element(w, "lot-id", e->lot_id);
    xml_hex(w, "artwork", e->artwork, sizeof e->artwork);
    write_kind(w, "scan", &e->kind[0]);
    write_kind(w, "photo", &e->kind[1]);
    write_edges(w, &e->edges);
    xml_close(w, "enrolment");
}

enum enn_status enrolment_write(const struct enrolment *e, const struct signer *s, uint8_t **out, size_t *n,
                                struct enn_error *err)
{
    struct xml_writer w;
    struct enrolment again;
    struct cert_chain *chain = NULL;
    *out = NULL;
    *n = 0;
    xml_begin(&w, err);
    if (w.status == ENN_OK) write_body(&w, e);
    if (w.status == ENN_OK) xml_sign(&w, s);
    /* one that its own reader refuses must not leave the house */
    if (w.status == ENN_OK)
        w.status = enrolment_read((const uint8_t *)w.text, w.n, "enrolment", &again, &chain, err);
    cert_chain_free(chain);
    if (w.status != ENN_OK) {
        free(w.text);
        return w.status;
    }
    *out = (uint8_t *)w.text;
    *n = w.n;
    return ENN_OK;
}
