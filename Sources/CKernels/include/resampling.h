#pragma once
#include <stddef.h>
#include <stdint.h>
#include "instruction_sets.h"

// Weighted sums of 8-bit RGB pixels along rows and columns, in fixed point: the inner loops of a separable resize.
//
// A weight w has 22 fraction bits and lies in 0...2^22. It is stored as its high and low half, w = high * 2^11 + low, so
// that 16-bit multipliers do. Every variant gives the same bits, since all sums are exact integers.

/// The pixels that one output pixel is made of, and their weights, for every output pixel of an axis.
struct ResamplingAxis {
    /// Output pixels.
    int32_t count;
    /// Blocks of four weights that each output pixel has room for.
    int32_t blocks;
    /// For each output pixel: its first input pixel, then how many.
    const int32_t *bounds;
    /// For each output pixel, for each block: four high halves, then four low ones. Unused places hold 0.
    const int16_t *weights;
};

/// Bytes past the end of an input row that `resample_rows` may read, and gives no weight to.
enum { resampling_overread = 16 };

/// Four rows, or fewer, along x. All of them may be read up to `resampling_overread` bytes past their end.
typedef void resample_rows(const struct ResamplingAxis *axis, const uint8_t *const input[4], uint8_t *const output[4],
                           int32_t rows);

/// One output row along y: `rows` of `bytes` each, weighted by the axis's output pixel `index`.
/// `input` is the image's first row and `stride` the bytes from a row to the next.
typedef void resample_column(const struct ResamplingAxis *axis, int32_t index, const uint8_t *input, size_t stride,
                             size_t bytes, uint8_t *output);

/// The same for a resize that rounds nothing to 8 bits.
struct FloatResamplingAxis {
    /// Output pixels.
    int32_t count;
    /// Weights that each output pixel has room for.
    int32_t stride;
    /// For each output pixel: its first input pixel, then how many.
    const int32_t *bounds;
    /// For each output pixel: its weights.
    const float *weights;
};

/// One row of RGB along x. Sums begin at 0 and go from left to right; products and sums are rounded to Float32 apart, so that
/// every processor gives the same bits.
void resample_float_row(const struct FloatResamplingAxis *axis, const uint8_t *input, float *output);

/// One output row along y, of `count` numbers: sums from top to bottom, rounded in the same way. `stride` is in floats.
void resample_float_column(const struct FloatResamplingAxis *axis, int32_t index, const float *input, size_t stride,
                           size_t count, float *output);

struct ResamplingKernels {
    resample_rows *rows;
    resample_column *column;
};

/// The kernels for an instruction set that runs here; the baseline's where the set has none of its own.
struct ResamplingKernels resampling_kernels(enum InstructionSetCode code);
