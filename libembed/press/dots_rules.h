/* press: the printing rules for one block of a plate, on a window of packed words (dots.h). */
#ifndef PRESS_DOTS_RULES_H
#define PRESS_DOTS_RULES_H
#include <stdint.h>

#define WINDOW_MARGIN 8 /* columns before the block */
#define WINDOW_ABOVE  4 /* rows above and below the block */
#define WINDOW_ROWS   (32 + 2 * WINDOW_ABOVE)

/*
 * One block with its surroundings, 64 columns wide; the first column is the most significant bit. Rules are
 * the same for dots that grow and for paper that grows into dots: the second is the first on the complement.
 */
struct window {
    uint64_t v[WINDOW_ROWS];       /* 1: the colour that grows */
    uint64_t allowed[WINDOW_ROWS]; /* 1: may be changed */
    uint64_t was[WINDOW_ROWS];     /* v when rules_grow() began; set by it */
    unsigned side;                 /* of the block */
    unsigned min_side;             /* of what shrinks */
};

/* Lets the colour grow by about n >= 1 pixels, n + min_side^2 / 2 at most; returns by how many. Single pixels
 * in the notches of an edge come first, then pairs on straight edges, at last whole specks of the other
 * colour that had the smallest size from the beginning and are many. seed varies where it begins. */
unsigned rules_grow(struct window *w, unsigned n, uint32_t seed);
#endif
