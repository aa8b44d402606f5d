/*
 * Blind synchronisation (sync.h).
 *
 * 1. Power spectrum of the Hann-windowed plane, divided by its local mean (17 x 17 bins), clipped at 8,
 * dilated by one bin: pilots stand 10 - 13 dB above the chips around them, artwork edges are flattened.
 * 2. The same in log-polar coordinates, where scale and rotation are shifts: for each anisotropy (tilt) and
 * scale, 32 rows, each shifted by the angle of its pilot, are added up, which scores all rotations at once.
 * 3. The best few are refined by hill climbing over the four affine terms on the undilated spectrum.
 * 4. Phase-only correlation of the pilots gives the translation, tells 0 from 180 degrees, and is an
 * independent test: the pilots' known phases agree at one place of the tile or nowhere.
 *
 * The use of a sparse known spectrum as a synchronisation template follows S. Pereira and T. Pun, "Robust
 * template matching for affine resistant image watermarks", IEEE Trans. Image Process. 9(6), 2000, and F.
 * Deguillaume et al. (2002); phase correlation is C. D. Kuglin and D. C. Hines (1975).  In: plane of
 * whiten.h.  Out: affine map and translation.
 */
#include "capture/sync.h"
#include "clones.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N = SYNC_SIDE,
    HALF = N / 2 + 1,
    MEAN_RADIUS = 8,
    ANGLES = 256,  /* columns of the log-polar map over half a turn: 0.7 degrees */
    RADII = 168,   /* its rows */
    N_SHAPES = 13, /* isotropic, and tilts of 30 and 42 degrees in six directions */
    N_KEEP = 3,
    PILOT_COLUMNS = 19, /* largest |kx| of a pilot */
    PATCH = 96,         /* samples per tile side of the canonical patch: 0.2 mm */
    LEVELS = 7,         /* of the dilated map: 32 of them fit a byte */
    SHIFTS = 64,        /* translation grid per tile: 0.3 mm, a third of the shortest pilot wave */
    QUARTER = SHIFTS / 2 + 1, /* of a row of them: the rest mirrors it */
    NEAR = 4,           /* corrections are searched on a grid of +-NEAR steps */
};
static const float POWER_CLIP = 8;
static const double NEAR_MM = 0.1;
static const float RADIUS_0 = 7,
                   RADIUS_STEP =
                       0.0175f; /* row r of the log-polar map: RADIUS_0 exp(r RADIUS_STEP) bins, up to 130 */
static const float WORTH_POWER =
    4.4f; /* z_power below which phases are not looked at: nine unmarked guesses of ten */

struct guess {
    float m[2][2], score;
}; /* m: wave vector in spectrum bins = m k */

struct sync {
    struct fft2 *fft, *patch_fft;
    float hann[N], patch_hann[PATCH];
    float *window;                /* N x N */
    struct cplx *spectrum;        /* N x HALF */
    float *power;                 /* N x N, normalised, both half-planes */
    uint8_t *dilated;             /* N x N, LEVELS = POWER_CLIP */
    uint8_t (*polar)[2 * ANGLES]; /* RADII rows, every row twice in succession */
    uint16_t *polar_index;        /* place in `dilated` of each of RADII x ANGLES */
    float *canvas;                /* PATCH x PATCH */
    struct cplx *patch_spectrum;
    float turn[SHIFTS][2];             /* exp(2 pi i m / SHIFTS) */
    int across[N_PILOTS], n_across; /* which of the n_across different |kx| a pilot has */
    float column[N_PILOTS][2][QUARTER]; /* of each |kx|: cos, sin of 2 pi |kx| n / SHIFTS */
    float phase[N_PILOTS][2];          /* exp(2 pi i phase / 16) */
    struct cplx near[2 * NEAR + 1][2 * NEAR + 1]
                    [N_PILOTS]; /* exp(2 pi i k.u / TILE_MM) on the grid of corrections */
};

static void fill_tables(struct sync *s)
{
    for (int i = 0; i < N; i++) s->hann[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * (i + 0.5) / N));
    for (int i = 0; i < PATCH; i++) s->patch_hann[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * (i + 0.5) / PATCH));
    for (int i = 0; i < SHIFTS; i++) {
        s->turn[i][0] = (float)cos(2 * M_PI * i / SHIFTS);
        s->turn[i][1] = (float)sin(2 * M_PI * i / SHIFTS);
    }
    for (int i = 0; i < N_PILOTS; i++) {
        s->across[i] = s->n_across;
        for (int k = i - 1; k >= 0; k--)
            if (abs(carrier_pilots[k].kx) == abs(carrier_pilots[i].kx)) s->across[i] = s->across[k];
        for (int n = 0; n < QUARTER; n++) {
            s->column[s->across[i]][0][n] = (float)cos(2 * M_PI * abs(carrier_pilots[i].kx) * n / SHIFTS);
            s->column[s->across[i]][1][n] = (float)sin(2 * M_PI * abs(carrier_pilots[i].kx) * n / SHIFTS);
        }
        s->n_across += s->across[i] == s->n_across;
        s->phase[i][0] = (float)cos(2 * M_PI * carrier_pilots[i].phase / 16);
        s->phase[i][1] = (float)sin(2 * M_PI * carrier_pilots[i].phase / 16);
        for (int a = -NEAR; a <= NEAR; a++)
            for (int b = -NEAR; b <= NEAR; b++) {
                double t =
                    2 * M_PI / TILE_MM * NEAR_MM * (carrier_pilots[i].kx * a + carrier_pilots[i].ky * b);
                s->near[b + NEAR][a + NEAR][i] = (struct cplx){(float)cos(t), (float)sin(t)};
            }
    }
    for (int r = 0; r < RADII; r++)
        for (int a = 0; a < ANGLES; a++) {
            double radius = RADIUS_0 * exp(r * RADIUS_STEP), t = M_PI * a / ANGLES;
            int u = (int)lrint(radius * cos(t)), v = (int)lrint(radius * sin(t));
            s->polar_index[r * ANGLES + a] = (uint16_t)((v & (N - 1)) * N + (u & (N - 1)));
        }
}

struct sync *sync_new(void)
{
    struct sync *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->fft = fft2_new(N);
    s->patch_fft = fft2_new(PATCH);
    s->window = malloc(sizeof(float) * N * N);
    s->spectrum = malloc(sizeof(struct cplx) * N * HALF);
    s->power = malloc(sizeof(float) * N * N);
    s->dilated = malloc(N * N);
    s->polar = malloc(sizeof *s->polar * RADII);
    s->polar_index = malloc(sizeof *s->polar_index * RADII * ANGLES);
    s->canvas = malloc(sizeof(float) * PATCH * PATCH);
    s->patch_spectrum = malloc(sizeof(struct cplx) * PATCH * (PATCH / 2 + 1));
    if (!s->fft || !s->patch_fft || !s->window || !s->spectrum || !s->power || !s->dilated || !s->polar ||
        !s->polar_index || !s->canvas || !s->patch_spectrum) {
        sync_free(s);
        return NULL;
    }
    fill_tables(s);
    return s;
}

void sync_free(struct sync *s)
{
    if (!s) return;
    fft2_free(s->fft);
    fft2_free(s->patch_fft);
    free(s->window);
    free(s->spectrum);
    free(s->power);
    free(s->dilated);
    free(s->polar);
    free(s->polar_index);
    free(s->canvas);
    free(s->patch_spectrum);
    free(s);
}

/* ---- step 1 ---- */

/* Circular box filter of side 2 MEAN_RADIUS + 1: running sums down the columns, a whole row at a time, then
 * along each row. */
CLONED static void box_mean(const float *in, float *out)
{
    const float share = 1.0f / ((2 * MEAN_RADIUS + 1) * (2 * MEAN_RADIUS + 1));
    float column[N] = {0};
    for (int i = -MEAN_RADIUS; i < MEAN_RADIUS; i++)
        for (int x = 0; x < N; x++) column[x] += in[(i & (N - 1)) * N + x];
    for (int y = 0; y < N; y++) {
        const float *enter = in + ((y + MEAN_RADIUS) & (N - 1)) * N,
                    *leave = in + ((y - MEAN_RADIUS) & (N - 1)) * N;
        for (int x = 0; x < N; x++) column[x] += enter[x];
        float s = 0;
        for (int i = -MEAN_RADIUS; i <= MEAN_RADIUS; i++) s += column[i & (N - 1)];
        for (int x = 0; x < N; x++) {
            out[y * N + x] = s * share;
            s += column[(x + MEAN_RADIUS + 1) & (N - 1)] - column[(x - MEAN_RADIUS) & (N - 1)];
        }
        for (int x = 0; x < N; x++) column[x] -= leave[x];
    }
}

static inline float larger(float a, float b)
{
    return a > b ? a : b;
} /* vectorises where fmaxf does not */

CLONED static void dilate(const float *power, uint8_t *out)
{
    for (int y = 0; y < N; y++) {
        const float *up = power + ((y - 1) & (N - 1)) * N, *at = power + y * N,
                    *down = power + ((y + 1) & (N - 1)) * N;
        float column[N + 2];
        for (int x = 0; x < N; x++)
            column[x + 1] = larger(at[x], larger(up[x], down[x])) * (LEVELS / POWER_CLIP);
        column[0] = column[N];
        column[N + 1] = column[1];
        for (int x = 0; x < N; x++)
            out[y * N + x] = (uint8_t)(int)larger(column[x], larger(column[x + 1], column[x + 2]));
    }
}

CLONED static void spectrum_of(struct sync *s, const struct plane *p, int x0, int y0)
{
    int w = p->width - x0 < N ? p->width - x0 : N, h = p->height - y0 < N ? p->height - y0 : N;
    if (w < N || h < N) memset(s->window, 0, sizeof(float) * N * N);
    for (int y = 0; y < h; y++) {
        const float *v = p->v + (size_t)(y0 + y) * p->width + x0;
        for (int x = 0; x < w; x++) s->window[y * N + x] = v[x] * s->hann[x] * s->hann[y];
    }
    fft2_forward(s->fft, s->window, s->spectrum);
    for (int v = 0; v < N; v++) {
        const struct cplx *c = s->spectrum + v * HALF;
        float *row = s->power + v * N, *turned = s->power + ((N - v) & (N - 1)) * N;
        for (int u = 0; u < HALF; u++) row[u] = c[u].re * c[u].re + c[u].im * c[u].im;
        for (int u = 1; u < N / 2; u++) turned[N - u] = row[u];
    }
    box_mean(s->power, s->window);
    for (int i = 0; i < N * N; i++) {
        float v = s->power[i] / (s->window[i] + 1e-12f);
        s->power[i] = v < POWER_CLIP ? v : POWER_CLIP;
    }
    dilate(s->power, s->dilated);
}

/* ---- step 2 ---- */

/* A guess of scale (row of the map), rotation (column) and shape. */
struct cell {
    int scale, rotation, shape, score;
};

/* Keeps the best N_KEEP that are not neighbours of a better one. */
static void insert(struct cell keep[N_KEEP], const struct cell *c)
{
    int i = N_KEEP - 1;
    if (c->score <= keep[i].score) return;
    for (int k = 0; k < N_KEEP; k++) {
        int turn = abs(keep[k].rotation - c->rotation);
        if (turn > ANGLES / 2) turn = ANGLES - turn;
        if (!keep[k].score || turn > 4 || abs(keep[k].scale - c->scale) > 3) continue;
        if (keep[k].score >= c->score) return;
        i = k; /* replaces its weaker neighbour */
        break;
    }
    for (; i > 0 && keep[i - 1].score < c->score; i--) keep[i] = keep[i - 1];
    keep[i] = *c;
}

/* Symmetric 2 x 2 of shape i: 1, or a squeeze along one of six directions. */
static void shape(int i, float m[2][2])
{
    float a = i == 0   ? 1
              : i <= 6 ? 0.87f
                       : 0.75f,
          t = (float)((i - 1) % 6 * M_PI / 6), c = cosf(t), d = sinf(t);
    m[0][0] = 1 + (1 / a - 1) * c * c;
    m[1][1] = 1 + (1 / a - 1) * d * d;
    m[0][1] = m[1][0] = (1 / a - 1) * c * d;
}

/* sum[a] += row[a], a loop the compiler turns into vector code */
static void add_row(uint8_t sum[ANGLES], const uint8_t *restrict row)
{
    for (int a = 0; a < ANGLES; a++) sum[a] = (uint8_t)(sum[a] + row[a]);
}

static int largest(const uint8_t sum[ANGLES])
{
    uint8_t best = 0;
    for (int a = 0; a < ANGLES; a++) best = sum[a] > best ? sum[a] : best;
    return best;
}

/* Scores of all rotations for one shape at one scale; N_PILOTS * LEVELS fits 8 bits. */
static void score_rotations(const struct sync *s, const int row[N_PILOTS], const int column[N_PILOTS],
                            int scale, uint8_t sum[ANGLES])
{
    memset(sum, 0, ANGLES * sizeof *sum);
    for (int i = 0; i < N_PILOTS; i++) {
        int r = row[i] + scale;
        if (r >= 0 && r < RADII) add_row(sum, s->polar[r] + column[i]);
    }
}

CLONED static void search(struct sync *s, struct guess keep[N_KEEP])
{
    struct cell best[N_KEEP];
    memset(best, 0, sizeof best);
    for (int r = 0; r < RADII; r++) {
        for (int a = 0; a < ANGLES; a++) s->polar[r][a] = s->dilated[s->polar_index[r * ANGLES + a]];
        memcpy(s->polar[r] + ANGLES, s->polar[r], ANGLES);
    }
    float lo = (float)(N / (TILE_MM * SYNC_MAX_PX_PER_MM)); /* bins per wave number at the finest scale */
    int scales = (int)(logf((float)(SYNC_MAX_PX_PER_MM / SYNC_MIN_PX_PER_MM)) / RADIUS_STEP) + 1;
    for (int shp = 0; shp < N_SHAPES; shp++) {
        float m[2][2];
        int row[N_PILOTS], column[N_PILOTS];
        shape(shp, m);
        for (int i = 0; i < N_PILOTS; i++) {
            float u = lo * (m[0][0] * carrier_pilots[i].kx + m[0][1] * carrier_pilots[i].ky);
            float v = lo * (m[1][0] * carrier_pilots[i].kx + m[1][1] * carrier_pilots[i].ky);
            row[i] = (int)lrintf(logf(hypotf(u, v) / RADIUS_0) / RADIUS_STEP);
            column[i] = (int)lrintf(atan2f(v, u) * (float)(ANGLES / M_PI)) & (ANGLES - 1);
        }
        for (int scale = 0; scale < scales; scale++) {
            uint8_t sum[ANGLES];
            score_rotations(s, row, column, scale, sum);
            if (largest(sum) <= best[N_KEEP - 1].score) continue;
            for (int a = 0; a < ANGLES; a++)
                if (sum[a] > best[N_KEEP - 1].score) insert(best, &(struct cell){scale, a, shp, sum[a]});
        }
    }
    for (int i = 0; i < N_KEEP; i++) {
        float m[2][2], z = lo * expf((float)best[i].scale * RADIUS_STEP),
                       t = (float)(M_PI * best[i].rotation / ANGLES);
        float c = z * cosf(t), d = z * sinf(t);
        shape(best[i].shape, m);
        keep[i].score = (float)best[i].score;
        for (int r = 0; r < 2; r++) {
            keep[i].m[0][r] = c * m[0][r] - d * m[1][r];
            keep[i].m[1][r] = d * m[0][r] + c * m[1][r];
        }
    }
}

/* ---- step 3 ---- */

static float bilinear(const float *map, float u, float v)
{
    float fu = floorf(u), fv = floorf(v);
    int iu = (int)fu, iv = (int)fv;
    u -= fu;
    v -= fv;
    const float *a = map + (iv & (N - 1)) * N, *b = map + ((iv + 1) & (N - 1)) * N;
    int i = iu & (N - 1), j = (iu + 1) & (N - 1);
    return (1 - v) * ((1 - u) * a[i] + u * a[j]) + v * ((1 - u) * b[i] + u * b[j]);
}

static float power_at(const struct sync *s, const float m[2][2])
{
    float sum = 0;
    for (int i = 0; i < N_PILOTS; i++) {
        float kx = carrier_pilots[i].kx, ky = carrier_pilots[i].ky;
        sum += bilinear(s->power, m[0][0] * kx + m[0][1] * ky, m[1][0] * kx + m[1][1] * ky);
    }
    return sum;
}

static void climb(const struct sync *s, struct guess *g)
{
    g->score = power_at(s, g->m);
    for (float step = 0.04f; step > 0.002f;) { /* times a radius of 22 waves: from one bin to a twentieth */
        int better = 0;
        for (int i = 0; i < 8; i++) {
            struct guess t = *g;
            (&t.m[0][0])[i / 2] += i & 1 ? -step : step;
            t.score = power_at(s, t.m);
            if (t.score > g->score) *g = t, better = 1;
        }
        if (!better) step *= 0.5f;
    }
}

/* Standard deviations above what 32 random places of the annulus give; the mean of the normalised power is 1
 * by construction. */
static float z_of_power(float score)
{
    return (score - 0.95f * N_PILOTS) / sqrtf(0.80f * N_PILOTS);
}

/* ---- step 4 ---- */

static struct cplx spectrum_at(const struct sync *s, float u, float v)
{
    int flip = u < 0;
    if (flip) u = -u, v = -v;
    float fu = floorf(u), fv = floorf(v);
    int iu = (int)fu, iv = (int)fv;
    if (iu >= HALF - 1) return (struct cplx){0, 0};
    u -= fu;
    v -= fv;
    const struct cplx *a = s->spectrum + (iv & (N - 1)) * HALF + iu,
                      *b = s->spectrum + ((iv + 1) & (N - 1)) * HALF + iu;
    /* phases refer to the middle of the window: the sign alternates from bin to bin */
    float sign = (iu + iv) & 1 ? -1 : 1, w00 = sign * (1 - u) * (1 - v), w10 = -sign * u * (1 - v),
          w01 = -sign * (1 - u) * v, w11 = sign * u * v;
    struct cplx c = {w00 * a[0].re + w10 * a[1].re + w01 * b[0].re + w11 * b[1].re,
                     w00 * a[0].im + w10 * a[1].im + w01 * b[0].im + w11 * b[1].im};
    if (flip) c.im = -c.im;
    return c;
}

/* Pilot i observed as c: its known phase removed and its magnitude compressed (square root), so that no
 * single line of the artwork can carry the sum. */
static struct cplx derotate(const struct sync *s, int i, struct cplx c)
{
    float m = sqrtf(sqrtf(c.re * c.re + c.im * c.im)) + 1e-20f;
    c.re /= m;
    c.im /= m;
    return (struct cplx){c.re * s->phase[i][0] + c.im * s->phase[i][1],
                         c.im * s->phase[i][0] - c.re * s->phase[i][1]};
}

/* sum over pilots of Re[ y exp(-2 pi i k.u / TILE_MM) ] */
static float agreement(const struct cplx y[N_PILOTS], const double u[2])
{
    float sum = 0;
    for (int i = 0; i < N_PILOTS; i++) {
        float t = (float)(2 * M_PI / TILE_MM * (carrier_pilots[i].kx * u[0] + carrier_pilots[i].ky * u[1]));
        sum += y[i].re * cosf(t) + y[i].im * sinf(t);
    }
    return sum;
}

static float deviation(const struct cplx y[N_PILOTS])
{
    float e = 1e-20f;
    for (int i = 0; i < N_PILOTS; i++) e += y[i].re * y[i].re + y[i].im * y[i].im;
    return sqrtf(e / 2);
}

/* Newton's method on the agreement; it stays where the agreement is not concave or the step is wide. */
static void polish(const struct cplx y[N_PILOTS], double u[2], double widest)
{
    for (int step = 0; step < 3; step++) {
        double g[2] = {0, 0}, h[3] = {1e-9, 0, 1e-9}, f = 2 * M_PI / TILE_MM;
        for (int i = 0; i < N_PILOTS; i++) {
            double kx = f * carrier_pilots[i].kx, ky = f * carrier_pilots[i].ky, t = kx * u[0] + ky * u[1];
            double c = cos(t), d = sin(t), re = y[i].re * c + y[i].im * d, im = y[i].im * c - y[i].re * d;
            g[0] += kx * im;
            g[1] += ky * im;
            h[0] += kx * kx * re;
            h[1] += kx * ky * re;
            h[2] += ky * ky * re;
        }
        double det = h[0] * h[2] - h[1] * h[1];
        if (h[0] <= 0 || det <= 0) break;
        double a = (h[2] * g[0] - h[1] * g[1]) / det, b = (h[0] * g[1] - h[1] * g[0]) / det;
        if (fabs(a) > widest || fabs(b) > widest) break;
        u[0] += a;
        u[1] += b;
    }
}

/* One row of the grid of translations: even[n] + odd[n] is the agreement at n, even[n] - odd[n] that at -n. */
static INTO_CLONES void translate_row(const struct sync *s, const struct cplx y[N_PILOTS], int m, float even[QUARTER],
                          float odd[QUARTER])
{
    float c[N_PILOTS] = {0}, d[N_PILOTS] = {0};
    for (int i = 0; i < N_PILOTS; i++) {
        const float *t = s->turn[carrier_pilots[i].ky * m % SHIFTS];
        float im = y[i].im * t[0] - y[i].re * t[1];
        c[s->across[i]] += y[i].re * t[0] + y[i].im * t[1];
        d[s->across[i]] += carrier_pilots[i].kx < 0 ? -im : im;
    }
    memset(even, 0, QUARTER * sizeof *even);
    memset(odd, 0, QUARTER * sizeof *odd);
    for (int k = 0; k < s->n_across; k++)
        for (int n = 0; n < QUARTER; n++) {
            even[n] += c[k] * s->column[k][0][n];
            odd[n] += d[k] * s->column[k][1][n];
        }
}

/* Best translation over the whole tile. */
CLONED static float translate(const struct sync *s, const struct cplx y[N_PILOTS], double u[2])
{
    float best = -1e30f;
    int at[2] = {0, 0};
    for (int m = 0; m < SHIFTS; m++) {
        float even[QUARTER], odd[QUARTER];
        translate_row(s, y, m, even, odd);
        for (int n = 0; n < QUARTER; n++) {
            float sum = even[n] + fabsf(odd[n]);
            if (sum > best) best = sum, at[0] = odd[n] < 0 ? SHIFTS - n : n, at[1] = m;
        }
    }
    u[0] = at[0] * TILE_MM / SHIFTS;
    u[1] = at[1] * TILE_MM / SHIFTS;
    polish(y, u, TILE_MM / SHIFTS);
    return fmaxf(best, agreement(y, u)) / deviation(y);
}

/* m k = N / TILE_MM J^T k, so J = m^T TILE_MM / N; u(x) has phase k.u: the observed phase at the middle is
 * k.u(middle). */
static void to_lock(const struct guess *g, int turned, int x0, int y0, struct lock *l)
{
    double f = TILE_MM / N * (turned ? -1 : 1);
    l->x = x0 + N / 2;
    l->y = y0 + N / 2;
    for (int r = 0; r < 2; r++)
        for (int c = 0; c < 2; c++) l->j[r][c] = f * g->m[c][r];
}

void sync_window(struct sync *s, const struct plane *p, int x0, int y0, struct lock *lock)
{
    struct guess keep[N_KEEP];
    spectrum_of(s, p, x0, y0);
    search(s, keep);
    *lock = (struct lock){.x = x0 + N / 2, .y = y0 + N / 2};
    for (int i = 0; i < N_KEEP && keep[i].score > 0; i++) {
        climb(s, &keep[i]);
        if (z_of_power(keep[i].score) < WORTH_POWER) continue;
        struct cplx y[2][N_PILOTS];
        for (int k = 0; k < N_PILOTS; k++) {
            float kx = carrier_pilots[k].kx, ky = carrier_pilots[k].ky;
            struct cplx c = spectrum_at(s, keep[i].m[0][0] * kx + keep[i].m[0][1] * ky,
                                        keep[i].m[1][0] * kx + keep[i].m[1][1] * ky);
            y[0][k] = derotate(s, k, c);
            y[1][k] = derotate(s, k, (struct cplx){c.re, -c.im});
        }
        for (int turned = 0; turned < 2; turned++) {
            double u[2];
            struct lock l = {.z_phase = translate(s, y[turned], u), .z_power = z_of_power(keep[i].score)};
            if (sync_score(&l) <= sync_score(lock)) continue;
            to_lock(&keep[i], turned, x0, y0, &l);
            l.u[0] = u[0];
            l.u[1] = u[1];
            *lock = l;
        }
    }
}

/* ---- patches ---- */

/* Samples of the plane around the lock, laid on the canonical grid by their predicted place (nearest), Hann
 * weighted. */
static void lay(struct sync *s, const struct plane *p, const struct lock *at)
{
    memset(s->canvas, 0, sizeof(float) * PATCH * PATCH);
    double det = at->j[0][0] * at->j[1][1] - at->j[0][1] * at->j[1][0], h = TILE_MM / 2;
    double rx = h * (fabs(at->j[1][1]) + fabs(at->j[0][1])) / fabs(det),
           ry = h * (fabs(at->j[1][0]) + fabs(at->j[0][0])) / fabs(det);
    int xa = (int)fmax(0, at->x - rx), xb = (int)fmin(p->width - 1, at->x + rx);
    int ya = (int)fmax(0, at->y - ry), yb = (int)fmin(p->height - 1, at->y + ry);
    float f = (float)(PATCH / TILE_MM), du = (float)(at->j[0][0] * f), dv = (float)(at->j[1][0] * f);
    for (int y = ya; y <= yb; y++) {
        const float *v = p->v + (size_t)y * p->width, *w = p->weight + (size_t)y * p->width;
        double ox = xa - at->x, oy = y - at->y;
        float a = (float)((at->j[0][0] * ox + at->j[0][1] * oy) * f) + PATCH / 2;
        float b = (float)((at->j[1][0] * ox + at->j[1][1] * oy) * f) + PATCH / 2;
        for (int x = xa; x <= xb; x++, a += du, b += dv) {
            if (!(a >= 0 && a < PATCH && b >= 0 && b < PATCH)) continue;
            int ia = (int)a, ib = (int)b;
            s->canvas[ib * PATCH + ia] += v[x] * w[x] * s->patch_hann[ia] * s->patch_hann[ib];
        }
    }
}

/* Best correction on the grid within reach, then Newton's method on the agreement. */
static float near_shift(const struct sync *s, const struct cplx y[N_PILOTS], double reach, double du[2])
{
    float best = -1e30f;
    for (int b = -NEAR; b <= NEAR; b++)
        for (int a = -NEAR; a <= NEAR; a++) {
            const struct cplx *e = s->near[b + NEAR][a + NEAR];
            float sum = 0;
            if (fmax(abs(a), abs(b)) * NEAR_MM > reach) continue;
            for (int i = 0; i < N_PILOTS; i++) sum += y[i].re * e[i].re + y[i].im * e[i].im;
            if (sum > best) best = sum, du[0] = a * NEAR_MM, du[1] = b * NEAR_MM;
        }
    polish(y, du, NEAR_MM);
    return fmaxf(best, agreement(y, du));
}

float sync_shift(const struct sync *s, const struct cplx y[N_PILOTS], double reach, double du[2])
{
    return near_shift(s, y, reach, du) / deviation(y);
}

float sync_gain(const struct pilots *p, const double du[2])
{
    return agreement(p->raw, du) / p->energy;
}

void sync_pilots(struct sync *s, const struct plane *p, const struct lock *at, struct pilots *out)
{
    lay(s, p, at);
    fft2_columns(s->patch_fft, s->canvas, s->patch_spectrum, PILOT_COLUMNS);
    for (int i = 0; i < N_PILOTS; i++) {
        int kx = carrier_pilots[i].kx, ky = carrier_pilots[i].ky, flip = kx < 0;
        struct cplx c = s->patch_spectrum[(flip ? PATCH - ky : ky) * (PATCH / 2 + 1) + abs(kx)];
        if (flip) c.im = -c.im;
        /* canvas index i is the place u + (i + 1/2 - PATCH/2) TILE_MM / PATCH: the transform's origin is
         * moved to u = 0 */
        double t =
            2 * M_PI * (kx + ky) * (0.5 - 0.5 / PATCH) - 2 * M_PI / TILE_MM * (kx * at->u[0] + ky * at->u[1]);
        float ct = (float)cos(t), st = (float)sin(t);
        c = (struct cplx){c.re * ct - c.im * st, c.re * st + c.im * ct};
        out->y[i] = derotate(s, i, c);
        out->raw[i] = (struct cplx){c.re * s->phase[i][0] + c.im * s->phase[i][1],
                                    c.im * s->phase[i][0] - c.re * s->phase[i][1]};
    }
    out->energy = 1e-20f;
    for (int i = 0; i < PATCH * PATCH; i++) out->energy += s->canvas[i] * s->canvas[i];
}
