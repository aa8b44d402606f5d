/* ennverify --map: the artwork as the capture shows it, with what was altered drawn on it. */
#ifndef ENN_MAP_DRAW_H
#define ENN_MAP_DRAW_H
#include "enn.h"

/* Writes a PNG of v->map: its picture, altered cells red, certain ones framed, what could not be measured
 * hatched in grey, and where the lot's key was given the cells of its seal: there in green, missing in purple, crossed
 * out; with a legend below.  ENN_USAGE: out exists and force is 0; ENN_NOMEM, ENN_IO. */
enum enn_status map_draw(const struct enn_verdict *v, const char *out, int force, struct enn_error *err);
#endif
