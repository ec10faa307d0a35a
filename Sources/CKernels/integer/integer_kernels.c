// What the callers of the integer kernels see. Assertions check what the header asks of them; release builds leave them out.
#if defined(__linux__)
// For `syscall`.
#define _GNU_SOURCE
#endif
#include "integer_variants.h"
#include <assert.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static const struct IntegerKernels *kernels(enum IntegerVariant variant) {
    switch (variant) {
#if defined(__x86_64__)
    case IntegerAVX2:
        return &integer_kernels_avx2;
    case IntegerAVXVNNI:
        return &integer_kernels_avxvnni;
    case IntegerAVX512:
        return &integer_kernels_avx512;
    case IntegerVNNI:
        return &integer_kernels_vnni;
    case IntegerAMX:
        return &integer_kernels_amx;
#elif defined(__aarch64__)
    case IntegerNEON:
        return &integer_kernels_neon;
    case IntegerNEONDot:
        return &integer_kernels_neon_dot;
    case IntegerNEONI8MM:
        return &integer_kernels_neon_i8mm;
#endif
    default:
        return &integer_kernels_baseline;
    }
}

#if defined(__x86_64__) && defined(__linux__)
/// The system keeps 8 KiB of tiles for each thread of a process that asks for it.
static bool tiles_are_permitted(void) {
    enum { RequestPermission = 0x1023, TileData = 18 };
    return syscall(SYS_arch_prctl, RequestPermission, TileData) == 0;
}
#elif defined(__x86_64__)
static bool tiles_are_permitted(void) { return false; }
#endif

#if defined(__aarch64__) && defined(__linux__)
// The system says which extensions the processor has.
static bool has_dot_products(void) { return getauxval(AT_HWCAP) & HWCAP_ASIMDDP; }
static bool has_mixed_products(void) { return has_dot_products() && getauxval(AT_HWCAP2) & HWCAP2_I8MM; }
#elif defined(__aarch64__)
static bool has_dot_products(void) { return false; }
static bool has_mixed_products(void) { return false; }
#endif

bool integer_variant_runs_here(enum IntegerVariant variant) {
    switch (variant) {
    case IntegerBaseline:
        return true;
#if defined(__x86_64__)
    case IntegerAVX2:
        return instruction_set_runs_here(InstructionSetAVX2);
    case IntegerAVXVNNI:
        return instruction_set_runs_here(InstructionSetAVX2) && __builtin_cpu_supports("avxvnni");
    case IntegerAVX512:
        return instruction_set_runs_here(InstructionSetAVX512);
    case IntegerVNNI:
        return instruction_set_runs_here(InstructionSetAVX512) && __builtin_cpu_supports("avx512vnni");
    case IntegerAMX:
        return integer_variant_runs_here(IntegerVNNI) && __builtin_cpu_supports("amx-tile") &&
               __builtin_cpu_supports("amx-int8") && __builtin_cpu_supports("avx512vbmi") && tiles_are_permitted();
#elif defined(__aarch64__)
    case IntegerNEON:
        return true;
    case IntegerNEONDot:
        return has_dot_products();
    case IntegerNEONI8MM:
        return has_mixed_products();
#endif
    default:
        return false;
    }
}

enum IntegerVariant integer_variant(enum InstructionSetCode set) {
    switch (set) {
    case InstructionSetAVX2:
        return integer_variant_runs_here(IntegerAVXVNNI) ? IntegerAVXVNNI : IntegerAVX2;
    case InstructionSetAVX512:
        if (integer_variant_runs_here(IntegerAMX)) return IntegerAMX;
        return integer_variant_runs_here(IntegerVNNI) ? IntegerVNNI : IntegerAVX512;
    case InstructionSetNEON:
        if (integer_variant_runs_here(IntegerNEONI8MM)) return IntegerNEONI8MM;
        return integer_variant_runs_here(IntegerNEONDot) ? IntegerNEONDot : IntegerNEON;
    default:
        return IntegerBaseline;
    }
}

struct IntegerShape integer_shape(enum IntegerVariant variant) { return kernels(variant)->shape; }

ptrdiff_t integer_run(enum IntegerVariant variant, ptrdiff_t segments, ptrdiff_t segment_length) {
    assert(segments > 0 && segment_length > 0);
    return kernels(variant)->run(segments, segment_length);
}

// A run of 16 bytes has four vectors' words of four bytes, or two vectors' of two numbers: interleaving works within such runs.
ptrdiff_t integer_depthwise_channel(enum IntegerVariant variant, ptrdiff_t vector, ptrdiff_t lane) {
    const struct IntegerShape shape = integer_shape(variant);
    assert(vector >= 0 && vector < shape.elements && lane >= 0 && lane < shape.lanes);
    return lane / 4 * 4 * shape.elements + 4 * vector + lane % 4;
}

#ifndef NDEBUG
static bool is_output(const struct IntegerOutput *o) {
    return (o->map || o->values) && (!o->map || (o->multipliers && o->high >= 0 && o->high <= 255 && o->zero >= 0 && o->zero <= 255)) &&
           (!o->values || o->unit_multipliers) && (!o->table || o->map);
}

static bool is_map(const struct IntegerMap *m) {
    return m->inside && m->rows > 0 && m->columns > 0 && m->words > 0 && m->words <= m->pixel_step;
}
#endif

void integer_convolve(enum IntegerVariant variant, const struct IntegerConvolution *c) {
    assert(c->input && c->weights && c->bias && c->segments > 0 && c->segment_length > 0 && is_output(&c->output));
    assert(c->images > 0 && c->rows > 0 && c->columns > 0 && c->vectors > 0 && c->rows_per_block > 0);
    kernels(variant)->convolve(c);
}

// The surplus keeps the slices of one tile from falling on the same cache sets.
struct IntegerWinogradScratch integer_winograd_scratch(enum IntegerVariant variant, ptrdiff_t tiles_per_block,
                                                       ptrdiff_t input_channels) {
    assert(tiles_per_block > 0 && input_channels > 0);
    const ptrdiff_t widest = 3 * integer_shape(variant).lanes;
    return (struct IntegerWinogradScratch){
        .transformed = IntegerWinogradSlices * (tiles_per_block * input_channels / 2 + IntegerWinogradSurplus),
        .products = 2 * IntegerWinogradSlices * (tiles_per_block * widest + IntegerWinogradSurplus),
    };
}

void integer_convolve_winograd(enum IntegerVariant variant, const struct IntegerWinograd *w) {
    const struct IntegerShape shape = integer_shape(variant);
    assert(shape.has_winograd && w->input && w->weights && w->bias && w->transformed && w->products && is_output(&w->output) && !w->output.table);
    assert(w->input_channels > 0 && w->input_channels % (2 * shape.lanes) == 0 && (w->groups == 1 || w->groups == 2));
    assert(w->input_channels <= w->input_pixel_step * shape.elements);
    assert(w->images > 0 && w->rows > 0 && w->columns > 0 && w->vectors > 0 && w->tiles_per_block > 0);
    kernels(variant)->convolve_winograd(w);
}

void integer_convolve_depthwise(enum IntegerVariant variant, const struct IntegerDepthwise *d) {
    assert(d->input && d->weights && d->bias && (d->kernel == 3 || d->kernel == 5) && (d->stride == 1 || d->stride == 2));
    assert(d->images > 0 && d->rows > 0 && d->columns > 0 && d->blocks > 0 && is_output(&d->output) && !d->output.residual);
    kernels(variant)->convolve_depthwise(d);
}

void integer_convolve_inverted_residual(enum IntegerVariant variant, const struct IntegerInvertedResidual *b) {
    assert(b->expand.input && is_output(&b->expand.output) && !b->expand.output.residual && !b->expand.output.values);
    assert(is_output(&b->depthwise.output) && !b->depthwise.output.values && b->ring && b->top >= 0 && b->left >= 0 && b->right >= 0);
    assert(b->depthwise.input_pixel_step == b->expand.output.map_pixel_step);
    assert(!b->row || (is_output(&b->project.output) && b->project.columns == b->depthwise.columns));
    kernels(variant)->convolve_inverted_residual(b);
}

void integer_pixels(enum IntegerVariant variant, const uint8_t *pixels, const struct IntegerMap *output) {
    assert(pixels && is_map(output));
    kernels(variant)->pixels(pixels, output);
}

void integer_max_pool(enum IntegerVariant variant, const struct IntegerMap *input, const struct IntegerMap *output) {
    assert(is_map(input) && is_map(output) && input->words == output->words);
    kernels(variant)->max_pool(input, output);
}

void integer_means(enum IntegerVariant variant, const struct IntegerMap *map, uint32_t *means, uint32_t *scratch) {
    // 255 times as many pixels must be half of what 32 bits hold.
    assert(is_map(map) && means && scratch && map->rows * map->columns <= 1 << 22);
    kernels(variant)->means(map, means, scratch);
}

void integer_gate(enum IntegerVariant variant, const struct IntegerMap *input, const uint32_t *gates, int32_t zero,
                  const struct IntegerMap *output) {
    assert(is_map(input) && is_map(output) && gates && zero >= 0 && zero <= 255);
    kernels(variant)->gate(input, gates, zero, output);
}

void integer_fill_border(const struct IntegerMap *map, ptrdiff_t top, ptrdiff_t left, ptrdiff_t bottom, ptrdiff_t right,
                         const uint32_t *pixel, ptrdiff_t period) {
    assert(is_map(map) && top >= 0 && left >= 0 && bottom >= 0 && right >= 0 && pixel && period > 0);
    assert(map->pixel_step % period == 0);
    for (ptrdiff_t y = -top; y < map->rows + bottom; y++) {
        uint32_t *row = map->inside + y * map->row_step;
        const bool inside = y >= 0 && y < map->rows;
        const ptrdiff_t first = -left * map->pixel_step, last = (map->columns + right) * map->pixel_step;
        const ptrdiff_t skipped = inside ? map->columns * map->pixel_step : 0;
        if (period == 1) {
            for (ptrdiff_t i = first; i < 0; i++) row[i] = pixel[0];
            for (ptrdiff_t i = skipped; i < last; i++) row[i] = pixel[0];
        } else {
            for (ptrdiff_t i = first; i < 0; i++) row[i] = pixel[(i - first) % period];
            for (ptrdiff_t i = skipped; i < last; i++) row[i] = pixel[i % period];
        }
    }
}
