// The backbone's kernels for x86-64 with AVX2 and FMA.
#if defined(__x86_64__)
#include "backbone_variants.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VARIANT avx2
#define LANES 8
#define FUSED 1
#define REGISTERS 16
#include "lanes.h"
#include "backbone_body.h"
#pragma clang attribute pop
#endif
