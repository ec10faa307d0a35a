// Whole-number arithmetic on records: the same on every instruction set, so written once and left to the compiler.
#include "statistics.h"
#include "numerator.h"
#include <assert.h>

/// The most samples of a record: more than 2^25 of the largest products do not fit in an Int64, but the sums of others do, and additions of
/// records are checked. n S, n being the samples, is then below 2^31 2^63 = 2^94.
static const int64_t most_samples = (int64_t)1 << 31;

void statistics_spread(const struct TapPixels *pixels, const int32_t *columns, int patches, int images, int32_t *rows,
                       ptrdiff_t row_stride) {
    assert(pixels->count > 0 && patches >= 0 && images > 0 && row_stride >= pixels->count);
    const size_t bytes = 4 * (size_t)pixels->count;
    for (int image = 0; image < images; image++) {
        const int32_t *from = pixels->values + image * pixels->image_stride;
        int32_t *to = rows + image * row_stride;
        for (int p = 0; p < patches; p++, to += images * row_stride)
            __builtin_memcpy(to, from + (size_t)columns[p] * pixels->count, bytes);
    }
}

bool statistics_sum_overflows(const int64_t *a, const int64_t *b, size_t words) {
    // A sum overflows where both terms have the sign that it has not.
    int64_t bad = 0;
    for (size_t k = 0; k < words; k++) {
        int64_t sum = (int64_t)((uint64_t)a[k] + (uint64_t)b[k]);
        bad |= (a[k] ^ sum) & (b[k] ^ sum);
    }
    return bad < 0;
}

bool statistics_difference_overflows(const int64_t *a, const int64_t *b, size_t words) {
    int64_t bad = 0;
    for (size_t k = 0; k < words; k++) {
        int64_t difference = (int64_t)((uint64_t)a[k] - (uint64_t)b[k]);
        bad |= (a[k] ^ b[k]) & (a[k] ^ difference);
    }
    return bad < 0;
}

void statistics_add(int64_t *a, const int64_t *b, size_t words) {
    for (size_t k = 0; k < words; k++) a[k] = (int64_t)((uint64_t)a[k] + (uint64_t)b[k]);
}

void statistics_subtract(int64_t *a, const int64_t *b, size_t words) {
    for (size_t k = 0; k < words; k++) a[k] = (int64_t)((uint64_t)a[k] - (uint64_t)b[k]);
}

/// Whether some |value| exceeds `most`.
static bool exceeds(const int64_t *values, size_t count, int64_t most) {
    // Of a value beyond, one of the two sums is negative and cannot wrap; of others none is, if `most` leaves room.
    // Sign bits are quick where comparisons of 64 bits are not.
    uint64_t bad = 0;
    if (most < (int64_t)1 << 62) {
        for (size_t k = 0; k < count; k++)
            bad |= ((uint64_t)most - (uint64_t)values[k]) | ((uint64_t)most + (uint64_t)values[k]);
        return bad >> 63;
    }
    for (size_t k = 0; k < count; k++) bad |= values[k] > most || values[k] < -most;
    return bad;
}

bool statistics_plausible(const int64_t *record, int channels, int64_t count) {
    assert(channels > 0 && count >= 0 && count <= most_samples);
    const int64_t *sums = record, *products = record + channels;
    int64_t most_product;
    if (__builtin_mul_overflow(count, (int64_t)STATISTICS_LIMIT * STATISTICS_LIMIT, &most_product)) most_product = INT64_MAX;
    if (exceeds(sums, (size_t)channels, count * STATISTICS_LIMIT)) return false;
    if (exceeds(products, (size_t)channels * (channels + 1) / 2, most_product)) return false;
    for (int c = 0; c < channels; c++) {
        // s^2 <= n S is Cauchy's inequality: what subtracting images that were never added breaks first.
        const int64_t square = products[(size_t)c * (c + 1) / 2 + c];
        if (square < 0 || (__int128)sums[c] * sums[c] > (__int128)count * square) return false;
    }
    return true;
}

bool statistics_pairs_plausible(const int64_t *record, int channels, int64_t count, double *variances) {
    assert(channels > 0 && count >= 0 && count <= most_samples);
    const int64_t *sums = record, *products = record + channels;
    for (int i = 0; i < channels; i++) {
        const int64_t *row = products + (size_t)i * (i + 1) / 2;
        variances[i] = statistics_numerator(count, row[i], sums[i], sums[i]);
        if (variances[i] < 0) return false;
        // Each number was rounded once: exact ones that keep the bound miss it by less than this.
        const double bound = variances[i] * (1 + 0x1p-48);
        for (int j = 0; j < i; j++) {
            const double covariance = statistics_numerator(count, row[j], sums[i], sums[j]);
            if (covariance * covariance > bound * variances[j]) return false;
        }
    }
    return true;
}

static __int128 wide(const struct WideSum *sum) { return (__int128)((unsigned __int128)(uint64_t)sum->high << 64 | sum->low); }

static struct WideSum words(__int128 value) {
    return (struct WideSum){.low = (uint64_t)value, .high = (int64_t)(value >> 64)};
}

void statistics_add_numerators(const int64_t *record, int channels, int64_t count, struct WideSum *totals) {
    assert(channels > 0 && count >= 0 && count <= most_samples);
    const int64_t *sums = record, *products = record + channels;
    for (int i = 0; i < channels; i++)
        for (int j = 0; j <= i; j++, products++, totals++)
            *totals = words(wide(totals) + (__int128)count * *products - (__int128)sums[i] * sums[j]);
}

void statistics_add_wide(struct WideSum *a, const struct WideSum *b, size_t count) {
    for (size_t k = 0; k < count; k++) a[k] = words(wide(a + k) + wide(b + k));
}

double statistics_wide_value(const struct WideSum *sum) { return (double)wide(sum); }

void statistics_select(const int64_t *record, int channels, const int32_t *places, int count, int64_t *selected) {
    assert(count > 0 && count <= channels && places[0] >= 0 && places[count - 1] < channels);
    for (int i = 0; i < count; i++) *selected++ = record[places[i]];
    for (int i = 0; i < count; i++) {
        const int64_t *row = record + channels + (size_t)places[i] * (places[i] + 1) / 2;
        for (int j = 0; j <= i; j++) *selected++ = row[places[j]];
    }
}

bool statistics_all_finite(const float *values, size_t count) {
    // Infinities and NaNs are the floats whose exponent bits are all set.
    uint32_t bad = 0;
    for (size_t k = 0; k < count; k++) {
        uint32_t bits;
        __builtin_memcpy(&bits, values + k, 4);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return !bad;
}

size_t statistics_largest(const float *values, size_t count) {
    // Sixteen chains, since each comparison waits for the one before.
    enum { chains = 16 };
    float largest[chains];
    for (int i = 0; i < chains; i++) largest[i] = -__builtin_inff();
    size_t k = 0;
    for (; k + chains <= count; k += chains) {
        for (int i = 0; i < chains; i++) largest[i] = values[k + i] > largest[i] ? values[k + i] : largest[i];
    }
    for (; k < count; k++) largest[0] = values[k] > largest[0] ? values[k] : largest[0];
    for (int i = 1; i < chains; i++) largest[0] = largest[i] > largest[0] ? largest[i] : largest[0];
    if (largest[0] == -__builtin_inff()) return 0;
    for (k = 0; values[k] != largest[0]; k++) {}
    return k;
}
