#pragma once
// The kernels of one variant, as a table. Each variant's .c file defines one.
#include "backbone_kernels.h"
#include "integer_kernels.h"
#include "winograd_tiles.h"
#include <stdbool.h>

/// Words between the slices of a Winograd convolution's scratch memory.
enum { IntegerWinogradSurplus = 16 };

struct IntegerKernels {
    struct IntegerShape shape;
    ptrdiff_t (*run)(ptrdiff_t segments, ptrdiff_t segment_length);
    void (*convolve)(const struct IntegerConvolution *);
    /// Null where direct products are faster.
    void (*convolve_winograd)(const struct IntegerWinograd *);
    void (*convolve_depthwise)(const struct IntegerDepthwise *);
    void (*convolve_inverted_residual)(const struct IntegerInvertedResidual *);
    void (*pixels)(const uint8_t *, const struct IntegerMap *);
    void (*max_pool)(const struct IntegerMap *, const struct IntegerMap *);
    void (*means)(const struct IntegerMap *, uint32_t *, uint32_t *);
    void (*gate)(const struct IntegerMap *, const uint32_t *, int32_t, const struct IntegerMap *);
};

extern const struct IntegerKernels integer_kernels_baseline;
#if defined(__x86_64__)
/// `count` bytes x become table[x]; for processors with AVX-512 VBMI.
void look_up_bytes_vbmi(const uint8_t *table, uint8_t *bytes, ptrdiff_t count);
extern const struct IntegerKernels integer_kernels_avx2, integer_kernels_avxvnni, integer_kernels_avx512,
    integer_kernels_vnni, integer_kernels_amx;
#elif defined(__aarch64__)
extern const struct IntegerKernels integer_kernels_neon, integer_kernels_neon_dot, integer_kernels_neon_i8mm;
#endif

