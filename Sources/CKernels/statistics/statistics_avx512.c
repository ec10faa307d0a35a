// The statistics' kernels for x86-64 with AVX-512 (F, VL, DQ, BW), and with VNNI a faster fold.
#if defined(__x86_64__)
#include "statistics_variants.h"
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define VARIANT avx512
#define LANES 16
#define FUSED 1
#define FOLD_ROWS 8
#define FOLD_VECTORS 2
#define DISTANCE_ROWS 10
#define LOT_ROWS 8
#define WHITEN_TILE 5
#include "lanes.h"
#include "statistics_body.h"
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512vnni"))), apply_to = function)
#include "fold_digits.h"
#pragma clang attribute pop

const struct StatisticsKernels statistics_kernels_avx512_vnni = STATISTICS_KERNELS(fold_digits, fold_run_digits);
#endif
