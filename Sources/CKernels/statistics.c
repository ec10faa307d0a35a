#include "statistics.h"
#include "statistics_numerator.h"

// Rows of one block of a fold: enough to earn the pass over the record, few enough for the cache.
#define FOLD_BLOCK 128
#define FOLD_SHIFT 0x1.8p52
#define GATHER_PIECE 512
#define WIDEST_LANES 16
#define WIDEST_PANEL 32

// Tiles: ROWS x VECTORS accumulators, with the vectors loaded and one broadcast, must fit the registers (16 on x86 before
// AVX-512, else 32), and there must be at least 8 of them to cover the latency of a multiply-add.
#define DISTANCE_VECTORS 2
#define DISTANCE_AHEAD (24 << 10)

size_t statistics_fold_scratch(int channels) { return (size_t)FOLD_BLOCK * ((size_t)channels + WIDEST_PANEL); }
size_t statistics_lanes(int images) {
    const size_t whole = DISTANCE_VECTORS * WIDEST_LANES;
    return ((size_t)images + whole - 1) / whole * whole;
}
size_t statistics_distance_scratch(int channels, int images) { return ((size_t)channels + 1) * statistics_lanes(images); }

#if defined(__x86_64__)
#define VARIANT baseline
#define LANES 4
#define FUSED 0
#define ROWS 4
#define VECTORS 2
#define DISTANCE_ROWS 4
#define T 3
#include "lanes.h"
#include "statistics_fold_body.h"
#include "statistics_lanes_body.h"
#include "statistics_distance_body.h"
#include "statistics_gather_body.h"
#include "statistics_map_body.h"
#include "statistics_whiten_body.h"
static const struct StatisticsKernels baseline = {fold_baseline, to_lanes_baseline, distances_baseline, gather_baseline,
                                                  banded_product_baseline, whiten_scratch_baseline, whiten_baseline, LANES / 2};
#include "lanes_end.h"
#undef ROWS
#undef VECTORS
#undef DISTANCE_ROWS
#undef T

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VARIANT avx2
#define LANES 8
#define FUSED 1
#define ROWS 4
#define VECTORS 2
#define DISTANCE_ROWS 6
#define T 3
#include "lanes.h"
#include "statistics_fold_body.h"
#include "statistics_lanes_body.h"
#include "statistics_distance_body.h"
#include "statistics_gather_body.h"
#include "statistics_map_body.h"
#include "statistics_whiten_body.h"
static const struct StatisticsKernels avx2 = {fold_avx2, to_lanes_avx2, distances_avx2, gather_avx2, banded_product_avx2, whiten_scratch_avx2, whiten_avx2, LANES / 2};
#include "lanes_end.h"
#undef ROWS
#undef VECTORS
#undef DISTANCE_ROWS
#undef T
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512vnni"))), apply_to = function)
#include "statistics_fold_digits.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define VARIANT avx512
#define LANES 16
#define FUSED 1
#define ROWS 8
#define VECTORS 2
#define DISTANCE_ROWS 10
#define T 5
#include "lanes.h"
#include "statistics_fold_body.h"
#include "statistics_lanes_body.h"
#include "statistics_distance_body.h"
#include "statistics_gather_body.h"
#include "statistics_map_body.h"
#include "statistics_whiten_body.h"
static const struct StatisticsKernels avx512 = {fold_avx512, to_lanes_avx512, distances_avx512, gather_avx512, banded_product_avx512, whiten_scratch_avx512, whiten_avx512, LANES / 2};
static const struct StatisticsKernels avx512_vnni = {fold_digits, to_lanes_avx512, distances_avx512, gather_avx512, banded_product_avx512, whiten_scratch_avx512, whiten_avx512, LANES / 2};
#include "lanes_end.h"
#undef ROWS
#undef VECTORS
#undef DISTANCE_ROWS
#undef T
#pragma clang attribute pop

#else
// 64-bit ARM has fused multiply-add from the start; the baseline is the same without it.
#define VARIANT baseline
#define LANES 4
#define FUSED 0
#define ROWS 4
#define VECTORS 4
#define DISTANCE_ROWS 8
#define T 4
#include "lanes.h"
#include "statistics_fold_body.h"
#include "statistics_lanes_body.h"
#include "statistics_distance_body.h"
#include "statistics_gather_body.h"
#include "statistics_map_body.h"
#include "statistics_whiten_body.h"
static const struct StatisticsKernels baseline = {fold_baseline, to_lanes_baseline, distances_baseline, gather_baseline,
                                                  banded_product_baseline, whiten_scratch_baseline, whiten_baseline, LANES / 2};
#include "lanes_end.h"

#define VARIANT neon
#define LANES 4
#define FUSED 1
#include "lanes.h"
#include "statistics_fold_body.h"
#include "statistics_lanes_body.h"
#include "statistics_distance_body.h"
#include "statistics_gather_body.h"
#include "statistics_map_body.h"
#include "statistics_whiten_body.h"
static const struct StatisticsKernels neon = {fold_neon, to_lanes_neon, distances_neon, gather_neon, banded_product_neon, whiten_scratch_neon, whiten_neon, LANES / 2};
#include "lanes_end.h"
#endif

const struct StatisticsKernels *statistics_kernels(enum InstructionSetCode code) {
#if defined(__x86_64__)
    if (code == InstructionSetAVX512 && __builtin_cpu_supports("avx512vnni")) return &avx512_vnni;
#endif
    return statistics_common_kernels(code);
}

const struct StatisticsKernels *statistics_common_kernels(enum InstructionSetCode code) {
    switch (code) {
    case InstructionSetBaseline:
        return &baseline;
#if defined(__x86_64__)
    case InstructionSetAVX2:
        return &avx2;
    case InstructionSetAVX512:
        return &avx512;
#elif defined(__aarch64__)
    case InstructionSetNEON:
        return &neon;
#endif
    default:
        return NULL;
    }
}
