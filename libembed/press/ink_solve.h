/*
 * press: the two pieces of mathematics of the ink model: what a small change of inks looks like, and the
 * change that the detector sees best for a given visibility.
 */
#ifndef PRESS_INK_SOLVE_H
#define PRESS_INK_SOLVE_H

#define INK_MAX_CHANNELS 4

/* Linearisation at one colour, n channels (device values 0..1). */
struct ink_local {
    int n;
    float g[INK_MAX_CHANNELS]; /* d o / d ink; o = ln(B+8) - (ln(R+8) + ln(G+8)) / 2; of one channel, their mean */
    float A[INK_MAX_CHANNELS]
           [INK_MAX_CHANNELS]; /* E[dE^2] = v'Av for the pattern s * v, s of unit rms: S-CIELAB */
    float B[INK_MAX_CHANNELS]
           [INK_MAX_CHANNELS]; /* v'Bv: the squared distance that butteraugli finds in it on a flat colour */
};

/* From finite differences: lab at the colour itself, and lab at the ends of a step along each ink, width[i]
 * apart (> 0). A channel with width 0 gets zero derivatives. */
void ink_linearise(struct ink_local *out, int n, const float lab[3], const float below[][3],
                   const float above[][3], const float width[]);

/* What a step may cost. */
struct ink_budget {
    float ridge;    /* delta-E^2 per ink^2, added to A */
    float scielab;  /* largest sqrt(v'(A + ridge I)v) */
    float distance; /* largest sqrt(v'Bv) */
};

/* The v that minimises g.v (o falls for positive s) within the budget and |v[i]| <= limit[i]. */
void ink_best_step(const struct ink_local *at, const struct ink_budget *budget, const float limit[], float v[]);

/* sqrt(v'Av), sqrt(v'Bv) and g.v */
float ink_visibility(const struct ink_local *at, const float v[]);
float ink_distance(const struct ink_local *at, const float v[]);
float ink_opponent(const struct ink_local *at, const float v[]);
#endif
