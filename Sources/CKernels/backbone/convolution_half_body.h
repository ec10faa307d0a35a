// The convolution of convolution_body.h where half of the last vector of output channels or more is surplus: 24 or 40
// channels in vectors of 16. The micro-kernel's last column of accumulators is then half a vector wide, which costs a
// processor that computes 16 lanes as two times eight half as much:
//
//              weights [k]   | w0            | w1     |        weights and maps are packed as for whole vectors
//     pixel 0  a[0 * step+k] | acc 0,0       | acc 0,1|
//     pixel 1  a[1 * step+k] | acc 1,0       | acc 1,1|
//
// For one panel, two or three vectors wide, and without an activation that takes more than a clamp. Every channel has the
// chain of multiply-adds that the other micro-kernel gives it; the surplus becomes zero.

#if LANES == 16

#define LARGEST_HALF_BLOCK 14

typedef float V(half) __attribute__((ext_vector_type(LANES / 2)));
typedef float V(half_unaligned) __attribute__((ext_vector_type(LANES / 2), aligned(4)));
#define half V(half)

static inline __attribute__((always_inline)) void V(half_block)(const int pixels, const int vectors,
                                                                const struct Convolution *c, const float *input,
                                                                const float *residual, float *output) {
    const ptrdiff_t step = c->input_pixel_step;
    const int whole = vectors - 1;
    const float *weights = c->weights;
    floats sums[LARGEST_HALF_BLOCK][2];
    half lasts[LARGEST_HALF_BLOCK];
    UNROLL for (int p = 0; p < pixels; p++) {
        UNROLL for (int v = 0; v < whole; v++) sums[p][v] = c->bias ? load(c->bias + v * LANES) : splat(0);
        lasts[p] = c->bias ? (half)*(const V(half_unaligned) *)(c->bias + whole * LANES) : (half){0};
    }
    for (ptrdiff_t s = 0; s < c->segments; s++) {
        const float *segment = input + s * c->segment_step;
        for (ptrdiff_t k = 0; k < c->segment_length; k++) {
            floats row[2];
            UNROLL for (int v = 0; v < whole; v++) row[v] = load(weights + v * LANES);
            const half last = (half)*(const V(half_unaligned) *)(weights + whole * LANES);
            weights += vectors * LANES;
            UNROLL for (int p = 0; p < pixels; p++) {
                floats x = splat(segment[p * step + k]);
                // One broadcast into a whole register, not one of each width.
                __asm__("" : "+v"(x));
                UNROLL for (int v = 0; v < whole; v++) sums[p][v] = fused(x, row[v], sums[p][v]);
                lasts[p] = fused((half)__builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7), last, lasts[p]);
            }
        }
    }
    const floats low = splat(c->activation.low), high = splat(c->activation.high);
    UNROLL for (int p = 0; p < pixels; p++) {
        UNROLL for (int v = 0; v < vectors; v++) {
            const half zeros = {0};
            floats sum = v < whole ? sums[p][v]
                                   : __builtin_shufflevector(lasts[p], zeros, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
                                                             14, 15);
            if (residual) sum += load(residual + p * c->residual_pixel_step + v * LANES);
            if (c->activation.kind == ActivationClamp) sum = smaller(larger(sum, low), high);
            store(output + p * c->output_pixel_step + v * LANES, sum);
        }
    }
}

typedef void V(HalfBlock)(const struct Convolution *, const float *input, const float *residual, float *output);

#define BLOCK(PIXELS, VECTORS)                                                                                           \
    static void V(half_block_##PIXELS##x##VECTORS)(const struct Convolution *c, const float *input, const float *residual, \
                                                   float *output) {                                                      \
        V(half_block)(PIXELS, VECTORS, c, input, residual, output);                                                      \
    }
BLOCK(1, 2) BLOCK(2, 2) BLOCK(3, 2) BLOCK(4, 2) BLOCK(5, 2) BLOCK(6, 2) BLOCK(7, 2)
BLOCK(8, 2) BLOCK(9, 2) BLOCK(10, 2) BLOCK(11, 2) BLOCK(12, 2) BLOCK(13, 2) BLOCK(14, 2)
BLOCK(1, 3) BLOCK(2, 3) BLOCK(3, 3) BLOCK(4, 3) BLOCK(5, 3) BLOCK(6, 3) BLOCK(7, 3) BLOCK(8, 3) BLOCK(9, 3)
#undef BLOCK

#define B(PIXELS, VECTORS) V(half_block_##PIXELS##x##VECTORS)
static V(HalfBlock) *const V(half_blocks)[4][LARGEST_HALF_BLOCK + 1] = {
    [2] = {0, B(1, 2), B(2, 2), B(3, 2), B(4, 2), B(5, 2), B(6, 2), B(7, 2), B(8, 2), B(9, 2), B(10, 2), B(11, 2),
           B(12, 2), B(13, 2), B(14, 2)},
    [3] = {0, B(1, 3), B(2, 3), B(3, 3), B(4, 3), B(5, 3), B(6, 3), B(7, 3), B(8, 3), B(9, 3)},
};
#undef B

static bool V(suits_half)(const struct Convolution *c) {
    return c->surplus >= LANES / 2 && (c->vectors == 2 || c->vectors == 3) &&
           (c->activation.kind == ActivationNone || c->activation.kind == ActivationClamp);
}

/// The rows `first..<last`, counted through the images.
static void V(convolve_half_rows)(const struct Convolution *c, ptrdiff_t first, ptrdiff_t last) {
    const ptrdiff_t largest = c->vectors == 2 ? LARGEST_HALF_BLOCK : 9;
    const ptrdiff_t count = (c->columns + largest - 1) / largest;
    for (ptrdiff_t r = first; r < last; r++) {
        const ptrdiff_t image = r / c->rows, row = r % c->rows;
        const float *input = c->input + image * c->input_image_step + row * c->input_row_step;
        const float *residual =
            c->residual ? c->residual + image * c->residual_image_step + row * c->residual_row_step : 0;
        float *output = c->output + image * c->output_image_step + row * c->output_row_step;
        // Blocks of nearly equal size.
        for (ptrdiff_t b = 0, pixel = 0; b < count; b++) {
            const ptrdiff_t pixels = (c->columns * (b + 1)) / count - pixel;
            V(half_blocks)[c->vectors][pixels](c, input + pixel * c->input_pixel_step,
                                               residual ? residual + pixel * c->residual_pixel_step : 0,
                                               output + pixel * c->output_pixel_step);
            pixel += pixels;
        }
    }
}

#undef half
#undef LARGEST_HALF_BLOCK

#else

static bool V(suits_half)(const struct Convolution *c) {
    (void)c;
    return false;
}
static void V(convolve_half_rows)(const struct Convolution *c, ptrdiff_t first, ptrdiff_t last) {
    (void)c, (void)first, (void)last;
}

#endif
