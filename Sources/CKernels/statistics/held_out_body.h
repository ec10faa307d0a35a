// Distances that images of a model would have from a model without them, in double, at one patch.
//
// W is the whitening matrix of the model that has the images, lower triangular; x their embeddings, an image a lane.
//
//     R = W (x - mean)       whitened residuals, [channel][image]
//     U = W' R               what epsilon changes, [channel][image]
//
// Without one image, its distance follows from |R|^2 and |U|^2 alone (docs/NUMERICS.md). Without a lot K of g images of the n,
// with n' = n - g, v the weight of the pooled covariance and epsilon that of the model:
//
//     G = R'R + epsilon g / (n-1+v) U'U                                   g x g
//     A = (n-1+v) (I - 11'/n) - G                                         positive definite
//     d^2 = (n'-1+v)/(n-1+v) ( b'Gb + (Gb)' A^-1 (Gb) )                   b = e_i + 1/n' for image i
//
// and the lot's mean has b = (1/g + 1/n') 1. With A = T'T, T upper triangular, (Gb)' A^-1 (Gb) is the square of Y = T'^-1 (G b). The rows
// of T and of Y come from the same elimination, so A stands beside the right-hand sides in one matrix:
//
//     [ A | G e_1 + G1/n' ... G e_g + G1/n' | G1 ]
//
// All sums are chains of multiply-adds with ascending index: tiles and lanes of any size give the same bits.

#define HALF (LANES / 2)
#define WIDTH (2 * HALF)
#define ROWS DISTANCE_ROWS

/// Rows top ..< top + count of R = W y, for WIDTH images; a row has `lanes` doubles.
static inline void V(residual_tile)(const float *whitening, const double *y, size_t lanes, int top, int count, double *out) {
    doubles r[ROWS][2];
    const float *w[ROWS];
    UNROLL for (int i = 0; i < ROWS; i++) {
        // Past the last row: any row will do, it is not stored.
        const int row = i < count ? top + i : top;
        w[i] = whitening + (size_t)row * (row + 1) / 2;
        UNROLL for (int v = 0; v < 2; v++) r[i][v] = splat_double(0);
    }
    const double *at = y;
    for (int c = 0; c <= top; c++, at += lanes) {
        doubles x[2];
        UNROLL for (int v = 0; v < 2; v++) x[v] = load_doubles(at + v * HALF);
        UNROLL for (int i = 0; i < ROWS; i++) {
            const doubles a = splat_double(w[i][c]);
            UNROLL for (int v = 0; v < 2; v++) r[i][v] = fused(a, x[v], r[i][v]);
        }
    }
    UNROLL for (int i = 1; i < ROWS; i++) {
        const int last = i < count ? top + i : top;
        for (int c = top + 1; c <= last; c++) {
            const doubles a = splat_double(w[i][c]);
            UNROLL for (int v = 0; v < 2; v++) r[i][v] = fused(a, load_doubles(y + (size_t)c * lanes + v * HALF), r[i][v]);
        }
    }
    UNROLL for (int i = 0; i < ROWS; i++)
        if (i < count) UNROLL for (int v = 0; v < 2; v++) store_doubles(out + (size_t)(top + i) * lanes + v * HALF, r[i][v]);
}

/// Rows left ..< left + count of U = W' r, for WIDTH images.
static inline void V(back_tile)(const float *whitening, const double *r, size_t lanes, int channels, int left, int count,
                                double *out) {
    doubles u[ROWS][2];
    UNROLL for (int k = 0; k < ROWS; k++) UNROLL for (int v = 0; v < 2; v++) u[k][v] = splat_double(0);
    const float *w = whitening + (size_t)left * (left + 1) / 2 + left;
    for (int i = left; i < left + count; w += i + 1, i++) {
        doubles x[2];
        UNROLL for (int v = 0; v < 2; v++) x[v] = load_doubles(r + (size_t)i * lanes + v * HALF);
        UNROLL for (int k = 0; k < ROWS; k++) {
            if (k > i - left) continue;
            const doubles a = splat_double(w[k]);
            UNROLL for (int v = 0; v < 2; v++) u[k][v] = fused(a, x[v], u[k][v]);
        }
    }
    // Below a tile that is not whole there is no row.
    for (int i = left + count; i < channels; w += i + 1, i++) {
        doubles x[2];
        UNROLL for (int v = 0; v < 2; v++) x[v] = load_doubles(r + (size_t)i * lanes + v * HALF);
        UNROLL for (int k = 0; k < ROWS; k++) {
            const doubles a = splat_double(w[k]);
            UNROLL for (int v = 0; v < 2; v++) u[k][v] = fused(a, x[v], u[k][v]);
        }
    }
    UNROLL for (int k = 0; k < ROWS; k++)
        if (k < count) UNROLL for (int v = 0; v < 2; v++) store_doubles(out + (size_t)(left + k) * lanes + v * HALF, u[k][v]);
}

static void V(residuals)(const struct LanePart *parts, int part_count, int images, const float *mean, const float *whitening,
                         double *scratch, double *residuals, double *back) {
    assert(parts && part_count > 0 && images > 0 && statistics_aligned(scratch));
    const size_t lanes = whole_lanes(images);
    int channels = 0;
    for (int part = 0; part < part_count; part++) {
        const float *x = parts[part].lanes;
        for (int c = 0; c < parts[part].channels; c++, channels++, x += lanes) {
            double *y = scratch + (size_t)channels * lanes;
            for (size_t image = 0; image < lanes; image++) y[image] = (double)x[image] - (double)mean[channels];
        }
    }
    for (int top = 0; top < channels; top += ROWS) {
        const int count = channels - top < ROWS ? channels - top : ROWS;
        for (int image = 0; image < images; image += WIDTH)
            V(residual_tile)(whitening, scratch + image, lanes, top, count, residuals + image);
    }
    for (int left = 0; left < channels; left += ROWS) {
        const int count = channels - left < ROWS ? channels - left : ROWS;
        for (int image = 0; image < images; image += WIDTH)
            V(back_tile)(whitening, residuals + image, lanes, channels, left, count, back + image);
    }
}

static void V(column_squares)(const double *matrix, size_t stride, int rows, int columns, double *squares) {
    for (int column = 0; column < columns; column += HALF) {
        doubles sum = splat_double(0);
        for (int row = 0; row < rows; row++) {
            const doubles x = load_doubles(matrix + (size_t)row * stride + column);
            sum = fused(x, x, sum);
        }
        store_doubles(squares + column, sum);
    }
}

/// out[i][j] = sum over k of x[k][i] x[k][j], for i < g and the whole vectors that hold j <= i.
static void V(gram)(const double *x, size_t lanes, int channels, int g, double *out, size_t stride) {
    for (int top = 0; top < g; top += ROWS) {
        const int count = g - top < ROWS ? g - top : ROWS;
        for (int left = 0; left < top + count; left += WIDTH) {
            doubles sum[ROWS][2];
            UNROLL for (int i = 0; i < ROWS; i++) UNROLL for (int v = 0; v < 2; v++) sum[i][v] = splat_double(0);
            const double *row = x;
            for (int k = 0; k < channels; k++, row += lanes) {
                doubles b[2];
                UNROLL for (int v = 0; v < 2; v++) b[v] = load_doubles(row + left + v * HALF);
                UNROLL for (int i = 0; i < ROWS; i++) {
                    const doubles a = splat_double(row[i < count ? top + i : top]);
                    UNROLL for (int v = 0; v < 2; v++) sum[i][v] = fused(a, b[v], sum[i][v]);
                }
            }
            UNROLL for (int i = 0; i < ROWS; i++)
                if (i < count)
                    UNROLL for (int v = 0; v < 2; v++) store_doubles(out + (size_t)(top + i) * stride + left + v * HALF, sum[i][v]);
        }
    }
}

/// Cholesky elimination, in place, of a symmetric g x g matrix and of the right-hand sides that stand to its right. A row has `width`
/// doubles: the matrix's g first. Returns false as soon as a pivot is not positive.
static bool V(eliminate)(double *matrix, size_t width, int g) {
    for (int top = 0; top < g; top += ROWS) {
        const int count = g - top < ROWS ? g - top : ROWS;
        for (size_t left = (size_t)(top - top % WIDTH); left < width; left += WIDTH) {
            doubles sum[ROWS][2];
            UNROLL for (int i = 0; i < ROWS; i++)
                UNROLL for (int v = 0; v < 2; v++)
                    sum[i][v] = load_doubles(matrix + (size_t)(i < count ? top + i : top) * width + left + v * HALF);
            const double *row = matrix;
            for (int k = 0; k < top; k++, row += width) {
                doubles b[2];
                UNROLL for (int v = 0; v < 2; v++) b[v] = load_doubles(row + left + v * HALF);
                UNROLL for (int i = 0; i < ROWS; i++) {
                    const doubles a = -splat_double(row[i < count ? top + i : top]);
                    UNROLL for (int v = 0; v < 2; v++) sum[i][v] = fused(a, b[v], sum[i][v]);
                }
            }
            UNROLL for (int i = 0; i < ROWS; i++)
                if (i < count)
                    UNROLL for (int v = 0; v < 2; v++) store_doubles(matrix + (size_t)(top + i) * width + left + v * HALF, sum[i][v]);
        }
        for (int i = top; i < top + count; i++) {
            double *row = matrix + (size_t)i * width;
            if (!(row[i] > 0)) return false;
            const doubles reciprocal = splat_double(1 / __builtin_sqrt(row[i]));
            for (size_t j = (size_t)(top - top % WIDTH); j < width; j += HALF) store_doubles(row + j, load_doubles(row + j) * reciprocal);
            for (int below = i + 1; below < top + count; below++) {
                double *other = matrix + (size_t)below * width;
                const doubles a = -splat_double(row[below]);
                for (size_t j = (size_t)(top - top % WIDTH); j < width; j += HALF)
                    store_doubles(other + j, fused(a, load_doubles(row + j), load_doubles(other + j)));
            }
        }
    }
    return true;
}

static bool V(lot_distances)(const struct LotAtPatch *lot, double *scratch, double *distances, double *mean_distance) {
    const int g = lot->images;
    assert(g > 0 && lot->count > g + 1 && statistics_aligned(scratch));
    const size_t lanes = whole_lanes(g), right = whole_lanes(g + 1), width = lanes + right;
    double *matrix = scratch, *gram = matrix + (size_t)g * width, *other = gram + (size_t)g * lanes, *sums = other + (size_t)g * lanes;
    const double n = (double)lot->count, left = n - g, full = n - 1 + lot->pooled_weight;
    V(gram)(lot->residuals, lanes, lot->channels, g, gram, lanes);
    V(gram)(lot->back, lanes, lot->channels, g, other, lanes);
    const double weight = lot->epsilon * g / full;
    for (int i = 0; i < g; i++)
        for (int j = 0; j <= i; j++) {
            const double x = fused(weight, other[(size_t)i * lanes + j], gram[(size_t)i * lanes + j]);
            gram[(size_t)i * lanes + j] = x;
            gram[(size_t)j * lanes + i] = x;
        }
    double total = 0;
    for (int i = 0; i < g; i++) {
        double sum = 0;
        for (int j = 0; j < g; j++) sum += gram[(size_t)i * lanes + j];
        sums[i] = sum;
        total += sum;
    }
    for (int i = 0; i < g; i++) {
        double *row = matrix + (size_t)i * width;
        const double *from = gram + (size_t)i * lanes;
        for (size_t j = 0; j < width; j++) row[j] = 0;
        for (int j = 0; j < g; j++) {
            row[j] = full * ((i == j) - 1 / n) - from[j];
            row[lanes + j] = from[j] + sums[i] / left;
        }
        row[lanes + g] = sums[i];
    }
    if (!V(eliminate)(matrix, width, g)) return false;
    double *squares = other;
    V(column_squares)(matrix + lanes, width, g, g + 1, squares);
    const double factor = (left - 1 + lot->pooled_weight) / full, share = 1.0 / g + 1 / left;
    for (int i = 0; i < g; i++) {
        const double straight = gram[(size_t)i * lanes + i] + 2 * sums[i] / left + total / (left * left);
        distances[i] = factor * (straight + squares[i]);
    }
    *mean_distance = factor * share * share * (total + squares[g]);
    return true;
}

#undef HALF
#undef WIDTH
#undef ROWS
