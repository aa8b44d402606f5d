/* Artwork: ink names (inks.h).
 *
 * There is no standard for the names of technical separations, only habits: those of Esko, Adobe and of
 * the cutting tables (Zund, Summa, Roland), in English and German, with French where common.  A name is
 * cut into words; a word of the table must be met whole, or, where it is long enough to be sure, as the
 * beginning of one ("Stanzkontur", "Varnish1").  A brand colour that is taken for technical is only left
 * alone; so the table leans that way. */
#include "artwork/inks.h"
#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Words that stand alone: too short, or part of too many other words. */
static const char *const whole_words[] = {
    "uv",     "die",   "cut",   "fold",   "white",  "glue",    "perf",     "tech",         "lack",
    "safe",   "trim",  "weiss", "blanc",  "foil",   "info",    "note",     "notes",        "bleed",
    "cad",    "leim",  "falz",  "rill",   "prime",  "primer",  "matt",     "gloss",        "guide",
    "guides", "score", "seal",  "score1", "vernis", "coating", "register", "registration", "window",
};

static const char *const beginnings[] = {
    "varnish",    "lacquer",   "spotuv",   "spotgloss",   "overprintvarnish", "dieline",    "diecut",
    "cutcontour", "cutline",   "cutter",   "cutting",     "thrucut",          "throughcut", "kisscut",
    "stanz",      "schneid",   "kontur",   "crease",      "creasing",         "falzlini",   "foldline",
    "folding",    "rilllini",  "perfora",  "perfcut",     "opaquewhite",      "deckweis",   "whiteink",
    "underprint", "braille",   "emboss",   "deboss",      "praegung",         "pragung",    "hotfoil",
    "coldfoil",   "hotstamp",  "kaltfoli", "heissfoli",   "glueflap",         "gluearea",   "gluing",
    "klebe",      "leimfl",    "adhesive", "varnishfree", "legend",           "dimension",  "annotation",
    "template",   "safety",    "nonprint", "noprint",     "technic",          "guideline",  "drawing",
    "vernisse",   "vernissel", "decoupe",  "decoup",      "rainage",          "encollage",  "dieform",
    "sealing",
};

/* Lower case letters and digits of the name only, at most n - 1. */
static void squeeze(const char *name, char *to, size_t n)
{
    size_t k = 0;
    for (const unsigned char *p = (const unsigned char *)name; *p && k + 1 < n; p++)
        if (isalnum(*p) || *p >= 0x80) to[k++] = (char)(*p < 0x80 ? tolower(*p) : *p);
    to[k] = 0;
}

static int is_whole_word(const char *word, size_t n)
{
    for (size_t i = 0; i < sizeof whole_words / sizeof *whole_words; i++)
        if (strlen(whole_words[i]) == n && !strncasecmp(whole_words[i], word, n)) return 1;
    return 0;
}

static int is_word_part(unsigned char c)
{
    return isalpha(c) || c >= 0x80;
}

/* The words of a name end at spaces, punctuation, digits and where a capital follows a small letter. */
static int has_whole_word(const char *name)
{
    for (const char *p = name; *p;) {
        while (*p && !is_word_part((unsigned char)*p)) p++;
        const char *begin = p;
        while (is_word_part((unsigned char)*p) &&
               !(p > begin && isupper((unsigned char)*p) && islower((unsigned char)p[-1])))
            p++;
        if (p > begin && is_whole_word(begin, (size_t)(p - begin))) return 1;
    }
    return 0;
}

/* The beginning of the squeezed name, or of it from any word on. */
static int has_beginning(const char *name)
{
    char s[ARTWORK_INK_NAME];
    for (const char *p = name; *p; p++) {
        if (p > name && is_word_part((unsigned char)p[-1]) && !isupper((unsigned char)*p)) continue;
        squeeze(p, s, sizeof s);
        for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
            if (!strncmp(s, beginnings[i], strlen(beginnings[i]))) return 1;
    }
    return 0;
}

/* "Pantone White", "PANTONE Warm Gray", "HKS 41": the catalogue of a brand colour comes first. */
static int is_catalogue_colour(const char *name)
{
    char s[ARTWORK_INK_NAME];
    squeeze(name, s, sizeof s);
    return !strncmp(s, "pantone", 7) || !strncmp(s, "hks", 3) || !strncmp(s, "toyo", 4) ||
           !strncmp(s, "dic", 3) || !strncmp(s, "ral", 3) || !strncmp(s, "pms", 3);
}

int ink_process(const char *name)
{
    static const char *const names[4][5] = {{"cyan", "c", "processcyan", "cyanprocess", "hksc"},
                                            {"magenta", "m", "processmagenta", "magentaprocess", "hksm"},
                                            {"yellow", "y", "processyellow", "yellowprocess", "hksy"},
                                            {"black", "k", "processblack", "key", "blackprocess"}};
    char s[ARTWORK_INK_NAME];
    squeeze(name, s, sizeof s);
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 5; k++)
            if (!strcmp(s, names[i][k])) return i;
    return -1;
}

/* The extra process inks of CMYKOGV and Hexachrome printing, by their bare names. */
static int is_gamut_ink(const char *name)
{
    static const char *const names[] = {"orange",
                                        "green",
                                        "violet",
                                        "purple",
                                        "red",
                                        "blue",
                                        "o",
                                        "g",
                                        "v",
                                        "hexachromeorange",
                                        "hexachromegreen",
                                        "processorange",
                                        "processgreen",
                                        "processviolet",
                                        "lightcyan",
                                        "lightmagenta",
                                        "lightblack"};
    char s[ARTWORK_INK_NAME];
    squeeze(name, s, sizeof s);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(s, names[i])) return 1;
    return 0;
}

enum artwork_role ink_role(const char *name)
{
    if (ink_process(name) >= 0) return ARTWORK_PROCESS;
    if (is_gamut_ink(name)) return ARTWORK_GAMUT;
    if (!is_catalogue_colour(name) && (has_whole_word(name) || has_beginning(name))) return ARTWORK_TECHNICAL;
    return ARTWORK_SPOT;
}

/* 0, 1, 2: black, cyan, magenta, which have lightness to give; 3: yellow has hardly any, of others nobody knows. */
static int carrier_rank(const struct artwork_page *p, unsigned c)
{
    static const int rank[] = {1, 2, 3, 0};
    int process = p->role[c] == ARTWORK_PROCESS ? ink_process(p->names[c]) : -1;
    return process < 0 ? 3 : rank[process];
}

int ink_carrier(const struct artwork_page *p, unsigned k)
{
    for (int rank = 0; rank < 4; rank++)
        for (unsigned c = 0; c < p->samples && c < ARTWORK_MAX_SAMPLES; c++)
            if (p->role[c] <= ARTWORK_SPOT && carrier_rank(p, c) == rank && !k--) return (int)c;
    return -1;
}

int ink_same(const char *a, const char *b)
{
    char x[ARTWORK_INK_NAME], y[ARTWORK_INK_NAME];
    squeeze(a, x, sizeof x);
    squeeze(b, y, sizeof y);
    return !strcmp(x, y) && *x;
}

const char *ink_role_word(enum artwork_role r)
{
    switch (r) {
    case ARTWORK_PROCESS:
        return "process";
    case ARTWORK_GAMUT:
        return "process";
    case ARTWORK_TECHNICAL:
        return "technical";
    case ARTWORK_SELECTION:
        return "selection";
    case ARTWORK_ALPHA:
        return "alpha";
    default:
        return "spot";
    }
}

const char *artwork_colour_word(enum artwork_colour c)
{
    switch (c) {
    case ARTWORK_CMYK:
        return "cmyk";
    case ARTWORK_RGB:
        return "rgb";
    case ARTWORK_GREY:
        return "grey";
    case ARTWORK_LAB:
        return "lab";
    case ARTWORK_INKS:
        return "inks";
    default:
        return "other";
    }
}
