// Distances that images of a model would have from a model without them, at one patch.
//
// W is the whitening matrix of the model that has the images, lower triangular; x their embeddings, an image a lane.
//
//     R = W (x - mean)       whitened residuals in double, [channel][image]
//     U = W' R               what epsilon changes, in float of R rounded to float, [channel][image]
//
// U is multiplied by epsilon / (n-1+v), where it is at most 1/(n-1) of R: float is exact enough for it, and half the work.
//
// Without one image, its distance follows from |R|^2 and |U|^2 alone (docs/NUMERICS.md). Without a lot K of g images of the n,
// with n' = n - g, v the weight of the pooled covariance, N = n-1+v and epsilon that of the model:
//
//     G = R'R + epsilon g / N U'U                            g x g
//     A = N (I - 11'/n) - G                                  positive definite
//     d^2 = (N - g) (N (A^-1)_ii - 1 - 1/n')                 image i
//     d^2 = (N - g) (N 1'A^-1 1 / g^2 - n / (g n'))          the lot's mean
//
// A = T'T, T upper triangular. The columns of Y = T'^-1 [ 1 | I ] have the squares 1'A^-1 1 and (A^-1)_ii. The rows of T and of Y come from
// the same elimination, so both stand in one matrix, [ A | 1 | I ]. Column i of I stays zero above row i, and so nothing is computed there.
//
// All sums are chains of multiply-adds with ascending index: tiles and lanes of any size give the same bits.

#define HALF (LANES / 2)
#define ROWS DISTANCE_ROWS
#define INLINE static inline __attribute__((always_inline))

/// Rows top ..< top + count of W as doubles, [row][column], with zeros above the diagonal and in rows past the last.
static void V(residual_panel)(const float *whitening, int top, int count, size_t pitch, double *panel) {
    for (int i = 0; i < ROWS; i++, panel += pitch) {
        const int row = top + i, columns = i < count ? row + 1 : 0;
        const float *w = whitening + (size_t)row * (row + 1) / 2;
        for (int c = 0; c < columns; c++) panel[c] = (double)w[c];
        for (int c = columns; c < top + count; c++) panel[c] = 0;
    }
}

/// `count` rows of R = W y from a panel of `columns`, for `vectors` vectors of images.
INLINE void V(residual_tile)(const double *panel, size_t pitch, const double *y, size_t stride, int columns, int count, int vectors,
                             double *out) {
    doubles r[ROWS][2];
    UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < vectors; v++) r[i][v] = splat_double(0);
    for (int c = 0; c < columns; c++, y += stride) {
        doubles x[2];
        UNROLL for (int v = 0; v < vectors; v++) x[v] = load_doubles(y + v * HALF);
        UNROLL for (int i = 0; i < ROWS; i++) {
            const doubles a = splat_double(panel[(size_t)i * pitch + c]);
            UNROLL for (int v = 0; v < vectors; v++) r[i][v] = fused(a, x[v], r[i][v]);
        }
    }
    UNROLL for (int i = 0; i < ROWS; i++)
        if (i < count) UNROLL for (int v = 0; v < vectors; v++) store_doubles(out + (size_t)i * stride + v * HALF, r[i][v]);
}

/// Rows left ..< left + count of U = W' r, for `vectors` vectors of images.
INLINE void V(back_tile)(const float *whitening, const float *r, size_t stride, int channels, int left, int count, int vectors,
                         float *out) {
    floats u[ROWS][2];
    UNROLL for (int k = 0; k < ROWS; k++) UNROLL for (int v = 0; v < vectors; v++) u[k][v] = splat(0);
    const float *w = whitening + (size_t)left * (left + 1) / 2 + left;
    for (int i = 0; i < count; w += left + i + 1, i++, r += stride) {
        floats x[2];
        UNROLL for (int v = 0; v < vectors; v++) x[v] = load(r + v * LANES);
        UNROLL for (int k = 0; k < ROWS; k++) {
            const floats a = splat(k <= i ? w[k] : 0);
            UNROLL for (int v = 0; v < vectors; v++) u[k][v] = fused(a, x[v], u[k][v]);
        }
    }
    // Below a tile that is not whole there is no row.
    for (int i = left + count; i < channels; w += i + 1, i++, r += stride) {
        floats x[2];
        UNROLL for (int v = 0; v < vectors; v++) x[v] = load(r + v * LANES);
        UNROLL for (int k = 0; k < ROWS; k++) {
            const floats a = splat(w[k]);
            UNROLL for (int v = 0; v < vectors; v++) u[k][v] = fused(a, x[v], u[k][v]);
        }
    }
    UNROLL for (int k = 0; k < ROWS; k++)
        if (k < count) UNROLL for (int v = 0; v < vectors; v++) store(out + (size_t)k * stride + v * LANES, u[k][v]);
}

static void V(residuals)(const struct LanePart *parts, int part_count, int images, const float *mean, const float *whitening,
                         double *scratch, double *residuals, float *back) {
    assert(parts && part_count > 0 && images > 0 && statistics_aligned(scratch));
    const size_t lanes = whole_lanes(images), stride = held_out_stride(images);
    double *y = scratch;
    int channels = 0;
    for (int part = 0; part < part_count; part++) {
        const float *x = parts[part].lanes;
        for (int c = 0; c < parts[part].channels; c++, channels++, x += lanes) {
            double *row = y + (size_t)channels * stride;
            for (size_t image = 0; image < lanes; image++) row[image] = (double)x[image] - (double)mean[channels];
        }
    }
    const size_t pitch = held_out_pitch(channels);
    double *panel = y + (size_t)channels * stride;
    for (int top = 0; top < channels; top += ROWS) {
        const int count = channels - top < ROWS ? channels - top : ROWS;
        double *out = residuals + (size_t)top * stride;
        V(residual_panel)(whitening, top, count, pitch, panel);
        int image = 0;
        for (; image + HALF < images; image += 2 * HALF)
            V(residual_tile)(panel, pitch, y + image, stride, top + count, count, 2, out + image);
        if (image < images) V(residual_tile)(panel, pitch, y + image, stride, top + count, count, 1, out + image);
    }
    // The residuals take the place of y, in float.
    float *r = (float *)scratch;
    for (int c = 0; c < channels; c++)
        for (size_t image = 0; image < lanes; image++) r[c * stride + image] = (float)residuals[c * stride + image];
    for (int left = 0; left < channels; left += ROWS) {
        const int count = channels - left < ROWS ? channels - left : ROWS;
        const float *from = r + (size_t)left * stride;
        float *out = back + (size_t)left * stride;
        int image = 0;
        for (; image + LANES < images; image += 2 * LANES)
            V(back_tile)(whitening, from + image, stride, channels, left, count, 2, out + image);
        if (image < images) V(back_tile)(whitening, from + image, stride, channels, left, count, 1, out + image);
    }
}

/// squares[column] = the sum of the column's squares, over all rows. Some more columns are read and written, up
/// to whole_lanes(columns).
static void V(column_squares)(const double *matrix, size_t stride, int rows, int columns, double *squares) {
    for (int column = 0; column < columns; column += 4 * HALF) {
        doubles sum[4];
        UNROLL for (int v = 0; v < 4; v++) sum[v] = splat_double(0);
        for (int row = 0; row < rows; row++) UNROLL for (int v = 0; v < 4; v++) {
            const doubles x = load_doubles(matrix + (size_t)row * stride + column + v * HALF);
            sum[v] = fused(x, x, sum[v]);
        }
        UNROLL for (int v = 0; v < 4; v++) store_doubles(squares + column + v * HALF, sum[v]);
    }
}

static void V(image_squares)(const double *residuals, const float *back, int channels, int images, double *squares,
                             float *back_squares) {
    const size_t stride = held_out_stride(images);
    V(column_squares)(residuals, stride, channels, images, squares);
    for (int image = 0; image < images; image += 2 * LANES) {
        floats sum[2];
        UNROLL for (int v = 0; v < 2; v++) sum[v] = splat(0);
        for (int c = 0; c < channels; c++) UNROLL for (int v = 0; v < 2; v++) {
            const floats x = load(back + (size_t)c * stride + image + v * LANES);
            sum[v] = fused(x, x, sum[v]);
        }
        UNROLL for (int v = 0; v < 2; v++) store(back_squares + image + v * LANES, sum[v]);
    }
}

#undef ROWS
#define ROWS LOT_ROWS

/// out[i][j] = sum over k of x[k][top + i] x[k][left + j], for `vectors` vectors of j.
INLINE void V(gram_tile)(const double *x, size_t stride, int channels, int top, int count, int left, int vectors, double *out) {
    doubles sum[ROWS][2];
    UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = splat_double(0);
    for (int k = 0; k < channels; k++, x += stride) {
        doubles b[2];
        UNROLL for (int v = 0; v < vectors; v++) b[v] = load_doubles(x + left + v * HALF);
        UNROLL for (int i = 0; i < ROWS; i++) {
            // Rows past the last lane of images are computed, and not stored.
            const doubles a = splat_double(x[top + i]);
            UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = fused(a, b[v], sum[i][v]);
        }
    }
    UNROLL for (int i = 0; i < ROWS; i++)
        if (i < count)
            UNROLL for (int v = 0; v < vectors; v++) store_doubles(out + (size_t)(top + i) * stride + left + v * HALF, sum[i][v]);
}

INLINE void V(float_gram_tile)(const float *x, size_t stride, int channels, int top, int count, int left, int vectors, float *out) {
    floats sum[ROWS][2];
    UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = splat(0);
    for (int k = 0; k < channels; k++, x += stride) {
        floats b[2];
        UNROLL for (int v = 0; v < vectors; v++) b[v] = load(x + left + v * LANES);
        UNROLL for (int i = 0; i < ROWS; i++) {
            const floats a = splat(x[top + i]);
            UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = fused(a, b[v], sum[i][v]);
        }
    }
    UNROLL for (int i = 0; i < ROWS; i++)
        if (i < count)
            UNROLL for (int v = 0; v < vectors; v++) store(out + (size_t)(top + i) * stride + left + v * LANES, sum[i][v]);
}

/// The products of all pairs of lanes on and above the diagonal, of the doubles x and of the floats u.
static void V(grams)(const double *x, const float *u, size_t stride, int channels, int g, double *of_x, float *of_u) {
    for (int left = 0; left < g; left += 2 * HALF) {
        const int end = left + 2 * HALF < g ? left + 2 * HALF : g;
        for (int top = 0; top < end; top += ROWS) {
            const int count = g - top < ROWS ? g - top : ROWS;
            if (g - left > HALF) V(gram_tile)(x, stride, channels, top, count, left, 2, of_x);
            else V(gram_tile)(x, stride, channels, top, count, left, 1, of_x);
        }
    }
    for (int left = 0; left < g; left += 2 * LANES) {
        const int end = left + 2 * LANES < g ? left + 2 * LANES : g;
        for (int top = 0; top < end; top += ROWS) {
            const int count = g - top < ROWS ? g - top : ROWS;
            if (g - left > LANES) V(float_gram_tile)(u, stride, channels, top, count, left, 2, of_u);
            else V(float_gram_tile)(u, stride, channels, top, count, left, 1, of_u);
        }
    }
}

/// Subtracts from rows top ..< top + count their products with the finished rows first ..< top, in `vectors` vectors of columns from `left`.
INLINE void V(eliminate_tile)(double *matrix, size_t stride, int first, int top, int count, size_t left, int vectors) {
    doubles sum[ROWS][2];
    UNROLL for (int i = 0; i < ROWS; i++)
        UNROLL for (int v = 0; v < vectors; v++)
            sum[i][v] = load_doubles(matrix + (size_t)(i < count ? top + i : top) * stride + left + v * HALF);
    const double *row = matrix + (size_t)first * stride;
    for (int k = first; k < top; k++, row += stride) {
        doubles b[2];
        UNROLL for (int v = 0; v < vectors; v++) b[v] = -load_doubles(row + left + v * HALF);
        UNROLL for (int i = 0; i < ROWS; i++) {
            const doubles a = splat_double(row[top + i]);
            UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = fused(a, b[v], sum[i][v]);
        }
    }
    UNROLL for (int i = 0; i < ROWS; i++)
        if (i < count)
            UNROLL for (int v = 0; v < vectors; v++) store_doubles(matrix + (size_t)(top + i) * stride + left + v * HALF, sum[i][v]);
}

/// The same in columns from ..< to.
static void V(eliminate_columns)(double *matrix, size_t stride, int first, int top, int count, size_t from, size_t to) {
    size_t left = from;
    for (; left + HALF < to; left += 2 * HALF) V(eliminate_tile)(matrix, stride, first, top, count, left, 2);
    if (left < to) V(eliminate_tile)(matrix, stride, first, top, count, left, 1);
}

/// Eliminates within rows top ..< top + count, in columns from ..< to.
static void V(eliminate_within)(double *matrix, size_t stride, int top, int i, int count, double reciprocal, size_t from, size_t to) {
    double *row = matrix + (size_t)i * stride;
    const doubles factor = splat_double(reciprocal);
    for (size_t j = from; j < to; j += HALF) store_doubles(row + j, load_doubles(row + j) * factor);
    for (int below = i + 1; below < top + count; below++) {
        double *other = matrix + (size_t)below * stride;
        const doubles a = -splat_double(row[below]);
        for (size_t j = from; j < to; j += HALF) store_doubles(other + j, fused(a, load_doubles(row + j), load_doubles(other + j)));
    }
}

/// Turns [ A | 1 | I ] into [ T | T'^-1 (1 | I) ], in place. A row has `stride` doubles: A's g, whole vectors of them, and g + 1 of the
/// right-hand sides. Only what is on and above A's diagonal counts. Returns false as soon as a pivot is not positive.
static bool V(eliminate)(double *matrix, size_t stride, int g) {
    const size_t right = lot_columns(g);
    for (int top = 0; top < g; top += ROWS) {
        const int count = g - top < ROWS ? g - top : ROWS;
        const size_t from = (size_t)(top - top % HALF), to = right + top + count + 1;
        V(eliminate_columns)(matrix, stride, 0, top, count, from, (size_t)g);
        // Column c of the right-hand sides is zero above row c - 1.
        for (size_t left = 0; left < (size_t)(top + 1); left += 2 * HALF) {
            const size_t end = left + 2 * HALF < (size_t)(top + 1) ? left + 2 * HALF : (size_t)(top + 1);
            V(eliminate_columns)(matrix, stride, left > 0 ? (int)left - 1 : 0, top, count, right + left, right + end);
        }
        for (int i = top; i < top + count; i++) {
            const double pivot = matrix[(size_t)i * stride + i];
            if (!(pivot > 0)) return false;
            const double reciprocal = 1 / __builtin_sqrt(pivot);
            V(eliminate_within)(matrix, stride, top, i, count, reciprocal, from, (size_t)g);
            V(eliminate_within)(matrix, stride, top, i, count, reciprocal, right, to);
        }
    }
    return true;
}

static bool V(lot_distances)(const struct LotAtPatch *lot, double *scratch, double *distances, double *mean_distance) {
    const int g = lot->images;
    assert(g > 0 && lot->count > g + 1 && statistics_aligned(scratch));
    const size_t stride = held_out_stride(g), columns = lot_columns(g), width = lot_stride(g);
    double *matrix = scratch, *squares = matrix + (size_t)g * width, *gram = squares + whole_lanes(g + 1);
    float *other = (float *)(gram + (size_t)g * stride);
    const double n = (double)lot->count, left = n - g, full = n - 1 + lot->pooled_weight;
    V(grams)(lot->residuals, lot->back, stride, lot->channels, g, gram, other);
    const double weight = lot->epsilon * g / full;
    for (int i = 0; i < g; i++) {
        double *row = matrix + (size_t)i * width;
        for (size_t j = 0; j < width; j++) row[j] = 0;
        for (int j = i; j < g; j++)
            row[j] = full * ((i == j) - 1 / n) - fused(weight, (double)other[(size_t)i * stride + j], gram[(size_t)i * stride + j]);
        row[columns] = 1;
        row[columns + 1 + i] = 1;
    }
    if (!V(eliminate)(matrix, width, g)) return false;
    V(column_squares)(matrix + columns, width, g, g + 1, squares);
    // A is positive definite, so only rounding makes a square negative: that of an image whose residuals are all zero.
    for (int i = 0; i < g; i++) {
        const double square = (full - g) * (full * squares[1 + i] - 1 - 1 / left);
        distances[i] = square < 0 ? 0 : square;
    }
    const double square = (full - g) * (full * squares[0] / ((double)g * g) - n / (g * left));
    *mean_distance = square < 0 ? 0 : square;
    return true;
}

#undef HALF
#undef ROWS
#undef INLINE
