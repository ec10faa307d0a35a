// The fold of fold_body.h for processors with AVX-512 VNNI, whose multiply-add takes pairs of 16-bit numbers:
// sum += x[0] y[0] + x[1] y[1], 32 products an instruction where doubles give 8.
//
// A number of 19 bits and a sign is two digits, x = a 2^10 + b with |a| <= 512 and -512 <= b < 512. A product of two
// numbers takes three products of digits (Karatsuba and Ofman 1962):
//
//     x x' = aa' 2^20 + (cc' - aa' - bb') 2^10 + bb',    c = a + b
//
// A pair of images costs three instructions for 16 products of the triangle, where doubles take four. Over a block of at
// most 128 images every sum of digits is below 2^28: nothing overflows, and the words are those of the other fold.
//
// Layout. Panels of 32 columns. A word holds the digits of two images; of each pair of images there are the words a of all
// columns, then b, then c:
//
//     panel 0:  | pair 0: a[0..32) b[0..32) c[0..32) | pair 1: ... |        panel 1: columns 32..64 ...
//
// A tile of 4 rows x 2 vectors x 3 sums lives in registers. From its three sums, 16 products at a time, come the low and
// the high halves of the words, 16 to a register:
//
//     low  = aa 2^20 + middle 2^10 + bb  mod 2^32                          middle = cc - aa - bb
//     high = floor of the same / 2^32 = (aa + (middle + bb / 2^10) / 2^10) / 2^12,    each quotient rounded down
//
// The instructions that interleave halves take two words of every quarter of a register, then the other two. For the
// columns to come out in order, a vector of a panel has them as 0 1 8 9  2 3 10 11  4 5 12 13  6 7 14 15.

#include <immintrin.h>

enum { DigitLanes = 16, DigitRows = 4, DigitVectors = 2, DigitPanel = DigitVectors * DigitLanes, DigitPair = 3 * DigitPanel };

typedef int32_t digits __attribute__((ext_vector_type(16)));

/// Where a panel has a column, both counted from the panel's start.
static inline int digits_place(int column) {
    return (column & 16) + ((column & 6) << 1) + ((column & 8) >> 2) + (column & 1);
}

/// The first `columns` of 16 words of a record += the whole numbers of which low and high halves are given.
static inline void digits_add(int64_t *to, int columns, digits low, digits high) {
    const __m512i left = _mm512_unpacklo_epi32((__m512i)low, (__m512i)high);
    const __m512i right = _mm512_unpackhi_epi32((__m512i)low, (__m512i)high);
    if (columns >= DigitLanes) {
        _mm512_storeu_si512(to, _mm512_add_epi64(_mm512_loadu_si512(to), left));
        _mm512_storeu_si512(to + 8, _mm512_add_epi64(_mm512_loadu_si512(to + 8), right));
    } else if (columns > 0) {
        const __mmask16 mask = (__mmask16)((1u << columns) - 1);
        const __mmask8 first = (__mmask8)mask, last = (__mmask8)(mask >> 8);
        _mm512_mask_storeu_epi64(to, first, _mm512_add_epi64(_mm512_maskz_loadu_epi64(first, to), left));
        _mm512_mask_storeu_epi64(to + 8, last, _mm512_add_epi64(_mm512_maskz_loadu_epi64(last, to + 8), right));
    }
}

/// Two images' digits in one word, the first one's in the lower half.
static inline digits digits_pair(digits first, digits second) { return (first & 0xffff) | (second << 16); }

/// At most 16 columns of a block of images into their vector of a panel, zeros after them; and their sums.
static inline void digits_pack_vector(const int32_t *rows, int images, int channels, int columns, int32_t *panel,
                                      int64_t *sums) {
    const __mmask16 mask = columns >= DigitLanes ? 0xffff : (__mmask16)((1u << columns) - 1);
    digits total = {0};
    for (int image = 0; image < images; image += 2, panel += DigitPair, rows += 2 * (ptrdiff_t)channels) {
        digits first = (digits)_mm512_maskz_loadu_epi32(mask, rows), second = {0};
        if (image + 1 < images) second = (digits)_mm512_maskz_loadu_epi32(mask, rows + channels);
        first = __builtin_shufflevector(first, first, 0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
        second = __builtin_shufflevector(second, second, 0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15);
        total += first + second;
        const digits low_first = (first << 22) >> 22, low_second = (second << 22) >> 22;
        const digits a = digits_pair((first - low_first) >> 10, (second - low_second) >> 10);
        const digits b = digits_pair(low_first, low_second);
        *(digits *)panel = a;
        *(digits *)(panel + DigitPanel) = b;
        *(digits *)(panel + 2 * DigitPanel) = (digits)_mm512_add_epi16((__m512i)a, (__m512i)b);
    }
    digits_add(sums, columns, total, total >> 31);
}

/// One tile of the triangle: `vectors` of columns from `left` on, and the rows from `top` on, into a record's products.
static inline __attribute__((always_inline)) void digits_tile(const int vectors, const int32_t *row_panel,
                                                              const int32_t *column_panel, int pairs, int top, int left,
                                                              int channels, int64_t *products) {
    digits sums[DigitRows][DigitVectors][3];
    UNROLL for (int r = 0; r < DigitRows; r++) {
        UNROLL for (int v = 0; v < vectors; v++) {
            UNROLL for (int digit = 0; digit < 3; digit++) sums[r][v][digit] = (digits){0};
        }
    }
    // Rows come in fours, and columns lie in pairs.
    const int32_t *rows[DigitRows / 2] = {row_panel + digits_place(top % DigitPanel),
                                          row_panel + digits_place(top % DigitPanel + 2)};
    for (ptrdiff_t pair = 0; pair < pairs; pair++) {
        UNROLL for (int digit = 0; digit < 3; digit++) {
            const ptrdiff_t at = pair * DigitPair + digit * DigitPanel;
            digits x[DigitVectors];
            UNROLL for (int v = 0; v < vectors; v++) x[v] = *(const digits *)(column_panel + at + v * DigitLanes);
            UNROLL for (int r = 0; r < DigitRows; r++) {
                const __m512i y = _mm512_set1_epi32(rows[r / 2][at + r % 2]);
                UNROLL for (int v = 0; v < vectors; v++) {
                    sums[r][v][digit] = (digits)_mm512_dpwssd_epi32((__m512i)sums[r][v][digit], y, (__m512i)x[v]);
                }
            }
        }
    }
    UNROLL for (int r = 0; r < DigitRows; r++) {
        if (top + r < channels) {
            int64_t *to = products + (size_t)(top + r) * (top + r + 1) / 2 + left;
            UNROLL for (int v = 0; v < vectors; v++) {
                const digits aa = sums[r][v][0], bb = sums[r][v][1], middle = sums[r][v][2] - aa - bb;
                const digits low = (aa << 20) + (middle << 10) + bb;
                const digits high = (aa + ((middle + (bb >> 10)) >> 10)) >> 12;
                digits_add(to + v * DigitLanes, top + r + 1 - left - v * DigitLanes, low, high);
            }
        }
    }
}

static void digits_fold_block(const int32_t *rows, int images, int channels, int32_t *panels, int64_t *record) {
    const int pairs = (images + 1) / 2;
    const ptrdiff_t panel_size = (ptrdiff_t)pairs * DigitPair;
    for (int column = 0; column < channels; column += DigitLanes) {
        digits_pack_vector(rows + column, images, channels, channels - column,
                           panels + column / DigitPanel * panel_size + column % DigitPanel, record + column);
    }
    int64_t *products = record + channels;
    // A record is larger than the caches, and the tiles of some rows lie in one run of memory: each asks for as many bytes as it has
    // itself, FOLD_AHEAD bytes on.
    uintptr_t ahead = (uintptr_t)record + FOLD_AHEAD;
    for (int top = 0; top < channels; top += DigitRows) {
        const int32_t *row_panel = panels + top / DigitPanel * panel_size;
        const int columns = top + DigitRows < channels ? top + DigitRows : channels;
        for (int left = 0; left < columns; left += DigitPanel) {
            const int32_t *column_panel = panels + left / DigitPanel * panel_size;
            const int vectors = columns - left <= DigitLanes ? 1 : DigitVectors;
            for (int word = 0; word < vectors * DigitRows * DigitLanes; word += 8, ahead += 64) {
                __builtin_prefetch((const void *)ahead, 1);
            }
            if (vectors == 1) {
                digits_tile(1, row_panel, column_panel, pairs, top, left, channels, products);
            } else {
                digits_tile(2, row_panel, column_panel, pairs, top, left, channels, products);
            }
        }
    }
}

static void fold_digits(const int32_t *rows, int images, int channels, double *scratch, int64_t *record) {
    assert(rows && record && images > 0 && channels > 0 && statistics_aligned(scratch));
    for (int done = 0; done < images; done += FOLD_BLOCK) {
        const int block = images - done < FOLD_BLOCK ? images - done : FOLD_BLOCK;
        digits_fold_block(rows + (size_t)done * channels, block, channels, (int32_t *)scratch, record);
    }
}

/// What patches have in common is computed for each of them: here memory takes most of the time.
static void fold_run_digits(const int32_t *rows, int images, int channels, const int32_t *changed, int patches, double *scratch,
                            int64_t *records) {
    assert(patches > 0);
    (void)changed;
    for (ptrdiff_t patch = 0; patch < patches; patch++) {
        fold_digits(rows + patch * images * channels, images, channels, scratch,
                    records + patch * (ptrdiff_t)statistics_record_words((size_t)channels));
    }
}
