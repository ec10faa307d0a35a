#include "statistics_variants.h"

const struct StatisticsKernels *statistics_kernels(enum InstructionSetCode code) {
#if defined(__x86_64__)
    if (code == InstructionSetAVX512 && __builtin_cpu_supports("avx512vnni")) return &statistics_kernels_avx512_vnni;
#endif
    return statistics_common_kernels(code);
}

const struct StatisticsKernels *statistics_common_kernels(enum InstructionSetCode code) {
    switch (code) {
    case InstructionSetBaseline:
        return &statistics_kernels_baseline;
#if defined(__x86_64__)
    case InstructionSetAVX2:
        return &statistics_kernels_avx2;
    case InstructionSetAVX512:
        return &statistics_kernels_avx512;
#elif defined(__aarch64__)
    case InstructionSetNEON:
        return &statistics_kernels_neon;
#endif
    default:
        return NULL;
    }
}

size_t statistics_fold_scratch(int channels) { return (size_t)FOLD_BLOCK * ((size_t)channels + WIDEST_PANEL); }

size_t statistics_lanes(int images) {
    assert(images > 0);
    return whole_lanes(images);
}

size_t statistics_distance_scratch(int channels, int images) { return ((size_t)channels + 1) * whole_lanes(images); }

size_t statistics_held_out_stride(int images) { return held_out_stride(images); }

size_t statistics_held_out_scratch(int channels, int images) {
    return (size_t)channels * held_out_stride(images) + WIDEST_DISTANCE_ROWS * held_out_pitch(channels);
}

size_t statistics_lot_scratch(int images) {
    const size_t rows = (size_t)images;
    return rows * lot_stride(images) + whole_lanes(images + 1) + rows * held_out_stride(images) * 3 / 2;
}
