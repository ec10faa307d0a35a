#pragma once
#include "instruction_sets.h"
#include <stddef.h>
#include <stdint.h>

// The arithmetic of exact Gaussian statistics. Everything here works on one patch's record:
//
//     record = s[0] ... s[d-1]  S[0][0]  S[1][0] S[1][1]  S[2][0] ...          (Int64, d(d+3)/2 of them)
//
// where, over the images folded in, s[c] is the sum of q[c] and S[c][c'] the sum of q[c] q[c'], and q is an embedding in
// fixed point: whole numbers of at most 19 bits and a sign. The triangle is packed by rows, c' <= c.

/// Number of words in a record of `channels` channels.
static inline size_t statistics_record_words(size_t channels) { return channels * (channels + 3) / 2; }

/// Largest magnitude of a number in fixed point.
enum { STATISTICS_LIMIT = (1 << 19) - 1 };

/// One axis of a linear map, as a banded matrix: output i is the sum over k < width of weights[i * width + k] times
/// input first[i] + k. Weights beyond a shorter row are zero and `first[i] + width` never passes the input's end.
struct BandedMatrix {
    int inputs, outputs, width;
    const int32_t *first;
    const float *weights;
};

/// One tap of an image as the network left it (channels-last), and what of it is kept.
struct TapGather {
    const float *pixels;                   // the tap's top left pixel
    ptrdiff_t pixel_stride, row_stride;    // in floats
    int height, width;                     // of the tap
    const int32_t *row_starts;             // height + 1: tap row y goes to the grid's rows row_starts[y] ..< row_starts[y + 1]
    const int32_t *column_starts;          // width + 1, likewise
    int count;                             // kept channels of this tap
    const int32_t *channels;               // which ones, `count` of them
    const float *scales;                   // 2^exponent of each: features are rounded to fixed point
    const float *steps;                    // 2^-exponent of each: the numbers go out as floats again, q * step; NULL: q itself
};

/// Some pixels of one tap of several images, kept channels only: pixel p of image i begins at values + i * image_stride +
/// p * count.
struct TapPixels {
    const int32_t *values;                 // or floats
    ptrdiff_t image_stride;                // in elements
    int count;                             // kept channels of the tap
};

/// Some channels of the embeddings of one patch, an image a lane: channel c of image i is lanes[c * statistics_lanes(images) + i].
struct LanePart {
    const float *lanes;
    int channels;
};

/// What was met on the way into fixed point.
struct GatherTally {
    int64_t clamped;      // numbers beyond the limit, set to it
    int32_t not_finite;   // not 0: there was an infinity or a NaN
};

/// Some tap of an image whose pixels are averaged over the pixels of a coarser grid.
struct TapPooling {
    const float *pixels;                   // the tap's top left pixel
    ptrdiff_t pixel_stride, row_stride;    // in floats
    int rows, columns;                     // of the grid
    const int32_t *row_windows;            // 2 a row of the grid: it covers the tap's rows [2 r] ..< [2 r + 1], at least one
    const int32_t *column_windows;         // likewise
    int count;                             // kept channels, and which, and their scales and steps: as in TapGather
    const int32_t *channels;
    const float *scales;
    const float *steps;
};

/// Some patches' records, to be turned into means and whitening matrices.
struct WhitenJob {
    const int64_t *records;  // one after the other
    int patches;             // at most whiten_patches
    int channels;
    int64_t count;           // images, at least 2
    const double *scales;    // 2^-exponent of each channel
    double epsilon;          // added to the covariance's diagonal
    const double *pooled;    // added to the covariance, times `own`: a packed triangle, the same for all patches; NULL: neither
    double own;              // what the patch's own covariance is multiplied by before
    float *means;            // `channels` a patch, one after the other
    float *whitening;        // channels (channels + 1) / 2 a patch: lower triangle by rows; NULL: neither is wanted, only
                             // which covariances are not positive definite
};

/// All images of a lot at one patch, in a model that has them.
struct LotAtPatch {
    const double *residuals;   // of `residuals`, as is `back`
    const float *back;
    int channels;
    int images;                // of the lot, at most count - 2
    int64_t count;             // of the model
    double pooled_weight;      // images' worth of the covariance pooled over positions; 0 where there is none
    double epsilon;            // of the model
};

/// The kernels, built for one instruction set.
struct StatisticsKernels {
    /// Adds `images` rows of `channels` numbers in fixed point to a record. Exact: any split of the rows over calls gives
    /// the same words. `scratch` holds statistics_fold_scratch(channels) doubles, 64-byte aligned.
    void (*fold)(const int32_t *rows, int images, int channels, double *scratch, int64_t *record);

    /// The same for patches whose records follow each other; rows are [patch][image][channel]. A patch's rows are those of the patch before
    /// but for their first `changed[patch]` channels; changed[0] is not read.
    void (*fold_run)(const int32_t *rows, int images, int channels, const int32_t *changed, int patches, double *scratch,
                     int64_t *records);

    /// Turns rows into lanes, so that an image is a lane: lanes[k][i] = rows[i * image_stride + k] for the first `elements` of
    /// `images` rows. A row of `lanes` has statistics_lanes(images) floats; those that are no image's become 0.
    void (*to_lanes)(const float *rows, ptrdiff_t image_stride, int images, int elements, float *lanes);

    /// The Mahalanobis distances |W (x - mean)| of the embeddings x of `images` images at one patch. Their channels are those of
    /// the parts, one part after the other. W is packed lower triangular, by rows.
    /// Each distance is one fixed chain of operations: the same bits whatever the other images are.
    /// `scratch` holds statistics_distance_scratch(channels, images) floats, 64-byte aligned.
    void (*distances)(const struct LanePart *parts, int part_count, int images, const float *mean, const float *whitening,
                      float *scratch, float *distances);

    /// R = W (x - mean) in double, and U = W' R in float, for the embeddings x of `images` images at one patch, both [channel][image]
    /// with rows of statistics_held_out_stride(images) elements. `scratch` holds statistics_held_out_scratch(channels, images) doubles.
    /// All are 64-byte aligned.
    void (*residuals)(const struct LanePart *parts, int part_count, int images, const float *mean, const float *whitening,
                      double *scratch, double *residuals, float *back);

    /// |R|^2 and |U|^2 of each image; both have room for statistics_lanes(images).
    void (*image_squares)(const double *residuals, const float *back, int channels, int images, double *squares, float *back_squares);

    /// The squared distances of a lot's images from the model without the lot, and that of the lot's mean. `scratch` holds
    /// statistics_lot_scratch(images) doubles, 64-byte aligned. Returns false where the model without the lot cannot be had in
    /// double: too few images for so small an epsilon.
    bool (*lot_distances)(const struct LotAtPatch *lot, double *scratch, double *distances, double *mean_distance);

    /// Puts one tap's kept channels one after the other, rounded to fixed point: [pixel][channel], Int32, or Float where steps are
    /// given. A pixel that goes to no patch is left out: what stood in its place stays. The tally counts a pixel as often as it
    /// goes to a patch.
    struct GatherTally (*gather)(const struct TapGather *tap, void *kept);

    /// Puts the means of one tap's kept channels over the grid's windows one after the other, rounded to fixed point:
    /// [grid row][grid column][channel], as `gather` does. A mean is the sum of the window's pixels, row by row, one Float32 addition
    /// after the other, divided by their number: the same bits on every instruction set. The tally counts a mean once.
    struct GatherTally (*pool)(const struct TapPooling *tap, void *kept);

    /// output[i][c] = sum over k of matrix[i][k] input[k][c], for `columns` columns. Rows are `columns` floats long.
    void (*banded_product)(const struct BandedMatrix *matrix, const float *input, int columns, float *output);

    /// Doubles of 64-byte aligned scratch that `whiten` needs.
    size_t (*whiten_scratch)(int channels);

    /// Means and whitening matrices W: with mean = s / n and the covariance
    ///     C[c][c'] = (n S[c][c'] - s[c] s[c']) / (n (n - 1)) * scale[c] * scale[c']   (+ epsilon where c = c'),
    /// or, before epsilon is added, own * C[c][c'] + pooled[c][c'], whose numerator is formed in whole numbers and rounded to double once, W is the inverse of C's Cholesky factor.
    /// A patch's bits depend on its record and on whether multiply-add is fused, not on the others or the instruction set.
    /// Returns the patches, as bits, whose covariance is not positive definite; theirs is not to be used.
    uint32_t (*whiten)(const struct WhitenJob *job, double *scratch);

    /// The most patches of one call of `whiten`.
    int whiten_patches;
};

/// The kernels of an instruction set, or NULL where this build does not hold them. Ask instruction_set_runs_here first.
const struct StatisticsKernels *statistics_kernels(enum InstructionSetCode code);
/// The same without what only some processors of the set have: what the others run. The words are equal.
const struct StatisticsKernels *statistics_common_kernels(enum InstructionSetCode code);

size_t statistics_fold_scratch(int channels);

/// Floats of a row of lanes of so many images: whole vectors of every instruction set.
size_t statistics_lanes(int images);
size_t statistics_distance_scratch(int channels, int images);
/// Elements of a row of the matrices R and U of so many images.
size_t statistics_held_out_stride(int images);
size_t statistics_held_out_scratch(int channels, int images);
size_t statistics_lot_scratch(int images);

// Plain C, the same for all instruction sets.

/// Puts one tap's kept channels into the embedding rows of `patches` patches that stand side by side:
/// rows[(p * images + i) * row_stride + c] = channel c of image i at pixel columns[p], for p < patches.
void statistics_spread(const struct TapPixels *pixels, const int32_t *columns, int patches, int images, int32_t *rows,
                       ptrdiff_t row_stride);

/// Whether a[k] + b[k] (or a[k] - b[k]) leaves Int64 for some k.
bool statistics_sum_overflows(const int64_t *a, const int64_t *b, size_t words);
bool statistics_difference_overflows(const int64_t *a, const int64_t *b, size_t words);
/// a[k] += b[k], a[k] -= b[k]; wraps where it overflows, so ask first.
void statistics_add(int64_t *a, const int64_t *b, size_t words);
void statistics_subtract(int64_t *a, const int64_t *b, size_t words);

/// Whether a record can have come from `count` samples, at most 2^31: |s| <= count L, 0 <= S[c][c] <= count L^2, s^2 <= count S[c][c],
/// and for the other products |S| <= count L^2, where L is STATISTICS_LIMIT.
bool statistics_plausible(const int64_t *record, int channels, int64_t count);

/// Whether the covariances of a plausible record can be: |C[i][j]|^2 <= C[i][i] C[j][j] for all pairs of channels. Leaves
/// count^2 C[i][i] of every channel, C being the covariance divided by `count`, in `variances`.
bool statistics_pairs_plausible(const int64_t *record, int channels, int64_t count, double *variances);

/// A whole number of 128 bits, as two words.
struct WideSum {
    uint64_t low;
    int64_t high;
};

/// Adds the numerators of a record's covariances, count S[c][c'] - s[c] s[c'], to totals: a packed triangle. Exact: those of a plausible
/// record of at most 2^31 samples are at most 2^31 2^63 + (2^31 L)^2 < 2^101 in magnitude, so the sums of all patches that a grid may have,
/// 2^20, are below 2^121.
void statistics_add_numerators(const int64_t *record, int channels, int64_t count, struct WideSum *totals);
/// a[k] += b[k].
void statistics_add_wide(struct WideSum *a, const struct WideSum *b, size_t count);
/// The number as a double, rounded once.
double statistics_wide_value(const struct WideSum *sum);

/// Some channels of a record, as a record of these channels alone: `count` of them, `places` ascending.
void statistics_select(const int64_t *record, int channels, const int32_t *places, int count, int64_t *selected);

/// Whether there is no infinity and no NaN.
bool statistics_all_finite(const float *values, size_t count);

/// The first place of the largest value, by which NaN is passed over. 0 where no value is above minus infinity.
size_t statistics_largest(const float *values, size_t count);

/// 64-bit checks over `count` pieces of `size` bytes each, one after the other, for finding torn and flipped ones (not
/// forgery). checks[k] holds the seed of piece k before, and its check after, whatever the other pieces are. Any change within
/// one word of eight bytes changes it. Pieces chain by giving the last result as the seed.
void statistics_checks(const void *bytes, size_t size, size_t count, uint64_t *checks);

/// The fingerprint of samples at one patch, modulo 2^61 - 1: the sum of u (v.x)^2 + w (v.x) over the rows x, which are in fixed point. `v` has a
/// number for each channel, at most 2^30 in magnitude; `u` and `w` are below 2^61 - 1. There are at most 2^13 channels.
uint64_t statistics_fingerprint_rows(const int32_t *rows, int samples, int channels, const int32_t *v, uint64_t u, uint64_t w);
/// The same number of the record that these samples give: u (v' S v) + w (v.s).
uint64_t statistics_fingerprint_record(const int64_t *record, int channels, const int32_t *v, uint64_t u, uint64_t w);
