/*
 * How a verdict is told to people.  One line says the verdict; below it stand what was read and the reasons,
 * so that nobody has to know the exit codes.
 */
#include "cli_verdict.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *cli_verdict_word(enum enn_status s)
{
    switch (s) {
    case ENN_OK:
        return "GENUINE";
    case ENN_NO_MARK:
        return "NO MARK FOUND";
    case ENN_NOT_GENUINE:
        return "NOT GENUINE";
    case ENN_COPY:
        return "COPY SUSPECTED";
    case ENN_UNTRUSTED:
        return "NOT TRUSTED";
    case ENN_FORMAT:
    case ENN_UNSUPPORTED:
    case ENN_LIMIT:
        return "REFUSED";
    default:
        return "FAILED";
    }
}

/* YYMMDD as GS1 reads it: years 00..49 are 20xx (the sliding window of the GS1 General Specifications as long
 * as this software can matter); day 00 is the end of the month. */
static void expiry_text(const char *yymmdd, char out[24])
{
    int n = (int)strlen(yymmdd);
    if (n != 6 || strspn(yymmdd, "0123456789") != 6)
        snprintf(out, 24, "%.20s", yymmdd);
    else if (!strcmp(yymmdd + 4, "00"))
        snprintf(out, 24, "20%.2s-%.2s", yymmdd, yymmdd + 2);
    else
        snprintf(out, 24, "20%.2s-%.2s-%.2s", yymmdd, yymmdd + 2, yymmdd + 4);
}

static void print_facts(const struct enn_verdict *v)
{
    char expiry[24];
    expiry_text(v->expiry, expiry);
    cli_line("lot", "%s", v->lot);
    cli_line("GTIN", "%s", v->gtin);
    cli_line("expiry", "%s", expiry);
    cli_line("serial", "%s", v->serial);
    if (v->have_unit && v->unit) cli_line("unit", "%llu", (unsigned long long)v->unit);
    cli_line("lot id", "%s", v->lot_id);
    cli_line("issuer", "%s", v->issuer);
}

void cli_verdict_quality(const struct enn_verdict *v)
{
    char chance[32] = "below 1e-99", together[48] = "";
    if (v->p_false >= 1e-99) snprintf(chance, sizeof chance, "%.2g", v->p_false);
    if (v->status == ENN_NO_MARK)
        cli_line("read", "nothing accepted; the best guess is false with a chance of %s", chance);
    else if (*v->lot_id && v->p_false > 0) /* 0: the file was compared, nothing was read */
        cli_line("read", "%s, chance of a false read %s",
                 v->matched ? "matched against the manifest" : "from the mark alone", chance);
    if (v->px_per_mm > 0)
        cli_line("capture", "%.1f px/mm, turned by %.0f, tilted by %.0f degrees, %.1f tiles in view",
                 v->px_per_mm, v->rotation_deg, v->tilt_deg, v->tiles);
    if (v->content == ENN_CONTENT_AGREES)
        cli_line("content", "agrees with the manifest's picture (%.2f): %.0f x %.0f mm at %.0f, %.0f mm", v->content_agreement,
                 v->view.width, v->view.height, v->view.x, v->view.y);
    else if (v->content == ENN_CONTENT_UNKNOWN)
        cli_line("content", "not measurable: too little to compare with the manifest's picture");
    if (v->seal == ENN_SEAL_PRESENT)
        cli_line("seal", "present, %.0f deviations (%.0f expected): %.0f x %.0f mm at %.0f, %.0f mm of page %u", v->seal_z,
                 v->seal_expected, v->view.width, v->view.height, v->view.x, v->view.y, v->seal_page);
    else if (v->seal == ENN_SEAL_NO_KEY)
        cli_line("seal", "not looked for: no key of this lot was given");
    else if (v->seal == ENN_SEAL_UNKNOWN)
        cli_line("seal", "not measurable: too little in view, %.0f deviations (%.0f expected)", v->seal_z, v->seal_expected);
    else if (v->seal >= ENN_SEAL_BROKEN)
        cli_line("seal", "%s, %.0f deviations (%.0f expected)", enn_seal_word(v->seal), v->seal_z, v->seal_expected);
    if (v->copy_captures > 1)
        snprintf(together, sizeof together, ", %u captures together", v->copy_captures);
    if (v->copy_power > 0)
        cli_line("copy", "%s: fine detail %+.1f, sharpness %+.1f deviations from enrolled prints (a reprint: %.1f)%s",
                 enn_copy_word(v->copy), -v->copy_lost, v->copy_clean, -v->copy_power, together);
    else if (v->copy_why == ENN_COPY_WHY_OTHER_SCREEN && v->response.lpi > 0)
        cli_line("copy", "inconclusive: the screen differs from the enrolled prints': %.0f lines per inch", v->response.lpi);
    else if (v->copy != ENN_COPY_UNCHECKED)
        cli_line("copy", "inconclusive: %s", enn_copy_why_word(v->copy_why));
    if (v->energy_needed > 0)
        cli_line("energy", "%.0f of the %.0f needed (%.1f times)", v->energy, v->energy_needed,
                 v->energy / v->energy_needed);
    for (int i = 0; i < v->n_packs && v->n_packs > 1; i++) {
        const struct enn_pack *p = &v->packs[i];
        cli_line(i ? "" : "packs", "lot id %s%s at %.0f,%.0f  %.0f,%.0f  %.0f,%.0f  %.0f,%.0f px", p->lot_id,
                 p->agrees ? "" : " (not the manifest's)", p->box[0].x, p->box[0].y, p->box[1].x, p->box[1].y, p->box[2].x,
                 p->box[2].y, p->box[3].x, p->box[3].y);
    }
    cli_line("time", "%.2f s", v->seconds);
}

/* Certain places always, the others on request. */
static void print_map(const struct cli *c, const struct enn_alterations *m)
{
    uint32_t count[3] = {0, 0, 0};
    for (size_t i = 0; i < (size_t)m->columns * m->rows; i++) count[m->state[i]]++;
    if (m->columns)
        cli_line("map", "%u cells of %.0f mm intact, %u altered, %u not measurable", count[ENN_CELL_INTACT], m->cell_mm,
                 count[ENN_CELL_ALTERED], count[ENN_CELL_UNKNOWN]);
    else
        cli_line("map", "not measurable");
    for (uint32_t i = 0; i < m->n; i++) {
        const struct enn_alteration *a = &m->items[i];
        if (a->certain || c->verbose)
            cli_line("altered", "%.0f x %.0f mm at %.0f, %.0f mm%s", a->at.width, a->at.height, a->at.x, a->at.y,
                     a->certain ? "" : " (perhaps)");
    }
}

void cli_verdict_details(const struct cli *c, const struct enn_verdict *v)
{
    print_facts(v);
    for (int i = 0; i < v->n_reasons; i++) cli_line(i ? "" : "because", "%s", enn_reason_text(v->reasons[i]));
    if (c->verbose || v->status == ENN_NOT_GENUINE) /* where it says more than the reasons */
        cli_line("note", "%s", v->detail);
    if (v->file_checked)
        cli_line("file", "the file itself was compared with the manifest%s",
                 v->p_false > 0 ? "" : "; nothing was read from it");
    if (v->map) print_map(c, v->map);
    if (c->verbose || (v->status == ENN_NO_MARK && v->px_per_mm > 0)) cli_verdict_quality(v);
    cli_stages_line(c);
}
