// 3 x 3 convolution with stride 1 by Winograd's minimal filtering, F(4x4, 3x3) (Lavin and Gray 2016, arXiv 1509.09308).
//
// A tile of 4 x 4 outputs needs 6 x 6 inputs d and the 3 x 3 kernel g. In one dimension, with products slice by slice,
//
//     y = A' [ (G g) * (B' d) ]
//
//          | 4  0 -5  0  1  0 |        |  1/4    0    0  |        | 1  1  1  1  1  0 |
//          | 0 -4 -4  1  1  0 |        | -1/6 -1/6 -1/6  |   A' = | 0  1 -1  2 -2  0 |
//     B' = | 0  4 -4 -1  1  0 |    G = | -1/6  1/6 -1/6  |        | 0  1  1  4  4  0 |
//          | 0 -2 -1  2  1  0 |        | 1/24 1/12  1/6  |        | 0  1 -1  8 -8  1 |
//          | 0  2 -1 -2  1  0 |        | 1/24 -1/12 1/6  |
//          | 0  4  0 -5  0  1 |        |   0    0    1   |
//
// and in two dimensions the same along columns, then rows. So 36 products a channel pair stand in for 144. Summed over
// input channels, each of the 36 slices is a matrix product [tiles x inputs] x [inputs x outputs], done by the
// convolution's micro-kernel:
//
//     input --B' d B--> transformed [slice][tile][input] --products--> [slice][tile][output] --A' m A--> output
//
// A side that is not a multiple of four ends with a tile of two outputs where those suffice (14 = 4 + 4 + 4 + 2): F(2, 3)
// lives on four of F(4, 3)'s six points (0, 1, -1 and infinity: slices 0, 1, 2 and 5), so it takes the same weights, with
//
//          | 4  0 -4  0 |
//     B' = | 0 -3 -3  0 |      A' = | 1  1  1  0 |
//          | 0  3 -3  0 |           | 0  1 -1  1 |
//          | 0 -1  0  1 |
//
// and 16 or 24 slices.

/// B' of one line, for `outputs` results. A short line leaves slices 3 and 4 alone.
static inline __attribute__((always_inline)) void V(transform_line)(const int outputs, const floats *d, floats *to,
                                                                    const int step) {
    if (outputs == Long) {
        const floats a = fused(splat(-4), d[2], d[4]), b = fused(splat(-4), d[1], d[3]);
        const floats c = d[4] - d[2], e = d[3] - d[1];
        to[0] = fused(splat(4), d[0], fused(splat(-5), d[2], d[4]));
        to[1 * step] = a + b;
        to[2 * step] = a - b;
        to[3 * step] = fused(splat(2), e, c);
        to[4 * step] = fused(splat(-2), e, c);
        to[5 * step] = fused(splat(4), d[1], fused(splat(-5), d[3], d[5]));
    } else {
        to[0] = splat(4) * (d[0] - d[2]);
        to[1 * step] = splat(-3) * (d[1] + d[2]);
        to[2 * step] = splat(3) * (d[1] - d[2]);
        to[5 * step] = d[3] - d[1];
    }
}

/// A' of one line.
static inline __attribute__((always_inline)) void V(untransform_line)(const int outputs, const floats *m, floats *to,
                                                                      const int step) {
    const floats sum = m[1] + m[2], difference = m[1] - m[2];
    if (outputs == Long) {
        const floats far_sum = m[3] + m[4], far_difference = m[3] - m[4];
        to[0] = m[0] + sum + far_sum;
        to[1 * step] = fused(splat(2), far_difference, difference);
        to[2 * step] = fused(splat(4), far_sum, sum);
        to[3 * step] = fused(splat(8), far_difference, difference) + m[5];
    } else {
        to[0] = m[0] + sum;
        to[1 * step] = difference + m[5];
    }
}

/// A tile of `down` x `across` outputs into its place in every slice.
static inline __attribute__((always_inline)) void V(transform_tile)(const int down, const int across,
                                                                    const struct Winograd *w, const float *input,
                                                                    float *transformed, ptrdiff_t slice_step) {
    for (ptrdiff_t channel = 0; channel < w->input_channels; channel += LANES) {
        floats columns[36], line[6];
        UNROLL for (int x = 0; x < across + 2; x++) {
            UNROLL for (int y = 0; y < down + 2; y++) {
                line[y] = load(input + y * w->input_row_step + x * w->input_pixel_step + channel);
            }
            V(transform_line)(down, line, columns + x, 6);
        }
        UNROLL for (int y = 0; y < 6; y++) {
            if (!point_used(6, down, y)) continue;
            V(transform_line)(across, columns + 6 * y, line, 1);
            UNROLL for (int x = 0; x < 6; x++) {
                if (point_used(6, across, x)) store(transformed + (6 * y + x) * slice_step + channel, line[x]);
            }
        }
    }
}
