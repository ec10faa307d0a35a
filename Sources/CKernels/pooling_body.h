// The maximum of 3 x 3 windows with stride 2, each channel for itself. Padding counts as zero, not as minus infinity:
// right for maps that are nowhere negative, as after a ReLU.

static void V(max_pool)(const struct MaxPooling *m) {
    const ptrdiff_t pixel = m->vectors * LANES;
    for (ptrdiff_t image = 0; image < m->images; image++) {
        for (ptrdiff_t y = 0; y < m->rows; y++) {
            const float *input = m->input + image * m->input_image_step + 2 * y * m->input_row_step;
            float *output = m->output + image * m->output_image_step + y * m->output_row_step;
            for (ptrdiff_t x = 0; x < m->columns; x++, input += 2 * pixel, output += pixel) {
                for (ptrdiff_t channel = 0; channel < pixel; channel += LANES) {
                    floats largest = load(input + channel);
                    UNROLL for (int i = 0; i < 3; i++) {
                        const float *row = input + i * m->input_row_step + channel;
                        UNROLL for (int j = 0; j < 3; j++) largest = larger(largest, load(row + j * pixel));
                    }
                    store(output + channel, largest);
                }
            }
        }
    }
}

static void V(scale_floats)(const float *input, float factor, float *output, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i += LANES) store(output + i, load(input + i) * splat(factor));
}
