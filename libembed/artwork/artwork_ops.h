/* What a format of artwork provides: behind artwork.h, one table per format. */
#ifndef ARTWORK_ARTWORK_OPS_H
#define ARTWORK_ARTWORK_OPS_H
#include "artwork/artwork.h"

/* The contracts are those of the functions of artwork.h with the same names. */
struct artwork_ops {
    void (*close)(struct artwork *a);
    void (*set_threads)(struct artwork *a, int threads); /* 1 .. ARTWORK_MAX_THREADS */
    size_t (*pages)(const struct artwork *a);
    const struct artwork_page *(*page)(const struct artwork *a, size_t page);
    const char *(*warnings)(const struct artwork *a);
    const char *(*format)(const struct artwork *a);
    enum enn_status (*read)(struct artwork *a, size_t page, artwork_band_fn band, void *user,
                            struct enn_error *err);
    enum enn_status (*rewrite)(struct artwork *a, const char *out_path, artwork_filter_fn filter, void *user,
                               const struct artwork_rewrite_options *options, struct enn_error *err);
    enum enn_status (*notes)(struct artwork *a, artwork_note_fn note, void *user, struct enn_error *err);
};

#define ARTWORK_MAX_THREADS 16

/* The first member of each format's own struct. */
struct artwork {
    const struct artwork_ops *ops;
};

/* Open a file of the format; password: of an encrypted PDF, or NULL; fd becomes the artwork's also on
 * failure. */
enum enn_status tiff_artwork_open(int fd, const char *name, const struct enn_limits *limits,
                                  struct artwork **out, struct enn_error *err);
enum enn_status pdf_artwork_open(int fd, const char *name, const struct enn_limits *limits,
                                 const char *password, struct artwork **out, struct enn_error *err);
#endif
