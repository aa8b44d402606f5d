/* Small systems of linear equations. */
#ifndef CAPTURE_LINEAR_H
#define CAPTURE_LINEAR_H

/* Solves a x = b for n unknowns by elimination with partial pivoting; rows of a are `stride` apart.  a is destroyed, b
 * becomes x.  Returns 0 when a is singular: no pivot above 1e-9. */
int linear_solve(int n, int stride, double *a, double *b);
#endif
