// A convolution, the depthwise convolution after it and, where nothing stands between, the 1 x 1 convolution after that:
// the inverted residual block of MobileNetV2 (Sandler et al. 2018) without its widest map ever being whole in memory.
//
//     input rows  --expand-->  ring of `kernel` rows  --depthwise-->  one or two rows  --project-->  output rows
//
// The rows of the expanded map are made when the depthwise convolution first needs them, in a ring that stays in the
// cache: row r lies in slot r % kernel, with zero pixels at its sides. A row above or below the map is a row of zeros.
//
//     slot 0 | 0 | row 3            | 0 |
//     slot 1 | 0 | row 1            | 0 |      output row 2 of a 3 x 3 kernel with stride 1 takes rows 1, 2, 3
//     slot 2 | 0 | row 2            | 0 |
//     zeros  | 0   0   0   ...        0 |
//
// A depthwise convolution keeps channels apart, so without a projection the block can go over the image in several passes
// of some vectors of channels each: then a ring with many channels and the weights that make it stay in the cache too.
//
// Where the output's rows follow each other without a border, a narrow map is projected two rows at a time: they cut into blocks of
// pixels with less waste, and the weights, which may be more than the nearest cache holds, pass over twice as many.
//
// The kernels are those of the single convolutions, so every output has the bits that these would give.

/// How many rows are projected at a time: one where rows are wide, or whole blocks. Nothing would be gained there.
static ptrdiff_t V(projected_rows)(const struct InvertedResidual *b) {
    const ptrdiff_t wide = 32;
    const struct Convolution *p = &b->project;
    const bool follow = p->output_row_step == p->columns * p->output_pixel_step &&
                        (!p->residual || p->residual_row_step == p->columns * p->residual_pixel_step);
    return follow && p->columns < wide && p->columns % V(largest_block)[2] != 0 ? ProjectedRows : 1;
}

/// One pass over an image: the expanded channels of `vectors` vectors from `first` on.
static void V(inverted_residual_pass)(const struct InvertedResidual *b, ptrdiff_t image, ptrdiff_t first,
                                      ptrdiff_t vectors) {
    struct Convolution expand = b->expand, project = b->project;
    struct DepthwiseConvolution depthwise = b->depthwise;
    const ptrdiff_t channel = first * LANES, pixel = vectors * LANES;
    const ptrdiff_t ring_row = (b->left + expand.columns + b->right) * pixel;
    float *const zeros = b->ring + depthwise.kernel * ring_row;
    clear_border(b->ring + b->left * pixel, pixel, ring_row, depthwise.kernel, expand.columns, 0, b->left, 0, b->right);
    for (ptrdiff_t i = 0; i < ring_row; i++) zeros[i] = 0;

    expand.weights += expand.segments * expand.segment_length * channel;
    expand.bias += channel;
    expand.vectors = vectors;
    // Only the last pass ends with channels that nobody reads.
    if (first + vectors < b->expand.vectors) expand.surplus = 0;
    expand.output_pixel_step = pixel;
    expand.images = expand.rows = 1;
    depthwise.weights += channel * depthwise.kernel * depthwise.kernel;
    depthwise.bias += channel;
    depthwise.vectors = vectors;
    depthwise.input_pixel_step = pixel;
    float *const sums = depthwise.sums ? depthwise.sums + image * depthwise.sums_image_step + channel : 0;
    for (ptrdiff_t c = 0; sums && c < pixel; c++) sums[c] = 0;
    project.images = project.rows = 1;

    V(DepthwiseRow) *const convolve_row = V(depthwise_row)(&depthwise);
    const ptrdiff_t together = b->rows ? V(projected_rows)(b) : 1, row_step = depthwise.columns * depthwise.output_pixel_step;
    ptrdiff_t made = 0;
    for (ptrdiff_t y = 0; y < depthwise.rows; y++) {
        const float *rows[5];
        for (ptrdiff_t i = 0; i < depthwise.kernel; i++) {
            const ptrdiff_t row = y * depthwise.stride - b->top + i;
            const bool inside = 0 <= row && row < b->expand.rows;
            for (; inside && made <= row; made++) {
                expand.input = b->expand.input + image * b->expand.input_image_step + made * b->expand.input_row_step;
                expand.output = b->ring + made % depthwise.kernel * ring_row + b->left * pixel;
                V(convolve_rows)(&expand, 0, 1);
            }
            rows[i] = inside ? b->ring + row % depthwise.kernel * ring_row : zeros;
        }
        float *output;
        if (b->rows) {
            output = b->rows + y % together * row_step;
        } else {
            output = depthwise.output + image * depthwise.output_image_step + y * depthwise.output_row_step + channel;
        }
        convolve_row(&depthwise, rows, output);
        if (sums) V(add_row)(&depthwise, output, sums);
        const ptrdiff_t waiting = y % together + 1, top = y + 1 - waiting;
        if (!b->rows || (waiting < together && y + 1 < depthwise.rows)) continue;
        project.input = b->rows;
        project.columns = waiting * b->project.columns;
        project.output = b->project.output + image * project.output_image_step + top * project.output_row_step;
        if (project.residual) {
            project.residual = b->project.residual + image * project.residual_image_step + top * project.residual_row_step;
        }
        V(convolve_rows)(&project, 0, 1);
    }
}

static void V(convolve_inverted_residual)(const struct InvertedResidual *b) {
    const ptrdiff_t vectors = b->expand.vectors;
    for (ptrdiff_t image = 0; image < b->expand.images; image++) {
        ptrdiff_t first = 0, pass = inverted_residual_ring_vectors(vectors, b->vectors_per_pass);
        for (; first < vectors; first += pass, pass = b->vectors_per_pass) {
            if (pass > vectors - first) pass = vectors - first;
            V(inverted_residual_pass)(b, image, first, pass);
        }
    }
}
