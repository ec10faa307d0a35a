#include "cases.h"
#include <math.h>

static const struct StatisticsKernels *kernels;

/// Rows of numbers in fixed point; the larger `spread`, the larger they are.
static int32_t *fixed_rows(uint64_t stream, int images, int channels, int32_t spread) {
    int32_t *rows = zeroed((size_t)images * (size_t)channels, 4);
    for (size_t i = 0; i < (size_t)images * (size_t)channels; i++) rows[i] = whole_at(stream, i, -spread, spread);
    return rows;
}

static int64_t *record_of(uint64_t stream, int images, int channels, int32_t spread) {
    int64_t *record = zeroed(statistics_record_words((size_t)channels), 8);
    kernels->fold(fixed_rows(stream, images, channels, spread), images, channels,
                  zeroed(statistics_fold_scratch(channels), sizeof(double)), record);
    return record;
}

static void fold_cases(void) {
    static const int counts[] = {1, 5, 127, 128, 129, 300}, widths[] = {1, 3, 7, 16, 33, 50, 100};
    for (int n = 0; n < 6 * 7; n++) {
        const int images = counts[n % 6], channels = widths[n / 6];
        const int64_t *record = record_of(71, images, channels, STATISTICS_LIMIT);
        struct Hash hash = {0};
        add_bytes(&hash, record, statistics_record_words((size_t)channels) * 8);
        report(Exact, &hash, "fold %d images, %d channels", images, channels);
    }
    enum { Patches = 6, Images = 9, Channels = 41 };
    static const int32_t changed[Patches] = {0, 3, 20, 8, 41, 0};
    int32_t *rows = fixed_rows(75, Patches * Images, Channels, STATISTICS_LIMIT);
    for (int i = Images * Channels; i < Patches * Images * Channels; i++) {
        if (i % Channels >= changed[i / (Images * Channels)]) rows[i] = rows[i - Images * Channels];
    }
    int64_t *records = zeroed(Patches * statistics_record_words(Channels), 8);
    kernels->fold_run(rows, Images, Channels, changed, Patches, zeroed(statistics_fold_scratch(Channels), sizeof(double)), records);
    struct Hash hash = {0};
    add_bytes(&hash, records, Patches * statistics_record_words(Channels) * 8);
    report(Exact, &hash, "fold a run of patches");
}

/// The exact arithmetic of records, which has one source for all.
static void record_cases(void) {
    for (int channels = 1; channels <= 40; channels += 13) {
        const size_t words = statistics_record_words((size_t)channels);
        const int64_t count = 90;
        int64_t *record = record_of(72, 90, channels, 70000), *other = record_of(73, 90, channels, 90000);
        double *variances = zeroed((size_t)channels, sizeof(double));
        struct WideSum *totals = zeroed(words, sizeof *totals), *twice = zeroed(words, sizeof *twice);
        struct Hash hash = {0};
        add_whole(&hash, statistics_plausible(record, channels, count));
        add_whole(&hash, statistics_plausible(record, channels, 3));
        add_whole(&hash, statistics_pairs_plausible(record, channels, count, variances));
        add_bytes(&hash, variances, (size_t)channels * sizeof(double));
        statistics_add_numerators(record, channels, count, totals);
        statistics_add_wide(twice, totals, words - (size_t)channels);
        statistics_add_wide(twice, totals, words - (size_t)channels);
        add_bytes(&hash, twice, (words - (size_t)channels) * sizeof *twice);
        for (size_t i = 0; i < words - (size_t)channels; i++) {
            const double value = statistics_wide_value(twice + i);
            add_bytes(&hash, &value, sizeof value);
        }
        add_whole(&hash, statistics_sum_overflows(record, other, words));
        add_whole(&hash, statistics_difference_overflows(record, other, words));
        statistics_add(record, other, words);
        add_bytes(&hash, record, words * 8);
        statistics_subtract(record, other, words);
        add_bytes(&hash, record, words * 8);
        const int32_t places[2] = {0, channels - 1};
        const int kept = channels > 1 ? 2 : 1;
        statistics_select(record, channels, places, kept, other);
        add_bytes(&hash, other, statistics_record_words((size_t)kept) * 8);
        uint64_t checks[5] = {1, 2, 3, 4, 5};
        statistics_checks(record, words * 8 / 5, 5, checks);
        add_bytes(&hash, checks, sizeof checks);
        report(Exact, &hash, "records of %d channels", channels);
    }
    struct Hash hash = {0};
    float values[9] = {1, -2, 3};
    add_whole(&hash, statistics_all_finite(values, 9));
    values[8] = -INFINITY;
    add_whole(&hash, statistics_all_finite(values, 9));
    values[8] = NAN;
    add_whole(&hash, statistics_all_finite(values, 9));
    report(Exact, &hash, "all_finite");
    float many[40];
    for (int i = 0; i < 40; i++) many[i] = (float)((i * 29 + 11) % 40 / 2) - 7;
    many[7] = NAN, many[9] = -INFINITY;
    hash = (struct Hash){0};
    for (size_t count = 0; count <= 40; count++) add_whole(&hash, (int64_t)statistics_largest(many, count));
    report(Exact, &hash, "largest");
    int32_t *from = fixed_rows(74, 3, 20, 1000), *rows = zeroed(3 * 4 * 9, 4);
    const struct TapPixels pixels = {.values = from, .image_stride = 20, .count = 5};
    const int32_t columns[4] = {0, 0, 1, 3};
    statistics_spread(&pixels, columns, 4, 3, rows + 2, 9);
    hash = (struct Hash){0};
    add_bytes(&hash, rows, 3 * 4 * 9 * 4);
    report(Exact, &hash, "spread");
}

/// A well-conditioned lower triangle by rows, and a mean.
struct Model {
    float *mean, *whitening;
};

static struct Model model_of(int channels) {
    struct Model model = {zeroed((size_t)channels, 4), zeroed((size_t)channels * ((size_t)channels + 1) / 2, 4)};
    for (int c = 0; c < channels; c++) model.mean[c] = float_at(75, (uint64_t)c);
    size_t place = 0;
    for (int row = 0; row < channels; row++)
        for (int column = 0; column <= row; column++, place++)
            model.whitening[place] = row == column ? 1.5f + float_at(76, place) : float_at(76, place) / sqrtf((float)channels);
    return model;
}

/// Embeddings as lanes in two parts, and what of them `to_lanes` made.
static int lanes_of(int images, int channels, struct LanePart parts[2]) {
    const int first = channels / 3, counts[2] = {first, channels - first};
    int used = 0;
    for (int part = 0; part < 2; part++) {
        if (counts[part] == 0) continue;
        const int stride = counts[part] + 3;
        float *rows = zeroed((size_t)(images * stride) + 16, 4), *lanes = zeroed((size_t)counts[part] * statistics_lanes(images), 4);
        for (int i = 0; i < images * stride; i++) rows[i] = 3 * float_at((uint64_t)(77 + part), (uint64_t)i);
        kernels->to_lanes(rows, stride, images, counts[part], lanes);
        parts[used++] = (struct LanePart){lanes, counts[part]};
    }
    return used;
}

static void distance_cases(void) {
    static const int counts[] = {1, 2, 5, 17, 32, 33, 70}, widths[] = {1, 2, 6, 11, 24, 50, 100};
    for (int n = 0; n < 7 * 7; n++) {
        const int images = counts[n % 7], channels = widths[n / 7];
        struct LanePart parts[2];
        const int used = lanes_of(images, channels, parts);
        struct Hash hash = {0};
        for (int part = 0; part < used; part++)
            add_bytes(&hash, parts[part].lanes, (size_t)parts[part].channels * statistics_lanes(images) * 4);
        report(Exact, &hash, "to_lanes %d images, %d channels", images, channels);

        const int again = lanes_of(images, channels, parts);
        const struct Model model = model_of(channels);
        float *distances = zeroed((size_t)images, 4);
        kernels->distances(parts, again, images, model.mean, model.whitening,
                           zeroed(statistics_distance_scratch(channels, images), 4), distances);
        hash = (struct Hash){0};
        add_bytes(&hash, distances, (size_t)images * 4);
        report(Rounded, &hash, "distances %d images, %d channels", images, channels);
    }
}

static void held_out_cases(void) {
    static const int counts[] = {1, 3, 8, 17, 40}, widths[] = {1, 5, 10, 23, 64};
    for (int n = 0; n < 5 * 5; n++) {
        const int images = counts[n % 5], channels = widths[n / 5];
        struct LanePart parts[2];
        const int used = lanes_of(images, channels, parts);
        const struct Model model = model_of(channels);
        const size_t stride = statistics_held_out_stride(images);
        double *residuals = zeroed((size_t)channels * stride, 8);
        float *back = zeroed((size_t)channels * stride, 4);
        kernels->residuals(parts, used, images, model.mean, model.whitening, zeroed(statistics_held_out_scratch(channels, images), 8),
                           residuals, back);
        struct Hash hash = {0};
        for (int c = 0; c < channels; c++) {
            add_bytes(&hash, residuals + (size_t)c * stride, (size_t)images * 8);
            add_bytes(&hash, back + (size_t)c * stride, (size_t)images * 4);
        }
        double *squares = zeroed(statistics_lanes(images), 8), *lot = zeroed((size_t)images, 8), mean = 0;
        float *back_squares = zeroed(statistics_lanes(images), 4);
        kernels->image_squares(residuals, back, channels, images, squares, back_squares);
        add_bytes(&hash, squares, (size_t)images * 8);
        add_bytes(&hash, back_squares, (size_t)images * 4);
        const struct LotAtPatch at = {.residuals = residuals, .back = back, .channels = channels, .images = images,
                                      .count = 40000, .pooled_weight = n % 2 ? 2.5 : 0, .epsilon = 0.01};
        add_whole(&hash, kernels->lot_distances(&at, zeroed(statistics_lot_scratch(images), 8), lot, &mean));
        add_bytes(&hash, lot, (size_t)images * 8);
        add_bytes(&hash, &mean, sizeof mean);
        report(Rounded, &hash, "residuals, image_squares, lot_distances %d images, %d channels", images, channels);
    }
}

/// Places of kept channels, their scales and steps.
struct Kept {
    int32_t *channels;
    float *scales, *steps;
};

static struct Kept kept_of(int count) {
    struct Kept kept = {zeroed((size_t)count, 4), zeroed((size_t)count, 4), zeroed((size_t)count, 4)};
    for (int c = 0; c < count; c++) {
        kept.channels[c] = 2 * c + whole_at(81, (uint64_t)c, 0, 1);
        const int exponent = whole_at(82, (uint64_t)c, 12, 19);
        kept.scales[c] = ldexpf(1, exponent);
        kept.steps[c] = ldexpf(1, -exponent);
    }
    return kept;
}

static void tap_cases(void) {
    static const int counts[] = {1, 7, 40, 530};
    for (int n = 0; n < 4 * 3; n++) {
        const int count = counts[n / 3], pixel = 2 * count + 4, height = 6, width = 8;
        const struct Kept kept = kept_of(count);
        float *pixels = zeroed((size_t)(height * width * pixel), 4);
        // Some are beyond the limit.
        for (int i = 0; i < height * width * pixel; i++) pixels[i] = 12 * float_at(83, (uint64_t)i) * float_at(84, (uint64_t)i);
        if (n % 3 == 2) pixels[3 * pixel + kept.channels[count - 1]] = n % 2 ? INFINITY : NAN;
        const int32_t starts[9] = {0, 1, 1, 3, 4, 5, 7, 8, 8};
        const struct TapGather tap = {.pixels = pixels, .pixel_stride = pixel, .row_stride = width * pixel, .height = height,
                                      .width = width, .row_starts = starts, .column_starts = starts, .count = count,
                                      .channels = kept.channels, .scales = kept.scales, .steps = n % 3 == 1 ? kept.steps : NULL};
        int32_t *gathered = zeroed((size_t)(height * width * count), 4);
        struct GatherTally tally = kernels->gather(&tap, gathered);
        struct Hash hash = {0};
        // What is not finite has no bits that count.
        if (n % 3 != 2) add_bytes(&hash, gathered, (size_t)(height * width * count) * 4);
        add_whole(&hash, tally.clamped * (n % 3 != 2));
        add_whole(&hash, tally.not_finite);

        const int32_t windows[8] = {0, 2, 2, 3, 1, 5, 4, 6};
        const struct TapPooling pooling = {.pixels = pixels, .pixel_stride = pixel, .row_stride = width * pixel, .rows = 4, .columns = 3,
                                           .row_windows = windows, .column_windows = windows, .count = count,
                                           .channels = kept.channels, .scales = kept.scales, .steps = n % 3 == 1 ? kept.steps : NULL};
        tally = kernels->pool(&pooling, gathered);
        if (n % 3 != 2) add_bytes(&hash, gathered, (size_t)(4 * 3 * count) * 4);
        add_whole(&hash, tally.clamped * (n % 3 != 2));
        add_whole(&hash, tally.not_finite);
        report(Exact, &hash, "gather, pool %d channels, kind %d", count, n % 3);
    }
}

static void map_cases(void) {
    for (int columns = 1; columns <= 70; columns += 23) {
        enum { Inputs = 9, Outputs = 14, Width = 4 };
        int32_t *first = zeroed(Outputs, 4);
        float *weights = zeroed(Outputs * Width, 4), *input = zeroed((size_t)(Inputs * columns), 4);
        float *output = zeroed((size_t)(Outputs * columns), 4);
        for (int i = 0; i < Outputs; i++) first[i] = i * (Inputs - Width) / (Outputs - 1);
        for (int i = 0; i < Outputs * Width; i++) weights[i] = float_at(85, (uint64_t)i);
        for (int i = 0; i < Inputs * columns; i++) input[i] = float_at(86, (uint64_t)i);
        const struct BandedMatrix matrix = {Inputs, Outputs, Width, first, weights};
        kernels->banded_product(&matrix, input, columns, output);
        struct Hash hash = {0};
        add_bytes(&hash, output, (size_t)(Outputs * columns) * 4);
        report(Rounded, &hash, "banded_product %d columns", columns);
    }
}

static void whiten_cases(void) {
    static const int widths[] = {1, 2, 3, 7, 20, 33, 65};
    enum { Patches = 11 };
    for (int n = 0; n < 7 * 2; n++) {
        const int channels = widths[n / 2], images = 2 * channels + 5;
        const bool is_pooled = n % 2;
        const size_t words = statistics_record_words((size_t)channels), packed = words - (size_t)channels;
        int64_t *records = zeroed(Patches * words, 8);
        double *scratch = zeroed(statistics_fold_scratch(channels), 8), *scales = zeroed((size_t)channels, 8);
        double *pooled = zeroed(packed, 8);
        for (int p = 0; p + 1 < Patches; p++)
            kernels->fold(fixed_rows((uint64_t)(90 + p), images, channels, 60000), images, channels, scratch, records + (size_t)p * words);
        for (int c = 0; c < channels; c++) {
            scales[c] = ldexp(1, -whole_at(87, (uint64_t)c, 12, 16));
            pooled[(size_t)c * ((size_t)c + 1) / 2 + (size_t)c] = 0.5 + 0.25 * (double)float_at(88, (uint64_t)c);
        }
        float *means = zeroed(Patches * (size_t)channels, 4), *whitening = zeroed(Patches * packed, 4);
        double *room = zeroed(kernels->whiten_scratch(channels), 8);
        uint64_t failed = 0;
        for (int first = 0; first < Patches; first += kernels->whiten_patches) {
            const int left = Patches - first, patches = left < kernels->whiten_patches ? left : kernels->whiten_patches;
            const struct WhitenJob job = {.records = records + (size_t)first * words, .patches = patches, .channels = channels,
                                          .count = images, .scales = scales, .epsilon = is_pooled ? 0.01 : 0,
                                          .pooled = is_pooled ? pooled : NULL, .own = is_pooled ? 0.75 : 1,
                                          .means = means + first * channels, .whitening = whitening + (size_t)first * packed};
            failed |= (uint64_t)kernels->whiten(&job, room) << first;
        }
        // The last patch's images are all the same: alone it has no inverse.
        const size_t sound = is_pooled ? Patches : Patches - 1;
        struct Hash hash = {0};
        add_whole(&hash, (int64_t)failed);
        add_bytes(&hash, means, Patches * (size_t)channels * 4);
        add_bytes(&hash, whitening, sound * packed * 4);
        report(Rounded, &hash, "whiten %d channels%s", channels, is_pooled ? ", pooled" : "");
    }
}

void statistics_cases(const struct StatisticsKernels *table) {
    kernels = table;
    fold_cases();
    record_cases();
    distance_cases();
    held_out_cases();
    tap_cases();
    map_cases();
    whiten_cases();
}
