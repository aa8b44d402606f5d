/* What the PDF steps share: the open file, its images, and where they are painted.
 *
 * Handles of qpdf objects are never kept: objects are found again by number, and each step ends with
 * qpdf_oh_release_all.
 */
#ifndef ARTWORK_PDF_FILE_H
#define ARTWORK_PDF_FILE_H
#include "artwork/artwork_ops.h"
#include "artwork/pdf_content.h"
#include "artwork/pdf_filter.h"
#include <qpdf/qpdf-c.h>

#define PDF_MAX_PAGES   5000u
#define PDF_MAX_PAINTS  20000u /* images and forms painted, all pages together */
#define PDF_MAX_NESTING 32u    /* forms in forms */
#define PDF_BAND_BYTES  ((uint64_t)2 << 20)
#define PDF_NONE        UINT32_MAX

enum pdf_codec { PDF_CODEC_FILTERS, PDF_CODEC_DCT, PDF_CODEC_JPX, PDF_CODEC_OTHER };

/* How a stream is encoded: the filters, then the image codec if there is one. */
struct pdf_encoding {
    struct pdf_filter_spec filters[PDF_MAX_FILTERS];
    unsigned n_filters;
    enum pdf_codec codec;
    char codec_name[32]; /* of PDF_CODEC_OTHER; "" when the chain itself cannot be understood */
    int color_transform; /* of DCT; -1: not given */
};

/* A sample of v levels means low + step * v levels. */
struct pdf_scale {
    double low, step;
};

/* An image XObject. */
struct pdf_image {
    int id, generation;
    struct pdf_encoding encoding;
    unsigned stored_bits, components; /* of the stream */
    unsigned own_space; /* JPX without a ColorSpace: components of the Device space it stands for */
    /* sample j as delivered is component order[j], complemented when invert[j] */
    uint8_t order[ARTWORK_MAX_SAMPLES], invert[ARTWORK_MAX_SAMPLES];
    int scaled; /* then by scale[j], which holds the complement, too (pdf_scale.h) */
    struct pdf_scale scale[ARTWORK_MAX_SAMPLES];
    uint8_t *palette; /* Indexed: n_colours entries of info.samples bytes; else NULL */
    unsigned n_colours;
    struct artwork_page info; /* what does not depend on where it is painted */
    size_t inline_n;          /* of an inline image: bytes from BI to EI, and what tells them; else 0 */
    uint64_t inline_digest;
};

/* One Do of a content stream, or one BI. */
struct pdf_paint {
    int is_form, is_inline;
    uint32_t target;   /* in units or images; PDF_NONE: an inline image that is no object */
    double matrix[6];  /* unit square (image) or form space to the space the stream begins in */
    size_t begin, end; /* of the name, or of BI .. EI, in the content */
    char name[PDF_NAME_MAX];
    struct pdf_inline_image inline_image;
};

/* A content stream: a page's or a form's. */
struct pdf_unit {
    int id, generation; /* of the form; 0: a page */
    uint32_t
        page; /* of a page; of a form without resources of its own, the page they come from; else PDF_NONE */
    struct pdf_paint *paints;
    size_t n_paints, room;
    int draws;          /* paths, text or shadings are painted, too */
    int read, searched; /* searched: by pdf_elsewhere */
};

/* One execution of a unit, and one painting of an image in it. */
struct pdf_node {
    uint32_t unit, parent, paint; /* parent: in nodes, PDF_NONE for a page */
    double to_mm[6];              /* the unit's space to mm of the page */
};
struct pdf_leaf {
    uint32_t node, paint, image, page;
    uint32_t shown;  /* in shown: the artwork page it belongs to */
    double to_mm[6]; /* pixel corners to mm */
};

/* An artwork page: paintings of one image that can bear the same mark, or a page that has nothing to mark. */
struct pdf_shown {
    struct artwork_page info;
    uint32_t image; /* PDF_NONE: none */
    uint32_t page;
};

struct pdf_icc {
    int id;
    unsigned n_components;
    uint8_t *data;
    size_t size;
};

struct pdf_sheet { /* a page's geometry */
    double media[4], crop[4], trim[4],
        bleed[4]; /* x0 y0 x1 y1 in user units; trim, bleed: all 0 when absent */
    int has_trim, has_bleed, rotate;
    double unit;     /* UserUnit */
    double to_mm[6]; /* user space to mm from the top left corner of the MediaBox as displayed */
};

struct pdf_artwork {
    struct artwork base; /* must come first */
    char *name;
    int fd, threads;
    uint64_t size;
    struct enn_limits limits;
    qpdf_data q;
    struct pdf_sheet *sheets;
    uint32_t n_sheets;
    struct pdf_image *images;
    size_t n_images, images_room;
    struct pdf_unit *units;
    size_t n_units, units_room;
    struct pdf_node *nodes;
    size_t n_nodes, nodes_room;
    struct pdf_leaf *leaves;
    size_t n_leaves, leaves_room;
    struct pdf_shown *shown;
    size_t n_shown, shown_room;
    struct pdf_icc *icc;
    size_t n_icc, icc_room;
    uint64_t icc_bytes, content_bytes;
    uint32_t intent[5]; /* by number of components: the OutputIntent's profile in icc, or PDF_NONE */
    int is_signed;
    char warnings[1000];
};

/* ---- objects (pdf_object.c) ---- */
enum enn_status pdf_fail(struct pdf_artwork *a, const char *what,
                         struct enn_error *err); /* with qpdf's words */
enum enn_status pdf_no_memory(const struct pdf_artwork *a, struct enn_error *err);
/* A value of a dictionary, or `otherwise` when it is missing or of another type. */
int64_t pdf_get_int(struct pdf_artwork *a, qpdf_oh dict, const char *key, int64_t otherwise);
double pdf_get_number(struct pdf_artwork *a, qpdf_oh dict, const char *key, double otherwise);
int pdf_get_bool(struct pdf_artwork *a, qpdf_oh dict, const char *key);
/* Name with its slash into buffer; "" when it is none. */
const char *pdf_get_name(struct pdf_artwork *a, qpdf_oh dict, const char *key, char buffer[PDF_NAME_MAX + 1]);
unsigned pdf_get_numbers(struct pdf_artwork *a, qpdf_oh array, double *v,
                         unsigned max); /* how many items are numbers */
/* The value of a page's key that may be inherited; null when there is none. */
qpdf_oh pdf_get_inherited(struct pdf_artwork *a, qpdf_oh page, const char *key);
void pdf_get_encoding(struct pdf_artwork *a, qpdf_oh dict, struct pdf_encoding *e);
/* The stream as stored but decrypted; *data from malloc. */
enum enn_status pdf_stream_raw(struct pdf_artwork *a, qpdf_oh stream, uint8_t **data, size_t *n,
                               struct enn_error *err);
/* The stream decoded, at most max bytes: more is ENN_LIMIT. */
enum enn_status pdf_stream_decoded(struct pdf_artwork *a, qpdf_oh stream, uint64_t max, uint8_t **data,
                                   size_t *n, struct enn_error *err);
/* The same for n bytes at `from`. */
enum enn_status pdf_decode(struct pdf_artwork *a, const struct pdf_encoding *e, const uint8_t *from,
                           size_t from_n, uint64_t max, uint8_t **data, size_t *n, struct enn_error *err);
/* Makes room for one more element; NULL: out of memory. */
void *pdf_grow(void *array, size_t n, size_t *room, size_t element);

/* ---- inline images (pdf_inline.c) ---- */
/* *index: of a->images, where i is now an object; PDF_NONE: it is left as it is, too small or not understood. */
enum enn_status pdf_inline_add(struct pdf_artwork *a, const uint8_t *content, const struct pdf_inline_image *i,
                               qpdf_oh resources, uint32_t *index, struct enn_error *err);
/* The image that was made of these n bytes from BI to EI.  0: none. */
int pdf_inline_find(const struct pdf_artwork *a, const uint8_t *text, size_t n, uint32_t *index);

/* ---- steps of opening ---- */
enum enn_status pdf_guard(const struct pdf_artwork *a, struct enn_error *err); /* pdf_guard.c */
enum enn_status pdf_sheets_read(struct pdf_artwork *a, struct enn_error *err); /* pdf_open.c */
enum enn_status pdf_image_describe(struct pdf_artwork *a, struct pdf_image *i,
                                   struct enn_error *err);                      /* pdf_image.c */
enum enn_status pdf_intents_read(struct pdf_artwork *a, struct enn_error *err); /* pdf_image.c */
enum enn_status pdf_walk(struct pdf_artwork *a, struct enn_error *err);         /* pdf_walk.c */
enum enn_status pdf_show(struct pdf_artwork *a, struct enn_error *err);         /* pdf_show.c */
enum enn_status pdf_show_add(struct pdf_artwork *a, const struct pdf_shown *s, struct enn_error *err);
/* Adds artwork pages, left alone, for images that are painted otherwise than by the content; after pdf_show.
 */
enum enn_status pdf_elsewhere(struct pdf_artwork *a, struct enn_error *err); /* pdf_elsewhere.c */
/* The decoded content of a page, or of the form `id`; *data from malloc. */
enum enn_status pdf_content_of(struct pdf_artwork *a, const struct pdf_unit *u, uint8_t **data, size_t *n,
                               struct enn_error *err);

/* ---- samples (pdf_read.c) ---- */
enum enn_status pdf_artwork_read(struct artwork *base, size_t page, artwork_band_fn band, void *user,
                                 struct enn_error *err);

/* ---- the pointer to the manifest (pdf_xmp.c) ---- */
struct xmp_pointer;
/* Sets `marked` of all artwork pages where the document's packet points to a manifest.  ENN_NOMEM. */
enum enn_status pdf_xmp_read(struct pdf_artwork *a, struct enn_error *err);
/* *pointed = 1: done; unchanged: this document's packet is left as it is. */
enum enn_status pdf_xmp_write(struct pdf_artwork *a, const struct xmp_pointer *p, int *pointed,
                              struct enn_error *err);

/* ---- what is not an image (pdf_notes.c, pdf_digest.c) ---- */
enum enn_status pdf_artwork_notes(struct artwork *base, artwork_note_fn note, void *user,
                                  struct enn_error *err);

/* Digests of objects by what they say, whatever their numbers, the order of their keys, or how streams are
 * encoded. Samples of images that can be read are left out. */
#define PDF_DIGEST 65 /* 64 hex digits and the end */
struct pdf_digests;
struct pdf_digests *pdf_digests_new(struct pdf_artwork *a); /* NULL: out of memory */
void pdf_digests_free(struct pdf_digests *d);
enum enn_status pdf_digest_object(struct pdf_digests *d, qpdf_oh object, char hex[PDF_DIGEST],
                                  struct enn_error *err);
/* The page's content: what it paints, images and forms by what they are and not by their names.  *text: the
 * strings it shows, also those of forms, printable ASCII; from malloc. */
enum enn_status pdf_digest_page(struct pdf_digests *d, uint32_t page, char hex[PDF_DIGEST], char **text,
                                struct enn_error *err);
/* The samples of an image as stored. */
enum enn_status pdf_digest_samples(struct pdf_digests *d, const struct pdf_image *image, char hex[PDF_DIGEST],
                                   struct enn_error *err);

/* ---- the copy (pdf_write.c) ---- */
enum enn_status pdf_artwork_rewrite(struct artwork *base, const char *out_path, artwork_filter_fn filter,
                                    void *user, const struct artwork_rewrite_options *options,
                                    struct enn_error *err);
#endif
