// Applying a banded matrix to the rows of an image: output row i is a weighted sum of `width` neighbouring input rows.
// Bilinear enlargement, a Gaussian blur, and one after the other are all such matrices, along each axis of a map.
// Every output number is one fixed chain: k ascending.

static void V(banded_product)(const struct BandedMatrix *matrix, const float *input, int columns, float *output) {
    assert(matrix->outputs > 0 && matrix->width > 0 && matrix->width <= matrix->inputs && columns > 0);
    for (int i = 0; i < matrix->outputs; i++, output += columns) {
        const float *weights = matrix->weights + (size_t)i * matrix->width;
        const float *from = input + (size_t)matrix->first[i] * columns;
        int c = 0;
        for (; c + 2 * LANES <= columns; c += 2 * LANES) {
            floats a = splat(0), b = splat(0);
            const float *at = from + c;
            for (int k = 0; k < matrix->width; k++, at += columns) {
                floats w = splat(weights[k]);
                a = fused(w, load(at), a);
                b = fused(w, load(at + LANES), b);
            }
            store(output + c, a);
            store(output + c + LANES, b);
        }
        for (; c < columns; c++) {
            float a = 0;
            const float *at = from + c;
            for (int k = 0; k < matrix->width; k++, at += columns) {
                // The same operation as in the lanes.
#if FUSED
                a = __builtin_fmaf(weights[k], *at, a);
#else
                a = weights[k] * *at + a;
#endif
            }
            output[c] = a;
        }
    }
}
