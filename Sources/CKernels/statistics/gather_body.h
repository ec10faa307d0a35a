// From the network's taps to what is kept of them: the kept channels of each tap pixel, one pixel after the other, rounded to
// fixed point: q = x * scale to the nearest whole number. Sums take q itself; scoring takes the float q * step, which is exact,
// since q has 20 bits and a step is a power of two. Deeper taps' pixels go to several patches; they are repeated where they are used, not here, which for
// taps of 56 x 56, 28 x 28 and 14 x 14 pixels makes a quarter of the numbers.
//
// Rounding: for |y| < 2^22 the sum y + 1.5 * 2^23 has a unit of 1 in the last place, so its low bits are y rounded to the
// nearest whole number, ties to even, in the processor's own rounding mode and with no instruction of its own.

typedef int32_t V(integers_unaligned) __attribute__((ext_vector_type(LANES), aligned(4)));

/// Rounds values to fixed point, as whole numbers or, where steps are given, as floats in `out`; all arrays may be read and written past
/// `count` up to whole vectors.
static inline integers V(round_to_fixed)(const float *values, const float *scales, const float *steps, int count, int32_t *whole, float *out) {
    integers clamped = (integers)splat(0);
    const floats limit = splat((float)STATISTICS_LIMIT), shift = splat(0x1.8p23f);
    for (int c = 0; c < count; c += LANES) {
        floats y = load(values + c) * load(scales + c);
        clamped -= (integers)((y > limit) | (y < -limit));
        y = smaller(larger(y, -limit), limit);
        const floats shifted = y + shift;
        if (steps)
            store(out + c, (shifted - shift) * load(steps + c));
        else
            *(V(integers_unaligned) *)(whole + c) = (V(integers_unaligned))((integers)shifted - (integers)shift);
    }
    return clamped;
}

static struct GatherTally V(gather)(const struct TapGather *tap, void *kept) {
    assert(tap->count >= 0 && (kept || tap->count == 0) && tap->height > 0 && tap->width > 0);
    assert(tap->pixel_stride > 0 && tap->row_stride >= tap->width * tap->pixel_stride);
    struct GatherTally tally = {0, 0};
    // x - x is 0 for every finite x, and NaN for the others.
    floats bad = splat(0);
    // Channels are taken in pieces that fit on the stack, so their number has no limit here.
    float values[GATHER_PIECE + 16], scales[GATHER_PIECE + 16], steps[GATHER_PIECE + 16];
    union {
        int32_t whole[GATHER_PIECE + 16];
        float floats[GATHER_PIECE + 16];
    } rounded;
    for (int begin = 0; begin < tap->count; begin += GATHER_PIECE) {
        int count = tap->count - begin < GATHER_PIECE ? tap->count - begin : GATHER_PIECE;
        for (int c = 0; c < GATHER_PIECE + 16; c++) values[c] = 0, scales[c] = 0, steps[c] = 0;
        for (int c = 0; c < count; c++) scales[c] = tap->scales[begin + c];
        for (int c = 0; c < count && tap->steps; c++) steps[c] = tap->steps[begin + c];
        const int32_t *channels = tap->channels + begin;
        for (int y = 0; y < tap->height; y++) {
            const int rows = tap->row_starts[y + 1] - tap->row_starts[y];
            integers clamped = (integers)splat(0);
            for (int x = 0; x < tap->width && rows > 0; x++) {
                const int columns = tap->column_starts[x + 1] - tap->column_starts[x];
                if (columns == 0) continue;
                const float *pixel = tap->pixels + y * tap->row_stride + x * tap->pixel_stride;
                // The network's deeper layers have pushed these out of the near caches, and the processor does not foresee which come.
                for (ptrdiff_t c = 0; c < tap->pixel_stride; c += 16) __builtin_prefetch(pixel + GATHER_AHEAD * tap->pixel_stride + c, 0, 3);
                for (int c = 0; c < count; c++) values[c] = pixel[channels[c]];
                for (int c = 0; c < count; c += LANES) bad += load(values + c) - load(values + c);
                clamped += V(round_to_fixed)(values, scales, tap->steps ? steps : 0, count, rounded.whole, rounded.floats) * columns;
                char *out = (char *)kept + 4 * (((size_t)y * tap->width + x) * tap->count + begin);
                __builtin_memcpy(out, &rounded, 4 * (size_t)count);
            }
            for (int lane = 0; lane < LANES; lane++) tally.clamped += (int64_t)clamped[lane] * rows;
        }
    }
    for (int lane = 0; lane < LANES; lane++) tally.not_finite |= bad[lane] != bad[lane];
    return tally;
}
