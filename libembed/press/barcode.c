/* press: names of the kinds of barcodes, and the list that the readers fill (barcode.h). */
#include "press/barcode.h"
#include <stdlib.h>
#include <string.h>

const char *barcode_word(enum barcode_kind k)
{
    switch (k) {
#define BARCODE_X(name, word, text)                                                                          \
    case BARCODE_KIND_##name:                                                                                \
        return word;
        BARCODE_KINDS(BARCODE_X)
#undef BARCODE_X
    }
    return "";
}

const char *barcode_title(enum barcode_kind k)
{
    switch (k) {
#define BARCODE_X(name, word, text)                                                                          \
    case BARCODE_KIND_##name:                                                                                \
        return text;
        BARCODE_KINDS(BARCODE_X)
#undef BARCODE_X
    }
    return "";
}

int barcode_is_matrix(enum barcode_kind k)
{
    return k == BARCODE_KIND_QR || k == BARCODE_KIND_DATAMATRIX;
}

void barcode_list_clear(struct barcode_list *l)
{
    for (size_t i = 0; i < l->n; i++) free(l->item[i].text);
    free(l->item);
    memset(l, 0, sizeof *l);
}

int barcode_list_add(struct barcode_list *l, const struct barcode *b)
{
    if (l->n == l->room) {
        size_t room = l->room ? 2 * l->room : 8;
        struct barcode *item = realloc(l->item, room * sizeof *item);
        if (!item) return 0;
        l->item = item;
        l->room = room;
    }
    struct barcode *to = &l->item[l->n];
    *to = *b;
    to->text = malloc(b->n + 1);
    if (!to->text) return 0;
    memcpy(to->text, b->text, b->n);
    to->text[b->n] = 0;
    l->n++;
    return 1;
}
