/* What the TIFF steps share: the open file, and how the samples of one page are cut into strips or tiles. */
#ifndef ARTWORK_TIFF_FILE_H
#define ARTWORK_TIFF_FILE_H
#include "artwork/artwork_ops.h"
#include "artwork/tiff_layout.h"
#include <tiffio.h>

/* Samples per band: enough to amortise a call, small enough to stay in a second-level cache with its
 * copies. */
#define TIFF_BAND_BYTES ((uint64_t)2 << 20)
/* A strip above this is read by the row where the codec can. */
#define TIFF_LONG_STRIP ((uint64_t)16 << 20)

struct tiff_messages {
    char error[400];     /* the first error since it was cleared; "" none */
    char warnings[1000]; /* all so far, one per line, as far as they fit */
};

/* How a page is cut.  "Strile" is libtiff's word for strip or tile. */
struct tiff_shape {
    uint32_t width, height;
    unsigned bits, samples; /* bits: 8 or 16; 1 with one sample: a plate (plate.c) */
    int tiled, planar;
    uint32_t strile_width, strile_height;
    uint32_t across, down; /* striles of one plane */
    uint64_t n_striles;    /* of all planes */
    uint64_t row_bytes;    /* width * samples, interleaved */
    uint64_t strile_bytes; /* one decoded, of full height */
    int photometric, compression, predictor, fill_order;
    int lerc_version, lerc_compression; /* LERC only */
    uint32_t group3_options;            /* T4Options, Group 3 only */
    uint16_t subsampling[2]; /* JPEG with YCbCr only */
    unsigned n_extra;
    uint16_t extra[ARTWORK_MAX_SAMPLES];
};

struct tiff_page {
    struct artwork_page info;
    struct tiff_shape shape; /* filled in when info.readable */
    uint32_t dir;            /* in layout.dirs */
    uint8_t order[ARTWORK_MAX_SAMPLES]; /* sample i as delivered is order[i] as stored */
    int reordered;
    uint8_t *icc;
};

/* A page that is read by several threads has a handle for each. */
#define TIFF_MAX_THREADS ARTWORK_MAX_THREADS

struct tiff_artwork {
    struct artwork base; /* must come first */
    char *name;
    int threads;
    int fd;
    struct enn_limits limits;
    struct tiff_layout layout;
    TIFF *tif;
    struct tiff_messages messages;
    struct tiff_page *pages;
    size_t n_pages;
};

/* A second handle on the same file, silent, its messages going to m.  NULL on failure (m->error says why). */
TIFF *tiff_handle_open(const struct tiff_artwork *a, struct tiff_messages *m);
/* Options with m's handlers and a bound on single allocations; NULL: out of memory. */
TIFFOpenOptions *tiff_handle_options(struct tiff_messages *m, uint64_t max_memory);

/* Rows of strile row `r` that lie inside the page, and decoded bytes of a strile with that many rows. */
uint32_t tiff_shape_rows(const struct tiff_shape *s, uint32_t r);
uint64_t tiff_shape_bytes(const struct tiff_shape *s, uint32_t rows);
int tiff_is_lossy(int compression);
/* JPEG whose samples are YCbCr, as of most RGB artwork: libtiff converts to and from RGB. */
int tiff_is_ycc_jpeg(const struct tiff_shape *s);
/* To be called when a directory was read: tells the codec so, and notes the subsampling. */
void tiff_handle_prepare(TIFF *tif, struct tiff_shape *s);

/* artwork_read and artwork_rewrite of a TIFF (tiff_read.c, tiff_write.c) */
enum enn_status tiff_artwork_read(struct artwork *base, size_t page, artwork_band_fn band, void *user,
                                  struct enn_error *err);
enum enn_status tiff_artwork_rewrite(struct artwork *base, const char *out_path, artwork_filter_fn filter,
                                     void *user, const struct artwork_rewrite_options *options,
                                     struct enn_error *err);

/* artwork_notes of a TIFF (tiff_notes.c) */
enum enn_status tiff_artwork_notes(struct artwork *base, artwork_note_fn note, void *user, struct enn_error *err);

/* ---- the geometry of striles (tiff_strile.c) ---- */
struct tiff_strile {
    uint32_t index;              /* libtiff's number */
    uint32_t plane, row, column; /* row and column of the strile in its plane */
    uint64_t bytes;              /* decoded */
};
/* The i-th strile of the `rows` rows from row y of striles on: ordered by row, then plane, then column. */
struct tiff_strile tiff_strile_at(const struct tiff_shape *s, uint32_t first_row, uint64_t i);
uint64_t tiff_striles_in(const struct tiff_shape *s,
                         uint32_t rows); /* in so many pixel rows from a strile's top */
/* Between a decoded strile and the interleaved band that begins at pixel row y.  gather zeroes a tile's
 * margin. */
void tiff_scatter(const struct tiff_shape *s, const struct tiff_strile *t, const uint8_t *strile, uint32_t y,
                  uint8_t *band);
void tiff_gather(const struct tiff_shape *s, const struct tiff_strile *t, const uint8_t *band, uint32_t y,
                 uint8_t *strile);
/* 1: a decoded strip is a run of rows of the band, nothing needs to be moved. */
int tiff_is_direct(const struct tiff_shape *s);
/* Runs job(user, worker, i) for 0 <= i < n on up to `threads` threads (worker < threads); each i once, in
 * no order. */
void tiff_parallel(int threads, uint64_t n, void (*job)(void *user, int worker, uint64_t i), void *user);

/* ---- reading by bands (tiff_read.c) ---- */
struct tiff_reader;
/* Bands as high as the reader likes: tiff_reader_rows(r, y) rows at y, 0 at the end of the page. */
enum enn_status tiff_reader_open(struct tiff_artwork *a, size_t page, struct tiff_reader **out,
                                 struct enn_error *err);
void tiff_reader_close(struct tiff_reader *r);
uint32_t tiff_reader_rows(const struct tiff_reader *r, uint32_t y);
uint32_t tiff_reader_max_rows(const struct tiff_reader *r);
int tiff_reader_by_row(const struct tiff_reader *r); /* 1: strips are too long to be held whole */
/* Bands must be read in order.  to: rows * shape.row_bytes. */
enum enn_status tiff_reader_band(struct tiff_reader *r, uint32_t y, uint32_t rows, void *to,
                                 struct enn_error *err);

/* ---- inks (tiff_inks.c) ---- */
/* Names, roles and order of the samples; CMYK, or inks of another kind.  After colour and extra samples. */
void tiff_judge_inks(TIFF *tif, struct tiff_page *t);
/* From the samples as stored to those that artwork.h promises, and back. */
void tiff_deliver(const struct tiff_page *p, void *samples, uint64_t n_pixels);
void tiff_store(const struct tiff_page *p, void *samples, uint64_t n_pixels);

/* ---- the XMP packet (tiff_xmp.c) ---- */
struct xmp_pointer;
/* The packet of directory `dir` with the pointer in it, to be freed; NULL with ENN_OK: it cannot be extended. */
enum enn_status tiff_xmp_make(const struct tiff_artwork *a, uint32_t dir, const struct xmp_pointer *p, uint8_t **packet,
                              size_t *size, struct enn_error *err);
/* Bytes of a copy of the directory with one more entry. */
uint64_t tiff_xmp_dir_bytes(const struct tiff_artwork *a, uint32_t dir, uint64_t *n_entries, struct enn_error *err);
/* Where it goes in fd, an otherwise finished copy of the file named `name`. */
struct tiff_xmp_place {
    uint64_t packet_at, dir_at; /* dir_at: of the new directory, when there is no entry for tag 700 */
};
enum enn_status tiff_xmp_write(const struct tiff_artwork *a, uint32_t dir, const uint8_t *packet, size_t size, int fd,
                               const char *name, const struct tiff_xmp_place *place, struct enn_error *err);

/* ---- encoding (tiff_encode.c) ---- */
struct tiff_encoder;
/* Encodes striles of this shape as they lie in a file of this byte order; messages name `name`. */
enum enn_status tiff_encoder_open(const struct tiff_shape *s, int big_endian, const char *name,
                                  struct tiff_encoder **out, struct enn_error *err);
void tiff_encoder_close(struct tiff_encoder *e);
/* One whole strile, `bytes` long decoded; samples are spoilt.  *data is valid until the next call. */
enum enn_status tiff_encoder_strile(struct tiff_encoder *e, uint32_t index, void *samples, uint64_t bytes,
                                    const uint8_t **data, size_t *size, struct enn_error *err);
/* Rows y .. y + rows - 1 of a contiguous strip image, in order; what has been encoded so far comes out in
 * *data, cut anywhere.  rows = 0 ends the current strip and gives its rest. */
enum enn_status tiff_encoder_rows(struct tiff_encoder *e, uint32_t y, uint32_t rows, void *samples,
                                  const uint8_t **data, size_t *size, struct enn_error *err);
#endif
