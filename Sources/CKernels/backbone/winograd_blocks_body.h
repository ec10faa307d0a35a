// The block loop of a Winograd convolution: a block of tiles is transformed, multiplied slice by slice, and transformed back.
//
//     input --winograd_body.h--> transformed [slice][tile][phase][input] --products--> [slice][tile][output] --> output
//
// Each slice is a matrix product [tiles x inputs] x [inputs x outputs], done by the convolution's micro-kernel.

/// Points of a line: 6 x 6 slices with stride 1, 5 x 5 with stride 2.
static inline __attribute__((always_inline)) int V(points)(const struct Winograd *w) { return w->stride == 1 ? 6 : 5; }

/// From one tile to the next within a slice.
static inline ptrdiff_t V(transformed_step)(const struct Winograd *w) {
    return w->stride == 1 ? w->input_pixel_step : V(phases_step)(w);
}

static inline __attribute__((always_inline)) void V(transform_any)(const int down, const int across,
                                                                   const struct Winograd *w, const float *input,
                                                                   float *transformed, ptrdiff_t slice_step) {
    if (w->stride == 1) V(transform_tile)(down, across, w, input, transformed, slice_step);
    else V(transform_phases)(down, across, w, input, transformed, slice_step);
}

static inline __attribute__((always_inline)) void V(untransform_any)(const int points, const int outputs,
                                                                     const floats *m, floats *to, const int step) {
    if (points == 6) V(untransform_line)(outputs, m, to, step);
    else V(untransform_stride2_line)(outputs, m, to, step);
}

/// The reverse, with bias, residual and activation. Only `rows` x `columns` of the outputs lie inside the map.
static inline __attribute__((always_inline)) void V(untransform_tile)(const int points, const int down,
                                                                      const int across, const struct Winograd *w,
                                                                      const float *products, ptrdiff_t slice_step,
                                                                      const float *residual, float *output,
                                                                      ptrdiff_t rows, ptrdiff_t columns) {
    const floats low = splat(w->activation.low), high = splat(w->activation.high);
    for (ptrdiff_t channel = 0; channel < w->vectors * LANES; channel += LANES) {
        const floats bias = load(w->bias + channel);
        floats halves[6 * Long], line[6];
        UNROLL for (int x = 0; x < points; x++) {
            if (!point_used(points, across, x)) continue;
            UNROLL for (int y = 0; y < points; y++) {
                if (point_used(points, down, y)) line[y] = load(products + (points * y + x) * slice_step + channel);
            }
            V(untransform_any)(points, down, line, halves + x, points);
        }
        UNROLL for (int y = 0; y < down; y++) {
            V(untransform_any)(points, across, halves + points * y, line, 1);
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

static inline __attribute__((always_inline)) void V(untransform_any_tile)(const int down, const int across,
                                                                          const struct Winograd *w,
                                                                          const float *products, ptrdiff_t slice_step,
                                                                          const float *residual, float *output,
                                                                          ptrdiff_t rows, ptrdiff_t columns) {
    if (w->stride == 1) V(untransform_tile)(6, down, across, w, products, slice_step, residual, output, rows, columns);
    else V(untransform_tile)(5, down, across, w, products, slice_step, residual, output, rows, columns);
}

static void V(transform_block)(const struct Winograd *w, const struct TileGrid *grid, const struct TileRun runs[4],
                               ptrdiff_t slice_step) {
    for (int class = 0; class < 4; class++) {
        for (ptrdiff_t t = runs[class].first; t < runs[class].last; t++) {
            const struct Tile tile = locate_tile(grid, class, runs[class].number + t - runs[class].first);
            const float *input = w->input + tile.image * w->input_image_step +
                                 w->stride * (tile.y * w->input_row_step + tile.x * w->input_pixel_step);
            float *to = w->transformed + t * V(transformed_step)(w);
            switch (class) {
            case 0: V(transform_any)(Long, Long, w, input, to, slice_step); break;
            case 1: V(transform_any)(Long, Brief, w, input, to, slice_step); break;
            case 2: V(transform_any)(Brief, Long, w, input, to, slice_step); break;
            default: V(transform_any)(Brief, Brief, w, input, to, slice_step);
            }
        }
    }
}

static void V(untransform_block)(const struct Winograd *w, const struct TileGrid *grid, const struct TileRun runs[4],
                                 ptrdiff_t slice_step) {
    for (int class = 0; class < 4; class++) {
        for (ptrdiff_t t = runs[class].first; t < runs[class].last; t++) {
            const struct Tile tile = locate_tile(grid, class, runs[class].number + t - runs[class].first);
            const float *residual = w->residual ? w->residual + tile.image * w->residual_image_step +
                                                      tile.y * w->residual_row_step + tile.x * w->residual_pixel_step
                                                : 0;
            float *output = w->output + tile.image * w->output_image_step + tile.y * w->output_row_step +
                            tile.x * w->output_pixel_step;
            const float *from = w->products + t * w->vectors * LANES;
            const ptrdiff_t rows = w->rows - tile.y, columns = w->columns - tile.x;
            switch (class) {
            case 0: V(untransform_any_tile)(Long, Long, w, from, slice_step, residual, output, rows, columns); break;
            case 1: V(untransform_any_tile)(Long, Brief, w, from, slice_step, residual, output, rows, columns); break;
            case 2: V(untransform_any_tile)(Brief, Long, w, from, slice_step, residual, output, rows, columns); break;
            default: V(untransform_any_tile)(Brief, Brief, w, from, slice_step, residual, output, rows, columns);
            }
        }
    }
}

/// One slice's matrix product for the tiles `first..<last` of the block.
static void V(multiply_tiles)(struct Convolution product, ptrdiff_t first, ptrdiff_t last) {
    if (first >= last) return;
    product.input += first * product.input_pixel_step;
    product.output += first * product.output_pixel_step;
    product.columns = last - first;
    V(convolve)(&product);
}

static void V(multiply_block)(const struct Winograd *w, const struct TileRun runs[4], ptrdiff_t input_step,
                              ptrdiff_t output_step) {
    const int points = V(points)(w);
    const ptrdiff_t step = V(transformed_step)(w);
    const float *weights = w->weights;
    for (int slice = 0; slice < points * points; slice++) {
        const int y = slice / points, x = slice % points;
        const struct Convolution product = {
            .input = w->transformed + slice * input_step,
            .input_pixel_step = step,
            .segments = w->stride == 1 ? 1 : V(phases_used)(y, x),
            .segment_step = w->input_pixel_step,
            .segment_length = w->input_channels,
            .weights = weights,
            .output = w->products + slice * output_step,
            .output_pixel_step = w->vectors * LANES,
            .images = 1,
            .rows = 1,
            .vectors = w->vectors,
            .rows_per_block = 1,
            .activation = {.kind = ActivationNone},
        };
        weights += product.segments * w->input_channels * w->vectors * LANES;
        const struct TileRanges tiles = tiles_of_slice(runs, points, slice);
        for (int i = 0; i < 2; i++) V(multiply_tiles)(product, tiles.ranges[i].first, tiles.ranges[i].last);
    }
}

static void V(convolve_winograd)(const struct Winograd *w) {
    const struct TileGrid grid = tile_grid(w->images, w->rows, w->columns);
    const ptrdiff_t tiles = tile_count(&grid);
    const ptrdiff_t blocks = (tiles + w->tiles_per_block - 1) / w->tiles_per_block;
    for (ptrdiff_t block = 0; block < blocks; block++) {
        const ptrdiff_t first = tiles * block / blocks, last = tiles * (block + 1) / blocks;
        struct TileRun runs[4];
        tile_runs(&grid, first, last, runs);
        // The surplus keeps the slices of one tile from falling on the same cache sets.
        const ptrdiff_t input_step = (last - first) * V(transformed_step)(w) + 16;
        const ptrdiff_t output_step = (last - first) * w->vectors * LANES + 16;
        V(transform_block)(w, &grid, runs, input_step);
        V(multiply_block)(w, runs, input_step, output_step);
        V(untransform_block)(w, &grid, runs, output_step);
    }
}
