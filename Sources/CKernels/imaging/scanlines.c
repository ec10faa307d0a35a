#include "scanlines.h"

#include <assert.h>
#include <string.h>

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

// Eight rows of one-byte pixels at once, each a pixel behind the one above it, since a pixel waits for its left neighbour. A lane is a
// row. What a lane has just found is the pixel above of the next lane's next one:
//
//     lane 0   x . . . . .        The bytes that eight steps take are eight of each row, each row's a pixel to the left of those above:
//     lane 1     x . . . .        transposed, they are a vector a step.
//     lane 2       x . . .

enum { together = 8 };

typedef uint8_t bytes16 __attribute__((ext_vector_type(16)));
typedef uint8_t bytes8 __attribute__((ext_vector_type(8)));
typedef int16_t lanes __attribute__((ext_vector_type(together)));

static inline bytes8 bytes_at(const uint8_t *place) {
    bytes8 bytes;
    memcpy(&bytes, place, sizeof bytes);
    return bytes;
}

/// Rows of eight bytes become columns: of each pair of vectors, the bytes in turn; then pairs of bytes; then fours.
static inline void transpose_bytes(bytes8 square[8]) {
    bytes16 pairs[4], fours[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        pairs[i] = __builtin_shufflevector(square[2 * i], square[2 * i + 1], 0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
        const bytes16 a = pairs[2 * i], b = pairs[2 * i + 1];
        fours[2 * i] = __builtin_shufflevector(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23);
        fours[2 * i + 1] = __builtin_shufflevector(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 2; i++) {
        const bytes16 a = fours[i], b = fours[2 + i];
        square[4 * i] = __builtin_shufflevector(a, b, 0, 1, 2, 3, 16, 17, 18, 19);
        square[4 * i + 1] = __builtin_shufflevector(a, b, 4, 5, 6, 7, 20, 21, 22, 23);
        square[4 * i + 2] = __builtin_shufflevector(a, b, 8, 9, 10, 11, 24, 25, 26, 27);
        square[4 * i + 3] = __builtin_shufflevector(a, b, 12, 13, 14, 15, 28, 29, 30, 31);
    }
}

static inline lanes larger(lanes a, lanes b) { return a > b ? a : b; }
static inline lanes smaller(lanes a, lanes b) { return a < b ? a : b; }

/// What a step leaves to the next: each row's last pixel, and the one above that.
struct Neighbours {
    lanes left, corner;
};

/// As `paeth`, of each lane.
static inline lanes paeth_of_lanes(lanes a, lanes b, lanes c) {
    const lanes to_a = b - c, to_b = a - c, to_c = to_a + to_b;
    const lanes from_a = larger(to_a, -to_a), from_b = larger(to_b, -to_b), from_c = larger(to_c, -to_c);
    const lanes other = from_b > from_c ? c : b;
    return from_a > smaller(from_b, from_c) ? other : a;
}

/// The next pixel of each row from its difference; `above` is the one above the first row's.
static inline void paeth_lanes(struct Neighbours *n, lanes above, lanes *x) {
    const lanes b = __builtin_shufflevector(above, n->left, 0, 8, 9, 10, 11, 12, 13, 14);
    n->left = (*x + paeth_of_lanes(n->left, b, n->corner)) & 255;
    n->corner = b;
    *x = n->left;
}

/// One step at the rows' beginnings or ends: only the rows `first...last` have a pixel.
static void paeth_some(struct Neighbours *n, uint8_t *rows, size_t stride, const uint8_t *above, size_t column, size_t first,
                       size_t last) {
    lanes x = {0}, over = {first == 0 ? above[column] : 0};
    for (size_t row = first; row <= last; row++) x[row] = rows[row * stride + column - row];
    const struct Neighbours before = *n;
    paeth_lanes(n, over, &x);
    for (size_t row = 0; row < together; row++) {
        if (row < first || row > last) {
            n->left[row] = before.left[row];
            n->corner[row] = before.corner[row];
        } else {
            rows[row * stride + column - row] = (uint8_t)x[row];
        }
    }
}

/// At most `together` rows.
static void unfilter_paeth_together(uint8_t *rows, const uint8_t *above, size_t bytes, size_t count) {
    const size_t stride = bytes + 1;
    struct Neighbours n = {0};
    size_t column = 0;
    for (; column < count - 1; column++) paeth_some(&n, rows, stride, above, column, 0, column);
    for (; column + together <= bytes; column += together) {
        bytes8 square[together];
#pragma clang loop unroll(full)
        for (size_t row = 0; row < together; row++) {
            // Lanes without a row compute another's, which is not kept.
            const size_t here = row < count ? row : 0;
            square[row] = bytes_at(rows + here * stride + column - here);
        }
        transpose_bytes(square);
        lanes over = __builtin_convertvector(bytes_at(above + column), lanes);
#pragma clang loop unroll(full)
        for (size_t step = 0; step < together; step++) {
            lanes x = __builtin_convertvector(square[step], lanes);
            paeth_lanes(&n, over, &x);
            over = __builtin_shufflevector(over, over, 1, 2, 3, 4, 5, 6, 7, 7);
            square[step] = __builtin_convertvector(x, bytes8);
        }
        transpose_bytes(square);
#pragma clang loop unroll(full)
        for (size_t row = 0; row < together; row++) {
            if (row < count) memcpy(rows + row * stride + column - row, &square[row], sizeof square[row]);
        }
    }
    for (; column < bytes; column++) paeth_some(&n, rows, stride, above, column, 0, count - 1);
    for (; column < bytes + count - 1; column++) paeth_some(&n, rows, stride, above, column, column - bytes + 1, count - 1);
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
        size_t run = 0;
        while (run < together && index + run < rows && line[run * stride] == filter_paeth) run++;
        if (pixel_bytes == 1 && row_bytes >= together && above && run > 1) {
            unfilter_paeth_together(line + 1, above, row_bytes, run);
            index += run - 1;
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

void scanlines_replicate(const uint8_t *gray, size_t count, uint8_t *rgb) {
    size_t index = 0;
    for (; index + 16 <= count; index += 16, rgb += 48) {
        bytes16 x;
        memcpy(&x, gray + index, 16);
        const bytes16 thirds[3] = {
            __builtin_shufflevector(x, x, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 5),
            __builtin_shufflevector(x, x, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 9, 10, 10),
            __builtin_shufflevector(x, x, 10, 11, 11, 11, 12, 12, 12, 13, 13, 13, 14, 14, 14, 15, 15, 15),
        };
        memcpy(rgb, thirds, 48);
    }
    for (; index < count; index++, rgb += 3) rgb[0] = rgb[1] = rgb[2] = gray[index];
}
