// Dense convolutions in AMX's tiles. A tile of input is 16 pixels by 16 words, one of weights 16 words by 16 output channels, as they lie in a
// panel; their product is added to a tile of sums:
//
//     sums[pixel][channel] += sum over 16 words of dot(input[pixel][word], weights[word][channel])
//
// Two tiles of pixels by two of channels keep the multiplier busy while the next four are loaded. Where a row has less than 16 pixels left, what lies behind it
// is computed as well and thrown away; where a segment is not of whole tiles, weights of nought are behind it (`integer_run`).

enum { TileSide = IntegerTileSide, TileBytes = 64 };

/// As the instruction wants it.
struct TileConfiguration {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

static void V(configure_tiles)(void) {
    struct TileConfiguration configuration = {.palette = 1};
    for (int tile = 0; tile < 8; tile++) {
        configuration.row_bytes[tile] = TileBytes;
        configuration.rows[tile] = TileSide;
    }
    _tile_loadconfig(&configuration);
}

/// Results of up to 32 pixels by 32 or 48 channels, before they are put into maps.
struct V(TileSums) {
    int32_t sums[2 * TileSide][3 * TileSide];
};

static void V(put_tiles)(const struct V(IntegerPanel) * panel, ptrdiff_t vectors, const struct V(TileSums) * tiles,
                         const struct V(IntegerPlace) * at, ptrdiff_t pixels) {
    // Copies, which no store can change.
    const struct IntegerOutput o = panel->convolution->output;
    const struct V(IntegerPlace) place = *at;
    const int kind = V(output_kind)(&o);
    for (ptrdiff_t p = 0; p < pixels; p++) {
        for (ptrdiff_t v = 0; v < vectors; v++) {
            V(put)(kind, &o, panel->channel + v * LANES, load_integers(tiles->sums[p] + v * LANES), &place, p);
        }
    }
}

// Tiles 0 to 3 are sums, 4 and 5 (and 6, 7) are input and weights. Their numbers are part of the instructions.

/// 32 pixels by two vectors.
static void V(tiles_2x2)(const struct V(IntegerPanel) * panel, const uint32_t *input, struct V(TileSums) * result) {
    const struct IntegerConvolution *c = panel->convolution;
    const ptrdiff_t step = 4 * c->input_pixel_step;
    const uint32_t *weights = panel->weights;
    const int32_t *bias = c->bias + panel->channel;
    _tile_loadd(0, bias, 0);
    _tile_loadd(1, bias + LANES, 0);
    _tile_loadd(2, bias, 0);
    _tile_loadd(3, bias + LANES, 0);
    for (ptrdiff_t s = 0; s < c->segments; s++) {
        const uint32_t *segment = input + s * c->segment_step;
        for (ptrdiff_t k = 0; k < c->segment_length; k += TileSide, weights += 2 * LANES * TileSide) {
            _tile_loadd(4, segment + k, step);
            _tile_loadd(6, weights, 2 * TileBytes);
            _tile_loadd(7, weights + LANES, 2 * TileBytes);
            _tile_dpbusd(0, 4, 6);
            _tile_dpbusd(1, 4, 7);
            _tile_loadd(5, segment + k + TileSide * c->input_pixel_step, step);
            _tile_dpbusd(2, 5, 6);
            _tile_dpbusd(3, 5, 7);
        }
    }
    _tile_stored(0, &result->sums[0][0], sizeof(result->sums[0]));
    _tile_stored(1, &result->sums[0][LANES], sizeof(result->sums[0]));
    _tile_stored(2, &result->sums[TileSide][0], sizeof(result->sums[0]));
    _tile_stored(3, &result->sums[TileSide][LANES], sizeof(result->sums[0]));
}

/// 16 pixels by one, two or three vectors.
static void V(tiles_1)(const struct V(IntegerPanel) * panel, ptrdiff_t vectors, const uint32_t *input,
                       struct V(TileSums) * result) {
    const struct IntegerConvolution *c = panel->convolution;
    const ptrdiff_t step = 4 * c->input_pixel_step, row = vectors * TileBytes;
    const uint32_t *weights = panel->weights;
    const int32_t *bias = c->bias + panel->channel;
    _tile_loadd(0, bias, 0);
    if (vectors > 1) _tile_loadd(1, bias + LANES, 0);
    if (vectors > 2) _tile_loadd(2, bias + 2 * LANES, 0);
    for (ptrdiff_t s = 0; s < c->segments; s++) {
        const uint32_t *segment = input + s * c->segment_step;
        for (ptrdiff_t k = 0; k < c->segment_length; k += TileSide, weights += vectors * LANES * TileSide) {
            _tile_loadd(4, segment + k, step);
            _tile_loadd(5, weights, row);
            _tile_dpbusd(0, 4, 5);
            if (vectors > 1) {
                _tile_loadd(6, weights + LANES, row);
                _tile_dpbusd(1, 4, 6);
            }
            if (vectors > 2) {
                _tile_loadd(7, weights + 2 * LANES, row);
                _tile_dpbusd(2, 4, 7);
            }
        }
    }
    _tile_stored(0, &result->sums[0][0], sizeof(result->sums[0]));
    if (vectors > 1) _tile_stored(1, &result->sums[0][LANES], sizeof(result->sums[0]));
    if (vectors > 2) _tile_stored(2, &result->sums[0][2 * LANES], sizeof(result->sums[0]));
}

static void V(convolve_row_tiles)(const struct V(IntegerPanel) * panel, ptrdiff_t vectors, const uint32_t *input,
                                  struct V(IntegerPlace) place) {
    const struct IntegerConvolution *c = panel->convolution;
    struct V(TileSums) tiles;
    for (ptrdiff_t x = 0; x < c->columns;) {
        const ptrdiff_t left = c->columns - x;
        const bool wide = vectors == 2 && left > TileSide;
        const ptrdiff_t most = wide ? 2 * TileSide : TileSide, pixels = left < most ? left : most;
        if (wide) {
            V(tiles_2x2)(panel, input, &tiles);
        } else {
            V(tiles_1)(panel, vectors, input, &tiles);
        }
        V(put_tiles)(panel, vectors, &tiles, &place, pixels);
        x += pixels;
        input += pixels * c->input_pixel_step;
        V(advance)(&c->output, &place, pixels);
    }
}

/// Sums of few words are as quick in registers, and need not go through memory.
static bool V(suits_tiles)(ptrdiff_t segments, ptrdiff_t segment_length) { return segments * segment_length >= 48; }

static void V(convolve_in_tiles)(const struct IntegerConvolution *c) {
    V(configure_tiles)();
    V(convolve_panels)(c, TileSide, V(convolve_row_tiles));
    _tile_release();
}
