// The loops around a dense convolution: block of rows (whose input stays in the cache) > panel of output channels > row.

struct V(IntegerPanel) {
    const struct IntegerConvolution *convolution;
    const uint32_t *weights;
    /// Of its first output.
    ptrdiff_t channel;
};

/// One panel over a row of output pixels.
typedef void V(IntegerRow)(const struct V(IntegerPanel) *, ptrdiff_t vectors, const uint32_t *input, struct V(IntegerPlace));

/// Each segment's words are rounded up to a multiple of `run` in the weights.
static void V(convolve_panels)(const struct IntegerConvolution *c, ptrdiff_t run, V(IntegerRow) *convolve_row) {
    const ptrdiff_t rows = c->images * c->rows;
    struct V(Table) table;
    if (c->output.table) V(prepare_table)(&table, c->output.table);
    const struct Panels panels = convolution_panels(c->vectors);
    const ptrdiff_t words = c->segments * ((c->segment_length + run - 1) / run * run);
    for (ptrdiff_t first = 0; first < rows; first += c->rows_per_block) {
        const ptrdiff_t last = first + c->rows_per_block < rows ? first + c->rows_per_block : rows;
        struct V(IntegerPanel) panel = {c, c->weights, 0};
        for (ptrdiff_t n = 0; n < panels.count; n++) {
            const ptrdiff_t vectors = n == 0 ? panels.first_width : 2;
            for (ptrdiff_t r = first; r < last; r++) {
                const ptrdiff_t image = r / c->rows, row = r % c->rows;
                convolve_row(&panel, vectors, c->input + image * c->input_image_step + row * c->input_row_step,
                             V(integer_place)(&c->output, image, row));
            }
            panel.weights += words * vectors * LANES;
            panel.channel += vectors * LANES;
        }
        if (c->output.table) V(look_up_rows)(&c->output, &table, first, last, c->rows, c->columns);
    }
}
