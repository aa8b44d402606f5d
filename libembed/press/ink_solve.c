/*
 * press: visibility as a quadratic form, and the best ink step under it.
 *
 * S-CIELAB (Zhang and Wandell 1996) filters a picture in three opponent channels, O = OPP X, and takes L*a*b*
 * differences of the result. For a flat colour and the small change X + s(x,y) D v (D: XYZ per ink, v: ink
 * change, s: the mark), its first-order difference is L OPP^-1 diag(h_k * s) OPP D v, with L = dLab/dXYZ and
 * h_k the channel filters. The mean square is v'Av with
 *
 *     A = P' (Q'Q o C) P,   P = OPP D,   Q = L OPP^-1,   C_kl = E[(h_k * s)(h_l * s)]
 *
 * ("o" is the element-wise product). C is the mean of H_k H_l over the power of the mark (mark/carrier.h: chips
 * 0.52 - 1.95 cycles/mm, pilots 0.57 - 1.15), for a print seen from 400 mm (6.98 mm per degree) and the
 * filters of the paper; sqrt(C_kk) are the rms attenuations 0.671 (luminance), 0.316 (red-green) and 0.198
 * (blue-yellow). docs/press.md derives the numbers.
 *
 * To this comes the shift of the mean colour where the colour bends over the swing of an ink, above all where
 * a screen's gamut clips it.
 *
 * Two inks cancel each other's lightness only as far as they print in register. With a register error of rms
 * r per ink and axis their cross terms shrink by E[exp(-(2 pi f r)^2)] over the band: 0.965 for r = 0.025 mm,
 * a good sheet-fed press. So the step leans on one ink, yellow wherever there is some, and on small moves of
 * the others.
 *
 * Ref: X. Zhang, B. Wandell, "A spatial extension of CIELAB for digital color image reproduction", SID 1996.
 */
#include "press/ink_solve.h"
#include <math.h>
#include <string.h>
#include "press/profile.h"

#define REGISTER_COHERENCE 0.965f
#define BLUE      2     /* the channel that moves blue alone: yellow, or B */
#define PREDICTED 0.35f /* share of the effect of the others that a reader does not take for artwork */
#define HALVINGS  9     /* of the mixture of the two forms */
#define DARK      13.3f /* level below which butteraugli's receptors no longer adapt */
#define DARK_Y       0.25f /* luminance up to which the distance is MORE_IN_DARK more, */
#define LIGHT_Y      0.4f  /* and from which it is what the scales say */
#define MORE_IN_DARK 0.22f
#define AMBIENT            0.25f /* mean luminance around; what is lighter the mask allows for */

static const float opp[3][3] = {
    {0.279f, 0.72f, -0.107f}, {-0.449f, 0.29f, -0.077f}, {0.086f, -0.59f, 0.501f}};
static const float band_C[3][3] = {
    {0.45046f, 0.20887f, 0.12415f}, {0.20887f, 0.09975f, 0.06126f}, {0.12415f, 0.06126f, 0.03917f}};
static const float white[3] = {0.9642f, 1.0f, 0.8252f};

static void invert3(const float m[3][3], float out[3][3])
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            int a = (j + 1) % 3, b = (j + 2) % 3, c = (i + 1) % 3, d = (i + 2) % 3;
            out[i][j] = m[a][c] * m[b][d] - m[a][d] * m[b][c];
        }
    float det = m[0][0] * out[0][0] + m[0][1] * out[1][0] + m[0][2] * out[2][0];
    for (int i = 0; i < 9; i++) out[i / 3][i % 3] /= det;
}

static float f_inverse(float f)
{
    return f > 6.f / 29 ? f * f * f : (f - 16.f / 116) / 7.787f;
}

static void lab_to_xyz(const float lab[3], float xyz[3])
{
    float fy = (lab[0] + 16) / 116;
    xyz[0] = white[0] * f_inverse(fy + lab[1] / 500);
    xyz[1] = f_inverse(fy);
    xyz[2] = white[2] * f_inverse(fy - lab[2] / 200);
}

/* dLab/dXYZ, 3 x 3, as S-CIELAB sees it among other colours: the negative lobe of its luminance filter
 * (weight 0.118, 30 mm wide) takes that share of the surroundings out of a dark value, so that t is nearer to
 * zero, where L*a*b* is steeper. d f/dt = 1/3 t^(-2/3), or 7.787 near black. */
static void lab_slope(const float lab[3], float L[3][3])
{
    float fy = (lab[0] + 16) / 116, f[3] = {fy + lab[1] / 500, fy, fy - lab[2] / 200}, d[3];
    for (int i = 0; i < 3; i++) {
        float t = f_inverse(f[i]);
        if (t < AMBIENT) t -= 0.118f * (AMBIENT - t);
        d[i] = (t > 0.008856f ? powf(t, -2.f / 3) / 3 : 7.787f) / white[i];
    }
    memset(L, 0, 9 * sizeof(float));
    L[0][1] = 116 * d[1];
    L[1][0] = 500 * d[0];
    L[1][1] = -500 * d[1];
    L[2][1] = 200 * d[1];
    L[2][2] = -200 * d[2];
}

/* What the detector reads; of a single ink, lightness, which is all it can change. */
static float opponent(const float lab[3], int n)
{
    float rgb[3];
    profile_lab_to_srgb(lab, rgb);
    if (n == 1) return (logf(rgb[0] + 16) + logf(rgb[1] + 16) + logf(rgb[2] + 16)) / 3;
    return logf(rgb[2] + 16) - 0.5f * (logf(rgb[0] + 16) + logf(rgb[1] + 16));
}

/* Lab as an sRGB rendering shows it: colours outside the gamut of the screen are clipped. */
static void rendered(const float lab[3], float out[3])
{
    float rgb[3];
    profile_lab_to_srgb(lab, rgb);
    profile_srgb_to_lab(rgb, out);
}

/* Second order: how far the mean colour moves per unit of ink amplitude when the ink swings between the two
 * ends, squared. It is a shift of the whole area, so the eye's filters do not soften it. */
static float mean_shift(const float lab[3], const float below[3], const float above[3], float scale)
{
    float mid[3], lo[3], hi[3], sum = 0;
    rendered(lab, mid);
    rendered(below, lo);
    rendered(above, hi);
    for (int i = 0; i < 3; i++) {
        float m = (lo[i] + hi[i]) / 2 - mid[i];
        sum += m * m;
    }
    return sum * 4 * scale * scale;
}

static float linear(float v)
{
    v /= 255;
    return 255 * (v <= 0.04045f ? v / 12.92f : powf((v + 0.055f) / 1.055f, 2.4f));
}

/* Light as butteraugli's receptors take it up (its mix of linear R, G, B on a scale of 255). */
static void receptors(const float lab[3], float out[3])
{
    static const float mix[3][4] = {
        {0.254f, 0.488f, 0.0635f, 1.02f}, {0.195f, 0.568f, 0.0861f, 1.15f}, {0.0737f, 0.0614f, 0.244f, 1.2f}};
    float rgb[3];
    profile_lab_to_srgb(lab, rgb);
    for (int k = 0; k < 3; k++) {
        out[k] = mix[k][3];
        for (int c = 0; c < 3; c++) out[k] += mix[k][c] * linear(rgb[c]);
    }
}

/* Per unit of ink: red against green, their sum, and blue, each relative to its level, scaled so that the root of the
 * sum of squares is butteraugli's distance for the pattern of the mark. The scales are fitted: docs/press.md. */
static void distance_slope(const float here[3], const float below[3], const float above[3], float scale, float out[3])
{
    float mid[3], lo[3], hi[3], q[3];
    receptors(here, mid);
    receptors(below, lo);
    receptors(above, hi);
    for (int k = 0; k < 3; k++) q[k] = scale * (hi[k] - lo[k]) / (mid[k] + (k < 2 ? DARK : 0));
    float y = f_inverse((here[0] + 16) / 116), dark = fmaxf(0, fminf(1, (LIGHT_Y - y) / (LIGHT_Y - DARK_Y)));
    scale = 1 + MORE_IN_DARK * dark;
    out[0] = scale * 274 * (q[0] - q[1]);
    out[1] = scale * 103 * (q[0] + q[1]);
    out[2] = scale * (51 * q[2] - 19 * (q[0] + q[1]));
}

void ink_linearise(struct ink_local *out, int n, const float lab[3], const float below[][3],
                   const float above[][3], const float width[])
{
    float inverse[3][3], L[3][3], Q[3][3], QQC[3][3], P[3][INK_MAX_CHANNELS], D[INK_MAX_CHANNELS][3];
    memset(out, 0, sizeof *out);
    out->n = n;
    invert3(opp, inverse);
    lab_slope(lab, L);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            Q[i][k] = 0;
            for (int j = 0; j < 3; j++) Q[i][k] += L[i][j] * inverse[j][k];
        }
    for (int k = 0; k < 3; k++)
        for (int l = 0; l < 3; l++)
            QQC[k][l] = band_C[k][l] * (Q[0][k] * Q[0][l] + Q[1][k] * Q[1][l] + Q[2][k] * Q[2][l]);
    for (int i = 0; i < n; i++) {
        float lo[3], hi[3];
        lab_to_xyz(below[i], lo);
        lab_to_xyz(above[i], hi);
        float scale = width[i] > 0 ? 1 / width[i] : 0;
        out->g[i] = (n == 1 || i == BLUE ? 1 : PREDICTED) * scale *
                    (opponent(above[i], n) - opponent(below[i], n));
        distance_slope(lab, below[i], above[i], scale, D[i]);
        for (int k = 0; k < 3; k++) {
            P[k][i] = 0;
            for (int j = 0; j < 3; j++) P[k][i] += opp[k][j] * scale * (hi[j] - lo[j]);
        }
    }
    for (int i = 0; i < n; i++)
        out->A[i][i] += width[i] > 0 ? mean_shift(lab, below[i], above[i], 1 / width[i]) : 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 3; k++) out->B[i][j] += (i == j ? 1 : REGISTER_COHERENCE) * D[i][k] * D[j][k];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            for (int k = 0; k < 3; k++)
                for (int l = 0; l < 3; l++)
                    out->A[i][j] += (i == j ? 1 : REGISTER_COHERENCE) * P[k][i] * QQC[k][l] * P[l][j];
}

/* Solves M x = b for the m free channels listed in idx (symmetric positive definite: elimination needs no
 * pivoting). */
static void solve_free(const float M[][INK_MAX_CHANNELS], const int *idx, int m, const float *b, float *x)
{
    float a[INK_MAX_CHANNELS][INK_MAX_CHANNELS + 1];
    for (int r = 0; r < m; r++) {
        for (int c = 0; c < m; c++) a[r][c] = M[idx[r]][idx[c]];
        a[r][m] = b[r];
    }
    for (int p = 0; p < m; p++)
        for (int r = p + 1; r < m; r++) {
            float k = a[r][p] / a[p][p];
            for (int c = p; c <= m; c++) a[r][c] -= k * a[p][c];
        }
    for (int r = m - 1; r >= 0; r--) {
        x[r] = a[r][m];
        for (int c = r + 1; c < m; c++) x[r] -= a[r][c] * x[c];
        x[r] /= a[r][r];
    }
}

static float quadratic(const float M[][INK_MAX_CHANNELS], int n, const float *v)
{
    float q = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) q += v[i] * M[i][j] * v[j];
    return q;
}

/* State of the active set: channels held at a limit (v holds the value) or free; t is the Lagrange scale of
 * solve_rest. */
struct step_search {
    const struct ink_local *at;
    const float *limit;
    float M[INK_MAX_CHANNELS][INK_MAX_CHANNELS], budget, t;
    int held[INK_MAX_CHANNELS];
};

/*
 * With some channels held (v_F) the rest follows from the Lagrange condition M_RR v_R = -M_RF v_F - t g_R:
 * v_R = p + t q, p = -M_RR^-1 M_RF v_F, q = -M_RR^-1 g_R, and t >= 0 from v'Mv = budget^2, where v'Mv = c +
 * t^2 g_R'M_RR^-1 g_R (the cross term vanishes as p minimises v'Mv over v_R).
 */
static void solve_rest(struct step_search *s, float *v)
{
    int idx[INK_MAX_CHANNELS] = {0}, m = 0, n = s->at->n;
    float rhs[INK_MAX_CHANNELS] = {0}, slope[INK_MAX_CHANNELS] = {0}, p[INK_MAX_CHANNELS], q[INK_MAX_CHANNELS], gain = 0;
    for (int i = 0; i < n; i++)
        if (!s->held[i]) idx[m++] = i;
    for (int r = 0; r < m; r++) {
        rhs[r] = 0;
        for (int j = 0; j < n; j++)
            if (s->held[j]) rhs[r] -= s->M[idx[r]][j] * v[j];
        slope[r] = -s->at->g[idx[r]];
    }
    solve_free(s->M, idx, m, rhs, p);
    solve_free(s->M, idx, m, slope, q);
    for (int r = 0; r < m; r++) {
        v[idx[r]] = p[r];
        gain += slope[r] * q[r];
    }
    float left = s->budget * s->budget - quadratic(s->M, n, v);
    s->t = left > 0 && gain > 1e-12f ? sqrtf(left / gain) : m ? 0 : 1e9f;
    for (int r = 0; r < m; r++) v[idx[r]] = p[r] + s->t * q[r];
}

/* Holds the free channel that exceeds its limit most; else lets go the held one whose multiplier has the
 * wrong sign, the residual (M v + t g)_i pulling it back inside. Returns 0 when there is neither: v is
 * optimal. */
static int change_set(struct step_search *s, float *v)
{
    int n = s->at->n, worst = -1, release = -1;
    float excess = 1.0001f, pull = 1e-6f;
    for (int i = 0; i < n; i++) {
        if (!(s->limit[i] > 0)) continue;
        if (!s->held[i]) {
            if (fabsf(v[i]) <= excess * s->limit[i]) continue;
            excess = fabsf(v[i]) / s->limit[i];
            worst = i;
            continue;
        }
        float residual = s->t * s->at->g[i];
        for (int j = 0; j < n; j++) residual += s->M[i][j] * v[j];
        if (residual * (v[i] > 0 ? 1 : -1) <= pull) continue;
        pull = residual * (v[i] > 0 ? 1 : -1);
        release = i;
    }
    if (worst >= 0) {
        v[worst] = copysignf(s->limit[worst], v[worst]);
        s->held[worst] = 1;
    } else if (release >= 0)
        s->held[release] = 0;
    return worst >= 0 || release >= 0;
}

/* Best step for one quadratic form M: v'Mv <= 1. */
static void best_for(const struct ink_local *at, struct step_search *s, float v[])
{
    float trial[INK_MAX_CHANNELS] = {0};
    for (int i = 0; i < at->n; i++) {
        s->held[i] = !(s->limit[i] > 0);
        v[i] = 0;
    }
    for (int round = 0; round < 16; round++) { /* every round solves at most 4 x 4; a handful is needed */
        float inside[INK_MAX_CHANNELS];
        solve_rest(s, trial);
        for (int i = 0; i < at->n; i++)
            inside[i] = !(s->limit[i] > 0) ? 0 : fminf(s->limit[i], fmaxf(-s->limit[i], trial[i]));
        float cost = sqrtf(quadratic(s->M, at->n, inside)), scale = cost > 1 ? 1 / cost : 1;
        for (int i = 0; i < at->n; i++) inside[i] *= scale;
        if (ink_opponent(at, inside) < ink_opponent(at, v)) memcpy(v, inside, (size_t)at->n * sizeof *v);
        if (!change_set(s, trial)) break;
    }
}

/* With two forms to obey the best step is that of some mixture of them (the Lagrangian), at which both cost the same or only
 * one binds: found by halving, and drawn back to where both hold. */
void ink_best_step(const struct ink_local *at, const struct ink_budget *budget, const float limit[], float v[])
{
    const float a = 1 / (budget->scielab * budget->scielab), b = 1 / (budget->distance * budget->distance);
    float low = 0, high = 1, share = 0, A[INK_MAX_CHANNELS][INK_MAX_CHANNELS], B[INK_MAX_CHANNELS][INK_MAX_CHANNELS];
    memset(v, 0, (size_t)at->n * sizeof *v);
    for (int i = 0; i < at->n; i++)
        for (int j = 0; j < at->n; j++) {
            A[i][j] = a * (at->A[i][j] + (i == j ? budget->ridge : 0));
            B[i][j] = b * at->B[i][j];
        }
    for (int k = 0; k < HALVINGS; k++, share = (low + high) / 2) {
        struct step_search s = {at, limit, {{0}}, 1, 0, {0}};
        float x[INK_MAX_CHANNELS];
        for (int i = 0; i < at->n; i++)
            for (int j = 0; j < at->n; j++) s.M[i][j] = (1 - share) * A[i][j] + share * B[i][j];
        best_for(at, &s, x);
        float cost_a = quadratic(A, at->n, x), cost_b = quadratic(B, at->n, x), cost = fmaxf(cost_a, cost_b);
        for (int i = 0; cost > 1 && i < at->n; i++) x[i] /= sqrtf(cost);
        if (ink_opponent(at, x) < ink_opponent(at, v)) memcpy(v, x, (size_t)at->n * sizeof *v);
        if (!k && cost_b <= 1) break; /* the distance does not bind */
        *(cost_b > cost_a ? &low : &high) = share;
    }
}

float ink_visibility(const struct ink_local *at, const float v[])
{
    return sqrtf(fmaxf(0, quadratic(at->A, at->n, v)));
}

float ink_distance(const struct ink_local *at, const float v[])
{
    return sqrtf(fmaxf(0, quadratic(at->B, at->n, v)));
}

float ink_opponent(const struct ink_local *at, const float v[])
{
    float sum = 0;
    for (int i = 0; i < at->n; i++) sum += at->g[i] * v[i];
    return sum;
}
