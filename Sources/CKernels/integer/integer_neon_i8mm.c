// The integer kernels for 64-bit ARM with products of bytes without a sign and with one (the i8mm extension), summed by fours.
#if defined(__aarch64__)
#include "integer_variants.h"
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)
#define VARIANT neon_i8mm
#define TILES 0
#define dot_bytes vusdotq_s32
#include "integer_bytes_neon.h"
#include "integer_body.h"
#pragma clang attribute pop
#endif
