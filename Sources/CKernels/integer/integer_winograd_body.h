// 3 x 3 convolutions of integers with stride 1 by Winograd's minimal filtering, F(4x4, 3x3) (Lavin and Gray 2016, arXiv 1509.09308): 36 products stand in for 144, and
// the sums are exact. In one dimension, with products slice by slice,
//
//     24 y = A' [ (G g) * (B' d) ]
//
//          | 4  0 -5  0  1  0 |        |  6  0  0 |        | 1  1  1  1  1  0 |
//          | 0 -4 -4  1  1  0 |        | -4 -4 -4 |   A' = | 0  1 -1  2 -2  0 |
//     B' = | 0  4 -4 -1  1  0 |    G = | -4  4 -4 |        | 0  1  1  4  4  0 |
//          | 0 -2 -1  2  1  0 |        |  1  2  4 |        | 0  1 -1  8 -8  4 |
//          | 0  2 -1 -2  1  0 |        |  1 -2  4 |
//          | 0  4  0 -5  0  1 |        |  0  0  6 |
//
// and in two dimensions the same along columns, then rows, so that the sums come out 576 times as large. Elements of 0 to 255 become numbers of -12750 to 17340, weights of
// -127 to 127 numbers of at most 18288, both of which 16 bits hold; two of their products together are below 2^31. From there on sums are taken modulo 2^32. 576 is 9 times 64:
// a product with the inverse of 9 modulo 2^32 leaves 64 times the sum, and a shift the sum itself, if it lies in [-2^25, 2^25). `PackedIntegers.winogradGroups` checks the
// weights for that: where the sum over all input channels may be larger, two groups of channels are summed one by one, and their sums are added.
//
//     input --B' d B--> transformed [slice][tile][word] --products of a panel--> [slice][tile][output] --A' m A--> sums --> output
//
// Sides that are not a multiple of four are cut as those of the backbone's Winograd convolutions are (winograd_tiles.h). A short line of two outputs takes slices 0, 1, 2 and 5 of
// the same weights, with
//
//          | 4  0 -4  0 |
//     B' = | 0 -3 -3  0 |      A' = | 1  1  1  0 |
//          | 0  3 -3  0 |           | 0  1 -1  4 |
//          | 0 -1  0  1 |

typedef int16_t V(shorts_of_words) __attribute__((ext_vector_type(2 * LANES), aligned(4)));
typedef uint32_t V(residues) __attribute__((ext_vector_type(LANES)));
#define shorts_of_words V(shorts_of_words)
/// Sums modulo 2^32.
#define residues V(residues)

/// 2 * LANES elements of a map as numbers of 16 bits, with the variant's offset taken off.
static inline shorts_of_words V(load_shorts)(const uint32_t *p) {
#if ELEMENTS == 2
    return *(const shorts_of_words *)p - OFFSET;
#else
    typedef uint8_t bytes __attribute__((ext_vector_type(2 * LANES), aligned(1)));
    return __builtin_convertvector(*(const bytes *)p, shorts_of_words) - OFFSET;
#endif
}

/// B' of one line, for `outputs` results.
static inline __attribute__((always_inline)) void V(transform_integers)(const int outputs, const shorts_of_words *d,
                                                                        shorts_of_words *to, const int step) {
    if (outputs == Long) {
        const shorts_of_words a = d[4] - (d[2] << 2), b = d[3] - (d[1] << 2);
        const shorts_of_words c = d[4] - d[2], e = (d[3] - d[1]) << 1;
        to[0] = ((d[0] - d[2]) << 2) + c;
        to[1 * step] = a + b;
        to[2 * step] = a - b;
        to[3 * step] = c + e;
        to[4 * step] = c - e;
        to[5 * step] = ((d[1] - d[3]) << 2) + d[5] - d[3];
    } else {
        const shorts_of_words sum = d[1] + d[2], difference = d[1] - d[2];
        to[0] = (d[0] - d[2]) << 2;
        to[1 * step] = -(sum + sum + sum);
        to[2 * step] = difference + difference + difference;
        to[5 * step] = d[3] - d[1];
    }
}

/// A' of one line.
static inline __attribute__((always_inline)) void V(untransform_integers)(const int outputs, const residues *m, residues *to,
                                                                          const int step) {
    const residues sum = m[1] + m[2], difference = m[1] - m[2];
    if (outputs == Long) {
        const residues far_sum = m[3] + m[4], far_difference = m[3] - m[4];
        to[0] = m[0] + sum + far_sum;
        to[1 * step] = difference + (far_difference << 1);
        to[2 * step] = sum + (far_sum << 2);
        to[3 * step] = difference + (far_difference << 3) + (m[5] << 2);
    } else {
        to[0] = m[0] + sum;
        to[1 * step] = difference + (m[5] << 2);
    }
}

/// The sums themselves.
static inline integers V(divided)(residues sums) {
    return (integers)(sums * (residues)splat_integer(954437177)) >> 6;
}

/// A tile of `down` x `across` outputs into its place in every slice.
static inline __attribute__((always_inline)) void V(transform_integer_tile)(const int down, const int across,
                                                                            const struct IntegerWinograd *w,
                                                                            const uint32_t *input, uint32_t *transformed,
                                                                            ptrdiff_t slice_step) {
    for (ptrdiff_t channel = 0; channel < w->input_channels; channel += 2 * LANES) {
        shorts_of_words columns[36], line[6];
        UNROLL for (int x = 0; x < across + 2; x++) {
            UNROLL for (int y = 0; y < down + 2; y++) {
                line[y] =
                    V(load_shorts)(input + y * w->input_row_step + x * w->input_pixel_step + channel / ELEMENTS);
            }
            V(transform_integers)(down, line, columns + x, 6);
        }
        UNROLL for (int y = 0; y < 6; y++) {
            if (!point_used(6, down, y)) continue;
            V(transform_integers)(across, columns + 6 * y, line, 1);
            UNROLL for (int x = 0; x < 6; x++) {
                if (!point_used(6, across, x)) continue;
                *(shorts_of_words *)(transformed + (6 * y + x) * slice_step + channel / 2) = line[x];
            }
        }
    }
}

static void V(transform_integer_tiles)(const struct IntegerWinograd *w, const struct TileGrid *grid,
                                       const struct TileRun runs[4], ptrdiff_t slice_step) {
    for (int class = 0; class < 4; class++) {
        for (ptrdiff_t t = runs[class].first; t < runs[class].last; t++) {
            const struct Tile tile = locate_tile(grid, class, runs[class].number + t - runs[class].first);
            const uint32_t *input = w->input + tile.image * w->input_image_step + tile.y * w->input_row_step +
                                    tile.x * w->input_pixel_step;
            uint32_t *to = w->transformed + t * w->input_channels / 2;
            switch (class) {
            case 0: V(transform_integer_tile)(Long, Long, w, input, to, slice_step); break;
            case 1: V(transform_integer_tile)(Long, Brief, w, input, to, slice_step); break;
            case 2: V(transform_integer_tile)(Brief, Long, w, input, to, slice_step); break;
            default: V(transform_integer_tile)(Brief, Brief, w, input, to, slice_step);
            }
        }
    }
}

/// The products of one slice with a panel's weights for some tiles.
static inline __attribute__((always_inline)) void V(slice_block)(const int tiles, const int vectors, const uint32_t *transformed,
                                                                 ptrdiff_t step, ptrdiff_t words, const uint32_t *weights, int32_t *products) {
    integers sums[12][3];
    UNROLL for (int t = 0; t < tiles; t++) {
        UNROLL for (int v = 0; v < vectors; v++) sums[t][v] = splat_integer(0);
    }
    for (ptrdiff_t k = 0; k < words; k++) {
        integers row[3];
        UNROLL for (int v = 0; v < vectors; v++) row[v] = load_integers((const int32_t *)weights + v * LANES);
        weights += vectors * LANES;
        UNROLL for (int t = 0; t < tiles; t++) {
            const integers x = splat_integer((int32_t)transformed[t * step + k]);
            UNROLL for (int v = 0; v < vectors; v++) sums[t][v] = dot_shorts(sums[t][v], x, row[v]);
        }
    }
    UNROLL for (int t = 0; t < tiles; t++) {
        UNROLL for (int v = 0; v < vectors; v++) store_integers(products + (t * vectors + v) * LANES, sums[t][v]);
    }
}

typedef void V(SliceBlock)(const uint32_t *transformed, ptrdiff_t step, ptrdiff_t words, const uint32_t *weights,
                            int32_t *products);

#define BLOCK(COUNT, VECTORS)                                                                                           \
    static void V(slice_block_##COUNT##x##VECTORS)(const uint32_t *transformed, ptrdiff_t step, ptrdiff_t words,        \
                                                   const uint32_t *weights, int32_t *products) {                        \
        V(slice_block)(COUNT, VECTORS, transformed, step, words, weights, products);                                    \
    }
BLOCK(1, 1) BLOCK(2, 1) BLOCK(3, 1) BLOCK(4, 1) BLOCK(5, 1) BLOCK(6, 1)
BLOCK(1, 2) BLOCK(2, 2) BLOCK(3, 2) BLOCK(4, 2) BLOCK(5, 2) BLOCK(6, 2)
BLOCK(1, 3) BLOCK(2, 3) BLOCK(3, 3)
#if REGISTERS == 32
BLOCK(4, 3)
BLOCK(7, 2) BLOCK(8, 2) BLOCK(9, 2) BLOCK(10, 2) BLOCK(11, 2) BLOCK(12, 2)
#endif
#undef BLOCK

#define B(COUNT, VECTORS) V(slice_block_##COUNT##x##VECTORS)
enum { V(most_tiles_of_two) = REGISTERS == 32 ? 12 : 6, V(most_tiles_of_three) = REGISTERS == 32 ? 4 : 3 };
static const ptrdiff_t V(most_tiles)[4] = {0, 6, V(most_tiles_of_two), V(most_tiles_of_three)};
static V(SliceBlock) *const V(slice_blocks)[4][V(most_tiles_of_two) + 1] = {
    [1] = {0, B(1, 1), B(2, 1), B(3, 1), B(4, 1), B(5, 1), B(6, 1)},
    [2] = {0, B(1, 2), B(2, 2), B(3, 2), B(4, 2), B(5, 2), B(6, 2),
#if REGISTERS == 32
           B(7, 2), B(8, 2), B(9, 2), B(10, 2), B(11, 2), B(12, 2)
#endif
    },
    [3] = {0, B(1, 3), B(2, 3), B(3, 3),
#if REGISTERS == 32
           B(4, 3)
#endif
    },
};
#undef B

/// One slice of some tiles with one panel and one group of input channels, in blocks of nearly equal size.
static void V(multiply_slice)(const struct IntegerWinograd *w, const uint32_t *transformed, const uint32_t *weights,
                              ptrdiff_t vectors, ptrdiff_t tiles, int32_t *products) {
    const ptrdiff_t step = w->input_channels / 2, words = step / w->groups;
    const ptrdiff_t most = V(most_tiles)[vectors];
    const ptrdiff_t count = (tiles + most - 1) / most, size = count ? (tiles + count - 1) / count : 0;
    const ptrdiff_t smaller_ones = size * count - tiles;
    for (ptrdiff_t b = 0; b < count; b++) {
        const ptrdiff_t block = b < count - smaller_ones ? size : size - 1;
        V(slice_blocks)[vectors][block](transformed, step, words, weights, products);
        transformed += block * step;
        products += block * vectors * LANES;
    }
}

/// All slices of a block's tiles with one panel: [group][slice][tile][output].
static void V(multiply_panel)(const struct IntegerWinograd *w, const struct TileRun runs[4], ptrdiff_t transformed_step,
                              const uint32_t *weights, ptrdiff_t vectors, ptrdiff_t products_step) {
    const ptrdiff_t words = w->input_channels / 2, width = vectors * LANES;
    for (int slice = 0; slice < IntegerWinogradSlices; slice++) {
        const struct TileRanges used = tiles_of_slice(runs, 6, slice);
        for (ptrdiff_t group = 0; group < w->groups; group++, weights += words / w->groups * width) {
            const uint32_t *from = w->transformed + slice * transformed_step + group * (words / w->groups);
            int32_t *to = w->products + (group * IntegerWinogradSlices + slice) * products_step;
            for (int i = 0; i < 2; i++) {
                const ptrdiff_t first = used.ranges[i].first, tiles = used.ranges[i].last - first;
                V(multiply_slice)(w, from + first * words, weights, vectors, tiles, to + first * width);
            }
        }
    }
}

/// Adds the sums of one group of input channels to a tile's.
static inline __attribute__((always_inline)) void V(untransform_group)(const int down, const int across,
                                                                       const int32_t *products, ptrdiff_t slice_step,
                                                                       integers sums[Long * Long]) {
    residues halves[6 * Long], line[6];
    UNROLL for (int x = 0; x < 6; x++) {
        if (!point_used(6, across, x)) continue;
        UNROLL for (int y = 0; y < 6; y++) {
            if (point_used(6, down, y)) line[y] = (residues)load_integers(products + (6 * y + x) * slice_step);
        }
        V(untransform_integers)(down, line, halves + x, 6);
    }
    UNROLL for (int y = 0; y < down; y++) {
        V(untransform_integers)(across, halves + 6 * y, line, 1);
        UNROLL for (int x = 0; x < across; x++) sums[Long * y + x] += V(divided)(line[x]);
    }
}

/// A tile's sums and what becomes of them. Only those of its outputs count that lie inside the map.
static inline __attribute__((always_inline)) void V(untransform_integer_tile)(const int down, const int across,
                                                                              const struct IntegerWinograd *w,
                                                                              ptrdiff_t channel, const int32_t *products,
                                                                              ptrdiff_t slice_step, const struct Tile *tile) {
    // A copy, which no store can change.
    const struct IntegerOutput output = w->output;
    const int kind = V(output_kind)(&output);
    const integers bias = load_integers(w->bias + channel);
    integers sums[Long * Long];
    UNROLL for (int i = 0; i < Long * Long; i++) sums[i] = bias;
    V(untransform_group)(down, across, products, slice_step, sums);
    if (w->groups == 2) {
        V(untransform_group)(down, across, products + IntegerWinogradSlices * slice_step, slice_step, sums);
    }
    const ptrdiff_t rows = w->rows - tile->y, columns = w->columns - tile->x;
    UNROLL for (int y = 0; y < down; y++) {
        if (y >= rows) continue;
        const struct V(IntegerPlace) place = V(integer_place)(&output, tile->image, tile->y + y);
        UNROLL for (int x = 0; x < across; x++) {
            if (x < columns) V(put)(kind, &output, channel, sums[Long * y + x], &place, tile->x + x);
        }
    }
}

static void V(untransform_integer_tiles)(const struct IntegerWinograd *w, const struct TileGrid *grid,
                                         const struct TileRun runs[4], ptrdiff_t channel, ptrdiff_t vectors,
                                         ptrdiff_t slice_step) {
    for (int class = 0; class < 4; class++) {
        for (ptrdiff_t t = runs[class].first; t < runs[class].last; t++) {
            const struct Tile tile = locate_tile(grid, class, runs[class].number + t - runs[class].first);
            for (ptrdiff_t v = 0; v < vectors; v++) {
                const int32_t *from = w->products + (t * vectors + v) * LANES;
                const ptrdiff_t first = channel + v * LANES;
                switch (class) {
                case 0: V(untransform_integer_tile)(Long, Long, w, first, from, slice_step, &tile); break;
                case 1: V(untransform_integer_tile)(Long, Brief, w, first, from, slice_step, &tile); break;
                case 2: V(untransform_integer_tile)(Brief, Long, w, first, from, slice_step, &tile); break;
                default: V(untransform_integer_tile)(Brief, Brief, w, first, from, slice_step, &tile);
                }
            }
        }
    }
}

static void V(integer_convolve_winograd)(const struct IntegerWinograd *w) {
    const struct TileGrid grid = tile_grid(w->images, w->rows, w->columns);
    const ptrdiff_t tiles = tile_count(&grid), words = w->input_channels / 2;
    const ptrdiff_t blocks = (tiles + w->tiles_per_block - 1) / w->tiles_per_block;
    const struct Panels panels = convolution_panels(w->vectors);
    for (ptrdiff_t block = 0; block < blocks; block++) {
        const ptrdiff_t first = tiles * block / blocks, last = tiles * (block + 1) / blocks;
        struct TileRun runs[4];
        tile_runs(&grid, first, last, runs);
        const ptrdiff_t transformed_step = (last - first) * words + IntegerWinogradSurplus;
        V(transform_integer_tiles)(w, &grid, runs, transformed_step);
        const uint32_t *weights = w->weights;
        for (ptrdiff_t n = 0, channel = 0; n < panels.count; n++) {
            const ptrdiff_t vectors = n == 0 ? panels.first_width : 2, width = vectors * LANES;
            const ptrdiff_t products_step = (last - first) * width + IntegerWinogradSurplus;
            V(multiply_panel)(w, runs, transformed_step, weights, vectors, products_step);
            V(untransform_integer_tiles)(w, &grid, runs, channel, vectors, products_step);
            weights += IntegerWinogradSlices * words * width;
            channel += width;
        }
    }
}

#undef shorts_of_words
#undef residues
