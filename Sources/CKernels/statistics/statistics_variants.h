#pragma once
// What the instruction sets have in common. Each instruction set's .c file defines a table.
#include "statistics.h"
#include "numerator.h"
#include <assert.h>

extern const struct StatisticsKernels statistics_kernels_baseline;
#if defined(__x86_64__)
extern const struct StatisticsKernels statistics_kernels_avx2, statistics_kernels_avx512, statistics_kernels_avx512_vnni;
#elif defined(__aarch64__)
extern const struct StatisticsKernels statistics_kernels_neon;
#endif

/// Rows of one block of a fold: enough to earn the pass over the record, few enough for the cache.
#define FOLD_BLOCK 128
#define FOLD_SHIFT 0x1.8p52
#define FOLD_AHEAD (4 << 10)
#define GATHER_PIECE 512
/// Pixels that are fetched ahead.
#define GATHER_AHEAD 4

// The widest of all instruction sets, for the sizes of scratch memory.
#define WIDEST_LANES 16
#define WIDEST_PANEL 32
#define WIDEST_DISTANCE_ROWS 10

#define DISTANCE_VECTORS 2
#define DISTANCE_AHEAD (24 << 10)

/// `statistics_lanes` where the compiler sees it: its result is a multiple of every instruction set's vectors.
static inline size_t whole_lanes(int images) {
    const size_t whole = DISTANCE_VECTORS * WIDEST_LANES;
    return ((size_t)images + whole - 1) / whole * whole;
}

/// Rows of the matrices of images that are left out: an odd number of cache lines, of floats and, but for one factor of 2, of doubles, so
/// that the rows of a column do not share a few cache sets.
static inline size_t held_out_stride(int images) { return whole_lanes(images) + WIDEST_LANES; }

/// Doubles of a row of a tile of W.
static inline size_t held_out_pitch(int channels) { return ((size_t)channels + 7) / 8 * 8 | 8; }

/// Where the right-hand sides begin in a row of a lot's matrix: whole vectors of doubles of every instruction set.
static inline size_t lot_columns(int images) { return ((size_t)images + 7) / 8 * 8; }

/// Doubles of a row of a lot's matrix: an odd number of cache lines.
static inline size_t lot_stride(int images) { return (lot_columns(images) + whole_lanes(images + 1)) | 8; }

/// Whether scratch memory begins where every instruction set's vectors may.
static inline bool statistics_aligned(const void *scratch) { return (uintptr_t)scratch % 64 == 0; }
