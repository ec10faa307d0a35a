// What becomes of sums: elements of the next map, floats, or both.

/// Where a pixel's results go, and the element that is added to them.
struct V(IntegerPlace) {
    const uint32_t *residual;
    uint32_t *map;
    float *values;
};

/// A vector of sums to elements and values.
static inline __attribute__((always_inline)) void V(put)(const struct IntegerOutput *o, ptrdiff_t channel, integers sums,
                                                         const struct V(IntegerPlace) * place, ptrdiff_t pixel) {
    const floats exact = __builtin_convertvector(sums, floats);
    floats shortcut;
    if (o->residual) {
        const integers r = load_elements(place->residual + pixel * o->residual_pixel_step + channel / ELEMENTS);
        shortcut = __builtin_convertvector(r - splat_integer(o->residual_zero), floats);
    }
    if (o->map) {
        floats value = exact * load(o->multipliers + channel);
        if (o->residual) value = value + shortcut * splat(o->residual_multiplier);
        const integers q = round_to_integers(value) + splat_integer(o->zero);
        store_elements(place->map + pixel * o->map_pixel_step + channel / ELEMENTS,
                       smaller_integer(larger_integer(q, splat_integer(0)), splat_integer(o->high)));
    }
    if (o->values) {
        floats value = exact * load(o->unit_multipliers + channel);
        if (o->residual) value = value + shortcut * splat(o->residual_unit);
        store(place->values + pixel * o->values_pixel_step + channel,
              smaller(larger(value, splat(o->values_low)), splat(o->values_high)));
    }
}

/// Where the results of one row of an image begin.
static struct V(IntegerPlace) V(integer_place)(const struct IntegerOutput *o, ptrdiff_t image, ptrdiff_t row) {
    return (struct V(IntegerPlace)){
        .residual = o->residual ? o->residual + image * o->residual_image_step + row * o->residual_row_step : 0,
        .map = o->map ? o->map + image * o->map_image_step + row * o->map_row_step : 0,
        .values = o->values ? o->values + image * o->values_image_step + row * o->values_row_step : 0,
    };
}

static void V(advance)(const struct IntegerOutput *o, struct V(IntegerPlace) * place, ptrdiff_t pixels) {
    if (place->residual) place->residual += pixels * o->residual_pixel_step;
    if (place->map) place->map += pixels * o->map_pixel_step;
    if (place->values) place->values += pixels * o->values_pixel_step;
}
