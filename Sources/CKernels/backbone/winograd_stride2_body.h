// 3 x 3 convolution with stride 2 by Winograd's minimal filtering on the input's phases.
//
// In one dimension y[i] = g0 x[2i] + g1 x[2i+1] + g2 x[2i+2]. With the even and odd samples e and o apart,
//
//     y[i] = g0 e[i] + g2 e[i+1]  +  g1 o[i],
//
// two convolutions with stride 1 and kernels of two taps and one: F(4, 2) on the points 0, 1, -1, 2 and infinity, and
// F(4, 1) on the first four of them. Both go back to outputs through the same A', so their products are added before:
//
//     y = A' [ (G (g0 g2)) * (B' e)  +  (G1 g1) * (B1' o) ]
//
//          | 2 -1 -2  1  0 |        |  1/2    0  |         |  1/2 |        | 1  1  1  1  0 |
//          | 0 -2 -1  1  0 |        | -1/2 -1/2  |         | -1/2 |   A' = | 0  1 -1  2  0 |
//     B' = | 0  2 -3  1  0 |    G = | -1/6  1/6  |    G1 = | -1/6 |        | 0  1  1  4  0 |
//          | 0 -1  0  1  0 |        |  1/6  1/3  |         |  1/6 |        | 0  1 -1  8  1 |
//          | 0  2 -1 -2  1 |        |   0    1   |         |   0  |
//
// and B1' is the first four rows and columns of B'. In two dimensions there are four phases, (even, even), (even, odd),
// (odd, even) and (odd, odd) in y and x, stacked as if they were input channels:
//
//     transformed [slice][tile][phase][input]     slice 5 y + x holds the phases that have both points:
//                                                 four for y, x < 4, two where one of them is infinity, one in the corner
//
// so (5 + 4)^2 = 81 products a channel pair stand in for 144. A short line of two outputs is F(2, 2) on the points 0, 1 and
// infinity (F(2, 1) on 0 and 1), with the same weights and
//
//          | 2 -2  0 |
//     B' = | 0 -2  0 |      A' = | 1  1  0 |
//          | 0 -1  1 |           | 0  1  1 |
//
// The idea of phases is Huang et al. 2020 (DWM, arXiv 2002.00552), who cut strided convolutions into such parts.

/// From one tile to the next within a slice. The surplus keeps tiles off the same cache sets.
static inline ptrdiff_t V(phases_step)(const struct Winograd *w) { return 4 * w->input_pixel_step + 16; }

/// How many phases a slice holds.
static inline int V(phases_used)(int y, int x) { return (y < 4 ? 2 : 1) * (x < 4 ? 2 : 1); }

/// B' of an even line, or B1' of an odd one, which has no infinity.
static inline __attribute__((always_inline)) void V(transform_stride2_line)(const int outputs, const int odd,
                                                                            const floats *d, floats *to,
                                                                            const int step) {
    if (outputs == Long) {
        const floats difference = d[3] - d[1];
        to[0] = fused(splat(-2), d[2] - d[0], difference);
        to[1 * step] = fused(splat(-2), d[1], d[3] - d[2]);
        to[2 * step] = fused(splat(2), d[1], fused(splat(-3), d[2], d[3]));
        to[3 * step] = difference;
        if (!odd) to[4 * step] = fused(splat(-2), difference, d[4] - d[2]);
    } else {
        to[0] = splat(2) * (d[0] - d[1]);
        to[1 * step] = splat(-2) * d[1];
        if (!odd) to[4 * step] = d[2] - d[1];
    }
}

/// A' of one line.
static inline __attribute__((always_inline)) void V(untransform_stride2_line)(const int outputs, const floats *m,
                                                                              floats *to, const int step) {
    if (outputs == Long) {
        const floats sum = m[1] + m[2], difference = m[1] - m[2];
        to[0] = m[0] + sum + m[3];
        to[1 * step] = fused(splat(2), m[3], difference);
        to[2 * step] = fused(splat(4), m[3], sum);
        to[3 * step] = fused(splat(8), m[3], difference) + m[4];
    } else {
        to[0] = m[0] + m[1];
        to[1 * step] = m[1] + m[4];
    }
}

/// One phase of a tile, from the first input of that phase.
static inline __attribute__((always_inline)) void V(transform_phase)(const int odd_y, const int odd_x, const int down,
                                                                     const int across, const struct Winograd *w,
                                                                     const float *input, float *transformed,
                                                                     ptrdiff_t slice_step) {
    floats columns[25], line[5];
    UNROLL for (int x = 0; x < across + 1 - odd_x; x++) {
        UNROLL for (int y = 0; y < down + 1 - odd_y; y++) {
            line[y] = load(input + 2 * (y * w->input_row_step + x * w->input_pixel_step));
        }
        V(transform_stride2_line)(down, odd_y, line, columns + x, 5);
    }
    UNROLL for (int y = 0; y < 5 - odd_y; y++) {
        if (!point_used(5, down, y)) continue;
        V(transform_stride2_line)(across, odd_x, columns + 5 * y, line, 1);
        UNROLL for (int x = 0; x < 5 - odd_x; x++) {
            if (!point_used(5, across, x)) continue;
            const int place = odd_y * (x < 4 ? 2 : 1) + odd_x;
            store(transformed + (5 * y + x) * slice_step + place * w->input_pixel_step, line[x]);
        }
    }
}

/// A tile of `down` x `across` outputs into its place in every slice.
static inline __attribute__((always_inline)) void V(transform_phases)(const int down, const int across,
                                                                      const struct Winograd *w, const float *input,
                                                                      float *transformed, ptrdiff_t slice_step) {
    const ptrdiff_t row = w->input_row_step, pixel = w->input_pixel_step;
    for (ptrdiff_t channel = 0; channel < w->input_channels; channel += LANES) {
        float *to = transformed + channel;
        V(transform_phase)(0, 0, down, across, w, input + channel, to, slice_step);
        V(transform_phase)(0, 1, down, across, w, input + channel + pixel, to, slice_step);
        V(transform_phase)(1, 0, down, across, w, input + channel + row, to, slice_step);
        V(transform_phase)(1, 1, down, across, w, input + channel + row + pixel, to, slice_step);
    }
}
