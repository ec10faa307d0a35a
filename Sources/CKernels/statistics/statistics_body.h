// Everything that exact statistics need, for one instruction set.
//
// Tiles of ROWS x VECTORS accumulators, with the vectors loaded and one broadcast, must fit the registers (16 on x86 before
// AVX-512, else 32), and there must be at least 8 of them to cover the latency of a multiply-add. An instruction set's file
// gives their sizes: FOLD_ROWS, FOLD_VECTORS, DISTANCE_ROWS, LOT_ROWS, and WHITEN_TILE for square ones.
#include "fold_body.h"
#include "lanes_body.h"
#include "distance_body.h"
#include "held_out_body.h"
#include "gather_body.h"
#include "pool_body.h"
#include "map_body.h"
#include "whiten_body.h"

/// The table of this instruction set, with one of its folds.
#define STATISTICS_KERNELS(FOLD, FOLD_RUN)                                                                              \
    {                                                                                                                   \
        .fold = (FOLD),                                                                                                 \
        .fold_run = (FOLD_RUN),                                                                                         \
        .to_lanes = V(to_lanes),                                                                                        \
        .distances = V(distances),                                                                                      \
        .residuals = V(residuals),                                                                                      \
        .image_squares = V(image_squares),                                                                              \
        .lot_distances = V(lot_distances),                                                                              \
        .gather = V(gather),                                                                                            \
        .pool = V(pool),                                                                                                \
        .banded_product = V(banded_product),                                                                            \
        .whiten_scratch = V(whiten_scratch),                                                                            \
        .whiten = V(whiten),                                                                                            \
        .whiten_patches = LANES / 2,                                                                                    \
    }

const struct StatisticsKernels V(statistics_kernels) = STATISTICS_KERNELS(V(fold), V(fold_run));
