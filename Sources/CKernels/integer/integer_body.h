// All integer kernels of one variant, and their table. The variant's file says what `dot`, `round_to_integers`, `interleave` and `pack` are.

#ifndef OFFSET
#define OFFSET 0
#endif

typedef int32_t V(integers_unaligned) __attribute__((ext_vector_type(LANES), aligned(4)));
static inline integers V(load_integers)(const int32_t *p) { return (integers)*(const V(integers_unaligned) *)p; }
static inline void V(store_integers)(int32_t *p, integers x) { *(V(integers_unaligned) *)p = (V(integers_unaligned))x; }
static inline integers V(larger_integer)(integers a, integers b) { return a > b ? a : b; }
static inline integers V(smaller_integer)(integers a, integers b) { return a < b ? a : b; }
#define load_integers V(load_integers)
#define store_integers V(store_integers)
#define larger_integer V(larger_integer)
#define smaller_integer V(smaller_integer)

/// LANES elements of a map, from a word on.
#if ELEMENTS == 4
typedef uint8_t V(elements) __attribute__((ext_vector_type(LANES), aligned(1)));
#else
typedef int16_t V(elements) __attribute__((ext_vector_type(LANES), aligned(2)));
#endif
static inline integers V(load_elements)(const uint32_t *p) {
    return __builtin_convertvector(*(const V(elements) *)p, integers);
}
static inline void V(store_elements)(uint32_t *p, integers x) {
    *(V(elements) *)p = __builtin_convertvector(x, V(elements));
}
#define load_elements V(load_elements)
#define store_elements V(store_elements)

#include "integer_output_body.h"
#include "integer_tables_body.h"
#include "integer_panels_body.h"
#include "integer_blocks_body.h"
#if TILES
#include "integer_tiles_body.h"
#endif

/// The words that the weights of a segment are rounded up to a multiple of: whole tiles, or none.
static ptrdiff_t V(run)(ptrdiff_t segments, ptrdiff_t segment_length) {
#if TILES
    if (V(suits_tiles)(segments, segment_length)) return TileSide;
#endif
    return 1;
}

static void V(integer_convolve)(const struct IntegerConvolution *c) {
#if TILES
    if (V(suits_tiles)(c->segments, c->segment_length)) return V(convolve_in_tiles)(c);
#endif
    V(convolve_panels)(c, 1, V(convolve_in_blocks));
}
#if defined(dot_shorts) && !TILES
#define WINOGRAD 1
#include "integer_winograd_body.h"
#else
#define WINOGRAD 0
#endif
#include "integer_depthwise_body.h"
#include "integer_inverted_residual_body.h"
#include "integer_elements_body.h"

const struct IntegerKernels V(integer_kernels) = {
    .shape = {.lanes = LANES, .elements = ELEMENTS, .block = LANES * ELEMENTS, .offset = OFFSET,
              .has_winograd = WINOGRAD},
    .run = V(run),
    .convolve = V(integer_convolve),
#if WINOGRAD
    .convolve_winograd = V(integer_convolve_winograd),
#endif
    .convolve_depthwise = V(integer_convolve_depthwise),
    .convolve_inverted_residual = V(integer_convolve_inverted_residual),
    .pixels = V(integer_pixels),
    .max_pool = V(integer_max_pool),
    .means = V(integer_means),
    .gate = V(integer_gate),
};
