/* What the pilots say in patches of a tile, one around every node of a field: too little alone, enough together. */
#ifndef CAPTURE_PATCHES_H
#define CAPTURE_PATCHES_H
#include "capture/warp.h"

struct patch {
    struct lock at;
    struct pilots pilots; /* referred to at.u */
    int there;            /* 0: not looked at */
};

/* Agreement of the pilots of one patch moved by du (mm), its gradient g and the negative of its Hessian h (xx, xy, yy). */
double patch_slopes(const struct cplx y[N_PILOTS], const double du[2], double g[2], double h[3]);

/* Agreement of all patches that are there, over its deviation under the null. */
float patches_z(const struct patch *patches, size_t n);

/* Nodes whose patches agree together with their neighbours' to `least` are locked, with the mean gain of the nine; the
 * others become unknown. */
void patches_take(struct field *f, const struct patch *patches, float least);
#endif
