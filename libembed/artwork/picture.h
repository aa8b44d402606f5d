/* Captures and other pictures as 8-bit RGB: PNG, JPEG, TIFF and the images of a PDF page, told apart by
 * content, never by name; and PNG out.
 *
 * The samples are those of the file as displayed on white: no colour management of RGB, no gamma, no Exif
 * rotation (a detector finds the rotation anyway).  Ink files go through the caller's conversion. */
#ifndef ARTWORK_PICTURE_H
#define ARTWORK_PICTURE_H
#include <stdio.h>
#include "enn.h"
#include "artwork/artwork.h"

struct picture {
    uint8_t *rgb;                     /* height rows of stride bytes; freed by picture_clear */
    uint32_t width, height;           /* px as kept */
    size_t stride;                    /* bytes, = 3 * width */
    double dpi;                       /* of the kept pixels; 0: unknown, or different in x and y */
    uint32_t full_width, full_height; /* px of the file */
    unsigned reduced; /* the kept pixels are means of reduced x reduced of the file's; 1: as is */
    int one_ink;      /* 1: a single separation: the artwork is more than it shows (set by who knows that) */
    unsigned more_inks; /* how many other inks options.ink would show of the file */
    char kind[8];     /* "jpeg", "png", "tiff", "pdf" */
};

/* Converts n CMYK or Lab pixels (page->samples values of page->bits each) to RGB.  page names the profile
 * (icc) if there is one; it is the artwork's for TIFF and a description made up for JPEG. */
typedef enum enn_status (*picture_to_rgb_fn)(void *user, const struct artwork_page *page, const void *samples,
                                             uint32_t n_pixels, uint8_t *rgb);

/* Takes the rows instead of a picture in memory.  size: 0 when there is no room; row: y ascending. */
struct picture_sink {
    int (*size)(void *user, uint32_t width, uint32_t height);
    void (*row)(void *user, uint32_t y, const uint8_t *rgb);
    void *user;
};

struct picture_options {
    struct enn_limits limits;
    uint64_t max_keep_pixels; /* above it the picture is box-averaged by a whole factor; 0: no bound */
    unsigned ink; /* of pages of separations that are not CMYK: 0 shows all inks, as grey; k the one that is the k-th
                     likely to carry the mark (inks.h), or white where there are fewer */
    const char *password;     /* of an encrypted PDF, or NULL */
    picture_to_rgb_fn to_rgb; /* for CMYK and Lab; NULL: R = 255 (1 - C) (1 - K) and so on, L* as grey */
    void *to_rgb_user;
    const struct picture_sink *sink; /* NULL: the picture is kept; else it stays without pixels */
};
struct picture_options picture_options_default(void); /* enn_limits_default(), no bound, no conversion */

/* Reads a file, or stdin for "-" (at most limits.max_memory bytes).  Of a TIFF, the first page that is not
 * a reduced copy; of a PDF, the images that can carry the mark of the page that shows most of them, as
 * they lie there. ENN_IO: cannot be read; ENN_FORMAT: none of the three, damaged or cut short;
 * ENN_UNSUPPORTED; ENN_LIMIT: over max_pixels or max_memory.  On failure *out is empty. */
enum enn_status picture_read(const char *path, const struct picture_options *options, struct picture *out,
                             struct enn_error *err);
void picture_clear(struct picture *p); /* frees the pixels, zeroes the rest; a zeroed picture is allowed */

/* Writes an 8-bit RGB PNG of height rows, 3 * width bytes each; dpi 0: not recorded.  path is created or
 * emptied, and unlinked on failure: to replace a file in one step, write to output_path(). */
enum enn_status picture_write_png(const char *path, const uint8_t *rgb, uint32_t width, uint32_t height,
                                  double dpi, struct enn_error *err);
/* The same into an open stream, which is flushed; `name` for messages. */
enum enn_status picture_put_png(FILE *f, const char *name, const uint8_t *rgb, uint32_t width, uint32_t height,
                                double dpi, struct enn_error *err);
#endif
