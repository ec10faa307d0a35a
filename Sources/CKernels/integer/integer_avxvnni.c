// The integer kernels for x86-64 with AVX-VNNI, which processors without AVX-512 have: products of bytes, summed by fours.
#if defined(__x86_64__)
#include "integer_variants.h"
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)
#define VARIANT avxvnni
#define TILES 0
#define dot_bytes _mm256_dpbusd_avx_epi32
#define DOT_PAIRS "%{vex%} vpdpwssd"
#include "integer_bytes_256.h"
#include "integer_body.h"
#pragma clang attribute pop
#endif
