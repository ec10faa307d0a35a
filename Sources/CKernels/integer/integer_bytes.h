// What the integer kernels are made of where AVX-512 has VNNI: words of four bytes.
#define LANES 16
#define FUSED 1
#define REGISTERS 32
#define ELEMENTS 4
#include "lanes.h"

static inline integers V(splat_integer)(int32_t x) { return (integers)_mm512_set1_epi32(x); }
static inline integers V(dot)(integers sum, integers x, integers w) {
    return (integers)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)x, (__m512i)w);
}
static inline integers V(round_to_integers)(floats x) { return (integers)_mm512_cvtps_epi32((__m512)x); }
static inline void V(interleave)(const integers rows[4], integers words[4]) {
    const __m512i r0 = (__m512i)rows[0], r1 = (__m512i)rows[1], r2 = (__m512i)rows[2], r3 = (__m512i)rows[3];
    const __m512i low01 = _mm512_unpacklo_epi8(r0, r1), high01 = _mm512_unpackhi_epi8(r0, r1);
    const __m512i low23 = _mm512_unpacklo_epi8(r2, r3), high23 = _mm512_unpackhi_epi8(r2, r3);
    words[0] = (integers)_mm512_unpacklo_epi16(low01, low23);
    words[1] = (integers)_mm512_unpackhi_epi16(low01, low23);
    words[2] = (integers)_mm512_unpacklo_epi16(high01, high23);
    words[3] = (integers)_mm512_unpackhi_epi16(high01, high23);
}
static inline integers V(pack)(const integers q[4], int32_t zero, int32_t high) {
    const __m512i z = _mm512_set1_epi16((int16_t)zero);
    const __m512i low = _mm512_adds_epi16(_mm512_packs_epi32((__m512i)q[0], (__m512i)q[1]), z);
    const __m512i upper = _mm512_adds_epi16(_mm512_packs_epi32((__m512i)q[2], (__m512i)q[3]), z);
    return (integers)_mm512_min_epu8(_mm512_packus_epi16(low, upper), _mm512_set1_epi8((char)high));
}
#define splat_integer V(splat_integer)
#define dot V(dot)
#define round_to_integers V(round_to_integers)
#define interleave V(interleave)
#define pack V(pack)
