#pragma once
#include <stdint.h>

/// count * product - a * b, rounded to double once. Most fit in 64 bits, where the conversion is quick.
static inline double statistics_numerator(int64_t count, int64_t product, int64_t a, int64_t b) {
    int64_t first, second, difference;
    if (!__builtin_mul_overflow(count, product, &first) && !__builtin_mul_overflow(a, b, &second) &&
        !__builtin_sub_overflow(first, second, &difference))
        return (double)difference;
    return (double)((__int128)count * product - (__int128)a * b);
}
