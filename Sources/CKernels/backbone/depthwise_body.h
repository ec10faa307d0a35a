// Depthwise convolution: each channel with its own k x k filter, so a vector of channels is computed lane by lane.
//
//     output[y][x][c] = activation(bias[c] + sum over i, j of input[y * stride + i][x * stride + j][c] * weights[i][j][c])
//
// A block of neighbouring output pixels of one vector of channels is held in registers. Every input pixel under a kernel
// row is loaded once and added to all the outputs that it touches:
//
//     stride 1, k = 3    inputs    0 1 2 3 4 5 6 7 8         output p takes inputs p * stride ... p * stride + k - 1
//                        outputs   0 1 2 3 4 5 6
//
// The last block of a row ends at the row's end and may overlap the one before: the same value is written twice.

#if REGISTERS == 32
#define WIDE_BLOCK 14
#else
#define WIDE_BLOCK 7
#endif

/// `pixels` outputs of one vector of channels, from `kernel` input rows.
static inline __attribute__((always_inline)) void V(depthwise_block)(const int pixels, const int kernel, const int stride,
                                                                       const struct DepthwiseConvolution *d,
                                                                       const float *const *rows, ptrdiff_t first,
                                                                       ptrdiff_t channel, float *output) {
    const float *weights = d->weights + channel * kernel * kernel;
    const floats bias = load(d->bias + channel);
    floats sums[WIDE_BLOCK];
    UNROLL for (int p = 0; p < pixels; p++) sums[p] = bias;
    for (int i = 0; i < kernel; i++) {
        const float *input = rows[i] + first * stride * d->input_pixel_step + channel;
        floats row[5];
        UNROLL for (int j = 0; j < kernel; j++) row[j] = load(weights + (i * kernel + j) * LANES);
        UNROLL for (int x = 0; x < (pixels - 1) * stride + kernel; x++) {
            const floats value = load(input + x * d->input_pixel_step);
            UNROLL for (int j = 0; j < kernel; j++) {
                const int p = (x - j) / stride;
                if (x >= j && (x - j) % stride == 0 && p < pixels) sums[p] = fused(value, row[j], sums[p]);
            }
        }
    }
    if (d->activation.kind == ActivationClamp) {
        const floats low = splat(d->activation.low), high = splat(d->activation.high);
        UNROLL for (int p = 0; p < pixels; p++) sums[p] = smaller(larger(sums[p], low), high);
    } else {
        UNROLL for (int p = 0; p < pixels; p++) sums[p] = V(activate)(&d->activation, sums[p]);
    }
    UNROLL for (int p = 0; p < pixels; p++) store(output + (first + p) * d->output_pixel_step + channel, sums[p]);
}

typedef void V(DepthwiseRow)(const struct DepthwiseConvolution *, const float *const *rows, float *output);

/// A row of outputs, channel vector by channel vector.
#define DEPTHWISE_ROW(KERNEL, STRIDE)                                                                                   \
    static void V(depthwise_row_##KERNEL##_##STRIDE)(const struct DepthwiseConvolution *d, const float *const *rows,    \
                                                     float *output) {                                                   \
        for (ptrdiff_t channel = 0; channel < d->vectors * LANES; channel += LANES) {                                   \
            if (d->columns < WIDE_BLOCK) {                                                                              \
                for (ptrdiff_t x = 0; x < d->columns; x++) {                                                            \
                    V(depthwise_block)(1, KERNEL, STRIDE, d, rows, x, channel, output);                                 \
                }                                                                                                       \
                continue;                                                                                               \
            }                                                                                                           \
            for (ptrdiff_t x = 0; x < d->columns; x += WIDE_BLOCK) {                                                    \
                const ptrdiff_t first = x + WIDE_BLOCK <= d->columns ? x : d->columns - WIDE_BLOCK;                     \
                V(depthwise_block)(WIDE_BLOCK, KERNEL, STRIDE, d, rows, first, channel, output);                        \
            }                                                                                                           \
        }                                                                                                               \
    }
DEPTHWISE_ROW(3, 1)
DEPTHWISE_ROW(3, 2)
DEPTHWISE_ROW(5, 1)
DEPTHWISE_ROW(5, 2)
#undef DEPTHWISE_ROW

static V(DepthwiseRow) * V(depthwise_row)(const struct DepthwiseConvolution *d) {
    if (d->kernel == 3) return d->stride == 1 ? V(depthwise_row_3_1) : V(depthwise_row_3_2);
    return d->stride == 1 ? V(depthwise_row_5_1) : V(depthwise_row_5_2);
}

/// sums[c] += the row's values of channel c, from left to right.
static void V(add_row)(const struct DepthwiseConvolution *d, const float *row, float *sums) {
    for (ptrdiff_t channel = 0; channel < d->vectors * LANES; channel += LANES) {
        floats sum = splat(0);
        for (ptrdiff_t x = 0; x < d->columns; x++) sum += load(row + x * d->output_pixel_step + channel);
        store(sums + channel, load(sums + channel) + sum);
    }
}

static void V(convolve_depthwise)(const struct DepthwiseConvolution *d) {
    V(DepthwiseRow) *const convolve_row = V(depthwise_row)(d);
    for (ptrdiff_t image = 0; image < d->images; image++) {
        float *sums = d->sums ? d->sums + image * d->sums_image_step : 0;
        for (ptrdiff_t c = 0; sums && c < d->vectors * LANES; c++) sums[c] = 0;
        for (ptrdiff_t y = 0; y < d->rows; y++) {
            const float *rows[5];
            for (ptrdiff_t i = 0; i < d->kernel; i++) {
                rows[i] = d->input + image * d->input_image_step + (y * d->stride + i) * d->input_row_step;
            }
            float *output = d->output + image * d->output_image_step + y * d->output_row_step;
            convolve_row(d, rows, output);
            if (sums) V(add_row)(d, output, sums);
        }
    }
}

#undef WIDE_BLOCK
