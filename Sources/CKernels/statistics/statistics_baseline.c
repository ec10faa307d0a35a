// The statistics' kernels for any processor: vectors of four floats, products and sums apart.
#include "statistics_variants.h"

#define VARIANT baseline
#define LANES 4
#define FUSED 0
#if defined(__x86_64__)
#define FOLD_ROWS 4
#define FOLD_VECTORS 2
#define DISTANCE_ROWS 4
#define LOT_ROWS 4
#define WHITEN_TILE 3
#else
#define FOLD_ROWS 4
#define FOLD_VECTORS 4
#define DISTANCE_ROWS 8
#define LOT_ROWS 4
#define WHITEN_TILE 4
#endif
#include "lanes.h"
#include "statistics_body.h"
