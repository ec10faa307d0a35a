// Depthwise convolutions of integers.
//
// A word's products are added by `dot`, and belong to one sum: so a word must hold what one channel has under it in several rows. `interleave`
// makes such words of ELEMENTS rows of a block of channels, ELEMENTS vectors of them, and each serves all outputs whose kernel has a column there:
//
//     row 0   a0 b0 c0 ...                vector 0   a0 a1 a2 a3  b0 b1 b2 b3  ...
//     row 1   a1 b1 c1 ...        ->      vector 1   e0 e1 e2 e3  ...
//     row 2   a2 b2 c2 ...                ...
//
// Within vectors the channels come in another order than in memory (`integer_depthwise_channel`), and `pack` undoes it.

/// Output pixels that are computed together.
#define DEPTHWISE_PIXELS 4

/// `ELEMENTS` rows under one kernel column, from row `first` on; rows beyond the kernel have weights of nought.
static inline __attribute__((always_inline)) void V(interleaved)(const int kernel, const int first, const uint32_t *const *rows,
                                                                 ptrdiff_t at, integers words[ELEMENTS]) {
    integers lines[ELEMENTS];
    UNROLL for (int e = 0; e < ELEMENTS; e++) {
        lines[e] = first + e < kernel ? load_integers((const int32_t *)rows[first + e] + at) : splat_integer(0);
    }
    interleave(lines, words);
}

static inline __attribute__((always_inline)) void V(integer_depthwise_block)(const int pixels, const int kernel, const int stride,
                                                                             const struct IntegerDepthwise *d,
                                                                             const uint32_t *const *rows, ptrdiff_t first,
                                                                             ptrdiff_t block, const struct V(IntegerPlace) * place) {
    const int runs = (kernel + ELEMENTS - 1) / ELEMENTS;
    const struct IntegerOutput *o = &d->output;
    const uint32_t *weights = d->weights + block * runs * kernel * ELEMENTS * LANES;
    const ptrdiff_t channel = block * ELEMENTS * LANES;
    integers sums[DEPTHWISE_PIXELS][ELEMENTS];
    UNROLL for (int v = 0; v < ELEMENTS; v++) {
        const integers bias = load_integers(d->bias + channel + v * LANES);
        UNROLL for (int p = 0; p < pixels; p++) sums[p][v] = bias;
    }
    UNROLL for (int run = 0; run < runs; run++) {
        UNROLL for (int x = 0; x < (pixels - 1) * stride + kernel; x++) {
            integers words[ELEMENTS];
            V(interleaved)(kernel, run * ELEMENTS, rows, (first * stride + x) * d->input_pixel_step + block * LANES, words);
            UNROLL for (int j = 0; j < kernel; j++) {
                const int p = (x - j) / stride;
                if (x < j || (x - j) % stride != 0 || p >= pixels) continue;
                UNROLL for (int v = 0; v < ELEMENTS; v++) {
                    const integers w =
                        load_integers((const int32_t *)weights + ((run * kernel + j) * ELEMENTS + v) * LANES);
                    sums[p][v] = dot(sums[p][v], words[v], w);
                }
            }
        }
    }
    if (o->map) {
        floats factors[ELEMENTS];
        UNROLL for (int v = 0; v < ELEMENTS; v++) factors[v] = load(o->multipliers + channel + v * LANES);
        UNROLL for (int p = 0; p < pixels; p++) {
            integers q[ELEMENTS];
            UNROLL for (int v = 0; v < ELEMENTS; v++) {
                q[v] = round_to_integers(__builtin_convertvector(sums[p][v], floats) * factors[v]);
            }
            store_integers((int32_t *)place->map + (first + p) * o->map_pixel_step + block * LANES, pack(q, o->zero, o->high));
        }
    }
    if (o->values) {
        UNROLL for (int p = 0; p < pixels; p++) {
            UNROLL for (int v = 0; v < ELEMENTS; v++) {
                const floats value =
                    __builtin_convertvector(sums[p][v], floats) * load(o->unit_multipliers + channel + v * LANES);
                store(place->values + (first + p) * o->values_pixel_step + channel + v * LANES,
                      smaller(larger(value, splat(o->values_low)), splat(o->values_high)));
            }
        }
    }
}

typedef void V(IntegerDepthwiseRow)(const struct IntegerDepthwise *, const uint32_t *const *rows,
                                    const struct V(IntegerPlace) *);

/// A row of outputs, block by block.
#define DEPTHWISE_ROW(KERNEL, STRIDE)                                                                                   \
    static void V(integer_depthwise_row_##KERNEL##_##STRIDE)(                                                           \
        const struct IntegerDepthwise *d, const uint32_t *const *rows, const struct V(IntegerPlace) * place) {          \
        for (ptrdiff_t block = 0; block < d->blocks; block++) {                                                         \
            if (d->columns < DEPTHWISE_PIXELS) {                                                                        \
                for (ptrdiff_t x = 0; x < d->columns; x++) {                                                            \
                    V(integer_depthwise_block)(1, KERNEL, STRIDE, d, rows, x, block, place);                            \
                }                                                                                                       \
                continue;                                                                                               \
            }                                                                                                           \
            for (ptrdiff_t x = 0; x < d->columns; x += DEPTHWISE_PIXELS) {                                              \
                const ptrdiff_t first = x + DEPTHWISE_PIXELS <= d->columns ? x : d->columns - DEPTHWISE_PIXELS;         \
                V(integer_depthwise_block)(DEPTHWISE_PIXELS, KERNEL, STRIDE, d, rows, first, block, place);             \
            }                                                                                                           \
        }                                                                                                               \
    }
DEPTHWISE_ROW(3, 1)
DEPTHWISE_ROW(3, 2)
DEPTHWISE_ROW(5, 1)
DEPTHWISE_ROW(5, 2)
#undef DEPTHWISE_ROW

static V(IntegerDepthwiseRow) * V(integer_depthwise_row)(const struct IntegerDepthwise *d) {
    return d->kernel == 3 ? (d->stride == 1 ? V(integer_depthwise_row_3_1) : V(integer_depthwise_row_3_2))
                          : (d->stride == 1 ? V(integer_depthwise_row_5_1) : V(integer_depthwise_row_5_2));
}

static void V(integer_convolve_depthwise)(const struct IntegerDepthwise *d) {
    V(IntegerDepthwiseRow) *const convolve_row = V(integer_depthwise_row)(d);
    struct V(Table) table;
    if (d->output.table) V(prepare_table)(&table, d->output.table);
    for (ptrdiff_t image = 0; image < d->images; image++) {
        for (ptrdiff_t y = 0; y < d->rows; y++) {
            const uint32_t *rows[5];
            for (ptrdiff_t i = 0; i < d->kernel; i++) {
                rows[i] = d->input + image * d->input_image_step + (y * d->stride + i) * d->input_row_step;
            }
            const struct V(IntegerPlace) place = V(integer_place)(&d->output, image, y);
            convolve_row(d, rows, &place);
            if (d->output.table) V(look_up)(&table, d->output.table, place.map, d->columns * d->output.map_pixel_step);
        }
    }
}

#undef DEPTHWISE_PIXELS
