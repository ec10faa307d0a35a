#pragma once
// The kernels of one instruction set, as a table. Each instruction set's .c file defines one.
#include "backbone_kernels.h"
#include <stdbool.h>

struct BackboneKernels {
    ptrdiff_t lanes;
    void (*convolve)(const struct Convolution *);
    void (*convolve_depthwise)(const struct DepthwiseConvolution *);
    void (*convolve_winograd)(const struct Winograd *);
    void (*convolve_stem)(const struct Stem *);
    void (*convolve_inverted_residual)(const struct InvertedResidual *);
    void (*scale_floats)(const float *input, float factor, float *output, ptrdiff_t count);
    void (*gate_weights)(const float *weights, const float *gate, float *gated, ptrdiff_t input_channels,
                         ptrdiff_t vectors);
};

extern const struct BackboneKernels backbone_kernels_baseline;
#if defined(__x86_64__)
extern const struct BackboneKernels backbone_kernels_avx2, backbone_kernels_avx512;
#elif defined(__aarch64__)
extern const struct BackboneKernels backbone_kernels_neon;
#endif

/// Of the stem: the points of a line, the floats of a pair of pixels, and the rows that are computed together (an even
/// number, so that bands end between windows).
enum { StemPoints = 7, StemPair = 6, StemBand = 4 };
