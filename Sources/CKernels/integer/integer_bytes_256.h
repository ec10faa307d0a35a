// What the integer kernels are made of where vectors of 256 bits have VNNI's products: words of four bytes. The variant's file says by
// `dot_bytes` and `DOT_PAIRS` in which encoding its processors have the instructions: that of AVX, or that of AVX-512.
#define LANES 8
#define FUSED 1
#define REGISTERS 16
#define ELEMENTS 4
#include "lanes.h"

static inline integers V(splat_integer)(int32_t x) { return (integers)_mm256_set1_epi32(x); }
static inline integers V(dot)(integers sum, integers x, integers w) {
    return (integers)dot_bytes((__m256i)sum, (__m256i)x, (__m256i)w);
}
/// Of words of two numbers of 16 bits.
static inline integers V(dot_shorts)(integers sum, integers x, integers w) {
    // The compiler makes two instructions of the intrinsic, which are sooner done one by one and take longer together.
    __m256i result = (__m256i)sum;
    __asm__(DOT_PAIRS " %2, %1, %0" : "+x"(result) : "x"((__m256i)w), "x"((__m256i)x));
    return (integers)result;
}
static inline integers V(round_to_integers)(floats x) { return (integers)_mm256_cvtps_epi32((__m256)x); }
static inline void V(interleave)(const integers rows[4], integers words[4]) {
    const __m256i r0 = (__m256i)rows[0], r1 = (__m256i)rows[1], r2 = (__m256i)rows[2], r3 = (__m256i)rows[3];
    const __m256i low01 = _mm256_unpacklo_epi8(r0, r1), high01 = _mm256_unpackhi_epi8(r0, r1);
    const __m256i low23 = _mm256_unpacklo_epi8(r2, r3), high23 = _mm256_unpackhi_epi8(r2, r3);
    words[0] = (integers)_mm256_unpacklo_epi16(low01, low23);
    words[1] = (integers)_mm256_unpackhi_epi16(low01, low23);
    words[2] = (integers)_mm256_unpacklo_epi16(high01, high23);
    words[3] = (integers)_mm256_unpackhi_epi16(high01, high23);
}
static inline integers V(pack)(const integers q[4], int32_t zero, int32_t high) {
    const __m256i z = _mm256_set1_epi16((int16_t)zero);
    const __m256i low = _mm256_adds_epi16(_mm256_packs_epi32((__m256i)q[0], (__m256i)q[1]), z);
    const __m256i upper = _mm256_adds_epi16(_mm256_packs_epi32((__m256i)q[2], (__m256i)q[3]), z);
    return (integers)_mm256_min_epu8(_mm256_packus_epi16(low, upper), _mm256_set1_epi8((char)high));
}

// A shuffle takes a byte of 16, and gives 0 where the highest bit of a place is set. Of part n of the table the places x - 16 n that are 0 to 15
// keep this bit clear when 112 is added; all others come to 128 or more, or stay at 255.
static inline void V(look_up_row)(const uint8_t *table, uint8_t *bytes, ptrdiff_t count) {
    ptrdiff_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(bytes + i));
        __m256i result = _mm256_setzero_si256();
        UNROLL for (int n = 0; n < 16; n++) {
            const __m256i part = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(table + 16 * n)));
            const __m256i place = _mm256_sub_epi8(x, _mm256_set1_epi8((char)(16 * n)));
            result = _mm256_or_si256(
                result, _mm256_shuffle_epi8(part, _mm256_adds_epu8(place, _mm256_set1_epi8(112))));
        }
        _mm256_storeu_si256((__m256i *)(bytes + i), result);
    }
    for (; i < count; i++) bytes[i] = table[bytes[i]];
}
#define look_up_row V(look_up_row)
#define splat_integer V(splat_integer)
#define dot V(dot)
#define dot_shorts V(dot_shorts)
#define round_to_integers V(round_to_integers)
#define interleave V(interleave)
#define pack V(pack)
