// What the callers of the kernels see. Assertions check what the header asks of them; release builds leave them out.
#include "backbone_variants.h"
#include <assert.h>
#include <string.h>

static const struct BackboneKernels *kernels(enum InstructionSetCode set) {
    switch (set) {
#if defined(__x86_64__)
    case InstructionSetAVX2:
        return &backbone_kernels_avx2;
    case InstructionSetAVX512:
        return &backbone_kernels_avx512;
#elif defined(__aarch64__)
    case InstructionSetNEON:
        return &backbone_kernels_neon;
#endif
    default:
        return &backbone_kernels_baseline;
    }
}

ptrdiff_t vector_lanes(enum InstructionSetCode set) { return kernels(set)->lanes; }

#ifndef NDEBUG
static bool is_convolution(enum InstructionSetCode set, const struct Convolution *c) {
    const ptrdiff_t lanes = kernels(set)->lanes;
    return c->input && c->weights && c->output && c->segments > 0 && c->segment_length > 0 && c->images > 0 && c->rows > 0 &&
           c->columns > 0 && c->rows_per_block > 0 && c->vectors > 0 && c->surplus >= 0 && c->surplus < lanes &&
           (c->columns == 1 || c->vectors * lanes <= c->output_pixel_step);
}

static bool is_depthwise(enum InstructionSetCode set, const struct DepthwiseConvolution *d) {
    return d->weights && d->bias && (d->kernel == 3 || d->kernel == 5) && (d->stride == 1 || d->stride == 2) &&
           d->images > 0 && d->rows > 0 && d->columns > 0 && d->vectors > 0 &&
           (d->columns == 1 || d->vectors * kernels(set)->lanes <= d->output_pixel_step);
}
#endif

struct Panels convolution_panels(ptrdiff_t vectors) {
    assert(vectors > 0);
    if (vectors % 2 == 0) return (struct Panels){.count = vectors / 2, .first_width = 2};
    if (vectors == 1) return (struct Panels){.count = 1, .first_width = 1};
    return (struct Panels){.count = (vectors - 1) / 2, .first_width = 3};
}

// Tiles of all phases with a surplus, and a surplus after every slice: as winograd_blocks_body.h puts them.
struct WinogradScratch winograd_scratch(ptrdiff_t stride, ptrdiff_t tiles_per_block, ptrdiff_t input_pixel_step,
                                        ptrdiff_t output_floats) {
    assert((stride == 1 || stride == 2) && tiles_per_block > 0 && input_pixel_step > 0 && output_floats > 0);
    const ptrdiff_t slices = stride == 1 ? 36 : 25;
    const ptrdiff_t tile = stride == 1 ? input_pixel_step : 4 * input_pixel_step + 16;
    return (struct WinogradScratch){
        .transformed = slices * (tiles_per_block * tile + 16),
        .products = slices * (tiles_per_block * output_floats + 16),
    };
}

void convolve(enum InstructionSetCode set, const struct Convolution *c) {
    assert(is_convolution(set, c));
    kernels(set)->convolve(c);
}

void convolve_depthwise(enum InstructionSetCode set, const struct DepthwiseConvolution *d) {
    assert(is_depthwise(set, d));
    kernels(set)->convolve_depthwise(d);
}

void convolve_winograd(enum InstructionSetCode set, const struct Winograd *w) {
    assert(w->stride == 1 || w->stride == 2);
    assert(w->input && w->weights && w->bias && w->output && w->transformed && w->products);
    assert(w->images > 0 && w->rows > 0 && w->columns > 0 && w->vectors > 0 && w->tiles_per_block > 0);
    assert(w->input_channels > 0 && w->input_channels <= w->input_pixel_step);
    assert(w->vectors * kernels(set)->lanes <= w->output_pixel_step);
    assert(w->activation.kind == ActivationNone || w->activation.kind == ActivationClamp);
    kernels(set)->convolve_winograd(w);
}

ptrdiff_t stem_scratch(ptrdiff_t columns, ptrdiff_t output_floats) {
    assert(columns > 0 && output_floats > 0);
    const ptrdiff_t tiles = (columns + 3) / 4;
    const ptrdiff_t transformed = (2 * StemBand + 5) * StemPoints * (tiles * StemPair + 16);
    const ptrdiff_t products = StemPoints * (StemBand * tiles * output_floats + 16);
    const ptrdiff_t ring = (StemBand + 1) * (4 * tiles * output_floats + 16);
    return transformed + products + ring;
}

void convolve_stem(enum InstructionSetCode set, const struct Stem *s) {
    assert(s->input && s->weights && s->bias && s->output && s->scratch);
    assert(s->images > 0 && s->rows > 0 && s->columns > 0 && s->vectors > 0);
    assert(s->input_row_step >= 3 * (8 * ((s->columns + 3) / 4) + 10));
    assert(s->activation.kind == ActivationClamp && s->activation.low >= 0);
    kernels(set)->convolve_stem(s);
}

void convolve_inverted_residual(enum InstructionSetCode set, const struct InvertedResidual *b) {
    assert(is_depthwise(set, &b->depthwise) && b->ring);
    assert(b->top >= 0 && b->left >= 0 && b->right >= 0);
    assert(b->vectors_per_pass > 0);
    assert(b->vectors_per_pass % 2 == 0 || b->vectors_per_pass >= b->expand.vectors);
    assert(!b->rows || (b->vectors_per_pass >= b->expand.vectors && b->project.weights));
    kernels(set)->convolve_inverted_residual(b);
}

ptrdiff_t inverted_residual_ring_vectors(ptrdiff_t vectors, ptrdiff_t vectors_per_pass) {
    assert(vectors > 0 && vectors_per_pass > 0);
    const ptrdiff_t first = vectors_per_pass + vectors % 2;
    return first < vectors ? first : vectors;
}

void scale_floats(enum InstructionSetCode set, const float *input, float factor, float *output, ptrdiff_t count) {
    assert(input && output && count > 0);
    kernels(set)->scale_floats(input, factor, output, count);
}

void gate_weights(enum InstructionSetCode set, const float *weights, const float *gate, float *gated,
                  ptrdiff_t input_channels, ptrdiff_t vectors) {
    assert(weights && gate && gated && input_channels > 0 && vectors > 0);
    kernels(set)->gate_weights(weights, gate, gated, input_channels, vectors);
}

void normalise_pixels(const uint8_t *pixels, ptrdiff_t rows, ptrdiff_t columns, const float scale[3],
                      const float shift[3], float *output, ptrdiff_t output_row_step) {
#pragma STDC FP_CONTRACT OFF
    assert(pixels && output && rows > 0 && columns > 0 && output_row_step >= 3 * columns);
    enum { Run = 48 };  // 16 pixels: whole vectors for every instruction set
    float scales[Run], shifts[Run];
    for (int i = 0; i < Run; i++) {
        scales[i] = scale[i % 3];
        shifts[i] = shift[i % 3];
    }
    for (ptrdiff_t y = 0; y < rows; y++, output += output_row_step, pixels += 3 * columns) {
        ptrdiff_t x = 0;
        for (; x + Run <= 3 * columns; x += Run) {
            for (int i = 0; i < Run; i++) output[x + i] = (float)pixels[x + i] * scales[i] + shifts[i];
        }
        for (int i = 0; x < 3 * columns; x++, i++) output[x] = (float)pixels[x] * scales[i] + shifts[i];
    }
}

void normalise_float_pixels(const float *pixels, ptrdiff_t rows, ptrdiff_t columns, const float scale[3],
                            const float shift[3], float *output, ptrdiff_t output_row_step) {
#pragma STDC FP_CONTRACT OFF
    assert(pixels && output && rows > 0 && columns > 0 && output_row_step >= 3 * columns);
    for (ptrdiff_t y = 0; y < rows; y++, output += output_row_step, pixels += 3 * columns) {
        for (ptrdiff_t x = 0; x < 3 * columns; x += 3) {
            for (int i = 0; i < 3; i++) output[x + i] = pixels[x + i] * scale[i] + shift[i];
        }
    }
}

void clear_border(float *inside, ptrdiff_t pixel_step, ptrdiff_t row_step, ptrdiff_t rows, ptrdiff_t columns,
                  ptrdiff_t top, ptrdiff_t left, ptrdiff_t bottom, ptrdiff_t right) {
    assert(inside && rows > 0 && columns > 0 && pixel_step > 0 && row_step >= columns * pixel_step);
    assert(top >= 0 && left >= 0 && bottom >= 0 && right >= 0);
    const size_t width = sizeof(float) * (size_t)((left + columns + right) * pixel_step);
    for (ptrdiff_t y = -top; y < rows + bottom; y++) {
        float *row = inside + y * row_step;
        if (y < 0 || y >= rows) {
            memset(row - left * pixel_step, 0, width);
        } else {
            memset(row - left * pixel_step, 0, sizeof(float) * (size_t)(left * pixel_step));
            memset(row + columns * pixel_step, 0, sizeof(float) * (size_t)(right * pixel_step));
        }
    }
}
