// The source of integer_avxvnni.c with its one instruction in AVX-512's encoding. Processors with AVX-512 VNNI run it, and test the rest.
#if defined(__x86_64__)
#include "integer_variants.h"
#include <immintrin.h>

extern const struct IntegerKernels integer_kernels_avxvnni_by_avx512;

#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512vl,avx512vnni"))), apply_to = function)
#define VARIANT avxvnni_by_avx512
#define TILES 0
#define dot_bytes _mm256_dpbusd_epi32
#define DOT_PAIRS "vpdpwssd"
#include "integer_bytes_256.h"
#include "integer_body.h"
#pragma clang attribute pop
#endif
