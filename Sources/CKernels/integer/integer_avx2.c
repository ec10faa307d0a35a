// The integer kernels for x86-64 with AVX2: products of 16-bit numbers, summed by twos.
#if defined(__x86_64__)
#include "integer_variants.h"
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VARIANT avx2
#define TILES 0
#define LANES 8
#define FUSED 1
#define REGISTERS 16
#define ELEMENTS 2
#include "lanes.h"

static inline integers V(splat_integer)(int32_t x) { return (integers)_mm256_set1_epi32(x); }
static inline integers V(dot)(integers sum, integers x, integers w) {
    return sum + (integers)_mm256_madd_epi16((__m256i)x, (__m256i)w);
}
static inline integers V(round_to_integers)(floats x) { return (integers)_mm256_cvtps_epi32((__m256)x); }
static inline void V(interleave)(const integers rows[2], integers words[2]) {
    words[0] = (integers)_mm256_unpacklo_epi16((__m256i)rows[0], (__m256i)rows[1]);
    words[1] = (integers)_mm256_unpackhi_epi16((__m256i)rows[0], (__m256i)rows[1]);
}
static inline integers V(pack)(const integers q[2], int32_t zero, int32_t high) {
    const __m256i sum =
        _mm256_adds_epi16(_mm256_packs_epi32((__m256i)q[0], (__m256i)q[1]), _mm256_set1_epi16((int16_t)zero));
    return (integers)_mm256_min_epi16(_mm256_max_epi16(sum, _mm256_setzero_si256()), _mm256_set1_epi16((int16_t)high));
}
/// Two vectors of whole numbers to neighbouring elements.
static inline void V(put_pair)(uint32_t *to, const integers q[2], int32_t zero, int32_t high) {
    // Packing takes 128 bits of one and of the other in turn.
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32((__m256i)q[0], (__m256i)q[1]), 0xd8);
    const __m256i sum = _mm256_adds_epi16(packed, _mm256_set1_epi16((int16_t)zero));
    _mm256_storeu_si256((__m256i *)to, _mm256_min_epi16(_mm256_max_epi16(sum, _mm256_setzero_si256()),
                                                        _mm256_set1_epi16((int16_t)high)));
}
#define put_pair V(put_pair)
#define shuffle_bytes(table, index) ((bytes)_mm256_shuffle_epi8((__m256i)(table), (__m256i)(index)))
#define pack_bytes(a, b) _mm256_packus_epi16((__m256i)(a), (__m256i)(b))
#define unpack_low_bytes(x) ((integers)_mm256_unpacklo_epi8((__m256i)(x), _mm256_setzero_si256()))
#define unpack_high_bytes(x) ((integers)_mm256_unpackhi_epi8((__m256i)(x), _mm256_setzero_si256()))
#define splat_integer V(splat_integer)
#define dot V(dot)
#define dot_shorts dot
#define round_to_integers V(round_to_integers)
#define interleave V(interleave)
#define pack V(pack)
#include "integer_body.h"
#pragma clang attribute pop
#endif
