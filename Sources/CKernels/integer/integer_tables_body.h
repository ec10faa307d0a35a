// Tables of 256 numbers behind a convolution: each element x of its map becomes table[x], row by row, while the row is in the cache.

#if defined(shuffle_bytes)
// A shuffle looks the lowest four bits of an index up in 16 bytes, and gives 0 if the index is negative. The table has 16 parts of 16 bytes, with a shuffle for each. Before each
// next part 16 is subtracted from all indices, so the parts from the first one up to an index's own give a result, and the later ones give 0. The results are combined by exclusive or:
// each part therefore stores its bytes xor those of the part before it. The upper eight parts are a table of their own, because indices of 128 and more are negative bytes.

struct V(Table) {
    uint8_t parts[16][4 * LANES];
};

static void V(prepare_table)(struct V(Table) * table, const uint8_t *entries) {
    for (int part = 0; part < 16; part++) {
        for (int i = 0; i < 4 * LANES; i++) {
            const uint8_t before = part % 8 == 0 ? 0 : entries[16 * (part - 1) + i % 16];
            table->parts[part][i] = entries[16 * part + i % 16] ^ before;
        }
    }
}

typedef int8_t V(bytes) __attribute__((ext_vector_type(4 * LANES), aligned(1)));
#define bytes V(bytes)

static inline bytes V(look_up_bytes)(const struct V(Table) * table, bytes index) {
    bytes lower = index, upper = index ^ (bytes)(splat_integer((int32_t)0x80808080)), result = (bytes)splat_integer(0);
    UNROLL for (int part = 0; part < 8; part++) {
        result ^= shuffle_bytes(*(const bytes *)table->parts[part], lower);
        result ^= shuffle_bytes(*(const bytes *)table->parts[part + 8], upper);
        lower = __builtin_elementwise_sub_sat(lower, (bytes)splat_integer(0x10101010));
        upper = __builtin_elementwise_sub_sat(upper, (bytes)splat_integer(0x10101010));
    }
    return result;
}

/// `count` words of a map.
static void V(look_up)(const struct V(Table) * table, const uint8_t *entries, uint32_t *words, ptrdiff_t count) {
    ptrdiff_t i = 0;
    for (; i + 2 * LANES <= count; i += 2 * LANES) {
        const integers a = load_integers((const int32_t *)words + i), b = load_integers((const int32_t *)words + i + LANES);
        const integers found = (integers)V(look_up_bytes)(table, (bytes)pack_bytes(a, b));
        store_integers((int32_t *)words + i, unpack_low_bytes(found));
        store_integers((int32_t *)words + i + LANES, unpack_high_bytes(found));
    }
    uint16_t *elements = (uint16_t *)words;
    for (ptrdiff_t e = 2 * i; e < 2 * count; e++) elements[e] = entries[elements[e] & 255];
}
#undef bytes
#elif ELEMENTS == 4
struct V(Table) {
    int none;
};
static void V(prepare_table)(struct V(Table) * table, const uint8_t *entries) {}
static void V(look_up)(const struct V(Table) * table, const uint8_t *entries, uint32_t *words, ptrdiff_t count) {
    look_up_row(entries, (uint8_t *)words, 4 * count);
}
#else
struct V(Table) {
    int none;
};
static void V(prepare_table)(struct V(Table) * table, const uint8_t *entries) {}
static void V(look_up)(const struct V(Table) * table, const uint8_t *entries, uint32_t *words, ptrdiff_t count) {
    uint16_t *elements = (uint16_t *)words;
    for (ptrdiff_t e = 0; e < 2 * count; e++) elements[e] = entries[elements[e] & 255];
}
#endif

/// The rows `first..<last` of all images' rows, that follow each other.
static void V(look_up_rows)(const struct IntegerOutput *o, const struct V(Table) * table, ptrdiff_t first, ptrdiff_t last,
                            ptrdiff_t rows, ptrdiff_t columns) {
    for (ptrdiff_t r = first; r < last; r++) {
        V(look_up)(table, o->table, V(integer_place)(o, r / rows, r % rows).map, columns * o->map_pixel_step);
    }
}
