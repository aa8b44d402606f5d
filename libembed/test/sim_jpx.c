/* JPEG 2000 for the tests: an RGB picture without loss, in memory. */
#include "test/sim.h"
#include <openjpeg.h>
#include <stdlib.h>
#include <string.h>

struct sink {
    uint8_t *data;
    size_t at, n, room;
};

static OPJ_SIZE_T on_write(void *from, OPJ_SIZE_T n, void *user)
{
    struct sink *s = user;
    if (n > s->room - s->at) return (OPJ_SIZE_T)-1;
    memcpy(s->data + s->at, from, n);
    s->at += n;
    if (s->at > s->n) s->n = s->at;
    return n;
}

static OPJ_OFF_T on_skip(OPJ_OFF_T n, void *user)
{
    struct sink *s = user;
    if (n < 0 || (size_t)n > s->room - s->at) return -1;
    s->at += (size_t)n;
    return n;
}

static OPJ_BOOL on_seek(OPJ_OFF_T at, void *user)
{
    struct sink *s = user;
    if (at < 0 || (size_t)at > s->room) return OPJ_FALSE;
    s->at = (size_t)at;
    return OPJ_TRUE;
}

static opj_image_t *to_image(const struct sim_image *rgb)
{
    opj_image_cmptparm_t parm[3] = {{0}};
    for (int c = 0; c < 3; c++)
        parm[c].dx = parm[c].dy = 1, parm[c].w = rgb->width, parm[c].h = rgb->height, parm[c].prec = 8;
    opj_image_t *m = opj_image_create(3, parm, OPJ_CLRSPC_SRGB);
    if (!m) return NULL;
    m->x1 = rgb->width;
    m->y1 = rgb->height;
    for (size_t i = 0; i < (size_t)rgb->width * rgb->height; i++)
        for (int c = 0; c < 3; c++) m->comps[c].data[i] = rgb->data[3 * i + (size_t)c];
    return m;
}

uint8_t *sim_jpx(const struct sim_image *rgb, size_t *n)
{
    struct sink s = {.room = (size_t)rgb->width * rgb->height * 4 + 65536};
    opj_cparameters_t p;
    opj_set_default_encoder_parameters(&p);
    p.tcp_numlayers = 1;
    p.cp_disto_alloc = 1;
    p.tcp_mct = 1;
    opj_image_t *m = to_image(rgb);
    opj_codec_t *codec = opj_create_compress(OPJ_CODEC_JP2);
    opj_stream_t *stream = opj_stream_default_create(OPJ_FALSE);
    s.data = calloc(1, s.room);
    int ok = m && codec && stream && s.data;
    if (ok) {
        opj_stream_set_user_data(stream, &s, NULL);
        opj_stream_set_write_function(stream, on_write);
        opj_stream_set_skip_function(stream, on_skip);
        opj_stream_set_seek_function(stream, on_seek);
        ok = opj_setup_encoder(codec, &p, m) && opj_start_compress(codec, m, stream) &&
             opj_encode(codec, stream) && opj_end_compress(codec, stream);
    }
    if (stream) opj_stream_destroy(stream);
    if (codec) opj_destroy_codec(codec);
    if (m) opj_image_destroy(m);
    *n = s.n;
    if (ok) return s.data;
    free(s.data);
    return NULL;
}
