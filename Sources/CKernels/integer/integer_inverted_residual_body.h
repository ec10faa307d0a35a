// A convolution, the depthwise convolution after it and, where nothing stands between, the 1 x 1 convolution after that, without the widest map ever being whole in memory:
// rows of the expanded map are made when the depthwise convolution first needs them, in a ring that stays in the cache (backbone/inverted_residual_body.h has a picture).
// The kernels are those of the single convolutions, so every output has the numbers that these would give.

/// The convolution of one row, whose input begins at `input`.
static void V(convolve_single_row)(const struct IntegerConvolution *c, const uint32_t *input, struct V(IntegerPlace) place) {
    struct IntegerConvolution row = *c;
    row.input = input;
    row.images = row.rows = 1;
    row.output.residual = place.residual;
    row.output.map = place.map;
    row.output.values = place.values;
    V(integer_convolve)(&row);
}

static void V(inverted_residual_of_image)(const struct IntegerInvertedResidual *b, const struct V(Table) * table,
                                          ptrdiff_t image) {
    const struct IntegerDepthwise *d = &b->depthwise;
    V(IntegerDepthwiseRow) *const convolve_row = V(integer_depthwise_row)(d);
    const ptrdiff_t ring_row = (b->left + b->expand.columns + b->right) * d->input_pixel_step;
    const uint32_t *outside = b->ring + d->kernel * ring_row;
    ptrdiff_t made = 0;
    for (ptrdiff_t y = 0; y < d->rows; y++) {
        const uint32_t *rows[5];
        for (ptrdiff_t i = 0; i < d->kernel; i++) {
            const ptrdiff_t row = y * d->stride - b->top + i;
            const bool inside = 0 <= row && row < b->expand.rows;
            for (; inside && made <= row; made++) {
                uint32_t *slot = b->ring + made % d->kernel * ring_row + b->left * d->input_pixel_step;
                V(convolve_single_row)(&b->expand,
                                       b->expand.input + image * b->expand.input_image_step + made * b->expand.input_row_step,
                                       (struct V(IntegerPlace)){.map = slot});
            }
            rows[i] = inside ? b->ring + row % d->kernel * ring_row : outside;
        }
        const struct V(IntegerPlace) place =
            b->row ? (struct V(IntegerPlace)){.map = b->row} : V(integer_place)(&d->output, image, y);
        convolve_row(d, rows, &place);
        if (d->output.table) V(look_up)(table, d->output.table, place.map, d->columns * d->output.map_pixel_step);
        if (b->row) V(convolve_single_row)(&b->project, b->row, V(integer_place)(&b->project.output, image, y));
    }
}

static void V(integer_convolve_inverted_residual)(const struct IntegerInvertedResidual *b) {
    const ptrdiff_t pixels = (b->depthwise.kernel + 1) * (b->left + b->expand.columns + b->right);
    for (ptrdiff_t i = 0; i < pixels * b->depthwise.input_pixel_step; i++) b->ring[i] = b->outside;
    struct V(Table) table;
    if (b->depthwise.output.table) V(prepare_table)(&table, b->depthwise.output.table);
    for (ptrdiff_t image = 0; image < b->expand.images; image++) V(inverted_residual_of_image)(b, &table, image);
}
