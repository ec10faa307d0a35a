#include "cases.h"
#include "resampling.h"
#include "scanlines.h"
#include <math.h>

/// Weights that fall off on both sides of each output pixel's place, in fixed point and as floats.
struct Axes {
    struct ResamplingAxis whole;
    struct FloatResamplingAxis floats;
};

static struct Axes axes_of(int inputs, int outputs) {
    const int room = (inputs + outputs - 1) / outputs * 2 + 3, blocks = (room + 3) / 4;
    int32_t *bounds = zeroed((size_t)(2 * outputs), 4);
    int16_t *weights = zeroed((size_t)(outputs * blocks * 8), 2);
    float *floats = zeroed((size_t)(outputs * room), 4);
    for (int x = 0; x < outputs; x++) {
        const int middle = (2 * x + 1) * inputs / (2 * outputs);
        const int first = middle - room / 2 < 0 ? 0 : middle - room / 2;
        const int taps = first + room > inputs ? inputs - first : room;
        bounds[2 * x] = first;
        bounds[2 * x + 1] = taps;
        int32_t left = 1 << 22;
        for (int tap = 0; tap < taps; tap++) {
            const int32_t weight = tap + 1 < taps ? left / 3 : left;
            left -= weight;
            weights[(x * blocks + tap / 4) * 8 + tap % 4] = (int16_t)(weight >> 11);
            weights[(x * blocks + tap / 4) * 8 + 4 + tap % 4] = (int16_t)(weight & 2047);
            floats[x * room + tap] = (float)weight * 0x1p-22f * 0.99f;
        }
    }
    return (struct Axes){{outputs, blocks, bounds, weights}, {outputs, room, bounds, floats}};
}

static void resampling_cases(enum InstructionSetCode set) {
    static const int sides[][2] = {{1, 1}, {5, 3}, {17, 9}, {64, 20}, {9, 25}, {40, 33}};
    const struct ResamplingKernels kernels = resampling_kernels(set);
    for (int n = 0; n < 6; n++) {
        const int inputs = sides[n][0], outputs = sides[n][1];
        const struct Axes axes = axes_of(inputs, outputs);
        const size_t stride = 3 * (size_t)inputs + resampling_overread;
        uint8_t *pixels = zeroed(stride * (size_t)inputs, 1);
        for (size_t i = 0; i < stride * (size_t)inputs; i++) pixels[i] = (uint8_t)bits_at(101, i);
        struct Hash hash = {0};
        for (int rows = 1; rows <= 4; rows++) {
            const uint8_t *input[4];
            uint8_t *output[4];
            for (int r = 0; r < rows; r++) {
                input[r] = pixels + stride * (size_t)(r % inputs);
                output[r] = zeroed((size_t)(3 * outputs), 1);
            }
            kernels.rows(&axes.whole, input, output, rows);
            for (int r = 0; r < rows; r++) add_bytes(&hash, output[r], (size_t)(3 * outputs));
        }
        uint8_t *line = zeroed((size_t)(3 * inputs), 1);
        float *floats = zeroed((size_t)(inputs * 3 * outputs), 4), *sums = zeroed((size_t)(3 * outputs), 4);
        for (int y = 0; y < inputs; y++) resample_float_row(&axes.floats, pixels + stride * (size_t)y, floats + y * 3 * outputs);
        add_bytes(&hash, floats, (size_t)(inputs * 3 * outputs) * 4);
        for (int y = 0; y < outputs; y++) {
            kernels.column(&axes.whole, y, pixels, stride, (size_t)(3 * inputs), line);
            add_bytes(&hash, line, (size_t)(3 * inputs));
            resample_float_column(&axes.floats, y, floats, (size_t)(3 * outputs), (size_t)(3 * outputs), sums);
            add_bytes(&hash, sums, (size_t)(3 * outputs) * 4);
        }
        report(Exact, &hash, "resample %d to %d pixels", inputs, outputs);
    }
}

static void scanline_cases(void) {
    for (size_t step = 1; step <= 8; step++) {
        const size_t rows = 23, bytes = 19 * step;
        uint8_t *lines = zeroed(rows * (bytes + 1), 1), *filtered = zeroed(rows * (bytes + 1), 1);
        for (size_t i = 0; i < rows * (bytes + 1); i++) lines[i] = (uint8_t)bits_at(102, i);
        // All filters, and more rows of Paeth's in a row than are taken together.
        for (size_t y = 0; y < rows; y++) lines[y * (bytes + 1)] = (uint8_t)(y < 10 ? y % 5 : 4);
        struct Hash hash = {0};
        add_whole(&hash, (int64_t)scanlines_unfilter(lines, rows, bytes, step));
        add_bytes(&hash, lines, rows * (bytes + 1));
        for (uint8_t filter = 1; filter <= 2; filter++) {
            scanlines_filter(lines, rows, bytes, step, filter, filtered);
            add_bytes(&hash, filtered, rows * (bytes + 1));
        }
        report(Exact, &hash, "scanlines of %zu bytes a pixel", step);
    }
    float values[40];
    uint8_t samples[80];
    for (int i = 0; i < 40; i++) values[i] = 40000 * float_at(103, (uint64_t)i) + 25000;
    values[3] = NAN, values[4] = INFINITY, values[5] = -INFINITY, values[6] = 0.5f, values[7] = 1.5f;
    scanlines_samples(values, 40, 1.25f, samples);
    struct Hash hash = {0};
    add_bytes(&hash, samples, sizeof samples);
    report(Exact, &hash, "scanlines_samples");
    uint8_t gray[37], rgb[3 * 37];
    for (int i = 0; i < 37; i++) gray[i] = (uint8_t)bits_at(104, (uint64_t)i);
    scanlines_replicate(gray, 37, rgb);
    hash = (struct Hash){0};
    add_bytes(&hash, rgb, sizeof rgb);
    report(Exact, &hash, "scanlines_replicate");
}

void imaging_cases(enum InstructionSetCode set) {
    resampling_cases(set);
    scanline_cases();
}
