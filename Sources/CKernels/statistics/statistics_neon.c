// The statistics' kernels for 64-bit ARM, where every processor has NEON.
#if defined(__aarch64__)
#include "statistics_variants.h"

#define VARIANT neon
#define LANES 4
#define FUSED 1
#define FOLD_ROWS 4
#define FOLD_VECTORS 4
#define DISTANCE_ROWS 8
#define LOT_ROWS 8
#define WHITEN_TILE 4
#include "lanes.h"
#include "statistics_body.h"
#endif
