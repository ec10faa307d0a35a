import Backbone
import CKernels
import TestSupport
import Testing

/// A 3 x 3 convolution of integers through transformed tiles gives the sums of a direct one.
@Suite struct IntegerWinogradTests {
    private static let variants = [
        IntegerBaseline, IntegerAVX2, IntegerAVXVNNI, IntegerAVX512, IntegerVNNI, IntegerNEON,
    ].filter {
        integer_variant_runs_here($0) && integer_shape($0).has_winograd
    }

    enum Weights: CaseIterable {
        case random, largest, least, alternating

        func make(_ count: Int, _ random: inout SeededGenerator) -> [Int8] {
            (0..<count).map { number in
                switch self {
                case .random: Int8.random(in: -127...127, using: &random)
                case .largest: 127
                case .least: -127
                case .alternating: number % 2 == 0 ? 127 : -127
                }
            }
        }
    }

    enum Pixels: CaseIterable {
        case random, largest, none
    }

    /// Every remainder of both sides divided by the side of a tile, several images, and blocks of tiles that end in the middle of them.
    @Test(arguments: Weights.allCases, Pixels.allCases)
    func sumsAreThoseOfADirectConvolution(weights: Weights, pixels: Pixels) throws {
        for variant in Self.variants {
            for (rows, columns) in [(1, 1), (2, 5), (3, 4), (4, 7), (6, 3), (7, 10), (14, 14)] {
                for (images, vectors, outputs, tiles) in [(1, 1, 20, 1), (3, 2, 7, 5), (2, 3, 40, 64)] {
                    try check(
                        variant, weights, pixels, images: images, rows: rows, columns: columns, inputVectors: vectors,
                        outputs: outputs, tilesPerBlock: tiles)
                }
            }
            // So many inputs that two groups of them are needed if all weights have the same sign.
            try check(
                variant, weights, pixels, images: 1, rows: 5, columns: 6,
                inputVectors: 80 / integer_shape(variant).lanes,
                outputs: 5, tilesPerBlock: 3)
        }
    }

    private func check(
        _ variant: IntegerVariant, _ kind: Weights, _ pixels: Pixels, images: Int, rows: Int, columns: Int,
        inputVectors: Int, outputs: Int, tilesPerBlock: Int
    ) throws {
        var random = SeededGenerator(seed: UInt64(rows * 100 + columns))
        let shape = integer_shape(variant)
        let inputs = 2 * shape.lanes * inputVectors
        let weights = kind.make(outputs * inputs * 9, &random)
        let groups = try #require(PackedIntegers.winogradGroups(weights, inputs: inputs, outputs: outputs))
        let scales = (0..<outputs).map {
            PackedIntegers.Output(bias: Int32(1000 * $0), multiplier: 1, unitMultiplier: 1)
        }
        // A pixel more at each side, and what the kernel may read behind the last one.
        let pixelStep = inputs / shape.elements
        let rowStep = (columns + 2) * pixelStep
        let imageStep = (rows + 2) * rowStep
        var map = [UInt32](repeating: 0xA5A5_A5A5, count: images * imageStep + rowStep + 2 * pixelStep)
        for word in 0..<images * imageStep {
            map[word] = (0..<shape.elements).reduce(0) { bits, _ in
                let element: UInt8 =
                    switch pixels {
                    case .random: .random(in: 0...255, using: &random)
                    case .largest: 255
                    case .none: 0
                    }
                return bits << (32 / UInt32(shape.elements)) | UInt32(element)
            }
        }
        let vectors = (outputs + shape.lanes - 1) / shape.lanes
        let count = images * rows * columns * vectors * shape.lanes
        let direct = try PackedIntegers.dense(
            weights, size: 3, inputs: inputs, pixelStep: pixelStep, outputs: scales, variant: variant, shape: shape)
        let tiled = try PackedIntegers.winograd(weights, inputs: inputs, outputs: scales, shape: shape)
        let scratch = integer_winograd_scratch(variant, tilesPerBlock, inputs)
        var transformed = [UInt32](repeating: 0, count: scratch.transformed)
        var products = [Int32](repeating: 0, count: scratch.products)
        func output(_ packed: PackedIntegers, _ values: UnsafeMutablePointer<Float>?) -> IntegerOutput {
            var output = IntegerOutput()
            let step = vectors * shape.lanes
            output.unit_multipliers = packed.unitMultipliers
            (output.values, output.values_pixel_step) = (values, step)
            (output.values_row_step, output.values_image_step) = (columns * step, rows * columns * step)
            (output.values_low, output.values_high) = (-.infinity, .infinity)
            return output
        }
        let expected = [Float](unsafeUninitializedCapacity: count) { values, filled in
            var call = IntegerConvolution()
            (call.input_pixel_step, call.input_row_step, call.input_image_step) = (pixelStep, rowStep, imageStep)
            (call.segments, call.segment_step, call.segment_length) = (3, rowStep, 3 * pixelStep)
            (call.weights, call.bias) = (direct.weights, direct.bias)
            (call.images, call.rows, call.columns) = (images, rows, columns)
            (call.vectors, call.rows_per_block, call.output) = (vectors, 2, output(direct, values.baseAddress))
            map.withUnsafeBufferPointer {
                call.input = $0.baseAddress
                integer_convolve(variant, &call)
            }
            filled = count
        }
        let found = [Float](unsafeUninitializedCapacity: count) { values, filled in
            var call = IntegerWinograd()
            (call.input_pixel_step, call.input_row_step, call.input_image_step) = (pixelStep, rowStep, imageStep)
            (call.input_channels, call.groups) = (inputs, groups)
            (call.weights, call.bias) = (tiled.weights, tiled.bias)
            (call.images, call.rows, call.columns) = (images, rows, columns)
            (call.vectors, call.tiles_per_block) = (vectors, tilesPerBlock)
            call.output = output(tiled, values.baseAddress)
            map.withUnsafeBufferPointer { words in
                transformed.withUnsafeMutableBufferPointer { transformed in
                    products.withUnsafeMutableBufferPointer { products in
                        call.input = words.baseAddress
                        (call.transformed, call.products) = (transformed.baseAddress, products.baseAddress)
                        integer_convolve_winograd(variant, &call)
                    }
                }
            }
            filled = count
        }
        #expect(found == expected, "\(variant), \(images) x \(rows) x \(columns), \(outputs) outputs, \(groups) groups")
    }

    @Test func sumsThatMayBeTooLargeAreTakenInTwoGroupsOrNotAtAll() {
        func groups(_ inputs: Int) -> Int? {
            PackedIntegers.winogradGroups(
                [Int8](repeating: 127, count: 2 * 9 * inputs), inputs: inputs, outputs: 2)
        }
        // 256 * 127 * 9 * 114 is just below 2^25.
        #expect(groups(114) == 1)
        #expect(groups(116) == 2)
        #expect(groups(228) == 2)
        #expect(groups(230) == nil)
    }
}
