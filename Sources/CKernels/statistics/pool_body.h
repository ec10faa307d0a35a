// From a tap to a coarser grid: the mean of each kept channel over the pixels that a place of the grid covers, rounded to fixed point as
// in gather_body.h, where rounding is defined.
//
// A window's pixels are added row by row, each row from left to right, in Float32. A lane is a channel, so no order of additions depends on
// the number of lanes; and no product is fused with a sum. The mean is the sum divided by the number of pixels, and a division is rounded the
// same way everywhere. Layers that are 4 and 2 times as fine as the grid have 16 and 4 pixels a window, whose division is exact.

static struct GatherTally V(pool)(const struct TapPooling *tap, void *kept) {
    assert(tap->count >= 0 && (kept || tap->count == 0) && tap->rows > 0 && tap->columns > 0 && tap->pixel_stride > 0);
    struct GatherTally tally = {0, 0};
    floats bad = splat(0);
    float values[GATHER_PIECE + 16], scales[GATHER_PIECE + 16], steps[GATHER_PIECE + 16];
    union {
        int32_t whole[GATHER_PIECE + 16];
        float floats[GATHER_PIECE + 16];
    } rounded;
    for (int begin = 0; begin < tap->count; begin += GATHER_PIECE) {
        const int count = tap->count - begin < GATHER_PIECE ? tap->count - begin : GATHER_PIECE;
        for (int c = 0; c < GATHER_PIECE + 16; c++) values[c] = 0, scales[c] = 0, steps[c] = 0;
        for (int c = 0; c < count; c++) scales[c] = tap->scales[begin + c];
        for (int c = 0; c < count && tap->steps; c++) steps[c] = tap->steps[begin + c];
        const int32_t *channels = tap->channels + begin;
        char *out = (char *)kept + 4 * (size_t)begin;
        integers clamped = (integers)splat(0);
        for (int row = 0; row < tap->rows; row++) {
            const int top = tap->row_windows[2 * row], bottom = tap->row_windows[2 * row + 1];
            for (int column = 0; column < tap->columns; column++, out += 4 * (size_t)tap->count) {
                const int left = tap->column_windows[2 * column], right = tap->column_windows[2 * column + 1];
                assert(top >= 0 && top < bottom && left >= 0 && left < right);
                for (int c = 0; c < count; c++) values[c] = 0;
                for (int y = top; y < bottom; y++) {
                    const float *pixel = tap->pixels + y * tap->row_stride + left * tap->pixel_stride;
                    for (int x = left; x < right; x++, pixel += tap->pixel_stride)
                        for (int c = 0; c < count; c++) values[c] += pixel[channels[c]];
                }
                const floats pixels = splat((float)((bottom - top) * (right - left)));
                for (int c = 0; c < count; c += LANES) {
                    // Of a sum that is infinite or no number, so is the difference.
                    bad += load(values + c) - load(values + c);
                    store(values + c, load(values + c) / pixels);
                }
                clamped += V(round_to_fixed)(values, scales, tap->steps ? steps : 0, count, rounded.whole, rounded.floats);
                __builtin_memcpy(out, &rounded, 4 * (size_t)count);
            }
        }
        for (int lane = 0; lane < LANES; lane++) tally.clamped += clamped[lane];
    }
    for (int lane = 0; lane < LANES; lane++) tally.not_finite |= bad[lane] != bad[lane];
    return tally;
}
