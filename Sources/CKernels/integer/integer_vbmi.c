// Tables for processors with VBMI, whose instruction takes a byte of 128.
#if defined(__x86_64__)
#include "integer_variants.h"
#include <immintrin.h>

__attribute__((target("avx512f,avx512bw,avx512vbmi"))) void look_up_bytes_vbmi(const uint8_t *table, uint8_t *bytes,
                                                                               ptrdiff_t count) {
    const __m512i t0 = _mm512_loadu_si512(table), t1 = _mm512_loadu_si512(table + 64);
    const __m512i t2 = _mm512_loadu_si512(table + 128), t3 = _mm512_loadu_si512(table + 192);
    for (ptrdiff_t i = 0; i < count; i += 64) {
        const __mmask64 valid = count - i < 64 ? ~0ull >> (64 - (count - i)) : ~0ull;
        const __m512i x = _mm512_maskz_loadu_epi8(valid, bytes + i);
        const __m512i low = _mm512_permutex2var_epi8(t0, x, t1), high = _mm512_permutex2var_epi8(t2, x, t3);
        _mm512_mask_storeu_epi8(bytes + i, valid, _mm512_mask_blend_epi8(_mm512_movepi8_mask(x), low, high));
    }
}
#endif
