/* ennverify --draw: the capture with the places drawn on it that the mark was read from. */
#ifndef ENN_DRAW_H
#define ENN_DRAW_H
#include "enn.h"

/* Reads the picture again, draws the verdict's cells and the box around them, writes a PNG.  Colours: green
 * for a firm lock through yellow to red for a weak one; the box in magenta.  ENN_USAGE: out exists and force
 * is 0. */
enum enn_status draw_verdict(const char *file, const struct enn_verdict *v, const struct enn_verify_options *options,
                             const char *out, int force, struct enn_error *err);

#endif
