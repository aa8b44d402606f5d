/*
 * One self-contained HTML page (html.h).  Shared by all reports, so that they look alike and escape alike.
 *
 * Ref: WHATWG HTML Living Standard, 13.1 (syntax); RFC 4648, section 4 (base64); RFC 2397 (data URLs).
 */
#include "html.h"
#include "status.h"
#include "artwork/picture.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1d21;--paper:#fff;--soft:#f2f3f5;--rule:#c9cdd3;--dim:#585f69;"
    "--note:#1d5fa8;--warning:#8a5300;--error:#b3162b;--good:#18703c}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e7e9ec;--paper:#16181b;--soft:#22262b;--rule:#434951;"
    "--dim:#a3abb5;--note:#7db5f2;--warning:#eab765;--error:#ff8a94;--good:#74d09a}}\n"
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}\n"
    "body{margin:0;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,'Segoe UI',Roboto,'Liberation Sans',sans-serif}\n"
    "main{max-width:64rem;margin:0 auto;padding:1rem 1.25rem 3rem}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0 1rem;overflow-wrap:anywhere}\n"
    "h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}\n"
    "h3{font-size:1rem;margin:1.5rem 0 .5rem}p{margin:.5rem 0}\n"
    ".scroll{overflow-x:auto;margin:.5rem 0 1rem}.scroll:focus-visible{outline:2px solid var(--note)}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}\n"
    "caption{text-align:left;color:var(--dim);padding:.25rem 0;max-width:calc(100vw - 2.5rem)}\n"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;"
    "border-bottom:1px solid var(--rule)}\n"
    "thead th{color:var(--dim);font-weight:600;vertical-align:bottom}tbody th{font-weight:600;white-space:nowrap}"
    "td.n,th.n{text-align:right}\n"
    "img{max-width:100%;height:auto;background:#fff;border:1px solid var(--rule)}\n"
    "figure{margin:1rem 0}figcaption{color:var(--dim);font-size:.9rem}\n"
    ".level{font-weight:700}.note{color:var(--note)}.warning{color:var(--warning)}"
    ".error{color:var(--error)}.good{color:var(--good)}.dim,footer{color:var(--dim)}\n"
    "footer{margin-top:3rem;font-size:.85rem;border-top:1px solid var(--rule);padding-top:.5rem}\n"
    "code{font-family:ui-monospace,'Liberation Mono',monospace;font-size:.92em;overflow-wrap:anywhere}\n"
    /* on a phone: rows of text one below the other, without the heads */
    "@media(max-width:40rem){.text thead{position:absolute;clip-path:inset(50%);height:1px;overflow:hidden}"
    ".text table,.text tbody{display:block}.text tr{display:flex;flex-wrap:wrap;gap:0 .75rem;padding:.4rem 0;"
    "border-bottom:1px solid var(--rule)}.text td{border:0;padding:0}.text td:last-child{flex-basis:100%}"
    ".text td code{white-space:nowrap}.text caption{display:block}"
    ".wide td:not(.n){min-width:11rem}}\n"
    "@media print{:root{--ink:#000;--paper:#fff;--dim:#444;--rule:#999}main{max-width:none;padding:0}"
    "h2,h3{break-after:avoid}figure,tr{break-inside:avoid}.scroll{overflow:visible}}\n";

void html_begin(FILE *f, const char *title, const char *css)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          f);
    html_put(f, title);
    fprintf(f, "</title>\n<style>\n%s%s</style>\n</head>\n<body>\n<main>\n<h1>", style, css ? css : "");
    html_put(f, title);
    fputs("</h1>\n", f);
}

void html_end(FILE *f)
{
    fprintf(f, "<footer>enn %s</footer>\n</main>\n</body>\n</html>\n", ENN_VERSION);
}

/* Length of the well-formed UTF-8 sequence at p (RFC 3629), 0 when there is none. */
static int utf8_length(const unsigned char *p)
{
    int n = *p < 0x80                 ? 1
            : *p >= 0xc2 && *p < 0xe0 ? 2
            : (*p & 0xf0) == 0xe0     ? 3
            : *p >= 0xf0 && *p < 0xf5 ? 4
                                      : 0;
    for (int i = 1; i < n; i++)
        if ((p[i] & 0xc0) != 0x80) return 0;
    if (*p == 0xc2 && p[1] < 0xa0) return 0;                                    /* C1 controls */
    if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xf0 && p[1] < 0x90)) return 0;   /* overlong */
    if ((*p == 0xed && p[1] >= 0xa0) || (*p == 0xf4 && p[1] >= 0x90)) return 0; /* surrogate, too large */
    return n;
}

void html_put(FILE *f, const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p;) {
        int n = utf8_length(p);
        if (*p == '<')
            fputs("&lt;", f);
        else if (*p == '>')
            fputs("&gt;", f);
        else if (*p == '&')
            fputs("&amp;", f);
        else if (*p == '"')
            fputs("&quot;", f);
        else if (*p == '\'')
            fputs("&#39;", f);
        else if (!n || (*p < 0x20 && *p != '\n') || *p == 0x7f)
            putc('?', f);
        else
            fwrite(p, 1, (size_t)n, f);
        p += n ? n : 1;
    }
}

static void put_v(FILE *f, const char *format, va_list ap)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, ap);
    html_put(f, text);
}

void html_printf(FILE *f, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    put_v(f, format, ap);
    va_end(ap);
}

void html_table(FILE *f, const char *caption, const char *const *heads, int n)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", f);
    html_put(f, caption);
    fputs("\">\n<table>\n<caption>", f);
    html_put(f, caption);
    fputs("</caption>\n<thead><tr>", f);
    for (int i = 0; i < n; i++) {
        fputs("<th scope=\"col\">", f);
        html_put(f, heads[i]);
        fputs("</th>", f);
    }
    fputs("</tr></thead>\n<tbody>\n", f);
}

void html_head(FILE *f, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("<th scope=\"row\">", f);
    put_v(f, format, ap);
    fputs("</th>", f);
    va_end(ap);
}

void html_cell(FILE *f, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("<td>", f);
    put_v(f, format, ap);
    fputs("</td>", f);
    va_end(ap);
}

void html_number(FILE *f, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("<td class=\"n\">", f);
    put_v(f, format, ap);
    fputs("</td>", f);
    va_end(ap);
}

void html_table_end(FILE *f)
{
    fputs("</tbody>\n</table>\n</div>\n", f);
}

void html_base64(FILE *f, const uint8_t *bytes, size_t n)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)bytes[i] << 16;
        if (i + 1 < n) v |= (uint32_t)bytes[i + 1] << 8;
        if (i + 2 < n) v |= bytes[i + 2];
        putc(digit[v >> 18], f);
        putc(digit[v >> 12 & 63], f);
        putc(i + 1 < n ? digit[v >> 6 & 63] : '=', f);
        putc(i + 2 < n ? digit[v & 63] : '=', f);
    }
}

enum enn_status html_image(FILE *f, const uint8_t *rgb, uint32_t width, uint32_t height, const char *alt,
                           const char *attributes, struct enn_error *err)
{
    char *png = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&png, &n);
    if (!memory) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_status st = picture_put_png(memory, "picture", rgb, width, height, 0, err);
    if (fclose(memory) && !st) st = enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st) {
        fputs("<img alt=\"", f);
        html_put(f, alt);
        fprintf(f, "\" width=\"%u\" height=\"%u\" %s src=\"data:image/png;base64,", width, height,
                attributes ? attributes : "");
        html_base64(f, (const uint8_t *)png, n);
        fputs("\">\n", f);
    }
    free(png);
    return st;
}
