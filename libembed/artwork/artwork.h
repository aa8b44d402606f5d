/* Print-ready artwork files: pages, samples in row bands, and a copy that differs in samples only.
 *
 * Files are TIFF, BigTIFF or PDF, told by their content (artwork.c, artwork_ops.h).  In a PDF each image
 * painted on a page is an artwork page, placed by the matrices of the content; after artwork_rewrite a PDF
 * can only be closed.  A page is "readable" when its samples can be delivered as 8- or 16-bit CMYK, RGB or
 * grey, and "signable" when, besides, they can be written back so that every reader sees the same picture.
 * Pages that are not signable say why (why, why_status) and are carried through artwork_rewrite unchanged,
 * byte for byte.
 *
 * Samples handed to callbacks: rows * width * samples values, channels interleaved (first the inks, then
 * the extra samples), uint8_t or uint16_t in native byte order, no padding.  CMYK grows with ink (0 =
 * paper). RGB and grey grow with light (0 = black): pages stored as MinIsWhite (`inverted`) are
 * complemented on the way in and on the way out, so callers never see that polarity.  In the same way CMYK
 * comes first and in this order whatever order InkNames says, and a* and b* of Lab come unsigned.  Bands
 * come in order, y ascending, and cover the page without gaps or overlaps; the number of rows varies with
 * the file's layout. */
#ifndef ARTWORK_ARTWORK_H
#define ARTWORK_ARTWORK_H
#include "enn.h"

struct artwork; /* an open file: not to be used by two threads at once */

enum artwork_colour {
    ARTWORK_OTHER,
    ARTWORK_CMYK,
    ARTWORK_RGB,
    ARTWORK_GREY,
    ARTWORK_LAB, /* CIE L*a*b*: L* 0 .. 100 over the range; a*, b* + 128 in 8-bit levels */
    ARTWORK_INKS /* separations that are not all of CMYK: spots, black and a spot, two of CMYK ... */
};
const char *artwork_colour_word(enum artwork_colour c); /* "cmyk" "rgb" "grey" "lab" "inks" "other" */

/* What a sample is there for. */
enum artwork_role {
    ARTWORK_PROCESS,   /* an ink or channel of the colour itself */
    ARTWORK_GAMUT,     /* orange, green, violet ...: process inks that widen the gamut of CMYK */
    ARTWORK_SPOT,      /* a brand colour, and whatever has no name */
    ARTWORK_TECHNICAL, /* does not colour the print, by its name: varnish, white, die line, braille ... */
    ARTWORK_SELECTION, /* a saved selection of the editor: not printed */
    ARTWORK_ALPHA      /* transparency */
};

#define ARTWORK_MAX_SAMPLES 32
#define ARTWORK_INK_NAME    64

struct artwork_page {
    uint32_t width, height; /* px */
    unsigned bits;          /* per sample as delivered and as stored: 8 or 16 when readable */
    unsigned samples;       /* all of them */
    unsigned inks;          /* the first so many are the inks or colour channels: 4, 3, 1 or, of ARTWORK_INKS, all
                               that are not extra samples */
    enum artwork_colour colour;
    int inverted;            /* stored as MinIsWhite; delivered as light all the same */
    double dpi_x, dpi_y;     /* pixels per inch, centimetres converted; both 0 when the file names none */
    char name[64];           /* "page 2, image 3" of a PDF, for messages; else "" */
    uint32_t number;         /* of the page in a PDF, from 1, which several images may share; 0: not a PDF */
    char sheet[160];         /* of a PDF: size and boxes of the page it is on, for people */
    int placed;              /* 1: to_mm says where on the artwork the pixels are */
    double to_mm[6];         /* corner of pixel (x, y) in mm: to_mm[0] x + to_mm[2] y + to_mm[4] to
                                the right, to_mm[1] x + to_mm[3] y + to_mm[5] down */
    unsigned orientation;    /* TIFF Orientation, 1 = top-left; samples are delivered as stored */
    int alpha;               /* index of the alpha sample, -1 none */
    int alpha_premultiplied; /* 1: the colour samples are already multiplied by it */
    char names[ARTWORK_MAX_SAMPLES]
              [ARTWORK_INK_NAME]; /* "Cyan" .. "Black", "Red", "Grey"; extra samples: InkNames or "" */
    uint8_t role[ARTWORK_MAX_SAMPLES]; /* enum artwork_role of each sample */
    const uint8_t *icc;           /* embedded profile, owned by the artwork; NULL: none */
    size_t icc_size;
    char compression[32];       /* "none", "lzw", "deflate", "jpeg" ... */
    char profile[128];          /* left empty here; press fills in the profile's description */
    int tiled, planar;          /* layout */
    int reduced;                /* a reduced-resolution copy or a mask of another page */
    int marked;                 /* its metadata point to a manifest: a mark is in it already */
    char marked_lot[21];        /* lot id of that, "" unknown */
    int left_alone;             /* not meant to carry the mark (too small, line art): kept, and why says so */
    char written_as[96];        /* signable, but stored in another way afterwards: how, for people; else "" */
    unsigned n_key;             /* colour key mask: pixels with all of these n samples within key are transparent; */
    uint16_t key[ARTWORK_MAX_SAMPLES][2]; /* signing changes none of them, and makes no other pixel one; 0: none */
    int lossy;                  /* signable, but what is written differs a little from what the filter gave */
    double jpeg_error;          /* what encoding as JPEG may change, levels rms; 0: not JPEG, or not known */
    int readable;               /* artwork_read works */
    int signable;               /* artwork_rewrite passes it through the filter */
    int jpeg_signable;          /* not signable, but would be with options.jpeg_reencode */
    char why[160];              /* not signable: the property that prevents it; "" when signable */
    enum enn_status why_status; /* ENN_OK when signable, else ENN_UNSUPPORTED, ENN_FORMAT or ENN_LIMIT */
};

struct xmp_pointer;
struct artwork_rewrite_options {
    const struct xmp_pointer *pointer; /* artwork/xmp.h: put into the XMP packet of the first page that is signed;
                                          NULL: metadata stay as they are.  Formats may leave it out */
    int *pointed;                      /* set to 1 when it was; NULL allowed */
    int jpeg_reencode; /* 1: pages that are jpeg_signable are decoded and written as JPEG of quality 95 */
    int break_signature; /* 1: a PDF with a digital signature, which breaks, is written all the same */
};

/* Opens `path` and describes its pages.  ENN_IO: cannot be read; ENN_FORMAT: not a TIFF, no page,
 * directories in a loop, damaged; ENN_LIMIT: more than 1000 directories, a page over limits->max_pixels.
 * `limits` is copied; NULL: default. */
enum enn_status artwork_open(const char *path, const struct enn_limits *limits, struct artwork **out,
                             struct enn_error *err);
/* The same with the password of an encrypted PDF; NULL: none. */
enum enn_status artwork_open_locked(const char *path, const struct enn_limits *limits, const char *password,
                                    struct artwork **out, struct enn_error *err);
/* The same for an open descriptor of a seekable file, which becomes the artwork's also on failure; `name`
 * for messages. */
enum enn_status artwork_open_fd(int fd, const char *name, const struct enn_limits *limits,
                                struct artwork **out, struct enn_error *err);
void artwork_close(struct artwork *a); /* NULL allowed */

/* Threads that decode and encode, 1 .. 16; 0: one per core.  Default 1.  Callbacks always run in the
 * caller's thread. */
void artwork_set_threads(struct artwork *a, int threads);

size_t artwork_pages(const struct artwork *a);                                 /* >= 1 */
const struct artwork_page *artwork_page(const struct artwork *a, size_t page); /* valid until artwork_close */
/* The library's warnings of open and read so far, one per line, at most some hundred bytes; "" none. */
const char *artwork_warnings(const struct artwork *a);
/* "TIFF", "BigTIFF" or "PDF" */
const char *artwork_format(const struct artwork *a);

/* What a file says beside its samples, and what it paints beside its images: enough to tell whether anything of it was
 * changed.  `name` is at most 47 bytes; `value` is text for people, of any length, followed by a digest where the text
 * does not say it all.  prints: another value makes another print.  Both are valid during the call only. */
struct artwork_note {
    enum enn_fact_group group;
    const char *name, *value;
    int prints;
};
typedef enum enn_status (*artwork_note_fn)(void *user, const struct artwork_note *note);
/* Calls note for each, at most 100 for a page, no name of a group twice.  ENN_LIMIT: objects of a PDF too many, too deep
 * or too large; ENN_FORMAT: one that cannot be read. */
enum enn_status artwork_notes(struct artwork *a, artwork_note_fn note, void *user, struct enn_error *err);

/* One band.  Anything but ENN_OK stops the reading and is returned; the callback then fills the error text
 * itself (or leaves it as it was). */
typedef enum enn_status (*artwork_band_fn)(void *user, uint32_t y, uint32_t rows, const void *samples);
/* Delivers the samples of one readable page.  ENN_UNSUPPORTED: not readable; ENN_FORMAT: damaged data;
 * ENN_LIMIT: one band would need more than max_memory. */
enum enn_status artwork_read(struct artwork *a, size_t page, artwork_band_fn band, void *user,
                             struct enn_error *err);

/* Changes the samples of one band in place. */
typedef enum enn_status (*artwork_filter_fn)(void *user, size_t page, uint32_t y, uint32_t rows,
                                             void *samples);
/* Writes a copy of the file to out_path (created, or emptied when it is there) in which the samples of
 * every signable page went through `filter`.  Everything else keeps its bytes and its place in the file:
 * directories, known and private tags, profiles, Exif and sub-directories, other pages; only the samples
 * of these pages and the entries that locate them are new.  Byte order, layout, compression and predictor
 * stay.  On the disk it is after output_commit only.  On failure out_path is unlinked.  ENN_UNSUPPORTED: no signable page;
 * ENN_LIMIT: a classic TIFF would pass 4 GiB. */
enum enn_status artwork_rewrite(struct artwork *a, const char *out_path, artwork_filter_fn filter, void *user,
                                const struct artwork_rewrite_options *options, struct enn_error *err);
#endif
