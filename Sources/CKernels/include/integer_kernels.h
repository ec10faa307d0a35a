#pragma once
#include "instruction_sets.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The kernels of backbones of eight-bit integers (docs/NUMERICS.md, "The integer network").
//
// A map is channels-last, as those of backbone_kernels.h. Its elements are whole numbers of 0 to 255, and a word of 32 bits holds
// a few neighbouring channels: four bytes, or two numbers of 16 bits, as the variant's products want them. All steps are counted in words.
// Every sum is exact, and what follows it is a few operations of IEEE 754 that are each rounded once: the bits of a result do not
// depend on the variant.

/// The variants of these kernels. A processor with the widest vectors may lack the instructions for eight-bit products, so they are
/// not those of `InstructionSetCode`.
enum IntegerVariant {
    IntegerBaseline,
    IntegerAVX2,
    /// AVX2 with `vpdpbusd`: products of bytes, summed by fours.
    IntegerAVXVNNI,
    IntegerAVX512,
    /// AVX-512 with `vpdpbusd`: products of bytes, summed by fours.
    IntegerVNNI,
    /// The same, and AMX's tiles for dense convolutions.
    IntegerAMX,
    IntegerNEON,
    /// NEON with `sdot`: products of bytes that have a sign, summed by fours.
    IntegerNEONDot,
    /// NEON with `usdot`: products of bytes, of which one has a sign.
    IntegerNEONI8MM,
};

/// The fastest variant that an instruction set allows on this processor.
enum IntegerVariant integer_variant(enum InstructionSetCode set);
/// Whether this build holds the variant and this processor can run it.
bool integer_variant_runs_here(enum IntegerVariant variant);

/// The side of a tile of AMX, in pixels and in words.
enum { IntegerTileSide = 16 };

struct IntegerShape {
    /// Sums in a vector.
    ptrdiff_t lanes;
    /// Elements in a word: 4 or 2.
    ptrdiff_t elements;
    /// Channels that the depthwise kernel computes together: `lanes * elements`.
    ptrdiff_t block;
    /// What is taken off each element before it is multiplied. The bias of a sum must have so many times the sum of all its weights added,
    /// modulo 2^32.
    int32_t offset;
    /// Whether the variant has `integer_convolve_winograd`.
    bool has_winograd;
};
struct IntegerShape integer_shape(enum IntegerVariant variant);

/// How a dense convolution of so many segments takes them: each one's words are rounded up to a multiple of this in the weights, as many are
/// read of the input, and up to so many pixels behind the last one. What is read there does not count.
ptrdiff_t integer_run(enum IntegerVariant variant, ptrdiff_t segments, ptrdiff_t segment_length);

/// The output of a convolution: elements of the next map, or floats, or both. Multipliers are in the order of the sums.
struct IntegerOutput {
    /// To the output map's scale, and to units of 1.
    const float *multipliers, *unit_multipliers;
    /// Null, or a map of the output's shape that is added.
    const uint32_t *residual;
    ptrdiff_t residual_pixel_step, residual_row_step, residual_image_step;
    int32_t residual_zero;
    float residual_multiplier, residual_unit;
    /// Null, or the map: element = min(max(round(value) + zero, 0), high).
    uint32_t *map;
    ptrdiff_t map_pixel_step, map_row_step, map_image_step;
    int32_t zero, high;
    /// Null, or what each of 256 elements becomes in the end.
    const uint8_t *table;
    /// Null, or the values as floats, clamped.
    float *values;
    ptrdiff_t values_pixel_step, values_row_step, values_image_step;
    float values_low, values_high;
};

/// A dense convolution, as `Convolution` is one: `segments` runs of `segment_length` words under an output pixel.
struct IntegerConvolution {
    const uint32_t *input;
    ptrdiff_t input_pixel_step, input_row_step, input_image_step;
    ptrdiff_t segments, segment_step, segment_length;
    /// Panels (`convolution_panels`), each [segment][word][output channel of the panel]: the weights of a word's elements, packed as they are.
    const uint32_t *weights;
    /// With the zero point's products taken off.
    const int32_t *bias;
    ptrdiff_t images, rows, columns;
    /// Output channels, in vectors of sums.
    ptrdiff_t vectors;
    ptrdiff_t rows_per_block;
    struct IntegerOutput output;
};

/// The slices of a tile of a Winograd convolution.
enum { IntegerWinogradSlices = 36 };

/// A 3 x 3 convolution with stride 1 by transformed tiles of 4 x 4 outputs. It gives the sums of a direct one, if those over each group of input channels are, without the
/// bias, in [-2^25, 2^25).
/// One row and one pixel behind the map's border may be read; what they hold does not count.
struct IntegerWinograd {
    /// The first output's window begins here.
    const uint32_t *input;
    ptrdiff_t input_pixel_step, input_row_step, input_image_step;
    /// A multiple of two vectors of sums.
    ptrdiff_t input_channels;
    /// 1 or 2, each with as many input channels.
    ptrdiff_t groups;
    /// Panels (`convolution_panels`), each [slice][pair of input channels][output channel of the panel]: two numbers of 16 bits.
    const uint32_t *weights;
    /// As of a direct convolution.
    const int32_t *bias;
    ptrdiff_t images, rows, columns;
    /// Output channels, in vectors of sums.
    ptrdiff_t vectors;
    ptrdiff_t tiles_per_block;
    /// As many words and sums as `integer_winograd_scratch` says.
    uint32_t *transformed;
    int32_t *products;
    struct IntegerOutput output;
};

struct IntegerWinogradScratch {
    ptrdiff_t transformed, products;
};
struct IntegerWinogradScratch integer_winograd_scratch(enum IntegerVariant variant, ptrdiff_t tiles_per_block,
                                                       ptrdiff_t input_channels);

/// One filter a channel. Vectors of sums are in the order of `integer_depthwise_channel`.
struct IntegerDepthwise {
    const uint32_t *input;
    ptrdiff_t input_pixel_step, input_row_step, input_image_step;
    /// The side of the square kernel (3 or 5), and its stride (1 or 2).
    ptrdiff_t kernel, stride;
    /// [block of channels][run of `elements` kernel rows][kernel column][vector][lane]: the weights of a word's rows.
    const uint32_t *weights;
    const int32_t *bias;
    ptrdiff_t images, rows, columns, blocks;
    /// Without a residual. `values` are in the order of the sums as well.
    struct IntegerOutput output;
};

/// A convolution, a depthwise one of its output, and perhaps a 1 x 1 convolution of that, row by row. `images` is the first convolution's; its output
/// and the depthwise one's input are the ring.
struct IntegerInvertedResidual {
    struct IntegerConvolution expand;
    struct IntegerDepthwise depthwise;
    /// The pixels outside of the expanded map that the depthwise convolution reaches: above, and at the sides.
    ptrdiff_t top, left, right;
    /// A word of those pixels.
    uint32_t outside;
    /// Room for depthwise.kernel + 1 rows of left + expand.columns + right pixels.
    uint32_t *ring;
    /// Null, and the depthwise convolution's output is the result; or room for a row of it, and `project` makes the result of it.
    uint32_t *row;
    struct IntegerConvolution project;
};

/// The channel, within its block, whose sum is in this lane of this vector.
ptrdiff_t integer_depthwise_channel(enum IntegerVariant variant, ptrdiff_t vector, ptrdiff_t lane);

/// A map of one image, for what is done element by element.
struct IntegerMap {
    uint32_t *inside;
    ptrdiff_t pixel_step, row_step, rows, columns;
    /// Words of a pixel that are worked on.
    ptrdiff_t words;
};

void integer_convolve(enum IntegerVariant variant, const struct IntegerConvolution *);
void integer_convolve_winograd(enum IntegerVariant variant, const struct IntegerWinograd *);
void integer_convolve_depthwise(enum IntegerVariant variant, const struct IntegerDepthwise *);

void integer_convolve_inverted_residual(enum IntegerVariant variant, const struct IntegerInvertedResidual *);

/// Interleaved RGB pixels to words of red, green, blue and 0.
void integer_pixels(enum IntegerVariant variant, const uint8_t *pixels, const struct IntegerMap *output);
/// The largest element of each 3 x 3 window with stride 2; `input->inside` is the first window's first pixel, rows and columns are the output's.
void integer_max_pool(enum IntegerVariant variant, const struct IntegerMap *input, const struct IntegerMap *output);
/// The rounded mean of each channel: floor((2 sum + pixels) / (2 pixels)), as a map of one pixel.
void integer_means(enum IntegerVariant variant, const struct IntegerMap *map, uint32_t *means, uint32_t *scratch);
/// Each element q becomes (q gate + zero (256 - gate) + 128) >> 8 with its channel's gate, in another map.
void integer_gate(enum IntegerVariant variant, const struct IntegerMap *input, const uint32_t *gates, int32_t zero,
                  const struct IntegerMap *output);
/// Fills the pixels around a map: word i of each with pixel[i % period].
void integer_fill_border(const struct IntegerMap *map, ptrdiff_t top, ptrdiff_t left, ptrdiff_t bottom, ptrdiff_t right,
                         const uint32_t *pixel, ptrdiff_t period);
