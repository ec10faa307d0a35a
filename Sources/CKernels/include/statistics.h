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

/// One tap of an image as the network left it (channels-last), and how it goes into the image's embedding rows.
struct TapGather {
    const float *pixels;                   // the tap's top left pixel
    ptrdiff_t pixel_stride, row_stride;    // in floats
    int height, width;                     // of the tap
    const int32_t *row_starts;             // height + 1: tap row y goes to the grid's rows row_starts[y] ..< row_starts[y + 1]
    const int32_t *column_starts;          // width + 1, likewise
    int grid_width;
    int count;                             // kept channels of this tap
    const int32_t *channels;               // which ones, `count` of them
    const float *scales;                   // 2^exponent of each: rounds to fixed point; NULL: floats go out as they are
};

/// What was met on the way into fixed point.
struct GatherTally {
    int64_t clamped;      // numbers beyond the limit, set to it
    int32_t not_finite;   // not 0: there was an infinity or a NaN
};

/// Some patches' records, to be turned into means and whitening matrices.
struct WhitenJob {
    const int64_t *records;  // one after the other
    int patches;             // at most whiten_patches
    int channels;
    int64_t count;           // images, at least 2
    const double *scales;    // 2^-exponent of each channel
    double epsilon;          // added to the covariance's diagonal
    float *means;            // `channels` a patch, one after the other
    float *whitening;        // channels (channels + 1) / 2 a patch: lower triangle by rows
};

/// The kernels, built for one instruction set.
struct StatisticsKernels {
    /// Adds `images` rows of `channels` numbers in fixed point to a record. Exact: any split of the rows over calls gives
    /// the same words. `scratch` holds statistics_fold_scratch(channels) doubles, 64-byte aligned.
    void (*fold)(const int32_t *rows, int images, int channels, double *scratch, int64_t *record);

    /// The Mahalanobis distances |W (x - mean)| of `images` rows x of one patch. W is packed lower triangular, by rows.
    /// Each distance is one fixed chain of operations: the same bits whatever the other rows are.
    /// `scratch` holds statistics_distance_scratch(channels) floats, 64-byte aligned.
    void (*distances)(const float *rows, int images, int channels, const float *mean, const float *whitening,
                      float *scratch, float *distances);

    /// Puts one tap's kept channels into the rows of all grid patches. `rows` is where patch 0's part begins;
    /// `patch_stride` is from one patch to the next, in elements. Elements are Int32 (scales given) or Float.
    struct GatherTally (*gather)(const struct TapGather *tap, void *rows, ptrdiff_t patch_stride);

    /// Raises maxima[c] to the largest |row[c]| of `count` rows.
    void (*raise_maxima)(const float *rows, int count, int channels, float *maxima);

    /// output[i][c] = sum over k of matrix[i][k] input[k][c], for `columns` columns. Rows are `columns` floats long.
    void (*banded_product)(const struct BandedMatrix *matrix, const float *input, int columns, float *output);

    /// Doubles of 64-byte aligned scratch that `whiten` needs.
    size_t (*whiten_scratch)(int channels);

    /// Means and whitening matrices W: with mean = s / n and the covariance
    ///     C[c][c'] = (n S[c][c'] - s[c] s[c']) / (n (n - 1)) * scale[c] * scale[c']   (+ epsilon where c = c'),
    /// whose numerator is formed in whole numbers and rounded to double once, W is the inverse of C's Cholesky factor.
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
size_t statistics_distance_scratch(int channels);

// Plain C, the same for all instruction sets.

/// Whether a[k] + b[k] (or a[k] - b[k]) leaves Int64 for some k.
bool statistics_sum_overflows(const int64_t *a, const int64_t *b, size_t words);
bool statistics_difference_overflows(const int64_t *a, const int64_t *b, size_t words);
/// a[k] += b[k], a[k] -= b[k]; wraps where it overflows, so ask first.
void statistics_add(int64_t *a, const int64_t *b, size_t words);
void statistics_subtract(int64_t *a, const int64_t *b, size_t words);

/// Whether a record can have come from `count` images: |s| <= count L, 0 <= S[c][c] <= count L^2, s^2 <= count S[c][c],
/// and for the other products |S| <= count L^2, where L is STATISTICS_LIMIT.
bool statistics_plausible(const int64_t *record, int channels, int64_t count);

/// Whether there is no infinity and no NaN.
bool statistics_all_finite(const float *values, size_t count);

/// 64-bit checks over `count` pieces of `size` bytes each, one after the other, for finding torn and flipped ones (not
/// forgery). checks[k] holds the seed of piece k before, and its check after, whatever the other pieces are. Any change within
/// one word of eight bytes changes it. Pieces chain by giving the last result as the seed.
void statistics_checks(const void *bytes, size_t size, size_t count, uint64_t *checks);
