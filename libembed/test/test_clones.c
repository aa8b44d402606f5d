/*
 * What is compiled for AVX2 as well (clones.h) gives the same bits as what is compiled plainly: transform, whitening, search
 * and embedding. The plain ones are compiled here a second time, under other names.
 */
#define CLONES_NEVER
#define fft2_new       plain_fft2_new
#define fft2_free      plain_fft2_free
#define fft2_size      plain_fft2_size
#define fft2_forward   plain_fft2_forward
#define fft2_columns   plain_fft2_columns
#define plane_from_rgb plain_plane_from_rgb
#define plane_mirror   plain_plane_mirror
#define plane_free     plain_plane_free
#define sync_new       plain_sync_new
#define sync_free      plain_sync_free
#define sync_window    plain_sync_window
#define sync_pilots    plain_sync_pilots
#define sync_shift     plain_sync_shift
#define sync_gain      plain_sync_gain
#define embed_row      plain_embed_row
#include "capture/fft.c"
#define NEAR      SYNC_NEAR
#define deviation sync_deviation
#include "capture/sync.c"
#undef NEAR
#undef deviation
#include "capture/whiten.c"
#include "mark/embed.c"
#undef fft2_new
#undef fft2_free
#undef fft2_forward
#undef plane_from_rgb
#undef plane_free
#undef sync_new
#undef sync_free
#undef sync_window
#undef sync_pilots
#undef embed_row
#include "test/sim.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* the real ones; their types go by the renamed tag where the function shares its name with one */
struct fft2 *fft2_new(int n);
void fft2_free(struct fft2 *f);
void fft2_forward(struct fft2 *f, const float *in, struct cplx *out);
int plane_from_rgb(struct plane *p, const struct plane_source *in, int factor, enum carrier_kind kind);
void plane_free(struct plane *p);
struct sync *sync_new(void);
void sync_free(struct sync *s);
void sync_window(struct sync *s, const struct plane *p, int x0, int y0, struct lock *lock);
void sync_pilots(struct sync *s, const struct plane *p, const struct lock *at, struct pilots *out);
size_t embed_row(const struct plain_embed_row *r, void *samples, struct embed_sums *sums);

enum { WIDTH = 1100, HEIGHT = 900 };

/* Smooth colour with noise. */
static uint8_t *picture(void)
{
    uint8_t *rgb = malloc((size_t)3 * WIDTH * HEIGHT);
    for (size_t i = 0; rgb && i < (size_t)3 * WIDTH * HEIGHT; i++)
        rgb[i] = (uint8_t)(60 + 30 * (i % 3) + i / 3 % WIDTH / 12 + sim_random(5, i) % 40);
    return rgb;
}

static void transforms_agree(void **state)
{
    (void)state;
    static const int sizes[] = {96, 256, 250};
    for (int k = 0; k < 3; k++) {
        int n = sizes[k];
        size_t out = (size_t)n * (n / 2 + 1);
        struct fft2 *a = fft2_new(n), *b = plain_fft2_new(n);
        float *in = malloc(sizeof *in * n * n);
        struct cplx *x = malloc(sizeof *x * out), *y = malloc(sizeof *y * out);
        for (int i = 0; i < n * n; i++) in[i] = (float)sim_normal(9, (uint64_t)i);
        fft2_forward(a, in, x);
        plain_fft2_forward(b, in, y);
        assert_memory_equal(x, y, sizeof *x * out);
        free(in);
        free(x);
        free(y);
        fft2_free(a);
        plain_fft2_free(b);
    }
}

static void planes_and_locks_agree(void **state)
{
    (void)state;
    uint8_t *rgb = picture();
    struct sync *s = sync_new(), *t = plain_sync_new();
    for (int kind = CARRIER_YELLOW_BLUE; kind <= CARRIER_LUMINANCE; kind++)
        for (int factor = 1; factor <= 3; factor++) {
            struct plane p, q;
            const struct plane_source both = {rgb, WIDTH, HEIGHT, 3 * WIDTH, 2}, one = {rgb, WIDTH, HEIGHT, 3 * WIDTH, 1};
            assert_int_equal(plane_from_rgb(&p, &both, factor, (enum carrier_kind)kind), 0);
            assert_int_equal(plain_plane_from_rgb(&q, &one, factor, (enum carrier_kind)kind), 0);
            size_t n = sizeof(float) * (size_t)p.width * (size_t)p.height;
            assert_memory_equal(p.v, q.v, n);
            assert_memory_equal(p.weight, q.weight, n);
            struct lock a, b;
            struct pilots y, z;
            sync_window(s, &p, 20, 13, &a);
            plain_sync_window(t, &p, 20, 13, &b);
            assert_true(a.z_power == b.z_power && a.z_phase == b.z_phase && !memcmp(a.u, b.u, sizeof a.u) &&
                        !memcmp(a.j, b.j, sizeof a.j));
            sync_pilots(s, &p, &a, &y);
            plain_sync_pilots(t, &p, &a, &z);
            assert_memory_equal(y.y, z.y, sizeof y.y);
            plane_free(&p);
            plain_plane_free(&q);
        }
    sync_free(s);
    plain_sync_free(t);
    free(rgb);
}

static void embedding_agrees(void **state)
{
    (void)state;
    enum { N = 1031 };
    struct ink_step step[N];
    uint8_t kind[N], tint[N], white[N], a[4 * N], b[4 * N];
    int16_t s[N], paper[N];
    struct embed_sums x = {{0}, {0}, 0}, y = x;
    for (uint64_t i = 0; i < N; i++) {
        kind[i] = (uint8_t)(sim_random(1, i) % 3);
        tint[i] = (uint8_t)sim_random(2, i);
        white[i] = (uint8_t)sim_random(3, i);
        s[i] = (int16_t)lrint(TILE_UNIT * sim_normal(4, i));
        paper[i] = (int16_t)lrint(TILE_UNIT * sim_normal(5, i));
        for (int c = 0; c < 4; c++) {
            step[i].d[c] = (int16_t)(sim_random(6, 4 * i + (uint64_t)c) % 1200 - 600);
            a[4 * i + (uint64_t)c] = b[4 * i + (uint64_t)c] = (uint8_t)sim_random(7, 4 * i + (uint64_t)c);
        }
    }
    struct plain_embed_row r = {step, kind, tint, white, s, paper, N, 4, 4, 8};
    size_t changed = embed_row(&r, a, &x);
    assert_int_equal(plain_embed_row(&r, b, &y), changed);
    assert_true(changed > N / 4);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(&x, &y, sizeof x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_agree),
        cmocka_unit_test(planes_and_locks_agree),
        cmocka_unit_test(embedding_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
