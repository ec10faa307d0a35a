// The integer kernels for x86-64 with AVX-512 and VNNI: products of bytes, summed by fours.
#if defined(__x86_64__)
#include "integer_variants.h"
#include <immintrin.h>

#pragma clang attribute push(                                                                                           \
    __attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512vnni"))), apply_to = function)
#define VARIANT vnni
#define TILES 0
#include "integer_bytes.h"
#include "integer_body.h"
#pragma clang attribute pop
#endif
