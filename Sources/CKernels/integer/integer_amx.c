// The integer kernels for x86-64 with AMX: tiles of 16 pixels by 16 output channels. All but dense convolutions is as with VNNI.
#if defined(__x86_64__)
#include "integer_variants.h"
#include <immintrin.h>

#pragma clang attribute push(                                                                                           \
    __attribute__((target("avx2,fma,avx512f,avx512vl,avx512dq,avx512bw,avx512vnni,avx512vbmi,amx-tile,amx-int8"))),                \
    apply_to = function)
#define VARIANT amx
#define TILES 1
#include "integer_bytes.h"
#include "integer_body.h"
#pragma clang attribute pop
#endif
