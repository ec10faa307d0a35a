#pragma once
// Vectors of LANES floats and LANES/2 doubles, for kernels that are written once and compiled once for each instruction set.
//
// A family of kernels (`backbone/`, `statistics/`) has these files:
//
//     include/backbone_kernels.h    the public interface
//     *_body.h                      the kernels, written against this header
//     backbone_body.h               all of them, and the table of one instruction set's functions
//     backbone_avx2.c, ...          a file for each instruction set:
//
//         #pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
//         #define VARIANT avx2
//         #define LANES 8
//         #define FUSED 1
//         #include "lanes.h"
//         #include "backbone_body.h"
//         #pragma clang attribute pop
//
//     backbone_variants.h           declares the tables
//     backbone_kernels.c            chooses one at run time, and has what is the same for all
//
// Multiply-add is one fused instruction where FUSED is 1, and a product followed by a sum where it is 0. The compiler never
// chooses between the two, so the bits of a result do not depend on the build.
#pragma STDC FP_CONTRACT OFF

/// Unrolls the next loop completely, so that an array indexed by it lives in registers.
#define UNROLL _Pragma("clang loop unroll(full)")

#define JOINED_(name, variant) name##_##variant
#define JOINED(name, variant) JOINED_(name, variant)
/// The name of this variant's own copy of a function or type.
#define V(name) JOINED(name, VARIANT)

typedef float V(floats) __attribute__((ext_vector_type(LANES)));
typedef float V(floats_unaligned) __attribute__((ext_vector_type(LANES), aligned(4)));
typedef double V(doubles) __attribute__((ext_vector_type(LANES / 2)));
typedef double V(doubles_unaligned) __attribute__((ext_vector_type(LANES / 2), aligned(8)));
typedef int V(integers) __attribute__((ext_vector_type(LANES)));
#define floats V(floats)
#define doubles V(doubles)
#define integers V(integers)

static inline floats V(load)(const float *p) { return (floats)*(const V(floats_unaligned) *)p; }
static inline void V(store)(float *p, floats x) { *(V(floats_unaligned) *)p = (V(floats_unaligned))x; }
static inline doubles V(load_doubles)(const double *p) { return (doubles)*(const V(doubles_unaligned) *)p; }
static inline void V(store_doubles)(double *p, doubles x) { *(V(doubles_unaligned) *)p = (V(doubles_unaligned))x; }
#define load V(load)
#define store V(store)
#define load_doubles V(load_doubles)
#define store_doubles V(store_doubles)

// An initialiser list is one broadcast instruction; `(floats){} + x` would be a real addition.
#if LANES == 4
static inline floats V(splat)(float x) { return (floats){x, x, x, x}; }
static inline doubles V(splat_double)(double x) { return (doubles){x, x}; }
#elif LANES == 8
static inline floats V(splat)(float x) { return (floats){x, x, x, x, x, x, x, x}; }
static inline doubles V(splat_double)(double x) { return (doubles){x, x, x, x}; }
#elif LANES == 16
static inline floats V(splat)(float x) { return (floats){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
static inline doubles V(splat_double)(double x) { return (doubles){x, x, x, x, x, x, x, x}; }
#endif
#define splat V(splat)
#define splat_double V(splat_double)

#if FUSED
#define fused(a, b, c) __builtin_elementwise_fma((a), (b), (c))
#else
// Without the instruction, libm's fma would take microseconds an element.
#define fused(a, b, c) ((a) * (b) + (c))
#endif
// The vector ternary is one max instruction; __builtin_elementwise_max is three.
static inline floats V(larger)(floats a, floats b) { return a > b ? a : b; }
static inline floats V(smaller)(floats a, floats b) { return a < b ? a : b; }
#define larger V(larger)
#define smaller V(smaller)
