/* Keypoints of a grey picture and what they look like: places that are found again at another size, angle and light. */
#ifndef CAPTURE_KEYPOINTS_H
#define CAPTURE_KEYPOINTS_H

#define KEYPOINT_VALUES 128
#define KEYPOINTS_MAX   3000 /* of one picture: the coarsest; what is finer is left out */

struct keypoint {
    float x, y;  /* samples, (0.5, 0.5) is the middle of the first */
    float size;  /* standard deviation of the gaussian that it stands out under, samples */
    float angle; /* of its gradients, radians */
    float looks[KEYPOINT_VALUES];
};

struct keypoints {
    int n;
    struct keypoint *at; /* owned */
};

/* grey: width x height samples, 0 .. 255, both sides 8 or more.  doubled: 1 looks at the picture at twice its size,
 * too, which finds three times as many.  contrast: levels that a place stands out by, 0.5 .. 10.  Returns 0, or -1
 * when out of memory (nothing to release then).  Release with keypoints_free. */
int keypoints_find(struct keypoints *k, const float *grey, int width, int height, int doubled,
                   double contrast);
void keypoints_free(struct keypoints *k);
#endif
