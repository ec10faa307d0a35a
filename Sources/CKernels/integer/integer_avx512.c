// The integer kernels for x86-64 with AVX-512 and without VNNI: products of 16-bit numbers, summed by twos.
#if defined(__x86_64__)
#include "integer_variants.h"
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define VARIANT avx512
#define TILES 0
#define LANES 16
#define FUSED 1
#define REGISTERS 32
#define ELEMENTS 2
#include "lanes.h"

static inline integers V(splat_integer)(int32_t x) { return (integers)_mm512_set1_epi32(x); }
static inline integers V(dot)(integers sum, integers x, integers w) {
    return sum + (integers)_mm512_madd_epi16((__m512i)x, (__m512i)w);
}
static inline integers V(round_to_integers)(floats x) { return (integers)_mm512_cvtps_epi32((__m512)x); }
static inline void V(interleave)(const integers rows[2], integers words[2]) {
    words[0] = (integers)_mm512_unpacklo_epi16((__m512i)rows[0], (__m512i)rows[1]);
    words[1] = (integers)_mm512_unpackhi_epi16((__m512i)rows[0], (__m512i)rows[1]);
}
static inline integers V(pack)(const integers q[2], int32_t zero, int32_t high) {
    const __m512i sum =
        _mm512_adds_epi16(_mm512_packs_epi32((__m512i)q[0], (__m512i)q[1]), _mm512_set1_epi16((int16_t)zero));
    return (integers)_mm512_min_epi16(_mm512_max_epi16(sum, _mm512_setzero_si512()), _mm512_set1_epi16((int16_t)high));
}
/// Two vectors of whole numbers to neighbouring elements.
static inline void V(put_pair)(uint32_t *to, const integers q[2], int32_t zero, int32_t high) {
    // Packing takes 128 bits of one and of the other in turn.
    const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    const __m512i packed = _mm512_permutexvar_epi64(order, _mm512_packs_epi32((__m512i)q[0], (__m512i)q[1]));
    const __m512i sum = _mm512_adds_epi16(packed, _mm512_set1_epi16((int16_t)zero));
    _mm512_storeu_si512(to, _mm512_min_epi16(_mm512_max_epi16(sum, _mm512_setzero_si512()), _mm512_set1_epi16((int16_t)high)));
}
#define put_pair V(put_pair)
#define shuffle_bytes(table, index) ((bytes)_mm512_shuffle_epi8((__m512i)(table), (__m512i)(index)))
#define pack_bytes(a, b) _mm512_packus_epi16((__m512i)(a), (__m512i)(b))
#define unpack_low_bytes(x) ((integers)_mm512_unpacklo_epi8((__m512i)(x), _mm512_setzero_si512()))
#define unpack_high_bytes(x) ((integers)_mm512_unpackhi_epi8((__m512i)(x), _mm512_setzero_si512()))
#define splat_integer V(splat_integer)
#define dot V(dot)
#define dot_shorts dot
#define round_to_integers V(round_to_integers)
#define interleave V(interleave)
#define pack V(pack)
#include "integer_body.h"
#pragma clang attribute pop
#endif
