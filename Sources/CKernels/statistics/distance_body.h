// Mahalanobis distances: |W (x - mean)| for the embeddings x of several images at one patch, W lower triangular.
//
// Lanes run across images. The embeddings come as lanes (lanes_body.h); the mean taken away, they are y[channel][image].
// Then tiles of DISTANCE_ROWS rows of W run down the triangle, each over all images, WIDTH at a time:
//
//     r[i] = W[i][0] y[0] + ... + W[i][i] y[i]   (one chain of multiply-adds, in this order)
//     squares = squares + r[i] r[i]              (one chain, i ascending)
//
// so an image's distance is one fixed chain of operations, whatever stands in the other lanes. Each row of W is read from memory
// once, for all images, and y (25 KB for 64 images of 100 channels) stays in the nearest cache:
//
//              c -->                      y       images -->
//     W   top  ########\             c    [ WIDTH | WIDTH | ... ]
//              ########.\            |    [       |       |     ]
//              ########..\           v    [       |       |     ]
//              full     corner
//
// Patches' matrices lie one behind the other and are larger than any cache, so what is DISTANCE_AHEAD bytes further on is asked
// for while a tile computes: the next patch's, where channels are few. Past the model's end that is a hint about nothing.

#define WIDTH (DISTANCE_VECTORS * LANES)

/// Adds the squares of rows `top` ..< `top + count` of W y to `squares`, for WIDTH images; a row of y has `lanes` floats.
static inline void V(distance_tile)(const float *whitening, const float *y, size_t lanes, int top, int count, float *squares) {
    floats r[DISTANCE_ROWS][DISTANCE_VECTORS];
    const float *w[DISTANCE_ROWS];
    UNROLL for (int i = 0; i < DISTANCE_ROWS; i++) {
        // Past the last row: any row will do, it is not added.
        int row = i < count ? top + i : top;
        w[i] = whitening + (size_t)row * (row + 1) / 2;
        UNROLL for (int v = 0; v < DISTANCE_VECTORS; v++) r[i][v] = splat(0);
    }
    const float *at = y;
    uintptr_t ahead = (uintptr_t)w[0] + DISTANCE_AHEAD;
    for (int c = 0; c <= top; c++, at += lanes, ahead += DISTANCE_ROWS * sizeof(float)) {
        floats x[DISTANCE_VECTORS];
        __builtin_prefetch((const void *)ahead, 0, 2);
        UNROLL for (int v = 0; v < DISTANCE_VECTORS; v++) x[v] = load(at + v * LANES);
        UNROLL for (int i = 0; i < DISTANCE_ROWS; i++) {
            floats a = splat(w[i][c]);
            UNROLL for (int v = 0; v < DISTANCE_VECTORS; v++) r[i][v] = fused(a, x[v], r[i][v]);
        }
    }
    UNROLL for (int i = 1; i < DISTANCE_ROWS; i++) {
        const int last = i < count ? top + i : top;
        for (int c = top + 1; c <= last; c++) {
            floats a = splat(w[i][c]);
            UNROLL for (int v = 0; v < DISTANCE_VECTORS; v++) r[i][v] = fused(a, load(y + (size_t)c * lanes + v * LANES), r[i][v]);
        }
    }
    UNROLL for (int v = 0; v < DISTANCE_VECTORS; v++) {
        floats sum = load(squares + v * LANES);
        UNROLL for (int i = 0; i < DISTANCE_ROWS; i++)
            if (i < count) sum = fused(r[i][v], r[i][v], sum);
        store(squares + v * LANES, sum);
    }
}

static void V(distances)(const struct LanePart *parts, int part_count, int images, const float *mean, const float *whitening,
                         float *scratch, float *distances) {
    assert(parts && part_count > 0 && images > 0 && statistics_aligned(scratch));
    const size_t lanes = whole_lanes(images);
    float *squares = scratch, *y = scratch + lanes;
    for (size_t image = 0; image < lanes; image += LANES) store(squares + image, splat(0));
    int channels = 0;
    for (int part = 0; part < part_count; part++) {
        const float *x = parts[part].lanes;
        for (int c = 0; c < parts[part].channels; c++, channels++, x += lanes) {
            floats m = splat(mean[channels]);
            for (size_t image = 0; image < lanes; image += LANES)
                store(y + channels * lanes + image, load(x + image) - m);
        }
    }
    for (int top = 0; top < channels; top += DISTANCE_ROWS) {
        int count = channels - top < DISTANCE_ROWS ? channels - top : DISTANCE_ROWS;
        for (int image = 0; image < images; image += WIDTH)
            V(distance_tile)(whitening, y + image, lanes, top, count, squares + image);
    }
    for (int image = 0; image < images; image++) distances[image] = __builtin_sqrtf(squares[image]);
}

#undef WIDTH
