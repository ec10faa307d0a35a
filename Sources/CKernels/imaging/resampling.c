#include "resampling.h"

#include <assert.h>
#include <string.h>

enum { fraction_bits = 22, low_bits = 11, half = 1 << (fraction_bits - 1) };

static inline const int16_t *weights_of(const struct ResamplingAxis *axis, int32_t index) {
    return axis->weights + (size_t)index * (size_t)axis->blocks * 8;
}

static inline int32_t weight_at(const int16_t *weights, int32_t tap) {
    const int16_t *block = weights + (tap >> 2) * 8 + (tap & 3);
    return (int32_t)block[0] * (1 << low_bits) + block[4];
}

static inline uint8_t rounded(int32_t sum) {
    int32_t value = sum >> fraction_bits;
    return value > 255 ? 255 : (uint8_t)value;
}

static void rows_baseline(const struct ResamplingAxis *axis, const uint8_t *const input[4], uint8_t *const output[4],
                          int32_t rows) {
    assert(rows > 0 && rows <= 4 && axis->count > 0 && axis->blocks > 0);
    for (int32_t x = 0; x < axis->count; x++) {
        const int16_t *weights = weights_of(axis, x);
        int32_t first = axis->bounds[2 * x], taps = axis->bounds[2 * x + 1];
        for (int32_t row = 0; row < rows; row++) {
            const uint8_t *pixel = input[row] + (size_t)first * 3;
            int32_t red = half, green = half, blue = half;
            for (int32_t tap = 0; tap < taps; tap++, pixel += 3) {
                int32_t weight = weight_at(weights, tap);
                red += weight * pixel[0];
                green += weight * pixel[1];
                blue += weight * pixel[2];
            }
            uint8_t *result = output[row] + (size_t)x * 3;
            result[0] = rounded(red);
            result[1] = rounded(green);
            result[2] = rounded(blue);
        }
    }
}

// Sums of so many bytes of a row stay in the first-level cache.
enum { strip = 256 };

static void column_strip(const struct ResamplingAxis *axis, int32_t index, const uint8_t *input, size_t stride,
                         size_t bytes, uint8_t *output) {
    const int16_t *weights = weights_of(axis, index);
    int32_t first = axis->bounds[2 * index], taps = axis->bounds[2 * index + 1];
    int32_t sums[strip];
    for (size_t x = 0; x < bytes; x++) sums[x] = half;
    for (int32_t tap = 0; tap < taps; tap++) {
        const uint8_t *row = input + (size_t)(first + tap) * stride;
        int32_t weight = weight_at(weights, tap);
        for (size_t x = 0; x < bytes; x++) sums[x] += weight * row[x];
    }
    for (size_t x = 0; x < bytes; x++) output[x] = rounded(sums[x]);
}

static void column_baseline(const struct ResamplingAxis *axis, int32_t index, const uint8_t *input, size_t stride,
                            size_t bytes, uint8_t *output) {
    assert(index >= 0 && index < axis->count && stride >= bytes);
    for (size_t x = 0; x < bytes; x += strip) {
        column_strip(axis, index, input + x, stride, bytes - x < strip ? bytes - x : strip, output + x);
    }
}

void resample_float_row(const struct FloatResamplingAxis *axis, const uint8_t *input, float *output) {
#pragma STDC FP_CONTRACT OFF
    assert(axis->count > 0 && axis->stride > 0);
    for (int32_t x = 0; x < axis->count; x++, output += 3) {
        const float *weights = axis->weights + (size_t)x * (size_t)axis->stride;
        const uint8_t *pixel = input + (size_t)axis->bounds[2 * x] * 3;
        const int32_t taps = axis->bounds[2 * x + 1];
        float red = 0, green = 0, blue = 0;
        for (int32_t tap = 0; tap < taps; tap++, pixel += 3) {
            red += weights[tap] * (float)pixel[0];
            green += weights[tap] * (float)pixel[1];
            blue += weights[tap] * (float)pixel[2];
        }
        output[0] = red;
        output[1] = green;
        output[2] = blue;
    }
}

void resample_float_column(const struct FloatResamplingAxis *axis, int32_t index, const float *input, size_t stride,
                           size_t count, float *output) {
#pragma STDC FP_CONTRACT OFF
    assert(index >= 0 && index < axis->count && stride >= count);
    const float *weights = axis->weights + (size_t)index * (size_t)axis->stride;
    const int32_t taps = axis->bounds[2 * index + 1];
    input += (size_t)axis->bounds[2 * index] * stride;
    memset(output, 0, count * sizeof *output);
    for (int32_t tap = 0; tap < taps; tap++, input += stride) {
        for (size_t x = 0; x < count; x++) output[x] += weights[tap] * input[x];
    }
}

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))

/// High and low sums put together, rounded and brought to 0...255 in each 32-bit lane (still signed, to be packed).
AVX2 static inline __m256i finished(__m256i high, __m256i low) {
    __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, low_bits), low);
    return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(half)), fraction_bits);
}

/// One output pixel of one row from the sums over its even and odd pairs of pixels.
AVX2 static inline void store_pixel(__m256i high, __m256i low, uint8_t *output) {
    __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, low_bits), low);
    __m128i both = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    both = _mm_srai_epi32(_mm_add_epi32(both, _mm_set1_epi32(half)), fraction_bits);
    both = _mm_packs_epi32(both, both);
    uint32_t pixel = (uint32_t)_mm_cvtsi128_si32(_mm_packus_epi16(both, both));
    memcpy(output, &pixel, 3);
}

AVX2 static void rows_avx2(const struct ResamplingAxis *axis, const uint8_t *const input[4], uint8_t *const output[4],
                           int32_t rows) {
    assert(rows > 0 && rows <= 4 && axis->count > 0 && axis->blocks > 0);
    // Four pixels of a row become pairs r0 r1, g0 g1, b0 b1 in the low lane and those of pixels 2 and 3 in the high one.
    const __m256i pairs = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
                                           6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    const __m256i high_weights = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    const __m256i low_weights = _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3);
    // Missing rows stand in as the first: computed, never stored.
    const uint8_t *in[4];
    for (int32_t row = 0; row < 4; row++) in[row] = row < rows ? input[row] : input[0];
    for (int32_t x = 0; x < axis->count; x++) {
        const int16_t *weights = weights_of(axis, x);
        size_t at = (size_t)axis->bounds[2 * x] * 3;
        int32_t blocks = (axis->bounds[2 * x + 1] + 3) >> 2;
        __m256i high[4], low[4];
        for (int32_t row = 0; row < 4; row++) high[row] = low[row] = _mm256_setzero_si256();
        for (int32_t block = 0; block < blocks; block++, at += 12, weights += 8) {
            __m256i all = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)weights));
            __m256i h = _mm256_permutevar8x32_epi32(all, high_weights);
            __m256i l = _mm256_permutevar8x32_epi32(all, low_weights);
            for (int32_t row = 0; row < 4; row++) {
                __m128i bytes = _mm_loadu_si128((const __m128i *)(in[row] + at));
                __m256i pixels = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), pairs);
                high[row] = _mm256_add_epi32(high[row], _mm256_madd_epi16(pixels, h));
                low[row] = _mm256_add_epi32(low[row], _mm256_madd_epi16(pixels, l));
            }
        }
        for (int32_t row = 0; row < rows; row++) store_pixel(high[row], low[row], output[row] + (size_t)x * 3);
    }
}

/// 32 bytes of an output row.
AVX2 static inline void column_32(const int16_t *weights, int32_t taps, const uint8_t *input, size_t stride,
                                  uint8_t *output) {
    const __m256i zero = _mm256_setzero_si256();
    __m256i high[4] = {zero, zero, zero, zero}, low[4] = {zero, zero, zero, zero};
    for (int32_t tap = 0; tap < taps; tap += 2) {
        const int16_t *pair = weights + (tap >> 2) * 8 + (tap & 2);
        int32_t h, l;
        memcpy(&h, pair, 4);
        memcpy(&l, pair + 4, 4);
        const __m256i h2 = _mm256_set1_epi32(h), l2 = _mm256_set1_epi32(l);
        const uint8_t *row = input + (size_t)tap * stride;
        __m256i a = _mm256_loadu_si256((const __m256i *)row);
        // An odd last row is paired with itself, at weight 0.
        __m256i b = _mm256_loadu_si256((const __m256i *)(tap + 1 < taps ? row + stride : row));
        __m256i left = _mm256_unpacklo_epi8(a, b), right = _mm256_unpackhi_epi8(a, b);
        __m256i quarter[4] = {_mm256_unpacklo_epi8(left, zero), _mm256_unpackhi_epi8(left, zero),
                              _mm256_unpacklo_epi8(right, zero), _mm256_unpackhi_epi8(right, zero)};
        for (int32_t q = 0; q < 4; q++) {
            high[q] = _mm256_add_epi32(high[q], _mm256_madd_epi16(quarter[q], h2));
            low[q] = _mm256_add_epi32(low[q], _mm256_madd_epi16(quarter[q], l2));
        }
    }
    // Packing undoes the unpacking within each lane.
    __m256i left = _mm256_packs_epi32(finished(high[0], low[0]), finished(high[1], low[1]));
    __m256i right = _mm256_packs_epi32(finished(high[2], low[2]), finished(high[3], low[3]));
    _mm256_storeu_si256((__m256i *)output, _mm256_packus_epi16(left, right));
}

AVX2 static void column_avx2(const struct ResamplingAxis *axis, int32_t index, const uint8_t *input, size_t stride,
                             size_t bytes, uint8_t *output) {
    assert(index >= 0 && index < axis->count && stride >= bytes);
    const int16_t *weights = weights_of(axis, index);
    int32_t taps = axis->bounds[2 * index + 1];
    const uint8_t *first = input + (size_t)axis->bounds[2 * index] * stride;
    size_t x = 0;
    for (; x + 32 <= bytes; x += 32) column_32(weights, taps, first + x, stride, output + x);
    if (x < bytes) column_strip(axis, index, input + x, stride, bytes - x, output + x);
}
#endif

struct ResamplingKernels resampling_kernels(enum InstructionSetCode code) {
#if defined(__x86_64__)
    if (code == InstructionSetAVX2 || code == InstructionSetAVX512) {
        return (struct ResamplingKernels){.rows = rows_avx2, .column = column_avx2};
    }
#endif
    (void)code;
    return (struct ResamplingKernels){.rows = rows_baseline, .column = column_baseline};
}
