#include "statistics.h"
#include <assert.h>

// Fingerprints: numbers modulo the prime P = 2^61 - 1, where 2^61 is 1: what is above the lowest 61 bits is added to them.

enum { MODULUS_BITS = 61 };
static const uint64_t modulus = (UINT64_C(1) << MODULUS_BITS) - 1;

/// Of a number below 2^122.
static inline uint64_t reduced(unsigned __int128 number) {
    uint64_t sum = ((uint64_t)number & modulus) + (uint64_t)(number >> MODULUS_BITS);
    // Below 2^62 now.
    sum = (sum & modulus) + (sum >> MODULUS_BITS);
    return sum == modulus ? 0 : sum;
}

/// Of a number below 2^120 in magnitude.
static inline uint64_t reduced_signed(__int128 number) {
    if (number >= 0) return reduced((unsigned __int128)number);
    const uint64_t opposite = reduced((unsigned __int128)-number);
    return opposite == 0 ? 0 : modulus - opposite;
}

static inline uint64_t product(uint64_t a, uint64_t b) { return reduced((unsigned __int128)a * b); }

uint64_t statistics_fingerprint_rows(const int32_t *rows, int samples, int channels, const int32_t *v, uint64_t u, uint64_t w) {
    assert(samples >= 0 && channels > 0 && u < modulus && w < modulus);
    uint64_t squares = 0, sums = 0;
    for (int sample = 0; sample < samples; sample++) {
        const int32_t *row = rows + (size_t)sample * channels;
        // At most 2^13 products of 49 bits.
        int64_t dot = 0;
        for (int channel = 0; channel < channels; channel++) dot += (int64_t)row[channel] * v[channel];
        const uint64_t q = reduced_signed(dot);
        squares = reduced((unsigned __int128)squares + product(q, q));
        sums = reduced((unsigned __int128)sums + q);
    }
    return reduced((unsigned __int128)product(u, squares) + product(w, sums));
}

uint64_t statistics_fingerprint_record(const int64_t *record, int channels, const int32_t *v, uint64_t u, uint64_t w) {
    assert(channels > 0 && u < modulus && w < modulus);
    __int128 sums = 0;
    for (int channel = 0; channel < channels; channel++) sums += (__int128)record[channel] * v[channel];
    const int64_t *products = record + channels;
    uint64_t squares = 0;
    for (int row = 0; row < channels; row++) {
        __int128 half = 0;
        for (int column = 0; column < row; column++) half += (__int128)products[column] * v[column];
        // What is above the diagonal is what is below it.
        const __int128 whole = 2 * half + (__int128)products[row] * v[row];
        squares = reduced((unsigned __int128)squares + product(reduced_signed(whole), reduced_signed(v[row])));
        products += row + 1;
    }
    return reduced((unsigned __int128)product(u, squares) + product(w, reduced_signed(sums)));
}
