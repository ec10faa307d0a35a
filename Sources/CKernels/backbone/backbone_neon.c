// The backbone's kernels for 64-bit ARM, where every processor has NEON.
#if defined(__aarch64__)
#include "backbone_variants.h"

#define VARIANT neon
#define LANES 4
#define FUSED 1
#define REGISTERS 32
#include "lanes.h"
#include "backbone_body.h"
#endif
