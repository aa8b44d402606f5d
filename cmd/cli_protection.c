/* What is left alone: mask pictures, rectangles in mm, names of inks (cli_protection.h). */
#include "cli_protection.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* "x,y,w,h": decimal numbers, nothing else. */
static int parse_rect(const char *text, struct enn_rect *r)
{
    double *to[] = {&r->x, &r->y, &r->width, &r->height};
    for (int i = 0; i < 4; i++) {
        char *end;
        if (!strchr("+-.0123456789", *text) || !*text) return 0;
        *to[i] = strtod(text, &end);
        if (end == text || *end != (i < 3 ? ',' : 0) || !(fabs(*to[i]) <= 1e6)) return 0;
        text = end + 1;
    }
    return r->width > 0 && r->height > 0;
}

/* Returns -1, or the exit code after a message. */
static int parse_rects(struct cli *c, const char *option, const struct cli_list *list,
                       const struct enn_rect **to, int *n)
{
    if (!list->n) return -1;
    struct enn_rect *r = calloc((size_t)list->n, sizeof *r);
    if (!r) {
        cli_message(c, "out of memory");
        return enn_status_exit(ENN_NOMEM);
    }
    *to = r;
    *n = list->n;
    for (int i = 0; i < list->n; i++)
        if (!parse_rect(list->item[i], &r[i]))
            return cli_usage(c, "--%s: '%s' is not X,Y,WIDTH,HEIGHT in mm", option, list->item[i]);
    return -1;
}

int cli_protection(struct cli *c, const struct cli_protection *g, struct enn_protection *out)
{
    *out = (struct enn_protection){.masks = g->masks->item,
                                   .n_masks = g->masks->n,
                                   .technical = g->technical->item,
                                   .n_technical = g->technical->n,
                                   .allow_inks = g->allow_inks->item,
                                   .n_allow_inks = g->allow_inks->n};
    int bad = parse_rects(c, "region", g->regions, &out->regions, &out->n_regions);
    if (bad < 0)
        bad = parse_rects(c, "protect-region", g->protect_regions, &out->protect_regions,
                          &out->n_protect_regions);
    if (bad >= 0) cli_protection_free(out);
    return bad;
}

void cli_protection_free(struct enn_protection *p)
{
    free((void *)p->regions);
    free((void *)p->protect_regions);
    *p = (struct enn_protection){0};
}
