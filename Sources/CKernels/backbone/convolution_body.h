// Convolution as implicit matrix multiplication.
//
//     output[p][n] = activation(bias[n] + sum over s, k of input[p * step + s * segment_step + k] * weights[s][k][n]
//                               + residual[p][n])
//
// The micro-kernel holds a block of PIXELS x VECTORS accumulators in registers. For every k it loads VECTORS vectors of
// weights and, one after another, broadcasts PIXELS floats of input:
//
//              weights [k]   | w0      | w1      |        a panel: 1, 2 or 3 vectors wide, packed so that
//     input    ------------- +---------+---------+        successive k follow each other in memory
//     pixel 0  a[0 * step+k] | acc 0,0 | acc 0,1 |
//     pixel 1  a[1 * step+k] | acc 1,0 | acc 1,1 |
//     ...                    |         |         |
//
// A strided convolution is another pixel step, a wider kernel more segments: nothing is gathered first. The idea of one
// small kernel with everything around it portable is BLIS's (Van Zee, van de Geijn 2015); implicit GEMM through pixel
// pointers is XNNPACK's "indirect convolution" (Dukhan 2019) with the indirection reduced to two strides.
//
// The loops around it: block of rows (its input stays in L2) > panel (its weights stay in L1 or L2) > row > block of pixels.
// While a panel meets its first block of pixels, the panel after it is fetched into L2: a Winograd slice has so few pixels
// that the weights, which come from far away, would otherwise arrive late again and again.

#if REGISTERS == 32
#define LARGEST_BLOCK_1 14
#define LARGEST_BLOCK_2 14
#define LARGEST_BLOCK_3 9
#else
#define LARGEST_BLOCK_1 12
#define LARGEST_BLOCK_2 6
// Four by three sums, three weights and an input are 16 registers, of which the compiler keeps one sum in memory.
#define LARGEST_BLOCK_3 3
#endif

/// What stays the same from block to block of one row and panel.
struct V(Panel) {
    const struct Convolution *convolution;
    const float *weights, *bias;
    /// From a weight to the one to be fetched meanwhile: a panel further, or nought.
    ptrdiff_t ahead;
};

static inline __attribute__((always_inline)) void V(block)(const int pixels, const int vectors,
                                                           const struct V(Panel) * panel, const float *input,
                                                           const float *residual, float *output) {
    const struct Convolution *c = panel->convolution;
    const ptrdiff_t step = c->input_pixel_step;
    const ptrdiff_t ahead = panel->ahead;
    const float *weights = panel->weights;
    floats sums[LARGEST_BLOCK_1][3];
    UNROLL for (int v = 0; v < vectors; v++) {
        const floats bias = panel->bias ? load(panel->bias + v * LANES) : splat(0);
        UNROLL for (int p = 0; p < pixels; p++) sums[p][v] = bias;
    }
    for (ptrdiff_t s = 0; s < c->segments; s++) {
        const float *segment = input + s * c->segment_step;
        for (ptrdiff_t k = 0; k < c->segment_length; k++) {
            floats row[3];
            UNROLL for (int v = 0; v < vectors; v++) row[v] = load(weights + v * LANES);
            UNROLL for (int v = 0; v < vectors * LANES; v += 16) __builtin_prefetch(weights + ahead + v, 0, 2);
            weights += vectors * LANES;
            UNROLL for (int p = 0; p < pixels; p++) {
                const floats x = splat(segment[p * step + k]);
                UNROLL for (int v = 0; v < vectors; v++) sums[p][v] = fused(x, row[v], sums[p][v]);
            }
        }
    }
    if (residual) {
        UNROLL for (int p = 0; p < pixels; p++) {
            UNROLL for (int v = 0; v < vectors; v++) sums[p][v] += load(residual + p * c->residual_pixel_step + v * LANES);
        }
    }
    if (c->activation.kind == ActivationClamp) {
        const floats low = splat(c->activation.low), high = splat(c->activation.high);
        UNROLL for (int p = 0; p < pixels; p++) {
            UNROLL for (int v = 0; v < vectors; v++) {
                store(output + p * c->output_pixel_step + v * LANES, smaller(larger(sums[p][v], low), high));
            }
        }
    } else {
        UNROLL for (int p = 0; p < pixels; p++) {
            UNROLL for (int v = 0; v < vectors; v++) store(output + p * c->output_pixel_step + v * LANES, sums[p][v]);
        }
        if (c->activation.kind == ActivationNone) return;
        for (int p = 0; p < pixels; p++) {
            float *pixel = output + p * c->output_pixel_step;
            for (int v = 0; v < vectors; v++) {
                store(pixel + v * LANES, V(activate)(&c->activation, load(pixel + v * LANES)));
            }
        }
    }
}

typedef void V(Block)(const struct V(Panel) *, const float *input, const float *residual, float *output);

#define BLOCK(PIXELS, VECTORS)                                                                                          \
    static void V(block_##PIXELS##x##VECTORS)(const struct V(Panel) * panel, const float *input, const float *residual, \
                                              float *output) {                                                          \
        V(block)(PIXELS, VECTORS, panel, input, residual, output);                                                      \
    }
BLOCK(1, 1) BLOCK(2, 1) BLOCK(3, 1) BLOCK(4, 1) BLOCK(5, 1) BLOCK(6, 1) BLOCK(7, 1) BLOCK(8, 1) BLOCK(9, 1)
BLOCK(10, 1) BLOCK(11, 1) BLOCK(12, 1)
BLOCK(1, 2) BLOCK(2, 2) BLOCK(3, 2) BLOCK(4, 2) BLOCK(5, 2) BLOCK(6, 2)
BLOCK(1, 3) BLOCK(2, 3) BLOCK(3, 3)
#if REGISTERS == 32
BLOCK(13, 1) BLOCK(14, 1)
BLOCK(7, 2) BLOCK(8, 2) BLOCK(9, 2) BLOCK(10, 2) BLOCK(11, 2) BLOCK(12, 2) BLOCK(13, 2) BLOCK(14, 2)
BLOCK(4, 3) BLOCK(5, 3) BLOCK(6, 3) BLOCK(7, 3) BLOCK(8, 3) BLOCK(9, 3)
#endif
#undef BLOCK

/// The largest block of pixels for a panel of so many vectors.
static const int V(largest_block)[4] = {0, LARGEST_BLOCK_1, LARGEST_BLOCK_2, LARGEST_BLOCK_3};

#define B(PIXELS, VECTORS) V(block_##PIXELS##x##VECTORS)
static V(Block) *const V(blocks)[4][LARGEST_BLOCK_1 + 1] = {
    [1] = {0, B(1, 1), B(2, 1), B(3, 1), B(4, 1), B(5, 1), B(6, 1), B(7, 1), B(8, 1), B(9, 1), B(10, 1), B(11, 1),
           B(12, 1),
#if REGISTERS == 32
           B(13, 1), B(14, 1)},
    [2] = {0, B(1, 2), B(2, 2), B(3, 2), B(4, 2), B(5, 2), B(6, 2), B(7, 2), B(8, 2), B(9, 2), B(10, 2), B(11, 2),
           B(12, 2), B(13, 2), B(14, 2)},
    [3] = {0, B(1, 3), B(2, 3), B(3, 3), B(4, 3), B(5, 3), B(6, 3), B(7, 3), B(8, 3), B(9, 3)},
#else
    },
    [2] = {0, B(1, 2), B(2, 2), B(3, 2), B(4, 2), B(5, 2), B(6, 2)},
    [3] = {0, B(1, 3), B(2, 3), B(3, 3)},
#endif
};
#undef B

/// One panel over a row of `columns` output pixels, in blocks of nearly equal size.
static void V(convolve_row)(struct V(Panel) * panel, ptrdiff_t vectors, ptrdiff_t columns, const float *input,
                            const float *residual, float *output) {
    const struct Convolution *c = panel->convolution;
    const ptrdiff_t largest = V(largest_block)[vectors];
    const ptrdiff_t count = (columns + largest - 1) / largest;
    const ptrdiff_t size = (columns + count - 1) / count;
    const ptrdiff_t smaller_ones = size * count - columns;
    for (ptrdiff_t b = 0; b < count; b++) {
        const ptrdiff_t pixels = b < count - smaller_ones ? size : size - 1;
        V(blocks)[vectors][pixels](panel, input, residual, output);
        panel->ahead = 0;
        input += pixels * c->input_pixel_step;
        output += pixels * c->output_pixel_step;
        if (residual) residual += pixels * c->residual_pixel_step;
    }
}

/// All panels over the rows `first..<last`, counted through the images.
static void V(convolve_rows)(const struct Convolution *c, ptrdiff_t first, ptrdiff_t last) {
    if (V(suits_half)(c)) return V(convolve_half_rows)(c, first, last);
    const struct Panels panels = convolution_panels(c->vectors);
    struct V(Panel) panel = {c, c->weights, c->bias, 0};
    for (ptrdiff_t n = 0, channel = 0; n < panels.count; n++) {
        const ptrdiff_t vectors = n == 0 ? panels.first_width : 2;
        const ptrdiff_t size = c->segments * c->segment_length * vectors * LANES;
        panel.ahead = size;
        for (ptrdiff_t r = first; r < last; r++) {
            const ptrdiff_t image = r / c->rows, row = r % c->rows;
            const float *residual =
                c->residual ? c->residual + image * c->residual_image_step + row * c->residual_row_step + channel : 0;
            V(convolve_row)(&panel, vectors, c->columns, c->input + image * c->input_image_step + row * c->input_row_step,
                            residual, c->output + image * c->output_image_step + row * c->output_row_step + channel);
        }
        panel.weights += size;
        if (panel.bias) panel.bias += vectors * LANES;
        channel += vectors * LANES;
    }
}

static void V(convolve)(const struct Convolution *c) {
    const ptrdiff_t rows = c->images * c->rows;
    for (ptrdiff_t first = 0; first < rows; first += c->rows_per_block) {
        const ptrdiff_t last = first + c->rows_per_block < rows ? first + c->rows_per_block : rows;
        V(convolve_rows)(c, first, last);
    }
}

/// The gated weights are packed as the weights are: a row of a panel belongs to one input channel.
static void V(gate_weights)(const float *weights, const float *gate, float *gated, ptrdiff_t input_channels,
                            ptrdiff_t vectors) {
    const struct Panels panels = convolution_panels(vectors);
    for (ptrdiff_t n = 0; n < panels.count; n++) {
        const ptrdiff_t width = n == 0 ? panels.first_width : 2;
        for (ptrdiff_t k = 0; k < input_channels; k++) {
            const floats factor = splat(gate[k]);
            for (ptrdiff_t v = 0; v < width; v++, weights += LANES, gated += LANES) store(gated, load(weights) * factor);
        }
    }
}

static void V(scale_floats)(const float *input, float factor, float *output, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i += LANES) store(output + i, load(input + i) * splat(factor));
}

#undef LARGEST_BLOCK_1
#undef LARGEST_BLOCK_2
#undef LARGEST_BLOCK_3
