// The stem of a residual network: 7 x 7 convolution with stride 2 over three channels, activation, and the maximum of 3 x 3
// windows with stride 2, in bands of a few rows that stay in the cache.
//
// Along a row the convolution goes by Winograd's minimal filtering on the input's phases, as in winograd_stride2_body.h. A
// kernel row has four even taps and three odd ones; with a zero for the eighth both are F(4, 4), on the points 0, 1, -1, 2,
// -2, 1/2 and infinity, and a pair of neighbouring pixels is one of six channels:
//
//     y = A' [ (G g) * (B' d) ]     d: seven pairs, y: four outputs
//
//          | -2   4  5/2  -5  -1/2   1   0 |        |  -1/2 (1)                |
//          |  0   2  -2  -9/2  1/2   1   0 |        |  -1/3 (1   1    1    1 ) |        | 1  1  1  1  1  1   0 |
//          |  0  -2   6  -7/2 -3/2   1   0 |        |   1/9 (1  -1    1   -1 ) |        | 0  1 -1  2 -2 1/2  0 |
//     B' = |  0   1 -3/2  -2   3/2   1   0 |    G = |  1/36 (1   2    4    8 ) |   A' = | 0  1  1  4  4 1/4  0 |
//          |  0  -1  5/2   0  -5/2   1   0 |        | -1/60 (1  -2    4   -8 ) |        | 0  1 -1  8 -8 1/8  1 |
//          |  0   4   0   -5    0    1   0 |        | 32/45 (1  1/2  1/4  1/8) |
//          |  0  -2   4   5/2  -5  -1/2  1 |        |       (             1  ) |
//
// Rows are summed as they are: point by point a matrix product [tiles x 7 rows * 6] x [7 rows * 6 x outputs], where each
// input row's transform serves the three or four output rows that it lies under. At infinity the odd taps' weights are
// zero and left out. So 7 * 42 - 21 = 273 products stand in for 4 * 147 = 588.
//
//     image --B' d--> transformed [row][point][tile][6] --products--> [point][row][tile][output] --A' m--> ring [row][column]
//                                                                                                  --maximum--> output

/// A tile's stores reach over its six floats by less than a vector.
static inline ptrdiff_t V(stem_point_step)(ptrdiff_t tiles) { return tiles * StemPair + 16; }
static inline ptrdiff_t V(stem_row_step)(ptrdiff_t tiles) { return StemPoints * V(stem_point_step)(tiles); }

/// B' of one input row.
static void V(stem_transform_row)(const float *input, ptrdiff_t tiles, float *transformed) {
    static const float matrix[7][7] = {{-2, 4, 2.5f, -5, -0.5f, 1, 0},   {0, 2, -2, -4.5f, 0.5f, 1, 0},
                                       {0, -2, 6, -3.5f, -1.5f, 1, 0},   {0, 1, -1.5f, -2, 1.5f, 1, 0},
                                       {0, -1, 2.5f, 0, -2.5f, 1, 0},    {0, 4, 0, -5, 0, 1, 0},
                                       {0, -2, 4, 2.5f, -5, -0.5f, 1}};
    for (ptrdiff_t tile = 0; tile < tiles; tile++, input += 4 * StemPair, transformed += StemPair) {
        UNROLL for (int channel = 0; channel < StemPair; channel += LANES) {
            floats pairs[7];
            UNROLL for (int i = 0; i < 7; i++) pairs[i] = load(input + i * StemPair + channel);
            UNROLL for (int point = 0; point < 7; point++) {
                // Every row ends with a one: at infinity in the seventh place, elsewhere in the sixth.
                const int last = point == 6 ? 6 : 5;
                floats sum = pairs[last];
                UNROLL for (int i = 0; i < last; i++) {
                    if (matrix[point][i] != 0) sum = fused(splat(matrix[point][i]), pairs[i], sum);
                }
                store(transformed + point * V(stem_point_step)(tiles) + channel, sum);
            }
        }
    }
}

/// A' of one output row, with bias and activation.
static void V(stem_untransform_row)(const struct Stem *s, ptrdiff_t tiles, const float *products, ptrdiff_t point_step,
                                    float *row) {
    const ptrdiff_t pixel = s->vectors * LANES;
    const floats low = splat(s->activation.low), high = splat(s->activation.high);
    for (ptrdiff_t tile = 0; tile < tiles; tile++, products += pixel, row += 4 * pixel) {
        for (ptrdiff_t channel = 0; channel < pixel; channel += LANES) {
            floats m[7];
            UNROLL for (int point = 0; point < 7; point++) m[point] = load(products + point * point_step + channel);
            const floats bias = load(s->bias + channel);
            const floats sum = m[1] + m[2], difference = m[1] - m[2];
            const floats far_sum = m[3] + m[4], far_difference = m[3] - m[4];
            const floats outputs[4] = {
                m[0] + sum + (far_sum + m[5]),
                fused(splat(0.5f), m[5], fused(splat(2), far_difference, difference)),
                fused(splat(0.25f), m[5], fused(splat(4), far_sum, sum)),
                fused(splat(0.125f), m[5], fused(splat(8), far_difference, difference)) + m[6],
            };
            UNROLL for (int i = 0; i < 4; i++) {
                store(row + i * pixel + channel, smaller(larger(outputs[i] + bias, low), high));
            }
        }
    }
}

/// `count` rows of the convolution, from their transformed input.
static void V(stem_multiply)(const struct Stem *s, ptrdiff_t tiles, ptrdiff_t count, const float *transformed,
                             float *products, ptrdiff_t point_step) {
    const ptrdiff_t pixel = s->vectors * LANES;
    const float *weights = s->weights;
    for (int point = 0; point < 7; point++) {
        const struct Convolution product = {
            .input = transformed + point * V(stem_point_step)(tiles),
            .input_pixel_step = StemPair,
            .input_row_step = 2 * V(stem_row_step)(tiles),
            .segments = 7,
            .segment_step = V(stem_row_step)(tiles),
            .segment_length = point < 6 ? StemPair : StemPair / 2,
            .weights = weights,
            .output = products + point * point_step,
            .output_pixel_step = pixel,
            .output_row_step = tiles * pixel,
            .images = 1,
            .rows = count,
            .columns = tiles,
            .vectors = s->vectors,
            .rows_per_block = count,
            .activation = {.kind = ActivationNone},
        };
        V(convolve)(&product);
        weights += product.segments * product.segment_length * pixel;
    }
}

/// The maximum of the windows of one output row. A window that reaches over an edge takes the pixel at the edge again.
static void V(stem_pool_row)(const struct Stem *s, const float *const rows[3], float *output) {
    const ptrdiff_t pixel = s->vectors * LANES;
    for (ptrdiff_t x = 0; 2 * x < s->columns; x++, output += pixel) {
        const ptrdiff_t middle = 2 * x * pixel, left = x > 0 ? middle - pixel : middle;
        const ptrdiff_t right = 2 * x + 1 < s->columns ? middle + pixel : middle;
        for (ptrdiff_t channel = 0; channel < pixel; channel += LANES) {
            floats largest = splat(0);
            UNROLL for (int i = 0; i < 3; i++) {
                const float *row = rows[i] + channel;
                largest = larger(larger(largest, load(row + left)), larger(load(row + middle), load(row + right)));
            }
            store(output + channel, largest);
        }
    }
}

static void V(stem_image)(const struct Stem *s, const float *input, float *output) {
    const ptrdiff_t tiles = (s->columns + 3) / 4, pixel = s->vectors * LANES;
    const ptrdiff_t row_step = V(stem_row_step)(tiles), ring_step = 4 * tiles * pixel + 16;
    const ptrdiff_t point_step = StemBand * tiles * pixel + 16;
    float *transformed = s->scratch, *products = transformed + (2 * StemBand + 5) * row_step;
    float *ring = products + 7 * point_step;
    ptrdiff_t transformed_rows = 0, pooled_rows = 0;
    for (ptrdiff_t first = 0; first < s->rows; first += StemBand) {
        const ptrdiff_t count = s->rows - first < StemBand ? s->rows - first : StemBand;
        // The rows under two bands stay.
        if (first > 0) {
            for (ptrdiff_t i = 0; i < 5 * row_step; i++) transformed[i] = transformed[2 * StemBand * row_step + i];
        }
        for (; transformed_rows < 2 * (first + count) + 5; transformed_rows++) {
            V(stem_transform_row)(input + transformed_rows * s->input_row_step, tiles,
                                  transformed + (transformed_rows - 2 * first) * row_step);
        }
        V(stem_multiply)(s, tiles, count, transformed, products, point_step);
        for (ptrdiff_t r = 0; r < count; r++) {
            V(stem_untransform_row)(s, tiles, products + r * tiles * pixel, point_step,
                                    ring + (first + r) % (StemBand + 1) * ring_step);
        }
        for (; 2 * pooled_rows < first + count; pooled_rows++) {
            const float *rows[3];
            for (ptrdiff_t i = 0; i < 3; i++) {
                ptrdiff_t row = 2 * pooled_rows + i - 1;
                if (row < 0 || row >= s->rows) row = 2 * pooled_rows;
                rows[i] = ring + row % (StemBand + 1) * ring_step;
            }
            V(stem_pool_row)(s, rows, output + pooled_rows * s->output_row_step);
        }
    }
}

static void V(convolve_stem)(const struct Stem *s) {
    for (ptrdiff_t image = 0; image < s->images; image++) {
        V(stem_image)(s, s->input + image * s->input_image_step, s->output + image * s->output_image_step);
    }
}
