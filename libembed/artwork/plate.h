/*
 * Plates: screened separations, one TIFF of one bit per pixel for each ink, as a RIP writes them for the
 * platesetter.
 *
 * Rows are packed, 8 pixels to the byte, the first in the most significant bit, 1 = ink (whatever the file's
 * PhotometricInterpretation), and the bits behind the last pixel of a row are 0.  Any compression that
 * libtiff knows without loss, strips or tiles, either FillOrder.  All calls fail as artwork_open,
 * artwork_read and artwork_rewrite do; data that libtiff only warns about (a Group 4 strip that ends early)
 * are ENN_FORMAT here: a plate is right or it is refused.
 */
#ifndef ARTWORK_PLATE_H
#define ARTWORK_PLATE_H
#include "artwork/artwork.h"

#define PLATE_MIN_DPI 1000
#define PLATE_MAX_DPI 4100

struct plate;

/* ENN_UNSUPPORTED: not one bit, more than one page, no or unequal resolution, outside PLATE_MIN_DPI ..
 * PLATE_MAX_DPI (dpi: for files that name none; 0: refuse those), turned, lossy.  threads as
 * artwork_set_threads. */
enum enn_status plate_open(const char *path, const struct enn_limits *limits, double dpi, int threads,
                           struct plate **out, struct enn_error *err);
void plate_close(struct plate *p);                            /* NULL allowed */
const struct artwork_page *plate_page(const struct plate *p); /* width, height, compression; bits 1 */
const char *plate_format(const struct plate *p);              /* "TIFF" or "BigTIFF" */
double plate_dpi(const struct plate *p);
size_t plate_row_bytes(const struct plate *p); /* (width + 7) / 8 */

/* The next n rows from the top of the page on, or from where the last call ended; n not past the end. */
enum enn_status plate_next(struct plate *p, uint32_t n, uint8_t *rows, struct enn_error *err);
void plate_rewind(struct plate *p);

/* 1: the TIFF that lies at path is of one bit per pixel and one sample; 0: not, or no TIFF at all. */
int plate_is(const char *path, const struct enn_limits *limits);

/* Gives n rows from row y on. */
typedef enum enn_status (*plate_rows_fn)(void *user, uint32_t y, uint32_t n, uint8_t *rows);
/* A copy of the file with these rows instead of its own, all else as artwork_rewrite keeps it, the pointer to
 * the manifest (NULL: none) and *pointed (NULL allowed) as there. */
enum enn_status plate_rewrite(struct plate *p, const char *out_path, plate_rows_fn rows, void *user,
                              const struct xmp_pointer *pointer, int *pointed, struct enn_error *err);

/* The ink that a file name tells: "job(Cyan).tif", "job_C.tif", "job-C.tif", "job.C.tif"; C, M, Y, K and
 * Black, Key, Cyan, Magenta, Yellow in any case; in parentheses any other name is a spot ink.  0: none. */
int plate_ink(const char *path, char ink[64]);
/* The ink that the file itself tells, where its name does not: InkNames of one name; or PageName or
 * DocumentName, as a process ink or as a file name would tell it.  0: none, or the file is no plate. */
int plate_ink_inside(const char *path, const struct enn_limits *limits, char ink[64]);
#endif
