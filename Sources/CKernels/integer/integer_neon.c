// The integer kernels for 64-bit ARM, in terms of vectors that the compiler knows.
#if defined(__aarch64__)
#include "integer_variants.h"

#define VARIANT neon
#define TILES 0
#define LANES 4
#define FUSED 1
#define REGISTERS 32
#define ELEMENTS 2
#include "lanes.h"
#include "integer_portable.h"
#define splat_integer V(splat_integer)
#define dot V(dot)
#define dot_shorts dot
#define round_to_integers V(round_to_integers)
#define interleave V(interleave)
#define pack V(pack)
#include "integer_body.h"
#endif
