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
/// Of words of two numbers of 16 bits.
static inline integers V(dot_shorts)(integers sum, integers x, integers w) {
    // The compiler makes two instructions of the intrinsic, which are sooner done one by one and take longer together.
    __m512i result = (__m512i)sum;
    __asm__("vpdpwssd %2, %1, %0" : "+v"(result) : "v"((__m512i)w), "v"((__m512i)x));
    return (integers)result;
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

#if TILES
// Every processor with AMX has VBMI.
#define look_up_row look_up_bytes_vbmi
#else
// A shuffle takes a byte of 16: one for each value of the upper four bits.
static void V(look_up_row)(const uint8_t *table, uint8_t *bytes, ptrdiff_t count) {
    if (__builtin_cpu_supports("avx512vbmi")) return look_up_bytes_vbmi(table, bytes, count);
    __m512i sixteenths[16];
    UNROLL for (int i = 0; i < 16; i++) {
        sixteenths[i] = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(table + 16 * i)));
    }
    for (ptrdiff_t i = 0; i < count; i += 64) {
        const __mmask64 valid = count - i < 64 ? ~0ull >> (64 - (count - i)) : ~0ull;
        const __m512i x = _mm512_maskz_loadu_epi8(valid, bytes + i);
        const __m512i place = _mm512_and_si512(x, _mm512_set1_epi8(15)), part = _mm512_and_si512(x, _mm512_set1_epi8((char)240));
        __m512i result = _mm512_setzero_si512();
        UNROLL for (int n = 0; n < 16; n++) {
            const __mmask64 here = _mm512_cmpeq_epi8_mask(part, _mm512_set1_epi8((char)(16 * n)));
            result = _mm512_mask_shuffle_epi8(result, here, sixteenths[n], place);
        }
        _mm512_mask_storeu_epi8(bytes + i, valid, result);
    }
}
#define look_up_row V(look_up_row)
#endif
#define splat_integer V(splat_integer)
#define dot V(dot)
#define dot_shorts V(dot_shorts)
#define round_to_integers V(round_to_integers)
#define interleave V(interleave)
#define pack V(pack)
