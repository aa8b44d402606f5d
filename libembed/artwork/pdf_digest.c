/* PDF, step 10: digests of objects, so that two files can be compared without pairing their objects.
 *
 * An object is written out in one way: keys in order, numbers as numbers, strings as their bytes, streams
 * decoded, references as the digest of what they lead to (a Merkle tree: R. Merkle, Crypto '87), each object
 * once.  Content is written token by token; the name of an XObject gives way to its digest, since a signed
 * copy may call it otherwise. Samples of images that artwork_read delivers are left out: they are compared as
 * pixels. */
#include "artwork/pdf_file.h"
#include "status.h"
#include "trust/hex.h"
#include "trust/samplehash.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 100, MAX_VISITS = 2000000, MAX_TEXT = 65536 };

struct known { /* id 0: free */
    int id, going_on;
    char hex[PDF_DIGEST];
};

struct pdf_digests {
    struct pdf_artwork *a;
    struct known *known; /* open addressing; room is a power of two, at most half of it in use */
    size_t room, used;
    unsigned depth, visits;
    uint64_t bytes; /* of streams */
    uint32_t page;  /* whose content is being read, PDF_NONE: none */
    FILE *text;     /* what it shows */
    size_t text_n;
};

struct pdf_digests *pdf_digests_new(struct pdf_artwork *a)
{
    struct pdf_digests *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->a = a;
    d->page = PDF_NONE;
    d->room = 256;
    d->known = calloc(d->room, sizeof *d->known);
    if (d->known) return d;
    free(d);
    return NULL;
}

void pdf_digests_free(struct pdf_digests *d)
{
    if (!d) return;
    free(d->known);
    free(d);
}

static struct known *find(struct known *table, size_t room, int id)
{
    size_t i = (uint32_t)id * 2654435761u & (room - 1);
    while (table[i].id && table[i].id != id) i = (i + 1) & (room - 1);
    return &table[i];
}

/* The entry of an object, made when there is none.  NULL: out of memory. */
static struct known *entry(struct pdf_digests *d, int id)
{
    if (2 * (d->used + 1) > d->room) {
        struct known *more = calloc(2 * d->room, sizeof *more); /* at most 2 * MAX_VISITS of 76 bytes */
        if (!more) return NULL;
        for (size_t i = 0; i < d->room; i++)
            if (d->known[i].id) *find(more, 2 * d->room, d->known[i].id) = d->known[i];
        free(d->known);
        d->known = more;
        d->room *= 2;
    }
    struct known *k = find(d->known, d->room, id);
    if (!k->id) d->used++;
    k->id = id;
    return k;
}

static enum enn_status hash(const void *bytes, size_t n, char hex[PDF_DIGEST], struct enn_error *err)
{
    uint8_t sum[SHA256_BYTES];
    enum enn_status s = sha256_buffer(bytes, n, sum, err);
    if (!s) hex_encode(sum, sizeof sum, hex);
    return s;
}

static enum enn_status put(struct pdf_digests *d, qpdf_oh o, FILE *f, struct enn_error *err);

/* The digest of what write(d, o, f) writes. */
static enum enn_status
digest_of(struct pdf_digests *d, qpdf_oh o, char hex[PDF_DIGEST], struct enn_error *err,
          enum enn_status (*write)(struct pdf_digests *, qpdf_oh, FILE *, struct enn_error *))
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&bytes, &n);
    if (!f) return pdf_no_memory(d->a, err);
    enum enn_status s = write(d, o, f, err);
    if (fflush(f) || ferror(f)) s = s ? s : pdf_no_memory(d->a, err);
    if (fclose(f)) s = s ? s : pdf_no_memory(d->a, err);
    if (!s) s = hash(bytes, n, hex, err);
    free(bytes);
    return s;
}

/* ---- dictionaries ---- */

static int is_one_of(const char *key, const char *const *list)
{
    for (; *list; list++)
        if (!strcmp(key, *list)) return 1;
    return 0;
}

/* Not a part of what is printed, or a way back. */
static const char *const never[] = {"/Parent",       "/P",         "/StructParent", "/StructParents",
                                    "/LastModified", "/PieceInfo", "/Metadata",     "/Length",
                                    "/DL",           NULL};
static const char *const of_decoded[] = {"/Filter", "/DecodeParms", NULL};
/* What describes samples that are compared as pixels. */
static const char *const of_samples[] = {
    "/Filter",     "/DecodeParms", "/Width", "/Height", "/BitsPerComponent",
    "/ColorSpace", "/Decode",      "/Name",  NULL};
static const char *const of_content[] = {"/Filter", "/DecodeParms", "/Resources", "/Name", NULL};

struct keys {
    char **key;
    size_t n, room;
};

/* Keys of a dictionary, in the order of their bytes, as qpdf gives them.  Copied: its iterator does not nest.
 */
static enum enn_status keys_of(struct pdf_digests *d, qpdf_oh dict, struct keys *k, struct enn_error *err)
{
    *k = (struct keys){NULL, 0, 0};
    qpdf_oh_begin_dict_key_iter(d->a->q, dict);
    while (qpdf_oh_dict_more_keys(d->a->q)) {
        const char *name = qpdf_oh_dict_next_key(d->a->q);
        char **p = pdf_grow(k->key, k->n, &k->room, sizeof *p);
        if (!p) return pdf_no_memory(d->a, err);
        k->key = p;
        if (!(k->key[k->n] = strdup(name))) return pdf_no_memory(d->a, err);
        k->n++;
    }
    return ENN_OK;
}

static void keys_free(struct keys *k)
{
    for (size_t i = 0; i < k->n; i++) free(k->key[i]);
    free(k->key);
}

static enum enn_status put_dict(struct pdf_digests *d, qpdf_oh dict, const char *const *skip, FILE *f,
                                struct enn_error *err)
{
    struct keys k;
    enum enn_status s = keys_of(d, dict, &k, err);
    fputs("<<", f);
    for (size_t i = 0; !s && i < k.n; i++) {
        if (is_one_of(k.key[i], never) || (skip && is_one_of(k.key[i], skip))) continue;
        qpdf_oh v = qpdf_oh_get_key(d->a->q, dict, k.key[i]);
        fprintf(f, "%zu:%s ", strlen(k.key[i]), k.key[i]);
        s = put(d, v, f, err);
        qpdf_oh_release(d->a->q, v);
    }
    fputs(">>", f);
    keys_free(&k);
    return s;
}

/* ---- content ---- */

struct content {
    struct pdf_digests *d;
    FILE *f;
    qpdf_oh xobjects, of_page; /* where names are looked up */
    char name[PDF_NAME_MAX];   /* not written yet: it may be the operand of Do */
    int have_name, shown;      /* shown: text since the last operator */
    enum enn_status status;
    struct enn_error *err;
};

static void show_text(struct content *c, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n && c->d->text_n < MAX_TEXT; i++, c->d->text_n++)
        putc(bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.', c->d->text);
    c->shown = 1;
}

static void put_string(struct content *c, const struct pdf_token *t)
{
    uint8_t *bytes = malloc(t->n);
    if (!bytes) {
        c->status = pdf_no_memory(c->d->a, c->err);
        return;
    }
    size_t n = pdf_token_string(t, bytes);
    fprintf(c->f, "(%zu:", n);
    fwrite(bytes, 1, n, c->f);
    putc(')', c->f);
    if (c->d->text) show_text(c, bytes, n);
    free(bytes);
}

static void put_xobject(struct content *c)
{
    struct pdf_artwork *a = c->d->a;
    char key[PDF_NAME_MAX + 1];
    snprintf(key, sizeof key, "/%s", c->name);
    qpdf_oh own = qpdf_oh_is_dictionary(a->q, c->xobjects) && qpdf_oh_has_key(a->q, c->xobjects, key)
                      ? c->xobjects
                      : c->of_page;
    if (!qpdf_oh_is_dictionary(a->q, own)) return;
    qpdf_oh o = qpdf_oh_get_key(a->q, own, key);
    c->status = put(c->d, o, c->f, c->err);
    qpdf_oh_release(a->q, o);
}

static int on_token(void *user, const struct pdf_token *t)
{
    struct content *c = user;
    int paints = t->kind == PDF_TOKEN_OPERATOR && !strcmp(t->text, "Do");
    uint32_t image;
    if (c->have_name && paints) put_xobject(c);
    if (c->have_name && !paints) fprintf(c->f, "/%zu:%s ", strlen(c->name), c->name);
    c->have_name = 0;
    if (t->kind == PDF_TOKEN_NUMBER) {
        fprintf(c->f, "%.9g ", t->number);
    } else if (t->kind == PDF_TOKEN_NAME && *t->text) {
        memcpy(c->name, t->text, sizeof c->name);
        c->have_name = 1;
    } else if (t->kind == PDF_TOKEN_STRING) {
        put_string(c, t);
    } else if (t->kind == PDF_TOKEN_INLINE && pdf_inline_find(c->d->a, t->at, t->n, &image)) {
        const struct pdf_image *i = &c->d->a->images[image]; /* as if it were painted by Do */
        c->status = put(c->d, qpdf_get_object_by_id(c->d->a->q, i->id, i->generation), c->f, c->err);
        fputs("2:Do ", c->f);
    } else { /* operators, brackets, inline images, names that are too long */
        fprintf(c->f, "%zu:", t->n);
        fwrite(t->at, 1, t->n, c->f);
        putc(' ', c->f);
    }
    if (t->kind == PDF_TOKEN_OPERATOR && c->shown && c->d->text) {
        putc(' ', c->d->text);
        c->d->text_n++;
        c->shown = 0;
    }
    return c->status != ENN_OK;
}

static enum enn_status put_content(struct pdf_digests *d, const uint8_t *data, size_t n, qpdf_oh resources,
                                   FILE *f, struct enn_error *err)
{
    struct pdf_artwork *a = d->a;
    struct content c = {.d = d, .f = f, .err = err};
    qpdf_oh none = qpdf_oh_new_null(a->q), page = none, shared = none;
    if (d->page != PDF_NONE) {
        page = qpdf_get_page_n(a->q, d->page);
        shared = pdf_get_inherited(a, page, "/Resources");
    }
    c.xobjects = qpdf_oh_is_dictionary(a->q, resources) ? qpdf_oh_get_key(a->q, resources, "/XObject") : none;
    c.of_page = qpdf_oh_is_dictionary(a->q, shared) ? qpdf_oh_get_key(a->q, shared, "/XObject") : none;
    pdf_content_tokens(data, n, on_token, &c);
    if (c.have_name) fprintf(f, "/%zu:%s ", strlen(c.name), c.name);
    return c.status;
}

/* Everything of Resources but the XObjects, which the content has by their digests. */
static enum enn_status put_resources(struct pdf_digests *d, qpdf_oh resources, FILE *f, struct enn_error *err)
{
    static const char *const skip[] = {"/XObject", "/ProcSet", NULL};
    return qpdf_oh_is_dictionary(d->a->q, resources) ? put_dict(d, resources, skip, f, err) : ENN_OK;
}

/* ---- streams ---- */

static enum enn_status stream_bytes(struct pdf_digests *d, qpdf_oh stream, int decode, uint8_t **data,
                                    size_t *n, struct enn_error *err)
{
    struct pdf_artwork *a = d->a;
    enum enn_status s = decode ? pdf_stream_decoded(a, stream, a->limits.max_memory / 4, data, n, err)
                               : pdf_stream_raw(a, stream, data, n, err);
    d->bytes += *n;
    if (!s && d->bytes > a->limits.max_memory) {
        free(*data);
        *data = NULL;
        s = enn_fail(err, ENN_LIMIT, "%s: PDF: too much beside the images to be compared", a->name);
    }
    return s;
}

static const struct pdf_image *image_of(const struct pdf_artwork *a, int id)
{
    for (size_t i = 0; i < a->n_images && id; i++)
        if (a->images[i].id == id) return &a->images[i];
    return NULL;
}

static enum enn_status put_stream(struct pdf_digests *d, qpdf_oh o, FILE *f, struct enn_error *err)
{
    struct pdf_artwork *a = d->a;
    char word[PDF_NAME_MAX + 1];
    struct pdf_encoding e;
    qpdf_oh dict = qpdf_oh_get_dict(a->q, o);
    const struct pdf_image *image = image_of(a, qpdf_oh_get_object_id(a->q, o));
    int form = !strcmp(pdf_get_name(a, dict, "/Subtype", word), "/Form") ||
               qpdf_oh_has_key(a->q, dict, "/PatternType");
    uint8_t *data = NULL;
    size_t n = 0;
    if (image && image->info.readable) {
        fputs("image", f);
        return put_dict(d, dict, of_samples, f, err);
    }
    pdf_get_encoding(a, dict, &e);
    int decode = e.codec == PDF_CODEC_FILTERS;
    enum enn_status s = stream_bytes(d, o, decode, &data, &n, err);
    if (!s) s = put_dict(d, dict, form && decode ? of_content : decode ? of_decoded : NULL, f, err);
    if (!s && form && decode) {
        qpdf_oh resources = qpdf_oh_get_key(a->q, dict, "/Resources");
        s = put_resources(d, resources, f, err);
        if (!s) s = put_content(d, data, n, resources, f, err);
    } else if (!s) {
        fprintf(f, "%zu:", n);
        fwrite(data, 1, n, f);
    }
    free(data);
    return s;
}

/* ---- objects ---- */

static enum enn_status put_array(struct pdf_digests *d, qpdf_oh array, FILE *f, struct enn_error *err)
{
    int n = qpdf_oh_get_array_n_items(d->a->q, array);
    enum enn_status s = ENN_OK;
    putc('[', f);
    for (int i = 0; !s && i < n; i++) {
        qpdf_oh v = qpdf_oh_get_array_item(d->a->q, array, i);
        s = put(d, v, f, err);
        qpdf_oh_release(d->a->q, v);
    }
    putc(']', f);
    return s;
}

static void put_scalar(struct pdf_digests *d, qpdf_oh o, FILE *f)
{
    qpdf_data q = d->a->q;
    double number;
    QPDF_BOOL yes;
    if (qpdf_oh_is_name(q, o)) {
        const char *name = qpdf_oh_get_name(q, o);
        fprintf(f, "%zu:%s ", strlen(name), name);
    } else if (qpdf_oh_is_string(q, o)) {
        size_t n = 0;
        const char *bytes = qpdf_oh_get_binary_string_value(q, o, &n);
        fprintf(f, "(%zu:", n);
        fwrite(bytes, 1, n, f);
        putc(')', f);
    } else if (qpdf_oh_get_value_as_bool(q, o, &yes)) {
        fputs(yes ? "true " : "false ", f);
    } else if (qpdf_oh_get_value_as_number(q, o, &number)) {
        fprintf(f, "%.9g ", number);
    } else {
        fputs("null ", f);
    }
}

static enum enn_status put_direct(struct pdf_digests *d, qpdf_oh o, FILE *f, struct enn_error *err)
{
    char type[PDF_NAME_MAX + 1];
    if (qpdf_oh_is_stream(d->a->q, o)) return put_stream(d, o, f, err);
    if (qpdf_oh_is_array(d->a->q, o)) return put_array(d, o, f, err);
    if (!qpdf_oh_is_dictionary(d->a->q, o)) {
        put_scalar(d, o, f);
        return ENN_OK;
    }
    pdf_get_name(d->a, o, "/Type", type);
    if (strcmp(type, "/Page") && strcmp(type, "/Pages") && strcmp(type, "/Catalog"))
        return put_dict(d, o, NULL, f, err);
    fprintf(f, "%s ", type); /* where links lead */
    return ENN_OK;
}

/* A form without resources of its own is what the page makes of it: it is not remembered. */
static int depends_on_page(struct pdf_digests *d, qpdf_oh o)
{
    return qpdf_oh_is_stream(d->a->q, o) &&
           !qpdf_oh_has_key(d->a->q, qpdf_oh_get_dict(d->a->q, o), "/Resources");
}

static enum enn_status put(struct pdf_digests *d, qpdf_oh o, FILE *f, struct enn_error *err)
{
    int id = qpdf_oh_get_object_id(d->a->q, o);
    char hex[PDF_DIGEST] = "cycle";
    if (++d->visits > MAX_VISITS || d->depth >= MAX_DEPTH)
        return enn_fail(err, ENN_LIMIT, "%s: PDF: objects are nested too deeply, or too many", d->a->name);
    d->depth++;
    enum enn_status s = ENN_OK;
    struct known *k = NULL;
    if (!id || qpdf_oh_is_scalar(d->a->q, o)) {
        s = put_direct(d, o, f, err);
    } else if (!(k = entry(d, id))) {
        s = pdf_no_memory(d->a, err);
    } else {
        if (*k->hex) {
            memcpy(hex, k->hex, sizeof hex);
        } else if (!k->going_on) {
            k->going_on = 1;
            s = digest_of(d, o, hex, err, put_direct);
            k = find(d->known, d->room, id); /* the table may have moved */
            k->going_on = 0;
            if (!s && !depends_on_page(d, o)) memcpy(k->hex, hex, sizeof hex);
        }
        fprintf(f, "@%s ", hex);
    }
    d->depth--;
    return s;
}

enum enn_status pdf_digest_object(struct pdf_digests *d, qpdf_oh object, char hex[PDF_DIGEST],
                                  struct enn_error *err)
{
    return digest_of(d, object, hex, err, put);
}

/* ---- pages ---- */

static enum enn_status put_page(struct pdf_digests *d, qpdf_oh page, FILE *f, struct enn_error *err)
{
    const struct pdf_unit u = {.page = d->page};
    uint8_t *data = NULL;
    size_t n = 0;
    qpdf_oh group = qpdf_oh_get_key(d->a->q, page, "/Group");
    enum enn_status s = put(d, group, f, err);
    if (!s) s = pdf_content_of(d->a, &u, &data, &n, err);
    if (!s) s = put_content(d, data, n, pdf_get_inherited(d->a, page, "/Resources"), f, err);
    free(data);
    return s;
}

enum enn_status pdf_digest_page(struct pdf_digests *d, uint32_t page, char hex[PDF_DIGEST], char **text,
                                struct enn_error *err)
{
    size_t n = 0;
    *text = NULL;
    d->text = open_memstream(text, &n);
    if (!d->text) return pdf_no_memory(d->a, err);
    d->text_n = 0;
    d->page = page;
    enum enn_status s = digest_of(d, qpdf_get_page_n(d->a->q, page), hex, err, put_page);
    d->page = PDF_NONE;
    int bad = ferror(d->text);
    bad |= fclose(d->text) != 0;
    d->text = NULL;
    if (!s && (bad || !*text)) s = pdf_no_memory(d->a, err);
    if (s) {
        free(*text);
        *text = NULL;
    }
    return s;
}

enum enn_status pdf_digest_samples(struct pdf_digests *d, const struct pdf_image *image, char hex[PDF_DIGEST],
                                   struct enn_error *err)
{
    uint8_t *data = NULL;
    size_t n = 0;
    qpdf_oh o = qpdf_get_object_by_id(d->a->q, image->id, image->generation);
    enum enn_status s = stream_bytes(d, o, image->encoding.codec == PDF_CODEC_FILTERS, &data, &n, err);
    if (!s) s = hash(data, n, hex, err);
    free(data);
    qpdf_oh_release(d->a->q, o);
    return s;
}
