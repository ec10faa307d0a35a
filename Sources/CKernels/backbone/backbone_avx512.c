// The backbone's kernels for x86-64 with AVX-512 (F, VL, DQ, BW).
#if defined(__x86_64__)
#include "backbone_variants.h"

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw"))), apply_to = function)
#define VARIANT avx512
#define LANES 16
#define FUSED 1
#define REGISTERS 32
#include "lanes.h"
#include "backbone_body.h"
#pragma clang attribute pop
#endif
