// What is done with maps of integers element by element.

#if ELEMENTS == 4
typedef uint8_t V(element);
#else
typedef uint16_t V(element);
#endif
#define element V(element)

static void V(integer_pixels)(const uint8_t *pixels, const struct IntegerMap *output) {
    for (ptrdiff_t y = 0; y < output->rows; y++, pixels += 3 * output->columns) {
        element *row = (element *)(output->inside + y * output->row_step);
        const ptrdiff_t step = output->pixel_step * ELEMENTS;
        for (ptrdiff_t x = 0; x < output->columns; x++) {
            row[x * step] = pixels[3 * x];
            row[x * step + 1] = pixels[3 * x + 1];
            row[x * step + 2] = pixels[3 * x + 2];
            row[x * step + 3] = 0;
        }
    }
}

static void V(integer_max_pool)(const struct IntegerMap *input, const struct IntegerMap *output) {
    const ptrdiff_t count = input->words * ELEMENTS, step = input->pixel_step * ELEMENTS;
    for (ptrdiff_t y = 0; y < output->rows; y++) {
        for (ptrdiff_t x = 0; x < output->columns; x++) {
            element *restrict result = (element *)(output->inside + y * output->row_step + x * output->pixel_step);
            const element *top = (const element *)(input->inside + 2 * y * input->row_step + 2 * x * input->pixel_step);
            const element *middle = top + input->row_step * ELEMENTS, *bottom = middle + input->row_step * ELEMENTS;
            for (ptrdiff_t c = 0; c < count; c++) {
                element most = 0;
                UNROLL for (int i = 0; i < 3; i++) {
                    const element a = top[c + i * step], b = middle[c + i * step], d = bottom[c + i * step];
                    most = most > a ? most : a;
                    most = most > b ? most : b;
                    most = most > d ? most : d;
                }
                result[c] = most;
            }
        }
    }
}

static void V(integer_means)(const struct IntegerMap *map, uint32_t *means, uint32_t *scratch) {
    const ptrdiff_t count = map->words * ELEMENTS;
    const uint32_t pixels = (uint32_t)(map->rows * map->columns);
    for (ptrdiff_t c = 0; c < count; c++) scratch[c] = 0;
    for (ptrdiff_t y = 0; y < map->rows; y++) {
        for (ptrdiff_t x = 0; x < map->columns; x++) {
            const element *pixel = (const element *)(map->inside + y * map->row_step + x * map->pixel_step);
            for (ptrdiff_t c = 0; c < count; c++) scratch[c] += pixel[c];
        }
    }
    element *result = (element *)means;
    for (ptrdiff_t c = 0; c < count; c++) result[c] = (element)((2 * scratch[c] + pixels) / (2 * pixels));
}

static void V(integer_gate)(const struct IntegerMap *input, const uint32_t *gates, int32_t zero,
                            const struct IntegerMap *output) {
    const ptrdiff_t count = input->words * ELEMENTS;
    const element *factors = (const element *)gates;
    const uint16_t z = (uint16_t)zero;
    for (ptrdiff_t y = 0; y < input->rows; y++) {
        for (ptrdiff_t x = 0; x < input->columns; x++) {
            const element *pixel = (const element *)(input->inside + y * input->row_step + x * input->pixel_step);
            element *restrict result = (element *)(output->inside + y * output->row_step + x * output->pixel_step);
            for (ptrdiff_t c = 0; c < count; c++) {
                // At most 255 * 256 + 128, which 16 bits hold.
                const uint16_t product = (uint16_t)(pixel[c] * factors[c]);
                const uint16_t sum = (uint16_t)(product + (uint16_t)(z * (uint16_t)(256 - factors[c])) + 128);
                result[c] = (element)(sum >> 8);
            }
        }
    }
}

#undef element
