#pragma once
#include "instruction_sets.h"
#include <stddef.h>
#include <stdint.h>

// The kernels of the convolutional backbones.
//
// Feature maps are channels-last: a pixel is a run of channels (rounded up to whole vectors, the surplus zero), a row a
// run of pixels, an image a run of rows. All steps are counted in floats. A convolution's zero padding is memory: the
// caller keeps a border of zero pixels around a map that needs one.
//
// Every output element is one fixed chain of multiply-adds, whatever the block, group or lane that computes it: its bits
// depend on the image, the weights, and on whether the instruction set fuses multiply-adds, and on nothing else.

/// How a kernel's sum becomes its output.
enum ActivationKind {
    ActivationNone,
    /// Clamped between `low` and `high`: ReLU (0, infinity) and ReLU6 (0, 6).
    ActivationClamp,
    /// x * sigmoid(x), also called SiLU.
    ActivationSwish,
    ActivationSigmoid,
};

struct Activation {
    enum ActivationKind kind;
    float low, high;
};

/// A convolution as products of pixels with packed weights, without copying pixels together first (implicit GEMM): the
/// input under one output pixel is `segments` runs of `segment_length` floats, for a k x k kernel k runs of k pixels.
struct Convolution {
    /// The first float under the kernel at the first output pixel, and the steps to the next output pixel's, row's, image's.
    const float *input;
    ptrdiff_t input_pixel_step, input_row_step, input_image_step;
    ptrdiff_t segments, segment_step, segment_length;
    /// Panels (see `convolution_panels`), each [segment][position in the segment][output channel of the panel].
    const float *weights;
    /// Null for none.
    const float *bias;
    /// Null, or a map of the output's shape that is added before the activation.
    const float *residual;
    ptrdiff_t residual_pixel_step, residual_row_step, residual_image_step;
    float *output;
    ptrdiff_t output_pixel_step, output_row_step, output_image_step;
    ptrdiff_t images, rows, columns;
    /// Output channels, in vectors, and how many of the last vector nobody reads: their weights and biases are zeros.
    ptrdiff_t vectors, surplus;
    /// Rows whose input stays in the cache while every panel passes over it.
    ptrdiff_t rows_per_block;
    struct Activation activation;
};

/// A 3 x 3 convolution with stride 1 or 2 through transformed tiles (see winograd_body.h and winograd_stride2_body.h).
struct Winograd {
    ptrdiff_t stride;
    /// The pixel above and to the left of the first one.
    const float *input;
    ptrdiff_t input_pixel_step, input_row_step, input_image_step, input_channels;
    /// Slice by slice, each in panels as for a 1 x 1 convolution.
    const float *weights;
    const float *bias;
    /// Null, or a map of the output's shape that is added before the activation.
    const float *residual;
    ptrdiff_t residual_pixel_step, residual_row_step, residual_image_step;
    float *output;
    ptrdiff_t output_pixel_step, output_row_step, output_image_step;
    ptrdiff_t images, rows, columns;
    /// Output channels, in vectors.
    ptrdiff_t vectors;
    ptrdiff_t tiles_per_block;
    /// Room for all slices of a block: `winograd_scratch` floats.
    float *transformed, *products;
    /// None or clamped.
    struct Activation activation;
};

/// One filter a channel.
struct DepthwiseConvolution {
    const float *input;
    ptrdiff_t input_pixel_step, input_row_step, input_image_step;
    /// The side of the square kernel (3 or 5), and its stride (1 or 2).
    ptrdiff_t kernel, stride;
    /// [vector of channels][kernel row][kernel column][lane].
    const float *weights;
    const float *bias;
    float *output;
    ptrdiff_t output_pixel_step, output_row_step, output_image_step;
    ptrdiff_t images, rows, columns, vectors;
    struct Activation activation;
    /// Null, or where each image's sum over all output pixels goes, a float a channel.
    float *sums;
    ptrdiff_t sums_image_step;
};

/// A 7 x 7 convolution with stride 2 of an RGB image, clamped at zero or above, and the maximum of 3 x 3 windows with
/// stride 2 of that, both with their padding (see stem_body.h).
struct Stem {
    /// The first float under the first window, in pixels of three floats. Rows must hold 8 * ceil(columns / 4) + 10 pixels.
    const float *input;
    ptrdiff_t input_row_step, input_image_step;
    /// For each point of a line panels as for a convolution, [kernel row][pixel of the pair][channel].
    const float *weights;
    const float *bias;
    float *output;
    ptrdiff_t output_row_step, output_image_step;
    /// Of the convolution's output.
    ptrdiff_t images, rows, columns, vectors;
    struct Activation activation;
    /// `stem_scratch` floats.
    float *scratch;
};

/// The most rows of an inverted residual that are projected at a time.
enum { ProjectedRows = 2 };

/// A convolution, a depthwise one of its output, and perhaps a 1 x 1 convolution of that, row by row (see
/// inverted_residual_body.h). `images` is the first convolution's; its output and the depthwise one's input are the ring.
struct InvertedResidual {
    struct Convolution expand;
    struct DepthwiseConvolution depthwise;
    /// The zero pixels around the expanded map that the depthwise convolution reaches: above, and at the sides.
    ptrdiff_t top, left, right;
    /// Room for depthwise.kernel + 1 rows of left + expand.columns + right pixels of inverted_residual_ring_vectors.
    float *ring;
    /// Expanded channels that go over the image at a time, in vectors: all of them, or an even number.
    ptrdiff_t vectors_per_pass;
    /// Null, and the depthwise convolution's output is the result; or room for ProjectedRows rows of it, and `project` makes the
    /// result of them. The channels are then in one pass.
    float *rows;
    struct Convolution project;
};

/// The number of floats in a vector of this instruction set.
ptrdiff_t vector_lanes(enum InstructionSetCode set);

/// How the vectors of output channels are dealt into panels: their number, and the width in vectors of the first one. All
/// others are two wide.
struct Panels {
    ptrdiff_t count, first_width;
};
struct Panels convolution_panels(ptrdiff_t vectors);

/// How many floats `transformed` and `products` take.
struct WinogradScratch {
    ptrdiff_t transformed, products;
};
struct WinogradScratch winograd_scratch(ptrdiff_t stride, ptrdiff_t tiles_per_block, ptrdiff_t input_pixel_step,
                                        ptrdiff_t output_floats);

void convolve(enum InstructionSetCode set, const struct Convolution *);
void convolve_winograd(enum InstructionSetCode set, const struct Winograd *);
void convolve_depthwise(enum InstructionSetCode set, const struct DepthwiseConvolution *);
/// How many floats a stem's `scratch` takes, for so many columns of the convolution and floats of an output pixel.
ptrdiff_t stem_scratch(ptrdiff_t columns, ptrdiff_t output_floats);
void convolve_stem(enum InstructionSetCode set, const struct Stem *);
void convolve_inverted_residual(enum InstructionSetCode set, const struct InvertedResidual *);

/// The vectors of the first and widest pass of an inverted residual. Panels of an odd number begin with a wider one.
ptrdiff_t inverted_residual_ring_vectors(ptrdiff_t vectors, ptrdiff_t vectors_per_pass);

/// output[i] = input[i] * factor.
void scale_floats(enum InstructionSetCode set, const float *input, float factor, float *output, ptrdiff_t count);

/// Packed weights of a 1 x 1 convolution with each input channel's row multiplied by its gate.
void gate_weights(enum InstructionSetCode set, const float *weights, const float *gate, float *gated,
                  ptrdiff_t input_channels, ptrdiff_t vectors);

/// Interleaved 8-bit pixels to floats, channel c becoming value * scale[c] + shift[c].
void normalise_pixels(const uint8_t *pixels, ptrdiff_t rows, ptrdiff_t columns, const float scale[3],
                      const float shift[3], float *output, ptrdiff_t output_row_step);

/// The same for pixels that are floats of 0 to 255 already.
void normalise_float_pixels(const float *pixels, ptrdiff_t rows, ptrdiff_t columns, const float scale[3],
                            const float shift[3], float *output, ptrdiff_t output_row_step);

/// Zeroes the pixels around the inside of a map: `rows` x `columns` pixels starting at `inside`.
void clear_border(float *inside, ptrdiff_t pixel_step, ptrdiff_t row_step, ptrdiff_t rows, ptrdiff_t columns,
                  ptrdiff_t top, ptrdiff_t left, ptrdiff_t bottom, ptrdiff_t right);
