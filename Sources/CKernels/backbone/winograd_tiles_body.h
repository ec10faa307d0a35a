// Where the tiles of a Winograd convolution lie.
//
// A map is cut into tiles of 4 x 4 outputs; a side that is not a multiple of four ends with a tile of two outputs where
// those suffice (14 = 4 + 4 + 4 + 2). Tiles come in the order tall and wide, tall and narrow, short and wide, short and
// narrow, each class image by image, so that the tiles that take part in a slice are one or two runs. What a tile covers
// depends on its place in the image alone.

/// Tiles of an image along both axes.
struct V(TileGrid) {
    ptrdiff_t tall, brief, wide, narrow;
    ptrdiff_t images;
};

struct V(Tile) {
    ptrdiff_t image, y, x;
};

static inline struct V(TileGrid) V(tile_grid)(const struct Winograd *w) {
    const ptrdiff_t rows = w->rows + (w->rows % 4 == 3), columns = w->columns + (w->columns % 4 == 3);
    return (struct V(TileGrid)){rows / 4, rows % 4 != 0, columns / 4, columns % 4 != 0, w->images};
}

/// Where the classes of tiles begin in the common order; the fifth is the number of all tiles.
static inline void V(class_starts)(const struct V(TileGrid) * g, ptrdiff_t starts[5]) {
    starts[0] = 0;
    starts[1] = g->images * g->tall * g->wide;
    starts[2] = starts[1] + g->images * g->tall * g->narrow;
    starts[3] = starts[2] + g->images * g->brief * g->wide;
    starts[4] = starts[3] + g->images * g->brief * g->narrow;
}

/// The tile with number `t` among those of its class.
static inline struct V(Tile) V(locate)(const struct V(TileGrid) * g, int class, ptrdiff_t t) {
    const ptrdiff_t down = class < 2 ? g->tall : g->brief, across = class % 2 == 0 ? g->wide : g->narrow;
    const ptrdiff_t image = t / (down * across), rest = t % (down * across);
    const ptrdiff_t row = rest / across + (class < 2 ? 0 : g->tall), column = rest % across + (class % 2 == 0 ? 0 : g->wide);
    return (struct V(Tile)){image, 4 * row, 4 * column};
}

/// The parts of a block that belong to one class of tiles.
struct V(Run) {
    /// In the block, and the number of its first tile among those of the class.
    ptrdiff_t first, last, number;
};
