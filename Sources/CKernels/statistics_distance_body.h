// Mahalanobis distances: |W (x - mean)| for the rows x of one patch, W lower triangular.
//
// Lanes run across images. A block of WIDTH images is transposed, mean taken away, into y[channel][image]; then tiles of
// DISTANCE_ROWS rows of W run down the triangle:
//
//     r[i] = W[i][0] y[0] + ... + W[i][i] y[i]   (one chain of multiply-adds, in this order)
//     squares = squares + r[i] r[i]              (one chain, i ascending)
//
// so an image's distance is one fixed chain of operations, whatever stands in the other lanes.

#define WIDTH (DISTANCE_VECTORS * LANES)

static void V(distance_pack)(const float *rows, int images, int channels, const float *mean, float *y) {
    for (int c = 0; c < channels; c++) {
        const float *in = rows + c;
        for (int image = 0; image < images; image++) y[(size_t)c * WIDTH + image] = in[(size_t)image * channels] - mean[c];
        for (int image = images; image < WIDTH; image++) y[(size_t)c * WIDTH + image] = 0;
    }
}

/// Adds the squares of rows `top` ..< `top + count` of W y to `squares`.
static inline void V(distance_tile)(const float *whitening, const float *y, int top, int count,
                                    floats squares[DISTANCE_VECTORS]) {
    floats r[DISTANCE_ROWS][DISTANCE_VECTORS];
    const float *w[DISTANCE_ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < DISTANCE_ROWS; i++) {
        // Past the last row: any row will do, it is not added.
        int row = i < count ? top + i : top;
        w[i] = whitening + (size_t)row * (row + 1) / 2;
#pragma clang loop unroll(full)
        for (int v = 0; v < DISTANCE_VECTORS; v++) r[i][v] = splat(0);
    }
    const float *at = y;
    for (int c = 0; c <= top; c++, at += WIDTH) {
        floats x[DISTANCE_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < DISTANCE_VECTORS; v++) x[v] = load(at + v * LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < DISTANCE_ROWS; i++) {
            floats a = splat(w[i][c]);
#pragma clang loop unroll(full)
            for (int v = 0; v < DISTANCE_VECTORS; v++) r[i][v] = fused(a, x[v], r[i][v]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 1; i < DISTANCE_ROWS; i++) {
        const int last = i < count ? top + i : top;
        for (int c = top + 1; c <= last; c++) {
            floats a = splat(w[i][c]);
#pragma clang loop unroll(full)
            for (int v = 0; v < DISTANCE_VECTORS; v++)
                r[i][v] = fused(a, load(y + (size_t)c * WIDTH + v * LANES), r[i][v]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < DISTANCE_ROWS; i++) {
        if (i < count) {
#pragma clang loop unroll(full)
            for (int v = 0; v < DISTANCE_VECTORS; v++) squares[v] = fused(r[i][v], r[i][v], squares[v]);
        }
    }
}

static void V(distances)(const float *rows, int images, int channels, const float *mean, const float *whitening,
                         float *scratch, float *distances) {
    for (int done = 0; done < images; done += WIDTH) {
        int block = images - done < WIDTH ? images - done : WIDTH;
        V(distance_pack)(rows + (size_t)done * channels, block, channels, mean, scratch);
        floats squares[DISTANCE_VECTORS];
#pragma clang loop unroll(full)
        for (int v = 0; v < DISTANCE_VECTORS; v++) squares[v] = splat(0);
        for (int top = 0; top < channels; top += DISTANCE_ROWS) {
            int count = channels - top < DISTANCE_ROWS ? channels - top : DISTANCE_ROWS;
            V(distance_tile)(whitening, scratch, top, count, squares);
        }
        float result[WIDTH];
#pragma clang loop unroll(full)
        for (int v = 0; v < DISTANCE_VECTORS; v++) store(result + v * LANES, squares[v]);
        for (int image = 0; image < block; image++) distances[done + image] = __builtin_sqrtf(result[image]);
    }
}

#undef WIDTH
