/* What the name of an ink says: process ink, brand colour, or no ink at all (varnish, die line, glue ...). */
#ifndef ARTWORK_INKS_H
#define ARTWORK_INKS_H
#include "artwork/artwork.h"

/* Names are compared without regard to case, spaces and punctuation.  Never fails; "" is a spot ink: what is
 * there without a name may print. */
enum artwork_role ink_role(const char *name);

/* 0 .. 3 for the names of cyan, magenta, yellow and black ("Cyan", "C", "Process Cyan", "Key"); -1 else. */
int ink_process(const char *name);

/* The k-th sample of a page of separations that may carry the mark, k from 0, in the order in which they are chosen without
 * the user's word: black, cyan, magenta; then the others that colour the print, in their order.  -1: there are no more. */
int ink_carrier(const struct artwork_page *p, unsigned k);

/* 1: the two name the same ink ("PANTONE 286 C" and "pantone 286c"). */
int ink_same(const char *a, const char *b);

/* "technical", "spot" ... for reports */
const char *ink_role_word(enum artwork_role r);
#endif
