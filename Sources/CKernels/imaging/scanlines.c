#include "scanlines.h"

#include <assert.h>

enum Filter { filter_none, filter_sub, filter_up, filter_mean, filter_paeth };

static inline int magnitude(int value) {
    int sign = value >> 31;
    return (value ^ sign) - sign;
}

/// Whichever of the three is nearest to a + b - c, without a branch: which one it is can't be foretold.
static inline int paeth(int a, int b, int c) {
    int from_a = magnitude(b - c), from_b = magnitude(a - c), from_c = magnitude(a + b - 2 * c);
    int other = from_b <= from_c ? b : c, from_other = from_b <= from_c ? from_b : from_c;
    return from_a <= from_other ? a : other;
}

static void unfilter_sub(uint8_t *row, size_t bytes, size_t step) {
    for (size_t index = step; index < bytes; index++) row[index] = (uint8_t)(row[index] + row[index - step]);
}

static void unfilter_up(uint8_t *row, const uint8_t *above, size_t bytes) {
    for (size_t index = 0; index < bytes; index++) row[index] = (uint8_t)(row[index] + above[index]);
}

/// `above` is null for the first row.
static void unfilter_mean(uint8_t *row, const uint8_t *above, size_t bytes, size_t step) {
    for (size_t index = 0; index < bytes; index++) {
        int a = index < step ? 0 : row[index - step], b = above ? above[index] : 0;
        row[index] = (uint8_t)(row[index] + ((a + b) >> 1));
    }
}

static inline void unfilter_paeth(uint8_t *row, const uint8_t *above, size_t bytes, size_t step) {
    for (size_t index = 0; index < step && index < bytes; index++) row[index] = (uint8_t)(row[index] + above[index]);
    for (size_t index = step; index < bytes; index++) {
        int prediction = paeth(row[index - step], above[index], above[index - step]);
        row[index] = (uint8_t)(row[index] + prediction);
    }
}

/// Two rows of one-byte pixels, the lower one a pixel behind: each pixel waits for its left neighbour, so that one row alone
/// leaves the processor idle most of the time.
static void unfilter_paeth_pair(uint8_t *row, const uint8_t *above, size_t bytes) {
    uint8_t *lower = row + bytes + 1;
    int a = 0, c = 0, lower_a = 0, lower_c = 0;
    for (size_t index = 0; index < bytes; index++) {
        if (index > 0) {
            // `a` still is the pixel at index - 1: the one above the lower row's.
            lower_a = (uint8_t)(lower[index - 1] + paeth(lower_a, a, lower_c));
            lower[index - 1] = (uint8_t)lower_a;
            lower_c = a;
        }
        int b = above[index];
        a = (uint8_t)(row[index] + paeth(a, b, c));
        row[index] = (uint8_t)a;
        c = b;
    }
    lower[bytes - 1] = (uint8_t)(lower[bytes - 1] + paeth(lower_a, a, lower_c));
}

static void unfilter_row(uint8_t *row, const uint8_t *above, size_t bytes, size_t step, uint8_t filter) {
    switch (filter) {
    case filter_sub: unfilter_sub(row, bytes, step); break;
    case filter_up: if (above) unfilter_up(row, above, bytes); break;
    case filter_mean: unfilter_mean(row, above, bytes, step); break;
    case filter_paeth:
        // Without a row above, a is always the nearest. With the step known the compiler keeps neighbours in registers.
        if (!above) unfilter_sub(row, bytes, step);
        else if (step == 1) unfilter_paeth(row, above, bytes, 1);
        else if (step == 3) unfilter_paeth(row, above, bytes, 3);
        else if (step == 4) unfilter_paeth(row, above, bytes, 4);
        else unfilter_paeth(row, above, bytes, step);
        break;
    default: break;
    }
}

size_t scanlines_unfilter(uint8_t *scanlines, size_t rows, size_t row_bytes, size_t pixel_bytes) {
    assert(pixel_bytes >= 1 && pixel_bytes <= 8);
    size_t stride = row_bytes + 1;
    const uint8_t *above = 0;
    for (size_t index = 0; index < rows; index++) {
        uint8_t *line = scanlines + index * stride;
        if (line[0] > filter_paeth) return index;
        int pair = pixel_bytes == 1 && row_bytes > 0 && above && line[0] == filter_paeth && index + 1 < rows &&
                   line[stride] == filter_paeth;
        if (pair) {
            unfilter_paeth_pair(line + 1, above, row_bytes);
            index += 1;
        } else {
            unfilter_row(line + 1, above, row_bytes, pixel_bytes, line[0]);
        }
        above = scanlines + index * stride + 1;
    }
    return rows;
}

void scanlines_filter(const uint8_t *pixels, size_t rows, size_t row_bytes, size_t pixel_bytes, uint8_t filter,
                      uint8_t *scanlines) {
    assert(pixel_bytes >= 1 && pixel_bytes <= 8 && (filter == filter_sub || filter == filter_up));
    for (size_t index = 0; index < rows; index++) {
        const uint8_t *row = pixels + index * row_bytes;
        uint8_t *line = scanlines + index * (row_bytes + 1);
        *line++ = filter;
        // What stands before or above the first is 0.
        size_t first = filter == filter_sub ? pixel_bytes : index ? 0 : row_bytes;
        ptrdiff_t back = (ptrdiff_t)(filter == filter_sub ? pixel_bytes : row_bytes);
        if (first > row_bytes) first = row_bytes;
        for (size_t byte = 0; byte < first; byte++) line[byte] = row[byte];
        for (size_t byte = first; byte < row_bytes; byte++) line[byte] = (uint8_t)(row[byte] - row[(ptrdiff_t)byte - back]);
    }
}

void scanlines_samples(const float *values, size_t count, float unit, uint8_t *samples) {
    for (size_t index = 0; index < count; index++) {
        float value = values[index] * unit;
        // A comparison with what is not a number is false, which leads to 0.
        value = value > 0 ? value : 0;
        value = value < 65535 ? value : 65535;
        // From 2^23 on floats are whole numbers: the sum is rounded to one, whose low bits they are.
        union { float number; uint32_t bits; } sum = {value + 0x1p23f};
        samples[2 * index] = (uint8_t)(sum.bits >> 8);
        samples[2 * index + 1] = (uint8_t)sum.bits;
    }
}
