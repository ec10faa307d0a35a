// The integer kernels for 64-bit ARM with products of bytes of one sign (the dotprod extension), summed by fours. Elements become
// numbers with a sign, x - 128, by one bit; biases have 128 times the weights in them (`IntegerShape.offset`).
#if defined(__aarch64__)
#include "integer_variants.h"
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define VARIANT neon_dot
#define TILES 0
#define OFFSET 128
#define dot_bytes(SUM, X, W) vdotq_s32((SUM), (int8x16_t)veorq_u8((X), vdupq_n_u8(128)), (W))
#include "integer_bytes_neon.h"
#include "integer_body.h"
#pragma clang attribute pop
#endif
