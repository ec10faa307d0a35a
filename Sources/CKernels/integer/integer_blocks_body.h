// Dense convolutions of integers in blocks that registers hold, as convolution_body.h has them, with words in the place of floats.
//
//     sum[p][n] = bias[n] + sum over s, k of dot(input[p * step + s * segment_step + k], weights[s][k][n])
//
// where `dot` multiplies the elements of a word by as many weights and adds the products. Sums are exact modulo 2^32, and the caller sees
// to it that they fit.

#if REGISTERS == 32
#define LARGEST_BLOCK_1 14
#define LARGEST_BLOCK_2 13
#define LARGEST_BLOCK_3 9
#else
#define LARGEST_BLOCK_1 10
#define LARGEST_BLOCK_2 6
// Four by three sums, three weights and an input are 16 registers, of which the compiler keeps one sum in memory.
#define LARGEST_BLOCK_3 3
#endif

static inline __attribute__((always_inline)) void V(integer_block)(const int pixels, const int vectors,
                                                                   const struct V(IntegerPanel) * panel, const uint32_t *input,
                                                                   const struct V(IntegerPlace) * place) {
    const struct IntegerConvolution *c = panel->convolution;
    const ptrdiff_t step = c->input_pixel_step;
    const uint32_t *weights = panel->weights;
    integers sums[LARGEST_BLOCK_1][3];
    UNROLL for (int v = 0; v < vectors; v++) {
        const integers bias = load_integers(c->bias + panel->channel + v * LANES);
        UNROLL for (int p = 0; p < pixels; p++) sums[p][v] = bias;
    }
    for (ptrdiff_t s = 0; s < c->segments; s++) {
        const uint32_t *segment = input + s * c->segment_step;
        for (ptrdiff_t k = 0; k < c->segment_length; k++) {
            integers row[3];
            UNROLL for (int v = 0; v < vectors; v++) row[v] = load_integers((const int32_t *)weights + v * LANES);
            weights += vectors * LANES;
            UNROLL for (int p = 0; p < pixels; p++) {
                const integers x = splat_integer((int32_t)segment[p * step + k]);
                UNROLL for (int v = 0; v < vectors; v++) sums[p][v] = dot(sums[p][v], x, row[v]);
            }
        }
    }
    V(put_block)(pixels, vectors, &c->output, panel->channel, sums, place);
}

typedef void V(IntegerBlock)(const struct V(IntegerPanel) *, const uint32_t *input, const struct V(IntegerPlace) *);

#define BLOCK(PIXELS, VECTORS)                                                                                          \
    static void V(integer_block_##PIXELS##x##VECTORS)(const struct V(IntegerPanel) * panel, const uint32_t *input,      \
                                                      const struct V(IntegerPlace) * place) {                           \
        V(integer_block)(PIXELS, VECTORS, panel, input, place);                                                         \
    }
BLOCK(1, 1) BLOCK(2, 1) BLOCK(3, 1) BLOCK(4, 1) BLOCK(5, 1) BLOCK(6, 1) BLOCK(7, 1) BLOCK(8, 1) BLOCK(9, 1) BLOCK(10, 1)
BLOCK(1, 2) BLOCK(2, 2) BLOCK(3, 2) BLOCK(4, 2) BLOCK(5, 2) BLOCK(6, 2)
BLOCK(1, 3) BLOCK(2, 3) BLOCK(3, 3)
#if REGISTERS == 32
BLOCK(11, 1) BLOCK(12, 1) BLOCK(13, 1) BLOCK(14, 1)
BLOCK(7, 2) BLOCK(8, 2) BLOCK(9, 2) BLOCK(10, 2) BLOCK(11, 2) BLOCK(12, 2) BLOCK(13, 2)
BLOCK(4, 3) BLOCK(5, 3) BLOCK(6, 3) BLOCK(7, 3) BLOCK(8, 3) BLOCK(9, 3)
#endif
#undef BLOCK

static const int V(largest_integer_block)[4] = {0, LARGEST_BLOCK_1, LARGEST_BLOCK_2, LARGEST_BLOCK_3};

#define B(PIXELS, VECTORS) V(integer_block_##PIXELS##x##VECTORS)
static V(IntegerBlock) *const V(integer_blocks)[4][LARGEST_BLOCK_1 + 1] = {
    [1] = {0, B(1, 1), B(2, 1), B(3, 1), B(4, 1), B(5, 1), B(6, 1), B(7, 1), B(8, 1), B(9, 1), B(10, 1),
#if REGISTERS == 32
           B(11, 1), B(12, 1), B(13, 1), B(14, 1)},
    [2] = {0, B(1, 2), B(2, 2), B(3, 2), B(4, 2), B(5, 2), B(6, 2), B(7, 2), B(8, 2), B(9, 2), B(10, 2), B(11, 2),
           B(12, 2), B(13, 2)},
    [3] = {0, B(1, 3), B(2, 3), B(3, 3), B(4, 3), B(5, 3), B(6, 3), B(7, 3), B(8, 3), B(9, 3)},
#else
    },
    [2] = {0, B(1, 2), B(2, 2), B(3, 2), B(4, 2), B(5, 2), B(6, 2)},
    [3] = {0, B(1, 3), B(2, 3), B(3, 3)},
#endif
};
#undef B

/// One panel over a row of output pixels, in blocks of nearly equal size.
static void V(convolve_in_blocks)(const struct V(IntegerPanel) * panel, ptrdiff_t vectors, const uint32_t *input,
                                  struct V(IntegerPlace) place) {
    const struct IntegerConvolution *c = panel->convolution;
    const ptrdiff_t largest = V(largest_integer_block)[vectors];
    const ptrdiff_t count = (c->columns + largest - 1) / largest;
    const ptrdiff_t size = (c->columns + count - 1) / count;
    const ptrdiff_t smaller_ones = size * count - c->columns;
    for (ptrdiff_t b = 0; b < count; b++) {
        const ptrdiff_t pixels = b < count - smaller_ones ? size : size - 1;
        V(integer_blocks)[vectors][pixels](panel, input, &place);
        input += pixels * c->input_pixel_step;
        V(advance)(&c->output, &place, pixels);
    }
}

#undef LARGEST_BLOCK_1
#undef LARGEST_BLOCK_2
#undef LARGEST_BLOCK_3
