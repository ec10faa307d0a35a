#include "cases.h"

static const struct IntegerKernels *kernels;
static struct IntegerShape shape;

/// A map of whole numbers of 0 to 255, packed as the variant has them.
struct Map {
    uint32_t *inside;
    ptrdiff_t pixel, row, image;
    ptrdiff_t images, rows, columns, channels;
};

static void set_element(uint32_t *pixel, ptrdiff_t channel, uint8_t value) {
    if (shape.elements == 4) ((uint8_t *)pixel)[channel] = value;
    else ((uint16_t *)pixel)[channel] = value;
}

static uint8_t element(const uint32_t *pixel, ptrdiff_t channel) {
    return shape.elements == 4 ? ((const uint8_t *)pixel)[channel] : (uint8_t)((const uint16_t *)pixel)[channel];
}

static uint32_t *pixel_of(const struct Map *map, ptrdiff_t image, ptrdiff_t y, ptrdiff_t x) {
    return map->inside + image * map->image + y * map->row + x * map->pixel;
}

/// With a border of `border` pixels, whose numbers are as arbitrary as those of channels that nobody reads.
static struct Map map_of(uint64_t stream, ptrdiff_t images, ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t channels, ptrdiff_t border) {
    const ptrdiff_t room = rounded_up(channels, 64);
    struct Map map = {.pixel = room / shape.elements, .images = images, .rows = rows, .columns = columns, .channels = channels};
    map.row = (columns + 2 * border) * map.pixel;
    map.image = (rows + 2 * border) * map.row;
    // Tiles of AMX read behind a row's end.
    uint32_t *memory = zeroed((size_t)(images * map.image + 64 * map.pixel), sizeof(uint32_t));
    for (ptrdiff_t p = 0; p < images * map.image / map.pixel; p++)
        for (ptrdiff_t c = 0; c < room; c++)
            set_element(memory + p * map.pixel, c, (uint8_t)bits_at(c < channels ? stream : stream + 1000, (uint64_t)(p * room + c)));
    map.inside = memory + border * (map.row + map.pixel);
    return map;
}

static void add_map(struct Hash *hash, const struct Map *map) {
    for (ptrdiff_t i = 0; i < map->images; i++)
        for (ptrdiff_t y = 0; y < map->rows; y++)
            for (ptrdiff_t x = 0; x < map->columns; x++)
                for (ptrdiff_t c = 0; c < map->channels; c++) add_whole(hash, element(pixel_of(map, i, y, x), c));
}

static int8_t weight_at(uint64_t stream, ptrdiff_t index) { return (int8_t)whole_at(stream, (uint64_t)index, -127, 127); }

/// A weight's bits at an element's place in a word.
static uint32_t placed(int8_t weight, ptrdiff_t place) {
    return shape.elements == 4 ? (uint32_t)(uint8_t)weight << (8 * place) : (uint32_t)(uint16_t)(int16_t)weight << (16 * place);
}

/// Numbers of every output channel, in the order of sums that `place` tells.
struct Channels {
    int32_t *bias;
    float *multipliers, *units;
};

static struct Channels channels_of(ptrdiff_t room, ptrdiff_t count, ptrdiff_t weights_each, uint64_t weights,
                                   ptrdiff_t (*place)(ptrdiff_t)) {
    struct Channels result = {zeroed((size_t)room, 4), zeroed((size_t)room, 4), zeroed((size_t)room, 4)};
    for (ptrdiff_t c = 0; c < count; c++) {
        uint32_t bias = (uint32_t)whole_at(31, (uint64_t)c, -20000, 20000);
        for (ptrdiff_t i = 0; i < weights_each; i++)
            bias += (uint32_t)shape.offset * (uint32_t)(int32_t)weight_at(weights, c * weights_each + i);
        const ptrdiff_t at = place(c);
        result.bias[at] = (int32_t)bias;
        // Elements of about 0 to 255, and some beyond on both sides.
        result.multipliers[at] = (1.5f + float_at(32, (uint64_t)c)) / (60 * (float)weights_each);
        result.units[at] = result.multipliers[at] * 0.037f;
    }
    return result;
}

static ptrdiff_t natural(ptrdiff_t channel) { return channel; }

/// The order of sums of a depthwise convolution: the reverse of `integer_depthwise_channel`.
static ptrdiff_t interleaved(ptrdiff_t channel) {
    for (ptrdiff_t vector = 0; vector < shape.elements; vector++)
        for (ptrdiff_t lane = 0; lane < shape.lanes; lane++)
            if (lane / 4 * 4 * shape.elements + 4 * vector + lane % 4 == channel % shape.block)
                return channel / shape.block * shape.block + vector * shape.lanes + lane;
    return 0;
}

/// Words of all panels, each [segment][word][output].
static uint32_t *dense_weights(uint64_t stream, ptrdiff_t size, ptrdiff_t inputs, ptrdiff_t pixel, ptrdiff_t outputs, ptrdiff_t own,
                               ptrdiff_t length) {
    const ptrdiff_t vectors = (outputs + shape.lanes - 1) / shape.lanes;
    const struct Panels panels = convolution_panels(vectors);
    uint32_t *const packed = zeroed((size_t)(size * length * vectors * shape.lanes), 4), *at = packed;
    ptrdiff_t first = 0;
    for (ptrdiff_t n = 0; n < panels.count; n++) {
        const ptrdiff_t width = (n == 0 ? panels.first_width : 2) * shape.lanes;
        for (ptrdiff_t word = 0; word < size * length; word++) {
            const ptrdiff_t row = word / length, under = word % length;
            for (ptrdiff_t c = first; c < first + width; c++, at++) {
                for (ptrdiff_t e = 0; e < shape.elements && under < own && c < outputs; e++) {
                    const ptrdiff_t input = (size == 1 ? under : under % pixel) * shape.elements + e;
                    if (input >= inputs) continue;
                    const ptrdiff_t tap = size == 1 ? 0 : row * size + under / pixel;
                    *at |= placed(weight_at(stream, (c * inputs + input) * size * size + tap), e);
                }
            }
        }
        first += width;
    }
    return packed;
}

/// 256 numbers.
static const uint8_t *table_of(uint64_t stream) {
    uint8_t *table = zeroed(256, 1);
    for (uint64_t i = 0; i < 256; i++) table[i] = (uint8_t)bits_at(stream, i);
    return table;
}

static void dense_cases(void) {
    static const struct {
        ptrdiff_t images, rows, columns, size, stride, inputs, outputs;
    } shapes[] = {{1, 1, 1, 1, 1, 1, 1},     {2, 5, 13, 1, 1, 3, 5},   {1, 7, 29, 1, 1, 24, 40},  {1, 4, 15, 1, 1, 17, 33},
                  {1, 9, 11, 3, 1, 3, 16},   {1, 9, 11, 3, 2, 5, 24},  {2, 6, 6, 5, 2, 7, 70},    {1, 3, 64, 1, 1, 40, 130},
                  {1, 5, 9, 7, 2, 3, 64},    {1, 3, 35, 3, 1, 64, 48}, {1, 2, 17, 1, 2, 256, 32}, {1, 2, 3, 1, 1, 1152, 192}};
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        for (int variation = 0; variation < 8; variation++) {
            const bool has_residual = variation & 1, has_values = variation & 2, has_table = variation & 4;
            const ptrdiff_t size = shapes[n].size, stride = shapes[n].stride, inputs = shapes[n].inputs, outputs = shapes[n].outputs;
            const struct Map input = map_of(33, shapes[n].images, stride * (shapes[n].rows - 1) + size,
                                            stride * (shapes[n].columns - 1) + size, inputs, 0);
            const struct Map residual = map_of(34, shapes[n].images, shapes[n].rows, shapes[n].columns, outputs, 1);
            const struct Map output = map_of(35, shapes[n].images, shapes[n].rows, shapes[n].columns, outputs, 1);
            const ptrdiff_t vectors = (outputs + shape.lanes - 1) / shape.lanes, step = vectors * shape.lanes;
            float *values = zeroed((size_t)(output.images * output.rows * output.columns * step), sizeof(float));
            const struct Channels channels = channels_of(step, outputs, inputs * size * size, 36, natural);
            const ptrdiff_t own = size == 1 ? (inputs + shape.elements - 1) / shape.elements : size * input.pixel;
            const ptrdiff_t length = rounded_up(own, kernels->run(size, own));
            struct IntegerConvolution c = {
                .input = input.inside,
                .input_pixel_step = stride * input.pixel,
                .input_row_step = stride * input.row,
                .input_image_step = input.image,
                .segments = size,
                .segment_step = input.row,
                .segment_length = own,
                .weights = dense_weights(36, size, inputs, input.pixel, outputs, own, length),
                .bias = channels.bias,
                .images = output.images,
                .rows = output.rows,
                .columns = output.columns,
                .vectors = vectors,
                .rows_per_block = 3,
                .output = {.multipliers = channels.multipliers,
                           .unit_multipliers = channels.units,
                           .map = output.inside,
                           .map_pixel_step = output.pixel,
                           .map_row_step = output.row,
                           .map_image_step = output.image,
                           .zero = has_residual ? 101 : 0,
                           .high = has_values ? 200 : 255,
                           .table = has_table ? table_of(37) : 0,
                           .values_low = -1,
                           .values_high = 6},
            };
            if (has_residual) {
                c.output.residual = residual.inside;
                c.output.residual_pixel_step = residual.pixel;
                c.output.residual_row_step = residual.row;
                c.output.residual_image_step = residual.image;
                c.output.residual_zero = 77;
                c.output.residual_multiplier = 0.71f;
                c.output.residual_unit = 0.013f;
            }
            if (has_values) {
                c.output.values = values;
                c.output.values_pixel_step = step;
                c.output.values_row_step = output.columns * step;
                c.output.values_image_step = output.rows * output.columns * step;
            }
            kernels->convolve(&c);
            struct Hash hash = {0};
            add_map(&hash, &output);
            for (ptrdiff_t p = 0; p < output.images * output.rows * output.columns; p++)
                add_bytes(&hash, values + p * step, (size_t)outputs * sizeof(float));
            report(Exact, &hash, "integer_convolve %td x %td x %td, %td x %td / %td, %td to %td channels%s%s%s", output.images, output.rows,
                   output.columns, size, size, stride, inputs, outputs, has_residual ? ", residual" : "", has_values ? ", values" : "",
                   has_table ? ", table" : "");
        }
    }
}

/// G of a line of three weights (integer_winograd_body.h).
static void winograd_points(const int32_t w[3], int32_t points[6]) {
    points[0] = 6 * w[0];
    points[1] = -4 * (w[0] + w[1] + w[2]);
    points[2] = -4 * (w[0] - w[1] + w[2]);
    points[3] = w[0] + 2 * w[1] + 4 * w[2];
    points[4] = w[0] - 2 * w[1] + 4 * w[2];
    points[5] = 6 * w[2];
}

static int16_t winograd_weight(uint64_t stream, ptrdiff_t pair, int slice) {
    int32_t columns[3][6], row[6];
    for (int x = 0; x < 3; x++) {
        int32_t line[3];
        for (int y = 0; y < 3; y++) line[y] = weight_at(stream, 9 * pair + 3 * y + x);
        winograd_points(line, columns[x]);
    }
    const int32_t line[3] = {columns[0][slice / 6], columns[1][slice / 6], columns[2][slice / 6]};
    winograd_points(line, row);
    return (int16_t)row[slice % 6];
}

/// Words of all panels, each [slice][pair of inputs][output].
static uint32_t *winograd_weights(uint64_t stream, ptrdiff_t inputs, ptrdiff_t outputs) {
    const ptrdiff_t vectors = (outputs + shape.lanes - 1) / shape.lanes;
    const struct Panels panels = convolution_panels(vectors);
    uint32_t *const packed = zeroed((size_t)(IntegerWinogradSlices * inputs / 2 * vectors * shape.lanes), 4), *at = packed;
    ptrdiff_t first = 0;
    for (ptrdiff_t n = 0; n < panels.count; n++) {
        const ptrdiff_t width = (n == 0 ? panels.first_width : 2) * shape.lanes;
        for (int slice = 0; slice < IntegerWinogradSlices; slice++) {
            for (ptrdiff_t input = 0; input < inputs; input += 2) {
                for (ptrdiff_t c = first; c < first + width; c++, at++) {
                    if (c >= outputs) continue;
                    const int16_t low = winograd_weight(stream, c * inputs + input, slice);
                    const int16_t high = winograd_weight(stream, c * inputs + input + 1, slice);
                    *at = (uint32_t)(uint16_t)low | (uint32_t)(uint16_t)high << 16;
                }
            }
        }
        first += width;
    }
    return packed;
}

/// Variants without transformed tiles compute the same directly.
static void winograd_cases(void) {
    static const struct {
        ptrdiff_t images, rows, columns, inputs, outputs, tiles, groups;
    } shapes[] = {{1, 1, 1, 32, 5, 1, 1},  {2, 4, 8, 64, 33, 3, 1},  {1, 7, 9, 32, 64, 5, 1}, {3, 6, 5, 96, 16, 4, 1},
                  {1, 14, 14, 64, 24, 7, 2}, {2, 3, 2, 64, 130, 24, 2}};
    for (size_t n = 0; n < sizeof shapes / sizeof shapes[0]; n++) {
        const ptrdiff_t rows = shapes[n].rows, columns = shapes[n].columns, inputs = shapes[n].inputs, outputs = shapes[n].outputs;
        // A row more, for what is read behind the last one.
        struct Map input = map_of(45, shapes[n].images, rows + 3, columns + 3, inputs, 0);
        const struct Map output = map_of(46, shapes[n].images, rows, columns, outputs, 1);
        const ptrdiff_t vectors = (outputs + shape.lanes - 1) / shape.lanes;
        const struct Channels channels = channels_of(vectors * shape.lanes, outputs, 9 * inputs, 47, natural);
        const struct IntegerOutput to = {.multipliers = channels.multipliers,
                                         .map = output.inside,
                                         .map_pixel_step = output.pixel,
                                         .map_row_step = output.row,
                                         .map_image_step = output.image,
                                         .zero = 90,
                                         .high = 255};
        if (shape.has_winograd) {
            const ptrdiff_t tiles = shapes[n].tiles, room = IntegerWinogradSlices * (tiles * inputs / 2 + IntegerWinogradSurplus);
            const ptrdiff_t sums = 2 * IntegerWinogradSlices * (tiles * 3 * shape.lanes + IntegerWinogradSurplus);
            const struct IntegerWinograd w = {.input = input.inside,
                                              .input_pixel_step = input.pixel,
                                              .input_row_step = input.row,
                                              .input_image_step = input.image,
                                              .input_channels = inputs,
                                              .groups = shapes[n].groups,
                                              .weights = winograd_weights(47, inputs, outputs),
                                              .bias = channels.bias,
                                              .images = shapes[n].images,
                                              .rows = rows,
                                              .columns = columns,
                                              .vectors = vectors,
                                              .tiles_per_block = tiles,
                                              .transformed = zeroed((size_t)room, 4),
                                              .products = zeroed((size_t)sums, 4),
                                              .output = to};
            kernels->convolve_winograd(&w);
        } else {
            const ptrdiff_t own = 3 * input.pixel, length = rounded_up(own, kernels->run(3, own));
            const struct IntegerConvolution c = {.input = input.inside,
                                                 .input_pixel_step = input.pixel,
                                                 .input_row_step = input.row,
                                                 .input_image_step = input.image,
                                                 .segments = 3,
                                                 .segment_step = input.row,
                                                 .segment_length = own,
                                                 .weights = dense_weights(47, 3, inputs, input.pixel, outputs, own, length),
                                                 .bias = channels.bias,
                                                 .images = shapes[n].images,
                                                 .rows = rows,
                                                 .columns = columns,
                                                 .vectors = vectors,
                                                 .rows_per_block = 2,
                                                 .output = to};
            kernels->convolve(&c);
        }
        struct Hash hash = {0};
        add_map(&hash, &output);
        report(Exact, &hash, "integer_convolve_winograd %td x %td x %td, %td to %td channels", shapes[n].images, rows, columns, inputs,
               outputs);
    }
}

/// [block][run of rows][kernel column][vector][lane]
static uint32_t *depthwise_weights(uint64_t stream, ptrdiff_t size, ptrdiff_t count, ptrdiff_t blocks) {
    const ptrdiff_t runs = (size + shape.elements - 1) / shape.elements;
    uint32_t *packed = zeroed((size_t)(blocks * runs * size * shape.block), 4);
    for (ptrdiff_t c = 0; c < count; c++)
        for (ptrdiff_t tap = 0; tap < size * size; tap++) {
            const ptrdiff_t row = tap / size, column = tap % size;
            const ptrdiff_t cell = (c / shape.block * runs + row / shape.elements) * size + column;
            packed[cell * shape.block + interleaved(c) % shape.block] |=
                placed(weight_at(stream, c * size * size + tap), row % shape.elements);
        }
    return packed;
}

static void depthwise_cases(void) {
    static const ptrdiff_t columns[] = {1, 3, 4, 7, 18}, counts[] = {1, 16, 37, 130};
    for (int n = 0; n < 4 * 5 * 4; n++) {
        const ptrdiff_t size = n & 1 ? 5 : 3, stride = n & 2 ? 2 : 1, width = columns[n / 4 % 5], count = counts[n / 20];
        const ptrdiff_t blocks = (count + shape.block - 1) / shape.block, step = blocks * shape.block;
        const struct Map input = map_of(41, 2, stride * 2 + size, stride * (width - 1) + size, count, 0);
        const struct Map output = map_of(42, 2, 3, width, count, 1);
        float *values = zeroed((size_t)(2 * 3 * width * step), sizeof(float));
        const struct Channels channels = channels_of(step, count, size * size, 43, interleaved);
        const struct IntegerDepthwise d = {
            .input = input.inside,
            .input_pixel_step = input.pixel,
            .input_row_step = input.row,
            .input_image_step = input.image,
            .kernel = size,
            .stride = stride,
            .weights = depthwise_weights(43, size, count, blocks),
            .bias = channels.bias,
            .images = 2,
            .rows = 3,
            .columns = width,
            .blocks = blocks,
            .output = {.multipliers = channels.multipliers,
                       .unit_multipliers = channels.units,
                       .map = output.inside,
                       .map_pixel_step = output.pixel,
                       .map_row_step = output.row,
                       .map_image_step = output.image,
                       .zero = n % 3 * 50,
                       .high = n % 2 ? 255 : 180,
                       .table = n % 4 == 3 ? table_of(44) : 0,
                       .values = values,
                       .values_pixel_step = step,
                       .values_row_step = width * step,
                       .values_image_step = 3 * width * step,
                       .values_low = -2,
                       .values_high = 6},
        };
        kernels->convolve_depthwise(&d);
        struct Hash hash = {0};
        add_map(&hash, &output);
        for (ptrdiff_t p = 0; p < 2 * 3 * width; p++)
            for (ptrdiff_t c = 0; c < count; c++) add_float(&hash, values[p * step + interleaved(c)]);
        report(Exact, &hash, "integer_convolve_depthwise 2 x 3 x %td, %td x %td / %td, %td channels", width, size, size, stride, count);
    }
}

static struct IntegerMap whole_map(const struct Map *map) {
    return (struct IntegerMap){map->inside, map->pixel, map->row, map->rows, map->columns, map->pixel};
}

static void elementwise_cases(void) {
    static const ptrdiff_t sides[][2] = {{1, 1}, {2, 3}, {5, 7}, {9, 4}}, counts[] = {3, 16, 90};
    for (int n = 0; n < 12; n++) {
        const ptrdiff_t rows = sides[n / 3][0], columns = sides[n / 3][1], count = counts[n % 3];
        struct Hash hash = {0};

        const struct Map image = map_of(51, 1, rows, columns, 4, 1);
        uint8_t *pixels = zeroed((size_t)(3 * rows * columns), 1);
        for (ptrdiff_t i = 0; i < 3 * rows * columns; i++) pixels[i] = (uint8_t)bits_at(52, (uint64_t)i);
        struct IntegerMap whole = whole_map(&image);
        kernels->pixels(pixels, &whole);
        add_map(&hash, &image);
        report(Exact, &hash, "integer_pixels %td x %td", rows, columns);

        struct Map wide = map_of(53, 1, 2 * rows + 1, 2 * columns + 1, count, 0), pooled = map_of(54, 1, rows, columns, count, 0);
        const struct IntegerMap to = whole_map(&pooled);
        struct IntegerMap from = whole_map(&wide);
        (from.rows = to.rows), (from.columns = to.columns);
        kernels->max_pool(&from, &to);
        hash = (struct Hash){0};
        add_map(&hash, &pooled);
        report(Exact, &hash, "integer_max_pool %td x %td, %td channels", rows, columns, count);

        struct Map map = map_of(57, 1, rows, columns, count, 0);
        struct Map means = map_of(58, 1, 1, 1, count, 0);
        whole = whole_map(&map);
        kernels->means(&whole, means.inside, zeroed((size_t)(4 * map.pixel), 4));
        hash = (struct Hash){0};
        add_map(&hash, &means);
        report(Exact, &hash, "integer_means %td x %td, %td channels", rows, columns, count);

        map = map_of(59, 1, rows, columns, count, 0);
        struct Map gates = map_of(60, 1, 1, 1, count, 0), gated = map_of(61, 1, rows, columns, count, 1);
        const struct IntegerMap input = whole_map(&map), output = whole_map(&gated);
        kernels->gate(&input, gates.inside, 131, &output);
        hash = (struct Hash){0};
        add_map(&hash, &gated);
        report(Exact, &hash, "integer_gate %td x %td, %td channels", rows, columns, count);

        struct Map framed = map_of(62, 1, rows, columns, count, 2);
        const struct Map outside = {.inside = framed.inside - 2 * (framed.row + framed.pixel), .pixel = framed.pixel, .row = framed.row,
                                    .images = 1, .rows = rows + 3, .columns = columns + 3, .channels = count};
        uint32_t pixel[4];
        for (ptrdiff_t c = 0; c < 4; c++) set_element(pixel, c, (uint8_t)(40 + c));
        whole = whole_map(&framed);
        integer_fill_border(&whole, 2, 2, 1, 1, pixel, 4 / shape.elements);
        hash = (struct Hash){0};
        add_map(&hash, &outside);
        report(Exact, &hash, "integer_fill_border %td x %td, %td channels", rows, columns, count);
    }
}

void integer_cases(const struct IntegerKernels *table) {
    kernels = table;
    shape = table->shape;
    dense_cases();
    winograd_cases();
    depthwise_cases();
    elementwise_cases();
}
