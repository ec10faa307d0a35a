// Everything that a backbone needs, for one instruction set.
#include "activation_body.h"
#include "convolution_half_body.h"
#include "convolution_body.h"
#include "winograd_tiles.h"
#include "winograd_body.h"
#include "winograd_stride2_body.h"
#include "winograd_blocks_body.h"
#include "stem_body.h"
#include "depthwise_body.h"
#include "inverted_residual_body.h"

const struct BackboneKernels V(backbone_kernels) = {
    .lanes = LANES,
    .convolve = V(convolve),
    .convolve_depthwise = V(convolve_depthwise),
    .convolve_winograd = V(convolve_winograd),
    .convolve_stem = V(convolve_stem),
    .convolve_inverted_residual = V(convolve_inverted_residual),
    .scale_floats = V(scale_floats),
    .gate_weights = V(gate_weights),
};
