/* Artwork: a pointer to the manifest in an XMP packet (xmp.h).
 *
 * The packet is edited as text: one element goes in front of the end of rdf:RDF, so that everything
 * else, serialised by whatever program, keeps its bytes.  No XML parser sees it.
 *
 * ISO 16684-1:2019 (XMP): 7.3 (packet wrapper, padding), 7.4 (all rdf:Description have the same
 * rdf:about). */
#include "artwork/xmp.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "status.h"

#define NAMESPACE "urn:enn:xmp:1:"
#define RDF       "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

static const char *find(const char *text, size_t n, const char *what)
{
    size_t k = strlen(what);
    return n < k ? NULL : memmem(text, n, what, k);
}

/* Behind the namespace, for other vocabularies may know a LotId as well: as an attribute (LotId="...") or,
 * rewritten, as an element (LotId>...).  The manifest's name cannot look like that: its quotes and brackets
 * are escaped. */
static const char *find_lot(const char *at, const char *end)
{
    while ((at = find(at, (size_t)(end - at), "LotId")) && (at += 5) < end) {
        if (*at == '>') return at + 1;
        if (end - at >= 2 && *at == '=' && (at[1] == '"' || at[1] == '\'')) return at + 2;
    }
    return NULL;
}

int xmp_find(const uint8_t *packet, size_t n, char lot_id[XMP_LOT_ID])
{
    const char *p = (const char *)packet, *at = find(p, n, NAMESPACE);
    lot_id[0] = 0;
    if (!at) return 0;
    const char *id = find_lot(at, p + n);
    if (!id) id = find_lot(p, p + n); /* rewritten: the namespace may stand behind */
    if (!id) return 1;
    for (int i = 0; i < XMP_LOT_ID - 1; i++) {
        if (id + i >= p + n || !*id || !strchr("0123456789abcdef", id[i])) {
            lot_id[0] = 0;
            return 1;
        }
        lot_id[i] = id[i];
    }
    lot_id[XMP_LOT_ID - 1] = 0;
    return 1;
}

/* Text under construction. */
struct text {
    char *p;
    size_t n, room;
    int failed;
};

static void put(struct text *t, const char *from, size_t n)
{
    if (t->failed || !n) return; /* nothing: there may be no room yet to copy it to */
    if (n > t->room - t->n) {
        size_t room = (t->n + n) * 2 + 256; /* packets are a part of a file: far below 2^63 */
        char *p = realloc(t->p, room);
        if (!p) {
            t->failed = 1;
            return;
        }
        t->p = p, t->room = room;
    }
    memcpy(t->p + t->n, from, n);
    t->n += n;
}

static void puts_to(struct text *t, const char *s)
{
    put(t, s, strlen(s));
}

static void put_escaped(struct text *t, const char *s)
{
    for (; *s; s++) {
        if (*s == '&')
            puts_to(t, "&amp;");
        else if (*s == '<')
            puts_to(t, "&lt;");
        else if (*s == '>')
            puts_to(t, "&gt;");
        else if (*s == '\'')
            puts_to(t, "&apos;");
        else if (*s == '"')
            puts_to(t, "&quot;");
        else
            put(t, s, 1);
    }
}

/* What is needed of a packet: where things stand in it, and how it spells them. */
struct packet {
    const char *p;
    size_t n;
    const char *prefix; /* of rdf, prefix_n long */
    size_t prefix_n;
    const char *about; /* value of rdf:about of the first description, about_n long */
    size_t about_n;
    const char *end;               /* of rdf:RDF: its end tag begins here */
    const char *old, *old_end;     /* a pointer of ours; NULL none */
    const char *padding, *trailer; /* white space in front of <?xpacket end; both NULL when there is none */
};

/* The last end tag </prefix:RDF>. */
static int find_end(struct packet *k)
{
    static const char tail[] = ":RDF>";
    for (size_t left = k->n; left >= sizeof tail - 1; left--) {
        const char *at = k->p + left - (sizeof tail - 1), *b = at;
        if (memcmp(at, tail, sizeof tail - 1)) continue;
        while (b > k->p && (b[-1] == '_' || b[-1] == '-' || (b[-1] >= '0' && b[-1] <= '9') ||
                            ((b[-1] | 32) >= 'a' && (b[-1] | 32) <= 'z')))
            b--;
        if (b - k->p < 2 || b == at || b[-1] != '/' || b[-2] != '<') continue;
        k->prefix = b;
        k->prefix_n = (size_t)(at - b);
        k->end = b - 2;
        return k->prefix_n <= 32;
    }
    return 0;
}

static void find_about(struct packet *k)
{
    k->about = "";
    const char *at = find(k->p, (size_t)(k->end - k->p), ":Description");
    const char *close = at ? memchr(at, '>', (size_t)(k->end - at)) : NULL;
    const char *about = close ? find(at, (size_t)(close - at), ":about=") : NULL;
    if (!about || about + 8 >= close || (about[7] != '"' && about[7] != '\'')) return;
    const char *quote = memchr(about + 8, about[7], (size_t)(close - about - 8));
    if (!quote || memchr(about + 8, '"', (size_t)(quote - about - 8))) return;
    k->about = about + 8;
    k->about_n = (size_t)(quote - k->about);
}

/* A pointer in exactly the form that put_pointer() gives it.  0: there is one in another form. */
static int find_old(struct packet *k)
{
    const char *at = find(k->p, k->n, NAMESPACE);
    if (!at) return 1;
    const char *b = at, *e = memchr(at, '>', (size_t)(k->p + k->n - at));
    while (b > k->p && *b != '<') b--;
    if (!e || e[-1] != '/' || e > k->end) return 0;
    char shape[160];
    int n = snprintf(shape, sizeof shape,
                     "<%.*s:Description %.*s:about=\"%.*s\" xmlns:enn=\"" NAMESPACE "\" enn:Manifest=\"",
                     (int)k->prefix_n, k->prefix, (int)k->prefix_n, k->prefix, (int)k->about_n, k->about);
    if (n < 0 || n >= (int)sizeof shape || k->p + k->n - b < n || memcmp(b, shape, (size_t)n)) return 0;
    const char *name = memchr(b + n, '"', (size_t)(e - b - n));
    static const char lot[] = "\" enn:LotId=\"", format[] = "\" enn:Format=\"1\"/";
    if (!name || (size_t)(e - name) != sizeof lot - 1 + 20 + sizeof format - 1 ||
        memcmp(name, lot, sizeof lot - 1) || memcmp(name + sizeof lot - 1 + 20, format, sizeof format - 1))
        return 0;
    k->old = b;
    k->old_end = e + 1;
    if (find(e, (size_t)(k->p + k->n - e), NAMESPACE)) return 0; /* two of them */
    while (k->old_end < k->end && (*k->old_end == '\n' || *k->old_end == ' ')) k->old_end++;
    return 1;
}

static void find_padding(struct packet *k)
{
    const char *t = find(k->end, (size_t)(k->p + k->n - k->end), "<?xpacket end");
    if (!t) return;
    k->trailer = k->padding = t;
    while (k->padding > k->end && strchr(" \n\r\t", k->padding[-1]) && k->padding[-1]) k->padding--;
}

static void put_pointer(struct text *t, const struct packet *k, const struct xmp_pointer *p)
{
    puts_to(t, "<");
    put(t, k->prefix, k->prefix_n);
    puts_to(t, ":Description ");
    put(t, k->prefix, k->prefix_n);
    puts_to(t, ":about=\"");
    put(t, k->about, k->about_n);
    puts_to(t, "\" xmlns:enn=\"" NAMESPACE "\" enn:Manifest=\"");
    put_escaped(t, p->manifest);
    puts_to(t, "\" enn:LotId=\"");
    puts_to(t, p->lot_id);
    puts_to(t, "\" enn:Format=\"1\"/>\n ");
}

static int is_text(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] < 0x20 && p[i] != '\n' && p[i] != '\r' && p[i] != '\t' && !(p[i] == 0 && i + 1 == n))
            return 0;
    return 1; /* UTF-16 and UTF-32 hold zeros */
}

static void extend(struct text *t, const struct packet *k, const struct xmp_pointer *p)
{
    const char *stop = k->old ? k->old : k->end;
    put(t, k->p, (size_t)(stop - k->p));
    put_pointer(t, k, p);
    const char *rest = k->old ? k->old_end : k->end, *all = k->p + k->n;
    size_t removed = k->old ? (size_t)(k->old_end - k->old) : 0, added = t->n - (size_t)(stop - k->p);
    if (k->trailer) { /* padding gives what was added, or gets what was taken away */
        size_t padding = (size_t)(k->trailer - k->padding), less = added > removed ? added - removed : 0;
        put(t, rest, (size_t)(k->padding - rest) + (padding > less ? padding - less : 0));
        for (size_t i = added; i < removed; i++) put(t, " ", 1);
        rest = k->trailer;
    }
    put(t, rest, (size_t)(all - rest));
}

enum enn_status xmp_point(const uint8_t *packet, size_t n, const struct xmp_pointer *p, uint8_t **out,
                          size_t *size, struct enn_error *err)
{
    struct packet k = {.p = (const char *)packet, .n = n, .prefix = "rdf", .prefix_n = 3, .about = ""};
    struct text t = {0};
    *out = NULL;
    if (packet) {
        if (!n || !is_text(packet, n) || !find_end(&k)) return ENN_OK;
        find_about(&k);
        if (!find_old(&k)) return ENN_OK;
        find_padding(&k);
        extend(&t, &k, p);
    } else {
        puts_to(&t, "<?xpacket begin=\"\xef\xbb\xbf\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
                    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n<rdf:RDF xmlns:rdf=\"" RDF "\">\n ");
        put_pointer(&t, &k, p);
        puts_to(&t, "</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>");
    }
    if (t.failed) {
        free(t.p);
        return enn_fail(err, ENN_NOMEM, "out of memory");
    }
    *out = (uint8_t *)t.p;
    *size = t.n;
    return ENN_OK;
}
