// The statistics' kernels for x86-64 with AVX2 and FMA.
#if defined(__x86_64__)
#include "statistics_variants.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VARIANT avx2
#define LANES 8
#define FUSED 1
#define FOLD_ROWS 4
#define FOLD_VECTORS 2
#define DISTANCE_ROWS 6
#define LOT_ROWS 6
#define WHITEN_TILE 3
#include "lanes.h"
#include "statistics_body.h"
#pragma clang attribute pop
#endif
