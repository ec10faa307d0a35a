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
// and 16 or 24 slices. Tiles come in the order tall and wide, tall and narrow, short and wide, short and narrow, so that the
// tiles that take part in a slice are one or two runs. What a tile covers depends on its place in the image alone.

/// Tiles of an image along both axes.
struct V(TileGrid) {
    ptrdiff_t tall, brief, wide, narrow;
    ptrdiff_t images;
};

struct V(Tile) {
    ptrdiff_t image, y, x;
};

static inline struct V(TileGrid) V(tile_grid)(const struct Winograd *w) {
    const ptrdiff_t rows = w->rows + (w->rows % 4 == 3), columns = w->columns + (w->columns % 4 == 3);
    return (struct V(TileGrid)){rows / 4, rows % 4 != 0, columns / 4, columns % 4 != 0, w->images};
}

/// Where the classes of tiles begin in the common order; the fifth is the number of all tiles.
static inline void V(class_starts)(const struct V(TileGrid) * g, ptrdiff_t starts[5]) {
    starts[0] = 0;
    starts[1] = g->images * g->tall * g->wide;
    starts[2] = starts[1] + g->images * g->tall * g->narrow;
    starts[3] = starts[2] + g->images * g->brief * g->wide;
    starts[4] = starts[3] + g->images * g->brief * g->narrow;
}

/// The tile with number `t` among those of its class.
static inline struct V(Tile) V(locate)(const struct V(TileGrid) * g, int class, ptrdiff_t t) {
    const ptrdiff_t down = class < 2 ? g->tall : g->brief, across = class % 2 == 0 ? g->wide : g->narrow;
    const ptrdiff_t image = t / (down * across), rest = t % (down * across);
    const ptrdiff_t row = rest / across + (class < 2 ? 0 : g->tall), column = rest % across + (class % 2 == 0 ? 0 : g->wide);
    return (struct V(Tile)){image, 4 * row, 4 * column};
}

static inline __attribute__((always_inline)) int V(slice_used)(int outputs, int slice) {
    return outputs == Long || (slice != 3 && slice != 4);
}

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
    for (ptrdiff_t channel = 0; channel < w->input_pixel_step; channel += LANES) {
        floats columns[Slices], line[6];
        UNROLL for (int x = 0; x < across + 2; x++) {
            UNROLL for (int y = 0; y < down + 2; y++) {
                line[y] = load(input + y * w->input_row_step + x * w->input_pixel_step + channel);
            }
            V(transform_line)(down, line, columns + x, 6);
        }
        UNROLL for (int y = 0; y < 6; y++) {
            if (!V(slice_used)(down, y)) continue;
            V(transform_line)(across, columns + 6 * y, line, 1);
            UNROLL for (int x = 0; x < 6; x++) {
                if (V(slice_used)(across, x)) store(transformed + (6 * y + x) * slice_step + channel, line[x]);
            }
        }
    }
}

/// The reverse, with bias, residual and activation. Only `rows` x `columns` of the outputs lie inside the map.
static inline __attribute__((always_inline)) void V(untransform_tile)(const int down, const int across,
                                                                      const struct Winograd *w, const float *products,
                                                                      ptrdiff_t slice_step, const float *residual,
                                                                      float *output, ptrdiff_t rows, ptrdiff_t columns) {
    const floats low = splat(w->activation.low), high = splat(w->activation.high);
    for (ptrdiff_t channel = 0; channel < w->output_pixel_step; channel += LANES) {
        const floats bias = load(w->bias + channel);
        floats halves[6 * Long], line[6];
        UNROLL for (int x = 0; x < 6; x++) {
            if (!V(slice_used)(across, x)) continue;
            UNROLL for (int y = 0; y < 6; y++) {
                if (V(slice_used)(down, y)) line[y] = load(products + (6 * y + x) * slice_step + channel);
            }
            V(untransform_line)(down, line, halves + x, 6);
        }
        UNROLL for (int y = 0; y < down; y++) {
            V(untransform_line)(across, halves + 6 * y, line, 1);
            UNROLL for (int x = 0; x < across; x++) {
                if (y >= rows || x >= columns) continue;
                floats sum = line[x] + bias;
                if (residual) sum += load(residual + y * w->residual_row_step + x * w->residual_pixel_step + channel);
                store(output + y * w->output_row_step + x * w->output_pixel_step + channel,
                      smaller(larger(sum, low), high));
            }
        }
    }
}

/// The parts of a block that belong to one class of tiles.
struct V(Run) {
    /// In the block, and the number of its first tile among those of the class.
    ptrdiff_t first, last, number;
};

static void V(transform_block)(const struct Winograd *w, const struct V(TileGrid) * grid, const struct V(Run) runs[4],
                               ptrdiff_t slice_step) {
    for (int class = 0; class < 4; class++) {
        for (ptrdiff_t t = runs[class].first; t < runs[class].last; t++) {
            const struct V(Tile) tile = V(locate)(grid, class, runs[class].number + t - runs[class].first);
            const float *input = w->input + tile.image * w->input_image_step + tile.y * w->input_row_step +
                                 tile.x * w->input_pixel_step;
            float *to = w->transformed + t * w->input_pixel_step;
            switch (class) {
            case 0: V(transform_tile)(Long, Long, w, input, to, slice_step); break;
            case 1: V(transform_tile)(Long, Brief, w, input, to, slice_step); break;
            case 2: V(transform_tile)(Brief, Long, w, input, to, slice_step); break;
            default: V(transform_tile)(Brief, Brief, w, input, to, slice_step);
            }
        }
    }
}

static void V(untransform_block)(const struct Winograd *w, const struct V(TileGrid) * grid, const struct V(Run) runs[4],
                                 ptrdiff_t slice_step) {
    for (int class = 0; class < 4; class++) {
        for (ptrdiff_t t = runs[class].first; t < runs[class].last; t++) {
            const struct V(Tile) tile = V(locate)(grid, class, runs[class].number + t - runs[class].first);
            const float *residual = w->residual ? w->residual + tile.image * w->residual_image_step +
                                                      tile.y * w->residual_row_step + tile.x * w->residual_pixel_step
                                                : 0;
            float *output = w->output + tile.image * w->output_image_step + tile.y * w->output_row_step +
                            tile.x * w->output_pixel_step;
            const float *from = w->products + t * w->output_pixel_step;
            const ptrdiff_t rows = w->rows - tile.y, columns = w->columns - tile.x;
            switch (class) {
            case 0: V(untransform_tile)(Long, Long, w, from, slice_step, residual, output, rows, columns); break;
            case 1: V(untransform_tile)(Long, Brief, w, from, slice_step, residual, output, rows, columns); break;
            case 2: V(untransform_tile)(Brief, Long, w, from, slice_step, residual, output, rows, columns); break;
            default: V(untransform_tile)(Brief, Brief, w, from, slice_step, residual, output, rows, columns);
            }
        }
    }
}

/// One slice's matrix product for the tiles `first..<last` of the block.
static void V(multiply_slice)(const struct Winograd *w, int slice, ptrdiff_t first, ptrdiff_t last,
                              ptrdiff_t input_step, ptrdiff_t output_step) {
    if (first >= last) return;
    const struct Convolution product = {
        .input = w->transformed + slice * input_step + first * w->input_pixel_step,
        .input_pixel_step = w->input_pixel_step,
        .segments = 1,
        .segment_length = w->input_channels,
        .weights = w->weights + slice * w->weights_slice_step,
        .output = w->products + slice * output_step + first * w->output_pixel_step,
        .output_pixel_step = w->output_pixel_step,
        .images = 1,
        .rows = 1,
        .columns = last - first,
        .vectors = w->output_pixel_step / LANES,
        .rows_per_block = 1,
        .activation = {.kind = ActivationNone},
    };
    V(convolve)(&product);
}

static void V(multiply_block)(const struct Winograd *w, const struct V(Run) runs[4], ptrdiff_t input_step,
                              ptrdiff_t output_step) {
    for (int slice = 0; slice < Slices; slice++) {
        const int in_short_rows = V(slice_used)(Brief, slice / 6), in_narrow_columns = V(slice_used)(Brief, slice % 6);
        const ptrdiff_t tall_end = in_narrow_columns ? runs[1].last : runs[0].last;
        if (!in_short_rows) {
            V(multiply_slice)(w, slice, 0, tall_end, input_step, output_step);
        } else if (in_narrow_columns) {
            V(multiply_slice)(w, slice, 0, runs[3].last, input_step, output_step);
        } else {
            V(multiply_slice)(w, slice, 0, tall_end, input_step, output_step);
            V(multiply_slice)(w, slice, runs[2].first, runs[2].last, input_step, output_step);
        }
    }
}

static inline ptrdiff_t V(clamp)(ptrdiff_t x, ptrdiff_t low, ptrdiff_t high) {
    return x < low ? low : x > high ? high : x;
}

static void V(convolve_winograd)(const struct Winograd *w) {
    const struct V(TileGrid) grid = V(tile_grid)(w);
    ptrdiff_t starts[5];
    V(class_starts)(&grid, starts);
    const ptrdiff_t tiles = starts[4];
    const ptrdiff_t blocks = (tiles + w->tiles_per_block - 1) / w->tiles_per_block;
    for (ptrdiff_t block = 0; block < blocks; block++) {
        const ptrdiff_t first = tiles * block / blocks, last = tiles * (block + 1) / blocks;
        struct V(Run) runs[4];
        for (int class = 0; class < 4; class++) {
            const ptrdiff_t from = V(clamp)(starts[class], first, last), to = V(clamp)(starts[class + 1], first, last);
            runs[class] = (struct V(Run)){from - first, to - first, from - starts[class]};
        }
        // The surplus keeps the slices of one tile from falling on the same cache sets.
        const ptrdiff_t input_step = (last - first) * w->input_pixel_step + 16;
        const ptrdiff_t output_step = (last - first) * w->output_pixel_step + 16;
        V(transform_block)(w, &grid, runs, input_step);
        V(multiply_block)(w, runs, input_step, output_step);
        V(untransform_block)(w, &grid, runs, output_step);
    }
}
