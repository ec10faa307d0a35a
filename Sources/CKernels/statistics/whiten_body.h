// From records to whitening matrices: C = L L' (Cholesky), W = L^-1, for as many patches at a time as a vector has lanes.
//
// Every number of the matrices is a vector: lane p belongs to patch p. So nothing is ever broadcast or shuffled, square
// roots and divisions run in all lanes, and a patch's result does not depend on the others'. The lower triangle lies in
// tiles of T x T, padded with the identity to whole tiles; a row of tiles, one after the other, is a panel, and in it the
// T numbers of one column follow each other:
//
//     panel 0: tile(0,0)                  element (i, k) is panel(i / T)[k * T + i % T]
//     panel 1: tile(1,0) tile(1,1)
//     panel 2: tile(2,0) tile(2,1) tile(2,2)
//
// Cholesky, left-looking:   L[i][j] = (C[i][j] - sum over k < j of L[i][k] L[j][k]) / L[j][j]
// Inverse, in its place:    W[i][j] = (0 - sum over j <= k < i of L[i][k] W[k][j]) / L[i][i],  W[j][j] = 1 / L[j][j]
//
// (Golub, Van Loan, Matrix Computations, 4.2 and 3.1.) The sums of a tile run in registers. Each number is one chain of
// multiply-adds, k ascending, times a reciprocal: tiles and lanes of any size give the same bits.
//
// PANELS panels go through the matrix together, so that what they need of it is read from memory once for all of them.

#define HALF (LANES / 2)
#define T WHITEN_TILE
#define PANELS 4
#define vector doubles
typedef int64_t V(lane_words) __attribute__((ext_vector_type(HALF)));
typedef int64_t V(lane_words_unaligned) __attribute__((ext_vector_type(HALF), aligned(8)));

static inline size_t V(panel_place)(int panel) { return (size_t)panel * (panel + 1) / 2 * T * T; }

static size_t V(whiten_scratch)(int channels) {
    const int panels = (channels + T - 1) / T;
    return (V(panel_place)(panels) + (size_t)panels * T + (size_t)channels + HALF) * HALF;
}

/// Row i of a record's covariance, as far as the diagonal, without epsilon.
static void V(covariance_row)(const int64_t *record, int channels, int64_t count, const double *scales, int i,
                              bool small, double *row) {
    const int64_t *sums = record, *products = record + channels + (size_t)i * (i + 1) / 2;
    const double divisor = (double)(count * (count - 1));
    int j = 0;
    if (small) {
        const V(lane_words) n = (V(lane_words))count, s = (V(lane_words))sums[i];
        for (; j + HALF <= i + 1; j += HALF) {
            V(lane_words) product = (V(lane_words))*(const V(lane_words_unaligned) *)(products + j);
            V(lane_words) other = (V(lane_words))*(const V(lane_words_unaligned) *)(sums + j);
            doubles numerator = __builtin_convertvector(n * product - s * other, doubles);
            doubles scale = splat_double(scales[i]) * load_doubles(scales + j);
            store_doubles(row + j, numerator / splat_double(divisor) * scale);
        }
    }
    for (; j <= i; j++)
        row[j] = statistics_numerator(count, products[j], sums[i], sums[j]) / divisor * (scales[i] * scales[j]);
}

/// Whether count S and s s' fit in 63 bits for all of a record: |S| is largest on the diagonal, and s^2 <= count S there.
static bool V(is_small)(const int64_t *record, int channels, int64_t count) {
    int64_t largest = 0;
    for (int i = 0; i < channels; i++) {
        int64_t square = record[channels + (size_t)i * (i + 1) / 2 + i];
        largest = square > largest ? square : largest;
    }
    return largest < ((int64_t)1 << 62) / count;
}

/// Fills the tiles with the covariances, a patch a lane; lanes without a patch get the identity.
static void V(whiten_fill)(const struct WhitenJob *job, double *rows, vector *matrix) {
    const int channels = job->channels, panels = (channels + T - 1) / T;
    const size_t words = statistics_record_words((size_t)channels);
    bool small[HALF];
    for (int p = 0; p < job->patches; p++) small[p] = V(is_small)(job->records + p * words, channels, job->count);
    for (int i = 0; i < panels * T; i++) {
        vector *to = matrix + V(panel_place)(i / T) + i % T;
        for (int k = i + 1; k < (i / T + 1) * T; k++) to[(size_t)k * T] = splat_double(0);
        if (i >= channels) {
            for (int k = 0; k <= i; k++) to[(size_t)k * T] = splat_double(k == i);
            continue;
        }
        for (int p = 0; p < HALF; p++) {
            double *row = rows + (size_t)p * channels;
            if (p < job->patches) {
                const int64_t *record = job->records + p * words;
                V(covariance_row)(record, channels, job->count, job->scales, i, small[p], row);
                if (job->pooled) {
                    // Product and sum apart, also where they could be fused.
                    const double *pooled = job->pooled + (size_t)i * (i + 1) / 2;
                    for (int k = 0; k <= i; k++) row[k] = row[k] * job->own + pooled[k];
                }
                row[i] += job->epsilon;
            } else {
                for (int k = 0; k <= i; k++) row[k] = k == i;
            }
        }
        for (int k = 0; k <= i; k++) {
            double *lanes = (double *)(to + (size_t)k * T);
            UNROLL for (int p = 0; p < HALF; p++) lanes[p] = rows[(size_t)p * channels + k];
        }
    }
}

/// Tile (row, column) of L, below the diagonal.
static void V(cholesky_tile)(vector *matrix, const vector *reciprocals, int row, int column) {
    const vector *a = matrix + V(panel_place)(row), *b = matrix + V(panel_place)(column);
    vector *tile = matrix + V(panel_place)(row) + (size_t)column * T * T;
    vector sum[T][T];
    UNROLL for (int c = 0; c < T; c++) UNROLL for (int r = 0; r < T; r++) sum[r][c] = tile[c * T + r];
    for (int k = 0; k < column * T; k++, a += T, b += T) {
        vector y[T];
        UNROLL for (int c = 0; c < T; c++) y[c] = b[c];
        UNROLL for (int r = 0; r < T; r++) {
            const vector x = -a[r];
            UNROLL for (int c = 0; c < T; c++) sum[r][c] = fused(x, y[c], sum[r][c]);
        }
    }
    // b is at the diagonal tile of the column's panel now.
    UNROLL for (int c = 0; c < T; c++) {
        UNROLL for (int s = 0; s < c; s++) {
            UNROLL for (int r = 0; r < T; r++) sum[r][c] = fused(-sum[r][s], b[s * T + c], sum[r][c]);
        }
        UNROLL for (int r = 0; r < T; r++) sum[r][c] *= reciprocals[column * T + c];
    }
    UNROLL for (int c = 0; c < T; c++) UNROLL for (int r = 0; r < T; r++) tile[c * T + r] = sum[r][c];
}

/// The diagonal tile of L, and the reciprocals of its diagonal. Returns the lanes whose pivot was not positive.
static V(lane_words) V(cholesky_corner)(vector *matrix, vector *reciprocals, int row) {
    const vector *a = matrix + V(panel_place)(row);
    vector *tile = matrix + V(panel_place)(row) + (size_t)row * T * T;
    vector sum[T][T];
    for (int c = 0; c < T; c++)
        for (int r = c; r < T; r++) sum[r][c] = tile[c * T + r];
    for (int k = 0; k < row * T; k++, a += T)
        for (int c = 0; c < T; c++)
            for (int r = c; r < T; r++) sum[r][c] = fused(-a[r], a[c], sum[r][c]);
    V(lane_words) bad = (V(lane_words))splat_double(0);
    for (int c = 0; c < T; c++) {
        for (int s = 0; s < c; s++)
            for (int r = c; r < T; r++) sum[r][c] = fused(-sum[r][s], sum[c][s], sum[r][c]);
        bad |= ~(V(lane_words))(sum[c][c] > splat_double(0));
        const vector root = __builtin_elementwise_sqrt(sum[c][c]);
        reciprocals[row * T + c] = splat_double(1) / root;
        sum[c][c] = root;
        for (int r = c + 1; r < T; r++) sum[r][c] *= reciprocals[row * T + c];
        for (int r = c; r < T; r++) tile[c * T + r] = sum[r][c];
    }
    return bad;
}

/// Tile (row, column) of W, below the diagonal, over the tile of L. What is right of it in the panel is still L.
static void V(inverse_tile)(vector *matrix, const vector *reciprocals, int row, int column) {
    const vector *a = matrix + V(panel_place)(row) + (size_t)column * T * T;
    vector *tile = (vector *)a;
    vector sum[T][T];
    UNROLL for (int c = 0; c < T; c++) UNROLL for (int r = 0; r < T; r++) sum[r][c] = splat_double(0);
    for (int between = column; between < row; between++) {
        const vector *b = matrix + V(panel_place)(between) + (size_t)column * T * T;
        for (int k = 0; k < T; k++, a += T) {
            vector y[T];
            UNROLL for (int c = 0; c < T; c++) y[c] = b[c * T + k];
            UNROLL for (int r = 0; r < T; r++) {
                const vector x = -a[r];
                UNROLL for (int c = 0; c < T; c++) sum[r][c] = fused(x, y[c], sum[r][c]);
            }
        }
    }
    // a is at the diagonal tile of the panel now.
    UNROLL for (int r = 0; r < T; r++) {
        UNROLL for (int s = 0; s < r; s++) {
            UNROLL for (int c = 0; c < T; c++) sum[r][c] = fused(-a[s * T + r], sum[s][c], sum[r][c]);
        }
        UNROLL for (int c = 0; c < T; c++) sum[r][c] *= reciprocals[row * T + r];
    }
    UNROLL for (int c = 0; c < T; c++) UNROLL for (int r = 0; r < T; r++) tile[c * T + r] = sum[r][c];
}

/// The diagonal tile of W over that of L.
static void V(inverse_corner)(vector *matrix, const vector *reciprocals, int row) {
    vector *tile = matrix + V(panel_place)(row) + (size_t)row * T * T;
    vector x[T][T];
    for (int c = 0; c < T; c++) {
        x[c][c] = reciprocals[row * T + c];
        for (int r = c + 1; r < T; r++) {
            vector sum = splat_double(0);
            for (int s = c; s < r; s++) sum = fused(-tile[s * T + r], x[s][c], sum);
            x[r][c] = sum * reciprocals[row * T + r];
        }
    }
    for (int c = 0; c < T; c++)
        for (int r = c; r < T; r++) tile[c * T + r] = x[r][c];
}

static V(lane_words) V(cholesky)(vector *matrix, vector *reciprocals, int panels) {
    V(lane_words) bad = (V(lane_words))splat_double(0);
    for (int first = 0; first < panels; first += PANELS) {
        const int last = first + PANELS < panels ? first + PANELS : panels;
        for (int column = 0; column < last; column++) {
            for (int row = column < first ? first : column; row < last; row++) {
                if (row == column)
                    bad |= V(cholesky_corner)(matrix, reciprocals, row);
                else
                    V(cholesky_tile)(matrix, reciprocals, row, column);
            }
        }
    }
    return bad;
}

static void V(inverse)(vector *matrix, const vector *reciprocals, int panels) {
    for (int first = 0; first < panels; first += PANELS) {
        const int last = first + PANELS < panels ? first + PANELS : panels;
        for (int column = 0; column < last; column++) {
            for (int row = column < first ? first : column; row < last; row++) {
                if (row == column)
                    V(inverse_corner)(matrix, reciprocals, row);
                else
                    V(inverse_tile)(matrix, reciprocals, row, column);
            }
        }
    }
}

/// Takes the lanes apart again: means, and packed lower triangles, as floats.
static void V(whiten_unpack)(const struct WhitenJob *job, const vector *matrix) {
    const int channels = job->channels, patches = job->patches;
    const size_t words = statistics_record_words((size_t)channels), packed = words - (size_t)channels;
    for (int p = 0; p < patches; p++)
        for (int c = 0; c < channels; c++)
            job->means[p * (size_t)channels + c] =
                (float)((double)job->records[p * words + c] / (double)job->count * job->scales[c]);
    size_t place = 0;
    for (int i = 0; i < channels; i++) {
        const double *from = (const double *)(matrix + V(panel_place)(i / T) + i % T);
        for (int k = 0; k <= i; k++, place++, from += T * HALF)
            for (int p = 0; p < patches; p++) job->whitening[p * packed + place] = (float)from[p];
    }
}

static uint32_t V(whiten)(const struct WhitenJob *job, double *scratch) {
    assert(job->patches > 0 && job->patches <= HALF && job->channels > 0 && job->count >= 2 && statistics_aligned(scratch));
    const int panels = (job->channels + T - 1) / T;
    vector *matrix = (vector *)scratch, *reciprocals = matrix + V(panel_place)(panels);
    V(whiten_fill)(job, (double *)(reciprocals + panels * T), matrix);
    V(lane_words) bad = V(cholesky)(matrix, reciprocals, panels);
    if (job->whitening) {
        V(inverse)(matrix, reciprocals, panels);
        V(whiten_unpack)(job, matrix);
    }
    uint32_t failed = 0;
    for (int p = 0; p < job->patches; p++) failed |= (uint32_t)(bad[p] != 0) << p;
    return failed;
}

#undef vector
#undef T
#undef PANELS
#undef HALF
