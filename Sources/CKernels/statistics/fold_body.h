// Folding rows of fixed-point numbers into a record of exact sums: S += X' X, lower triangle only, and s += X' 1.
//
// The products are formed in double. A number has 19 bits, a product 38, and a block of at most 128 rows adds 7: every
// partial sum is a whole number below 2^45, so it is exact in any order and on any instruction set.
//
// Layout. A block of rows is copied into panels PANEL columns wide, each panel one row after the other:
//
//     panel 0: x[0][0..PANEL) x[1][0..PANEL) ...      panel 1: x[0][PANEL..2 PANEL) x[1][PANEL..2 PANEL) ...
//
// A tile of the triangle, FOLD_ROWS x PANEL, lives in registers while one row after the other of the block adds to it: FOLD_ROWS
// broadcasts from the panel that holds the tile's rows and FOLD_VECTORS loads from the panel of its columns. This is the
// one-small-kernel scheme of BLIS (Van Zee, van de Geijn 2015), with a triangle for output. Columns past the last channel
// hold anything finite: what they give is not stored.
//
// Neighbouring patches show the same pixels of deeper taps, whose channels are the last. A tile with no other channels is computed
// once, at the first of these patches, and added to the records of all:
//
//     patch 0  #######        #: tiles that are computed at a patch, columns of S from left to right; .: added by the patch above
//     patch 1  ##.....
//     patch 2  ####...        patches 0 and 1 have a middle tap's pixel in common, all four a deep one's
//     patch 3  ##.....
//
// Records are larger than the caches: each tile asks for the words that the tile two below it adds to. Below the last ones these are the
// next record's. Past the last record that is a hint about nothing.
//
// From double to Int64 without an instruction for it: the accumulators start at 1.5 * 2^52 instead of 0. There the unit
// of the last place is 1, so the low bits of the double *are* the integer, and one subtraction takes the start away.

#define HALF (LANES / 2)
#define PANEL (FOLD_VECTORS * HALF)

typedef int64_t V(words) __attribute__((ext_vector_type(HALF)));
typedef int64_t V(words_unaligned) __attribute__((ext_vector_type(HALF), aligned(8)));
typedef int32_t V(halfwords) __attribute__((ext_vector_type(HALF)));
typedef int32_t V(halfwords_unaligned) __attribute__((ext_vector_type(HALF), aligned(4)));
#define words V(words)

/// to[0..HALF) += the whole numbers in `shifted`.
static inline void V(add_shifted)(int64_t *to, doubles shifted) {
    words more = (words)shifted - (words)splat_double(FOLD_SHIFT);
    *(V(words_unaligned) *)to = (V(words_unaligned))((words)*(V(words_unaligned) *)to + more);
}

/// The patches of a run whose rows a fold has come to, and their records.
struct V(FoldRun) {
    /// How many of each patch's first channels may differ from those of the patch before.
    const int32_t *changed;
    int patches;
    int64_t *records;
    size_t words;
};

static inline int V(whole_panels)(int channels) { return (channels + PANEL - 1) / PANEL * PANEL; }

/// How many patches, from the run's first on, have the same columns from `left` on, a panel's first.
static inline int V(sharing)(const struct V(FoldRun) * run, int left) {
    int patches = 1;
    while (patches < run->patches && V(whole_panels)(run->changed[patches]) <= left) patches++;
    return patches;
}

/// Copies the first `columns` columns of one block of rows into panels, and adds their sums to the records.
static void V(fold_pack)(const int32_t *rows, int images, int channels, int columns, double *panels, const struct V(FoldRun) * run) {
    int column = 0;
    for (; column < columns && column + HALF <= channels; column += HALF) {
        double *out = panels + (size_t)(column / PANEL) * images * PANEL + column % PANEL;
        const int32_t *in = rows + column;
        doubles total = splat_double(FOLD_SHIFT);
        for (int image = 0; image < images; image++, out += PANEL, in += channels) {
            doubles x = __builtin_convertvector((V(halfwords))*(const V(halfwords_unaligned) *)in, doubles);
            store_doubles(out, x);
            total += x;
        }
        const int patches = V(sharing)(run, column / PANEL * PANEL);
        for (int patch = 0; patch < patches; patch++) V(add_shifted)(run->records + patch * run->words + column, total);
    }
    for (; column < columns && column < channels; column++) {
        double *out = panels + (size_t)(column / PANEL) * images * PANEL + column % PANEL;
        const int32_t *in = rows + column;
        int64_t total = 0;
        for (int image = 0; image < images; image++, out += PANEL, in += channels) {
            *out = *in;
            total += *in;
        }
        const int patches = V(sharing)(run, column / PANEL * PANEL);
        for (int patch = 0; patch < patches; patch++) run->records[patch * run->words + column] += total;
    }
}

/// One tile of the triangle: rows `top` and below, columns `left` and on; into the products of the records that share it.
static inline void V(fold_tile)(const double *row_panel, const double *column_panel, int images, int top, int left,
                                int channels, const struct V(FoldRun) * run) {
    const int rows = channels - top < FOLD_ROWS ? channels - top : FOLD_ROWS;
    const int patches = V(sharing)(run, left);
    int64_t *const first = run->records + channels;
    for (int patch = 0; patch < patches; patch++) {
        const int64_t *products = first + patch * run->words;
        for (int r = 0; r < FOLD_ROWS; r++) {
            const size_t row = (size_t)top + r + 2 * FOLD_ROWS;
            const int64_t *to = products + row * (row + 1) / 2 + left;
            for (int c = 0; c <= PANEL; c += 8) __builtin_prefetch(to + c, 1);
        }
    }
    doubles sum[FOLD_ROWS][FOLD_VECTORS];
    UNROLL for (int r = 0; r < FOLD_ROWS; r++)
        UNROLL for (int v = 0; v < FOLD_VECTORS; v++) sum[r][v] = splat_double(FOLD_SHIFT);

    for (int image = 0; image < images; image++, row_panel += PANEL, column_panel += PANEL) {
        doubles x[FOLD_VECTORS];
        UNROLL for (int v = 0; v < FOLD_VECTORS; v++) x[v] = load_doubles(column_panel + v * HALF);
        UNROLL for (int r = 0; r < FOLD_ROWS; r++) {
            doubles y = splat_double(row_panel[r]);
            UNROLL for (int v = 0; v < FOLD_VECTORS; v++) sum[r][v] = fused(y, x[v], sum[r][v]);
        }
    }

    if (left + PANEL <= top + 1 && rows == FOLD_ROWS) {
        for (int patch = 0; patch < patches; patch++) {
            UNROLL for (int r = 0; r < FOLD_ROWS; r++) {
                int64_t *to = first + patch * run->words + (size_t)(top + r) * (top + r + 1) / 2 + left;
                UNROLL for (int v = 0; v < FOLD_VECTORS; v++) V(add_shifted)(to + v * HALF, sum[r][v]);
            }
        }
        return;
    }
    // On the diagonal and at the bottom: through memory, and only what lies in the triangle.
    int64_t tile[FOLD_ROWS][PANEL] = {{0}};
    UNROLL for (int r = 0; r < FOLD_ROWS; r++)
        UNROLL for (int v = 0; v < FOLD_VECTORS; v++) V(add_shifted)(&tile[r][v * HALF], sum[r][v]);
    for (int patch = 0; patch < patches; patch++) {
        for (int r = 0; r < rows; r++) {
            int row = top + r, columns = row + 1 - left;
            if (columns > PANEL) columns = PANEL;
            int64_t *to = first + patch * run->words + (size_t)row * (row + 1) / 2 + left;
            for (int c = 0; c < columns; c++) to[c] += tile[r][c];
        }
    }
}

static void V(fold_run)(const int32_t *rows, int images, int channels, const int32_t *changed, int patches, double *scratch,
                        int64_t *records) {
    assert(rows && records && images > 0 && channels > 0 && patches > 0 && statistics_aligned(scratch));
    _Static_assert(PANEL % FOLD_ROWS == 0, "a tile's rows lie in one panel");
    struct V(FoldRun) run = {.words = statistics_record_words(channels)};
    for (int done = 0; done < images; done += FOLD_BLOCK) {
        const int block = images - done < FOLD_BLOCK ? images - done : FOLD_BLOCK;
        for (int patch = 0; patch < patches; patch++) {
            run.changed = patches > 1 ? changed + patch : 0;
            run.patches = patches - patch;
            run.records = records + patch * run.words;
            // The other panels are still those of a patch before.
            const int columns = patch == 0 || changed[patch] > channels ? channels : V(whole_panels)(changed[patch]);
            V(fold_pack)(rows + ((size_t)patch * images + done) * channels, block, channels, columns, scratch, &run);
            for (int top = 0; top < channels; top += FOLD_ROWS) {
                const double *row_panel = scratch + (size_t)(top / PANEL) * block * PANEL + top % PANEL;
                for (int left = 0; left < top + FOLD_ROWS && left < channels && left < columns; left += PANEL) {
                    const double *column_panel = scratch + (size_t)(left / PANEL) * block * PANEL;
                    V(fold_tile)(row_panel, column_panel, block, top, left, channels, &run);
                }
            }
        }
    }
}

static void V(fold)(const int32_t *rows, int images, int channels, double *scratch, int64_t *record) {
    V(fold_run)(rows, images, channels, 0, 1, scratch, record);
}

#undef words
#undef HALF
#undef PANEL
