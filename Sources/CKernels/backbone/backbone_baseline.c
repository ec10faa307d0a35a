// The backbone's kernels for any processor: vectors of four floats, products and sums apart.
#include "backbone_variants.h"

#define VARIANT baseline
#define LANES 4
#define FUSED 0
#define REGISTERS 16
#include "lanes.h"
#include "backbone_body.h"
