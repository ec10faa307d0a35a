#pragma once
// Where the tiles of a Winograd convolution lie.
//
// A map is cut into tiles of 4 x 4 outputs; a side that is not a multiple of four ends with a tile of two outputs where
// those suffice (14 = 4 + 4 + 4 + 2). Tiles come in the order tall and wide, tall and narrow, short and wide, short and
// narrow, each class image by image, so that the tiles that take part in a slice are one or two runs. What a tile covers
// depends on its place in the image alone.

#include <stddef.h>

/// Outputs of a tile along a line.
enum { Long = 4, Brief = 2 };

/// A tile's slices are products of the line's points down and across; a short line leaves two points alone.
static inline __attribute__((always_inline)) int point_used(int points, int outputs, int point) {
    return outputs == Long || (point != points - 3 && point != points - 2);
}

/// Tiles of an image along both axes.
struct TileGrid {
    ptrdiff_t tall, brief, wide, narrow;
    ptrdiff_t images;
};

struct Tile {
    ptrdiff_t image, y, x;
};

static inline struct TileGrid tile_grid(ptrdiff_t images, ptrdiff_t rows, ptrdiff_t columns) {
    rows += rows % 4 == 3;
    columns += columns % 4 == 3;
    return (struct TileGrid){rows / 4, rows % 4 != 0, columns / 4, columns % 4 != 0, images};
}

/// Where the classes of tiles begin in the common order; the fifth is the number of all tiles.
static inline void tile_class_starts(const struct TileGrid *g, ptrdiff_t starts[5]) {
    starts[0] = 0;
    starts[1] = g->images * g->tall * g->wide;
    starts[2] = starts[1] + g->images * g->tall * g->narrow;
    starts[3] = starts[2] + g->images * g->brief * g->wide;
    starts[4] = starts[3] + g->images * g->brief * g->narrow;
}

static inline ptrdiff_t tile_count(const struct TileGrid *g) {
    return g->images * (g->tall + g->brief) * (g->wide + g->narrow);
}

/// The tile with number `t` among those of its class.
static inline struct Tile locate_tile(const struct TileGrid *g, int class, ptrdiff_t t) {
    const ptrdiff_t down = class < 2 ? g->tall : g->brief, across = class % 2 == 0 ? g->wide : g->narrow;
    const ptrdiff_t image = t / (down * across), rest = t % (down * across);
    const ptrdiff_t row = rest / across + (class < 2 ? 0 : g->tall), column = rest % across + (class % 2 == 0 ? 0 : g->wide);
    return (struct Tile){image, 4 * row, 4 * column};
}

/// The parts of a block that belong to one class of tiles.
struct TileRun {
    /// In the block, and the number of its first tile among those of the class.
    ptrdiff_t first, last, number;
};

/// What the tiles `first..<last` of the common order have of each class.
static inline void tile_runs(const struct TileGrid *g, ptrdiff_t first, ptrdiff_t last, struct TileRun runs[4]) {
    ptrdiff_t starts[5];
    tile_class_starts(g, starts);
    for (int class = 0; class < 4; class++) {
        const ptrdiff_t start = starts[class], end = starts[class + 1];
        const ptrdiff_t from = start < first ? first : start > last ? last : start;
        const ptrdiff_t to = end < first ? first : end > last ? last : end;
        runs[class] = (struct TileRun){from - first, to - first, from - start};
    }
}

/// The tiles of a block that a slice has a product for: one range or two.
struct TileRanges {
    struct {
        ptrdiff_t first, last;
    } ranges[2];
};

static inline struct TileRanges tiles_of_slice(const struct TileRun runs[4], int points, int slice) {
    const int in_short_rows = point_used(points, Brief, slice / points);
    const int in_narrow_columns = point_used(points, Brief, slice % points);
    const ptrdiff_t tall_end = in_narrow_columns ? runs[1].last : runs[0].last;
    if (in_short_rows && in_narrow_columns) return (struct TileRanges){{{0, runs[3].last}, {0, 0}}};
    if (!in_short_rows) return (struct TileRanges){{{0, tall_end}, {0, 0}}};
    return (struct TileRanges){{{0, tall_end}, {runs[2].first, runs[2].last}}};
}
