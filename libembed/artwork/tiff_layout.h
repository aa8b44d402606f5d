/* Where everything lies inside a TIFF file: directories, their values, and the arrays that locate the
 * samples.
 *
 * This is what lets artwork_rewrite keep every byte it does not understand.  Independent of libtiff; reads
 * only the skeleton, never sample data.  Offsets and sizes are bytes from the start of the file.
 */
#ifndef ARTWORK_TIFF_LAYOUT_H
#define ARTWORK_TIFF_LAYOUT_H
#include "enn.h"

#define TIFF_LAYOUT_MAX_DIRS 1000

/* One array of integers named by a directory entry. */
struct tiff_array {
    uint64_t entry; /* of the directory entry: 12 bytes, 20 in BigTIFF */
    uint64_t at;    /* of the values, inside the entry when they fit there */
    uint64_t count; /* 0: absent, given twice, or not wholly inside the file */
    unsigned type;  /* TIFF type: 3 SHORT, 4 LONG, 16 LONG8 */
};

struct tiff_dir {
    uint64_t offset;
    int page;                         /* 1: in the main chain; 0: SubIFD, Exif, GPS ... */
    uint64_t link;                    /* where its offset stands: in the header or behind another directory */
    struct tiff_array xmp;            /* tag 700, of bytes; entry 0: absent; count 0: there and not usable */
    struct tiff_array offsets, sizes; /* StripOffsets or TileOffsets, and the byte counts */
};

/* A piece of the skeleton: [begin, end). */
struct tiff_piece {
    uint64_t begin, end;
    uint32_t dir;
    int strile_array; /* values or entry of dir's offsets or sizes */
};

struct tiff_layout {
    int fd;
    int big_endian, big; /* big: BigTIFF */
    uint64_t size;       /* of the file */
    struct tiff_dir *dirs;
    size_t n_dirs, room_dirs;
    struct tiff_piece *pieces;
    size_t n_pieces, room_pieces;
    uint64_t value_bytes; /* of all values outside their entries */
    const char *name;     /* for messages; borrowed */
    uint64_t max_memory;
};

/* Walks the main chain and all sub-directories of fd (kept, not closed).  ENN_FORMAT: not a TIFF, a chain
 * that leaves the file or loops; ENN_LIMIT: too many directories, or values that are claimed more often
 * than the file is long. */
enum enn_status tiff_layout_read(int fd, const char *name, uint64_t max_memory, struct tiff_layout *l,
                                 struct enn_error *err);
void tiff_layout_clear(struct tiff_layout *l);

/* Reads the integers of an array into new memory (free() it). */
enum enn_status tiff_array_load(const struct tiff_layout *l, const struct tiff_array *a, uint64_t **values,
                                struct enn_error *err);

/* Integers of n bytes (2, 4 or 8) in the file's byte order. */
uint64_t tiff_get(const struct tiff_layout *l, const uint8_t *p, unsigned n);
void tiff_put(const struct tiff_layout *l, uint8_t *p, unsigned n, uint64_t v);

/* Whole reads and writes; short ones are ENN_IO (reading past the end: ENN_FORMAT). */
enum enn_status tiff_pread(int fd, const char *name, void *to, size_t n, uint64_t at, struct enn_error *err);
enum enn_status tiff_pwrite(int fd, const char *name, const void *from, size_t n, uint64_t at,
                            struct enn_error *err);
#endif
