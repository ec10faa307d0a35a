#include "backbone_kernels.h"
#include "cases.h"
#include <math.h>

static enum InstructionSetCode set;
static ptrdiff_t lanes;

/// A channels-last map; its steps are the same for every variant.
struct Map {
    float *inside;
    ptrdiff_t pixel, row, image;
    ptrdiff_t images, rows, columns, channels;
};

/// Memory for a map, with `border` zero pixels on all sides, and noise behind its end, where kernels may read.
static struct Map empty_map(ptrdiff_t images, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t channels, ptrdiff_t pixel, ptrdiff_t border) {
    enum { Surplus = 1 << 12 };
    struct Map map = {.pixel = pixel, .images = images, .rows = rows, .columns = columns, .channels = channels};
    map.row = (columns + 2 * border) * pixel;
    map.image = (rows + 2 * border) * map.row;
    float *memory = zeroed((size_t)(images * map.image + Surplus), sizeof(float));
    for (ptrdiff_t i = images * map.image; i < images * map.image + Surplus; i++) memory[i] = 1e3f;
    map.inside = memory + border * (map.row + pixel);
    return map;
}

static struct Map filled_map(uint64_t stream, ptrdiff_t images, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t channels, ptrdiff_t border) {
    struct Map map = empty_map(images, rows, columns, channels, rounded_up(channels, 16), border);
    uint64_t index = 0;
    for (ptrdiff_t i = 0; i < images; i++)
        for (ptrdiff_t y = 0; y < rows; y++)
            for (ptrdiff_t x = 0; x < columns; x++)
                for (ptrdiff_t c = 0; c < channels; c++)
                    map.inside[i * map.image + y * map.row + x * map.pixel + c] = 2 * float_at(stream, index++);
    return map;
}

static struct Hash hash_of(const struct Map *map) {
    struct Hash hash = {0};
    for (ptrdiff_t i = 0; i < map->images; i++)
        for (ptrdiff_t y = 0; y < map->rows; y++)
            for (ptrdiff_t x = 0; x < map->columns; x++)
                add_bytes(&hash, map->inside + i * map->image + y * map->row + x * map->pixel, (size_t)map->channels * sizeof(float));
    return hash;
}

static ptrdiff_t vectors_of(ptrdiff_t channels) { return (channels + lanes - 1) / lanes; }

/// A row of weights for each of `rows` numbers under an output, in panels. Returns what is behind them.
static float *pack_panels(uint64_t stream, ptrdiff_t rows, ptrdiff_t channels, float *packed) {
    const struct Panels panels = convolution_panels(vectors_of(channels));
    ptrdiff_t first = 0;
    for (ptrdiff_t n = 0; n < panels.count; n++) {
        const ptrdiff_t width = (n == 0 ? panels.first_width : 2) * lanes;
        for (ptrdiff_t row = 0; row < rows; row++)
            for (ptrdiff_t c = first; c < first + width; c++)
                *packed++ = c < channels ? float_at(stream, (uint64_t)(row * channels + c)) : 0;
        first += width;
    }
    return packed;
}

static float *panels(uint64_t stream, ptrdiff_t rows, ptrdiff_t channels) {
    float *packed = zeroed((size_t)(rows * vectors_of(channels) * lanes), sizeof(float));
    pack_panels(stream, rows, channels, packed);
    return packed;
}

static float *biases(uint64_t stream, ptrdiff_t channels) {
    float *bias = zeroed((size_t)(vectors_of(channels) * lanes), sizeof(float));
    for (ptrdiff_t c = 0; c < channels; c++) bias[c] = float_at(stream, (uint64_t)c);
    return bias;
}

/// [vector][kernel row][kernel column][lane]
static float *depthwise_weights(uint64_t stream, ptrdiff_t kernel, ptrdiff_t channels) {
    const ptrdiff_t taps = kernel * kernel;
    float *packed = zeroed((size_t)(taps * vectors_of(channels) * lanes), sizeof(float));
    for (ptrdiff_t c = 0; c < channels; c++)
        for (ptrdiff_t tap = 0; tap < taps; tap++)
            packed[(c / lanes * taps + tap) * lanes + c % lanes] = float_at(stream, (uint64_t)(c * taps + tap));
    return packed;
}

static const struct Activation activations[] = {
    {ActivationNone, -INFINITY, INFINITY}, {ActivationClamp, 0, 6}, {ActivationSwish, 0, 0}, {ActivationSigmoid, 0, 0}};
static const char *const activation_names[] = {"none", "clamp", "swish", "sigmoid"};

static void convolution_cases(void) {
    static const struct {
        ptrdiff_t images, rows, columns, size, stride, inputs, outputs;
    } shapes[] = {{1, 1, 1, 1, 1, 1, 1},   {2, 5, 13, 1, 1, 3, 5},   {1, 7, 29, 1, 1, 24, 40}, {1, 4, 15, 1, 1, 17, 33},
                  {1, 3, 28, 1, 1, 9, 24}, {1, 9, 11, 3, 1, 3, 16},  {1, 9, 11, 3, 2, 5, 24},  {2, 6, 6, 5, 2, 7, 70},
                  {1, 3, 64, 1, 1, 40, 130}, {1, 5, 9, 7, 2, 3, 64}, {3, 2, 10, 1, 2, 12, 16},   {1, 2, 19, 3, 1, 21, 9}};
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        for (int variation = 0; variation < 8; variation++) {
            const bool has_residual = variation & 1;
            const int kind = variation / 2;
            const ptrdiff_t size = shapes[n].size, stride = shapes[n].stride, outputs = shapes[n].outputs;
            const struct Map input = filled_map(1, shapes[n].images, stride * (shapes[n].rows - 1) + size,
                                                stride * (shapes[n].columns - 1) + size, shapes[n].inputs, 0);
            const struct Map residual = filled_map(2, shapes[n].images, shapes[n].rows, shapes[n].columns, outputs, 1);
            const struct Map output =
                empty_map(shapes[n].images, shapes[n].rows, shapes[n].columns, outputs, rounded_up(outputs, 16), 1);
            struct Convolution c = {
                .input = input.inside,
                .input_pixel_step = stride * input.pixel,
                .input_row_step = stride * input.row,
                .input_image_step = input.image,
                .segments = size,
                .segment_step = input.row,
                .segment_length = size == 1 ? shapes[n].inputs : size * input.pixel,
                .output = output.inside,
                .output_pixel_step = output.pixel,
                .output_row_step = output.row,
                .output_image_step = output.image,
                .images = output.images,
                .rows = output.rows,
                .columns = output.columns,
                .vectors = vectors_of(outputs),
                .surplus = vectors_of(outputs) * lanes - outputs,
                .rows_per_block = 3,
                .activation = activations[kind],
            };
            c.weights = panels(3, c.segments * c.segment_length, outputs);
            c.bias = variation == 1 ? NULL : biases(4, outputs);
            if (has_residual) {
                c.residual = residual.inside;
                c.residual_pixel_step = residual.pixel;
                c.residual_row_step = residual.row;
                c.residual_image_step = residual.image;
            }
            convolve(set, &c);
            const struct Hash hash = hash_of(&output);
            report(Rounded, &hash, "convolve %td x %td x %td, %td x %td / %td, %td to %td channels, %s%s%s", output.images, output.rows,
                   output.columns, size, size, stride, shapes[n].inputs, outputs, activation_names[kind],
                   has_residual ? ", residual" : "", c.bias ? "" : ", no bias");
        }
    }
}

/// Weights of all slices, as winograd_blocks_body.h takes them.
static float *winograd_weights(ptrdiff_t stride, ptrdiff_t inputs, ptrdiff_t outputs) {
    const int points = stride == 1 ? 6 : 5;
    float *const packed = zeroed((size_t)(points * points * 4 * inputs * vectors_of(outputs) * lanes), sizeof(float)), *end = packed;
    for (int slice = 0; slice < points * points; slice++) {
        const int y = slice / points, x = slice % points;
        const int phases = stride == 1 ? 1 : (y < 4 ? 2 : 1) * (x < 4 ? 2 : 1);
        end = pack_panels((uint64_t)(100 + slice), phases * inputs, outputs, end);
    }
    return packed;
}

static void winograd_cases(void) {
    static const struct {
        ptrdiff_t images, rows, columns, stride, inputs, outputs, tiles_per_block;
    } shapes[] = {{1, 4, 4, 1, 3, 5, 1},     {2, 14, 14, 1, 16, 24, 7}, {1, 7, 9, 1, 20, 40, 5}, {1, 3, 2, 1, 5, 16, 4},
                  {2, 1, 1, 1, 33, 8, 100},  {1, 14, 11, 2, 8, 33, 3},  {2, 7, 7, 2, 16, 16, 100}, {1, 1, 1, 2, 4, 4, 1},
                  {1, 10, 6, 2, 19, 70, 2},  {1, 13, 18, 1, 6, 64, 6}};
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        for (int variation = 0; variation < 4; variation++) {
            const bool has_residual = variation & 1;
            const int kind = variation / 2;
            const ptrdiff_t stride = shapes[n].stride, outputs = shapes[n].outputs;
            const struct Map input = filled_map(5, shapes[n].images, stride * (shapes[n].rows + 3) + 3,
                                                stride * (shapes[n].columns + 3) + 3, shapes[n].inputs, 0);
            const struct Map residual = filled_map(6, shapes[n].images, shapes[n].rows, shapes[n].columns, outputs, 0);
            const struct Map output =
                empty_map(shapes[n].images, shapes[n].rows, shapes[n].columns, outputs, rounded_up(outputs, 16), 1);
            const ptrdiff_t vectors = vectors_of(outputs);
            const struct WinogradScratch scratch =
                winograd_scratch(stride, shapes[n].tiles_per_block, input.pixel, vectors * lanes);
            struct Winograd w = {
                .stride = stride,
                .input = input.inside,
                .input_pixel_step = input.pixel,
                .input_row_step = input.row,
                .input_image_step = input.image,
                .input_channels = shapes[n].inputs,
                .weights = winograd_weights(stride, shapes[n].inputs, outputs),
                .bias = biases(7, outputs),
                .output = output.inside,
                .output_pixel_step = output.pixel,
                .output_row_step = output.row,
                .output_image_step = output.image,
                .images = output.images,
                .rows = output.rows,
                .columns = output.columns,
                .vectors = vectors,
                .tiles_per_block = shapes[n].tiles_per_block,
                .transformed = zeroed((size_t)scratch.transformed, sizeof(float)),
                .products = zeroed((size_t)scratch.products, sizeof(float)),
                .activation = activations[kind],
            };
            if (has_residual) {
                w.residual = residual.inside;
                w.residual_pixel_step = residual.pixel;
                w.residual_row_step = residual.row;
                w.residual_image_step = residual.image;
            }
            convolve_winograd(set, &w);
            const struct Hash hash = hash_of(&output);
            report(Rounded, &hash, "convolve_winograd %td x %td x %td / %td, %td to %td channels, %s%s", output.images, output.rows,
                   output.columns, stride, shapes[n].inputs, outputs, activation_names[kind], has_residual ? ", residual" : "");
        }
    }
}

static void depthwise_cases(void) {
    static const ptrdiff_t columns[] = {1, 6, 7, 14, 20, 33}, channels[] = {3, 16, 37};
    for (int n = 0; n < 4 * 6 * 3; n++) {
        const ptrdiff_t kernel = n & 1 ? 5 : 3, stride = n & 2 ? 2 : 1, width = columns[n / 4 % 6], count = channels[n / 24];
        const int kind = n / 4 % 4;
        const struct Map input = filled_map(8, 2, stride * 2 + kernel, stride * (width - 1) + kernel, count, 0);
        const struct Map output = empty_map(2, 3, width, count, rounded_up(count, 16), 1);
        const ptrdiff_t room = vectors_of(count) * lanes;
        float *sums = n % 3 == 0 ? NULL : zeroed((size_t)(2 * room), sizeof(float));
        const struct DepthwiseConvolution d = {
            .input = input.inside,
            .input_pixel_step = input.pixel,
            .input_row_step = input.row,
            .input_image_step = input.image,
            .kernel = kernel,
            .stride = stride,
            .weights = depthwise_weights(9, kernel, count),
            .bias = biases(10, count),
            .output = output.inside,
            .output_pixel_step = output.pixel,
            .output_row_step = output.row,
            .output_image_step = output.image,
            .images = 2,
            .rows = 3,
            .columns = width,
            .vectors = vectors_of(count),
            .activation = activations[kind],
            .sums = sums,
            .sums_image_step = room,
        };
        convolve_depthwise(set, &d);
        struct Hash hash = hash_of(&output);
        for (int i = 0; sums && i < 2; i++) add_bytes(&hash, sums + i * room, (size_t)count * sizeof(float));
        report(Rounded, &hash, "convolve_depthwise 2 x 3 x %td, %td x %td / %td, %td channels, %s%s", width, kernel, kernel, stride, count,
               activation_names[kind], sums ? ", sums" : "");
    }
}

static void stem_cases(void) {
    static const ptrdiff_t sides[][2] = {{1, 1}, {5, 4}, {8, 7}, {9, 16}, {4, 33}}, counts[] = {5, 16, 64};
    for (int n = 0; n < 15; n++) {
        const ptrdiff_t rows = sides[n / 3][0], columns = sides[n / 3][1], count = counts[n % 3], vectors = vectors_of(count);
        const ptrdiff_t width = 8 * ((columns + 3) / 4) + 10;
        struct Map input = empty_map(2, 2 * rows + 5, width, 3, 3, 0);
        for (ptrdiff_t i = 0; i < 2 * input.image; i++) input.inside[i] = float_at(11, (uint64_t)i);
        const struct Map output = empty_map(2, (rows + 1) / 2, (columns + 1) / 2, count, vectors * lanes, 0);
        float *const weights = zeroed((size_t)(7 * 7 * 6 * vectors * lanes), sizeof(float)), *end = weights;
        for (int point = 0; point < 7; point++) end = pack_panels((uint64_t)(200 + point), 7 * (point < 6 ? 6 : 3), count, end);
        const struct Stem s = {
            .input = input.inside,
            .input_row_step = input.row,
            .input_image_step = input.image,
            .weights = weights,
            .bias = biases(12, count),
            .output = output.inside,
            .output_row_step = output.row,
            .output_image_step = output.image,
            .images = 2,
            .rows = rows,
            .columns = columns,
            .vectors = vectors,
            .activation = {ActivationClamp, 0, INFINITY},
            .scratch = zeroed((size_t)stem_scratch(columns, vectors * lanes), sizeof(float)),
        };
        convolve_stem(set, &s);
        const struct Hash hash = hash_of(&output);
        report(Rounded, &hash, "convolve_stem 2 x %td x %td, %td channels", rows, columns, count);
    }
}

static void inverted_residual_cases(void) {
    static const struct {
        ptrdiff_t rows, columns, inputs, expanded, outputs, kernel, stride, vectors_per_pass;
    } shapes[] = {{6, 9, 8, 48, 8, 3, 1, 100},  {7, 7, 5, 30, 12, 5, 2, 100}, {5, 15, 24, 40, 24, 5, 1, 100}, {4, 3, 3, 7, 3, 3, 2, 100},
                  {6, 9, 8, 48, 0, 3, 1, 2},    {7, 15, 16, 96, 0, 5, 2, 4},  {5, 5, 10, 70, 0, 3, 2, 2},     {3, 20, 6, 33, 0, 5, 1, 100}};
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        const ptrdiff_t kernel = shapes[n].kernel, stride = shapes[n].stride, expanded = shapes[n].expanded;
        const ptrdiff_t vectors = vectors_of(expanded), room = vectors * lanes, around = kernel / 2;
        const ptrdiff_t rows = (shapes[n].rows + stride - 1) / stride, columns = (shapes[n].columns + stride - 1) / stride;
        const bool projects = shapes[n].outputs > 0;
        const ptrdiff_t outputs = projects ? shapes[n].outputs : expanded;
        const ptrdiff_t pass = projects || shapes[n].vectors_per_pass > vectors ? vectors : shapes[n].vectors_per_pass;
        const struct Map input = filled_map(13, 2, shapes[n].rows, shapes[n].columns, shapes[n].inputs, 0);
        const struct Map residual = filled_map(14, 2, rows, columns, outputs, 0);
        const struct Map output = empty_map(2, rows, columns, outputs, rounded_up(outputs, 16), 1);
        float *sums = projects ? NULL : zeroed((size_t)(2 * room), sizeof(float));
        const ptrdiff_t right = around + stride - 1;
        struct InvertedResidual b = {
            .expand = {.input = input.inside,
                       .input_pixel_step = input.pixel,
                       .input_row_step = input.row,
                       .input_image_step = input.image,
                       .segments = 1,
                       .segment_length = shapes[n].inputs,
                       .weights = panels(15, shapes[n].inputs, expanded),
                       .bias = biases(16, expanded),
                       .images = 2,
                       .rows = shapes[n].rows,
                       .columns = shapes[n].columns,
                       .vectors = vectors,
                       .surplus = room - expanded,
                       .rows_per_block = 1,
                       .activation = activations[1]},
            .depthwise = {.kernel = kernel,
                          .stride = stride,
                          .weights = depthwise_weights(17, kernel, expanded),
                          .bias = biases(18, expanded),
                          .output = output.inside,
                          .output_pixel_step = projects ? room : output.pixel,
                          .output_row_step = output.row,
                          .output_image_step = output.image,
                          .images = 2,
                          .rows = rows,
                          .columns = columns,
                          .vectors = vectors,
                          .activation = activations[n % 2 == 0 ? 1 : 2],
                          .sums = sums,
                          .sums_image_step = room},
            .top = around,
            .left = around,
            .right = right,
            .ring = zeroed((size_t)((kernel + 1) * (around + shapes[n].columns + right) *
                                    inverted_residual_ring_vectors(vectors, pass) * lanes), sizeof(float)),
            .vectors_per_pass = pass,
        };
        if (projects) {
            b.rows = zeroed((size_t)(ProjectedRows * columns * room), sizeof(float));
            b.project = (struct Convolution){.input_pixel_step = room,
                                             .segments = 1,
                                             .segment_length = expanded,
                                             .weights = panels(19, expanded, outputs),
                                             .bias = biases(20, outputs),
                                             .residual = stride == 1 ? residual.inside : NULL,
                                             .residual_pixel_step = residual.pixel,
                                             .residual_row_step = residual.row,
                                             .residual_image_step = residual.image,
                                             .output = output.inside,
                                             .output_pixel_step = output.pixel,
                                             .output_row_step = output.row,
                                             .output_image_step = output.image,
                                             .images = 2,
                                             .rows = rows,
                                             .columns = columns,
                                             .vectors = vectors_of(outputs),
                                             .surplus = vectors_of(outputs) * lanes - outputs,
                                             .rows_per_block = 1,
                                             .activation = activations[0]};
        }
        convolve_inverted_residual(set, &b);
        struct Hash hash = hash_of(&output);
        for (int i = 0; sums && i < 2; i++) add_bytes(&hash, sums + i * room, (size_t)expanded * sizeof(float));
        report(Rounded, &hash, "convolve_inverted_residual 2 x %td x %td, %td x %td / %td, %td to %td to %td channels", shapes[n].rows,
               shapes[n].columns, kernel, kernel, stride, shapes[n].inputs, expanded, shapes[n].outputs);
    }
}

/// What has no sums of products.
static void elementwise_cases(void) {
    for (ptrdiff_t count = 1; count <= 40; count += 13) {
        float *input = zeroed((size_t)count + 16, sizeof(float)), *output = zeroed((size_t)count + 16, sizeof(float));
        for (ptrdiff_t i = 0; i < count; i++) input[i] = float_at(21, (uint64_t)i);
        scale_floats(set, input, 0.3f, output, count);
        struct Hash hash = {0};
        add_bytes(&hash, output, (size_t)count * sizeof(float));
        report(Exact, &hash, "scale_floats %td", count);
    }
    for (ptrdiff_t outputs = 3; outputs <= 70; outputs += 20) {
        const ptrdiff_t inputs = 11, vectors = vectors_of(outputs);
        float *weights = panels(22, inputs, outputs), *gate = biases(23, 16);
        float *gated = zeroed((size_t)(inputs * vectors * lanes), sizeof(float));
        gate_weights(set, weights, gate, gated, inputs, vectors);
        // In the order of channels.
        float *ordered = zeroed((size_t)(inputs * outputs), sizeof(float));
        const struct Panels dealt = convolution_panels(vectors);
        ptrdiff_t first = 0;
        for (ptrdiff_t n = 0; n < dealt.count; n++) {
            const ptrdiff_t width = (n == 0 ? dealt.first_width : 2) * lanes;
            for (ptrdiff_t k = 0; k < inputs; k++)
                for (ptrdiff_t c = first; c < first + width && c < outputs; c++)
                    ordered[k * outputs + c] = gated[first * inputs + k * width + c - first];
            first += width;
        }
        struct Hash hash = {0};
        add_bytes(&hash, ordered, (size_t)(inputs * outputs) * sizeof(float));
        report(Exact, &hash, "gate_weights %td to %td channels", inputs, outputs);
    }
    for (ptrdiff_t columns = 1; columns <= 49; columns += 12) {
        uint8_t *bytes = zeroed((size_t)(9 * columns), 1);
        float *values = zeroed((size_t)(9 * columns), sizeof(float)), *output = zeroed((size_t)(9 * columns + 64), sizeof(float));
        for (ptrdiff_t i = 0; i < 9 * columns; i++) {
            bytes[i] = (uint8_t)bits_at(24, (uint64_t)i);
            values[i] = 128 + 128 * float_at(25, (uint64_t)i);
        }
        const float scale[3] = {0.017f, 0.0175f, 0.0174f}, shift[3] = {-2.1f, -2.03f, -1.8f};
        struct Hash hash = {0};
        normalise_pixels(bytes, 3, columns, scale, shift, output, 3 * columns);
        add_bytes(&hash, output, (size_t)(9 * columns) * sizeof(float));
        normalise_float_pixels(values, 3, columns, scale, shift, output, 3 * columns);
        add_bytes(&hash, output, (size_t)(9 * columns) * sizeof(float));
        for (ptrdiff_t i = 0; i < 9 * columns; i++) output[i] = 1;
        if (columns > 2) clear_border(output + 3 * columns + 3, 3, 3 * columns, 1, columns - 2, 1, 1, 1, 1);
        add_bytes(&hash, output, (size_t)(9 * columns) * sizeof(float));
        report(Exact, &hash, "normalise_pixels, normalise_float_pixels, clear_border 3 x %td", columns);
    }
}

void backbone_cases(enum InstructionSetCode code) {
    set = code;
    lanes = vector_lanes(code);
    convolution_cases();
    winograd_cases();
    depthwise_cases();
    stem_cases();
    inverted_residual_cases();
    elementwise_cases();
}
