// The integer kernels for any processor: products of 16-bit numbers, summed by twos. Every x86-64 has SSE2, which does this in one instruction.
#include "integer_variants.h"
#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define VARIANT baseline
#define TILES 0
#define LANES 4
#define FUSED 0
#define REGISTERS 16
#define ELEMENTS 2
#include "lanes.h"

#if defined(__x86_64__)
static inline integers V(splat_integer)(int32_t x) { return (integers)_mm_set1_epi32(x); }
static inline integers V(dot)(integers sum, integers x, integers w) {
    return sum + (integers)_mm_madd_epi16((__m128i)x, (__m128i)w);
}
static inline integers V(round_to_integers)(floats x) { return (integers)_mm_cvtps_epi32((__m128)x); }
static inline void V(interleave)(const integers rows[2], integers words[2]) {
    words[0] = (integers)_mm_unpacklo_epi16((__m128i)rows[0], (__m128i)rows[1]);
    words[1] = (integers)_mm_unpackhi_epi16((__m128i)rows[0], (__m128i)rows[1]);
}
static inline integers V(pack)(const integers q[2], int32_t zero, int32_t high) {
    const __m128i sum =
        _mm_adds_epi16(_mm_packs_epi32((__m128i)q[0], (__m128i)q[1]), _mm_set1_epi16((int16_t)zero));
    return (integers)_mm_min_epi16(_mm_max_epi16(sum, _mm_setzero_si128()), _mm_set1_epi16((int16_t)high));
}
#else
#include "integer_portable.h"
#endif
#define splat_integer V(splat_integer)
#define dot V(dot)
#define dot_shorts dot
#define round_to_integers V(round_to_integers)
#define interleave V(interleave)
#define pack V(pack)
#include "integer_body.h"
