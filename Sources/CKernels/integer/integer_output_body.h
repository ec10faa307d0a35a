// What becomes of sums: elements of the next map, floats, or both.

/// Where a pixel's results go, and the element that is added to them.
struct V(IntegerPlace) {
    const uint32_t *residual;
    uint32_t *map;
    float *values;
};

/// What an output consists of, as constants: the kernels are compiled once for each of the usual kinds.
enum {
    V(ToMap) = 1,
    V(WithResidual) = 2,
    V(ToValues) = 4,
};
static inline int V(output_kind)(const struct IntegerOutput *o) {
    return (o->map ? V(ToMap) : 0) | (o->residual ? V(WithResidual) : 0) | (o->values ? V(ToValues) : 0);
}

/// A vector of sums to whole numbers in the output map's scale, without its zero point; values are stored.
static inline __attribute__((always_inline)) integers V(rescale)(const int kind, const struct IntegerOutput *o,
                                                                 ptrdiff_t channel, integers sums,
                                                                 const struct V(IntegerPlace) * place, ptrdiff_t pixel) {
    const floats exact = __builtin_convertvector(sums, floats);
    floats shortcut;
    if (kind & V(WithResidual)) {
        const integers r = load_elements(place->residual + pixel * o->residual_pixel_step + channel / ELEMENTS);
        shortcut = __builtin_convertvector(r - splat_integer(o->residual_zero), floats);
    }
    if (kind & V(ToValues)) {
        floats value = exact * load(o->unit_multipliers + channel);
        if (kind & V(WithResidual)) value = value + shortcut * splat(o->residual_unit);
        store(place->values + pixel * o->values_pixel_step + channel,
              smaller(larger(value, splat(o->values_low)), splat(o->values_high)));
    }
    if (!(kind & V(ToMap))) return sums;
    floats value = exact * load(o->multipliers + channel);
    if (kind & V(WithResidual)) value = value + shortcut * splat(o->residual_multiplier);
    return round_to_integers(value);
}

/// A vector of sums to elements and values.
static inline __attribute__((always_inline)) void V(put)(const int kind, const struct IntegerOutput *o, ptrdiff_t channel,
                                                         integers sums, const struct V(IntegerPlace) * place,
                                                         ptrdiff_t pixel) {
    const integers q = V(rescale)(kind, o, channel, sums, place, pixel) + splat_integer(o->zero);
    if (!(kind & V(ToMap))) return;
    store_elements(place->map + pixel * o->map_pixel_step + channel / ELEMENTS,
                   smaller_integer(larger_integer(q, splat_integer(0)), splat_integer(o->high)));
}

/// The neighbouring vectors of one pixel.
static inline __attribute__((always_inline)) void V(put_vectors)(const int kind, const int vectors,
                                                                 const struct IntegerOutput *o, ptrdiff_t channel,
                                                                 const integers *sums,
                                                                 const struct V(IntegerPlace) * place, ptrdiff_t pixel) {
    UNROLL for (int v = 0; v < vectors; v++) {
#ifdef put_pair
        if (v + 1 < vectors) {
            const ptrdiff_t first = channel + v * LANES;
            const integers q[2] = {V(rescale)(kind, o, first, sums[v], place, pixel),
                                   V(rescale)(kind, o, first + LANES, sums[v + 1], place, pixel)};
            if (kind & V(ToMap)) {
                put_pair(place->map + pixel * o->map_pixel_step + first / ELEMENTS, q, o->zero, o->high);
            }
            v++;
            continue;
        }
#endif
        V(put)(kind, o, channel + v * LANES, sums[v], place, pixel);
    }
}

/// The results of a block of pixels.
static inline __attribute__((always_inline)) void V(put_block)(const int pixels, const int vectors,
                                                               const struct IntegerOutput *of, ptrdiff_t channel,
                                                               integers sums[][3], const struct V(IntegerPlace) * at) {
    // Copies, which no store can change.
    const struct IntegerOutput o = *of;
    const struct V(IntegerPlace) place = *at;
    const int kind = V(output_kind)(&o);
    if (kind == V(ToMap)) {
        UNROLL for (int p = 0; p < pixels; p++) V(put_vectors)(V(ToMap), vectors, &o, channel, sums[p], &place, p);
    } else if (kind == (V(ToMap) | V(WithResidual))) {
        UNROLL for (int p = 0; p < pixels; p++) {
            V(put_vectors)(V(ToMap) | V(WithResidual), vectors, &o, channel, sums[p], &place, p);
        }
    } else {
        UNROLL for (int p = 0; p < pixels; p++) V(put_vectors)(kind, vectors, &o, channel, sums[p], &place, p);
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
