import CKernels
import Tensors

/// Weights, biases and multipliers of a convolution of integers in the order in which a kernel reads them; immutable, shared by all threads.
package final class PackedIntegers: Sendable {
    private let buffer: AlignedBuffer<UInt32>
    private let parts: (bias: Int, multipliers: Int, units: Int)
    /// Vectors of sums, or blocks of a depthwise convolution.
    package let count: Int
    /// Output channels that there is room for.
    package let channels: Int

    package var weights: UnsafePointer<UInt32> { UnsafePointer(buffer.pointer) }
    package var bias: UnsafePointer<Int32> { part(parts.bias) }
    var multipliers: UnsafePointer<Float> { part(parts.multipliers) }
    package var unitMultipliers: UnsafePointer<Float> { part(parts.units) }

    private func part<Number>(_ start: Int) -> UnsafePointer<Number> {
        UnsafeRawPointer(buffer.pointer + start).assumingMemoryBound(to: Number.self)
    }

    /// What each output channel's sum becomes.
    package struct Output {
        let bias: Int32
        let multiplier: Float
        let unitMultiplier: Float

        package init(bias: Int32, multiplier: Float, unitMultiplier: Float) {
            (self.bias, self.multiplier, self.unitMultiplier) = (bias, multiplier, unitMultiplier)
        }
    }

    /// - Parameters:
    ///   - channels: how many channels there is room for: whole vectors or blocks.
    ///   - weights: the same number for each output, one output's after the other's.
    ///   - offset: what the kernels take off each element (`IntegerShape.offset`).
    ///   - place: where an output channel's sum is.
    ///   - fill: writes the weights into zeroed memory.
    private init(
        words: Int, count: Int, channels: Int, outputs: [Output], weights: [Int8], offset: Int32,
        place: (Int) -> Int, _ fill: (UnsafeMutablePointer<UInt32>) -> Void
    ) throws {
        (self.count, self.channels) = (count, channels)
        let bias = words.roundedUp(to: 16)
        parts = (bias, bias + channels, bias + 2 * channels)
        buffer = try AlignedBuffer(zeros: bias + 3 * channels)
        fill(buffer.pointer)
        for (channel, output) in outputs.enumerated() {
            let place = place(channel)
            let bias = output.bias &+ Self.products(of: offset, channel, weights, outputs: outputs.count)
            buffer.pointer[parts.bias + place] = UInt32(bitPattern: bias)
            buffer.pointer[parts.multipliers + place] = output.multiplier.bitPattern
            buffer.pointer[parts.units + place] = output.unitMultiplier.bitPattern
        }
    }

    /// For `integer_convolve`: panels of output channels, each [kernel row][word under the row][output].
    /// - Parameter pixelStep: words between neighbouring input pixels.
    package static func dense(
        _ weights: [Int8], size: Int, inputs: Int, pixelStep: Int, outputs: [Output], variant: IntegerVariant,
        shape: IntegerShape
    ) throws -> PackedIntegers {
        let own = size == 1 ? inputs.vectors(of: shape.elements) : size * pixelStep
        let length = own.roundedUp(to: integer_run(variant, size, own))
        let panels = PanelLayout(rows: size * length, outputs: outputs.count, lanes: shape.lanes)
        let vectors = outputs.count.vectors(of: shape.lanes)
        return try PackedIntegers(
            words: panels.floats, count: vectors, channels: vectors * shape.lanes, outputs: outputs, weights: weights,
            offset: shape.offset, place: { $0 }
        ) { packed in
            let columns = outputs.indices.map(panels.column)
            let perOutput = inputs * size * size
            // Outputs innermost: a word's neighbours are those of the next outputs.
            for first in stride(from: 0, to: inputs, by: shape.elements) {
                for tap in 0..<size * size {
                    let word = tap / size * length + tap % size * pixelStep + first / shape.elements
                    for (output, column) in columns.enumerated() {
                        var bits: UInt32 = 0
                        for input in first..<min(first + shape.elements, inputs) {
                            bits |= Self.element(
                                weights[output * perOutput + input * size * size + tap], input - first,
                                of: shape.elements)
                        }
                        packed[column.start + word * column.step] = bits
                    }
                }
            }
        }
    }

    /// For `integer_convolve_winograd`: panels of output channels, each [slice][pair of inputs][output].
    /// - Parameter weights: 3 x 3, [output][input][row][column], for which `winogradGroups` gives a number of groups.
    package static func winograd(
        _ weights: [Int8], inputs: Int, outputs: [Output], shape: IntegerShape
    ) throws -> PackedIntegers {
        let perOutput = 9 * inputs
        let pairs = inputs.vectors(of: 2)
        let panels = PanelLayout(
            rows: Int(IntegerWinogradSlices) * pairs, outputs: outputs.count, lanes: shape.lanes)
        let vectors = outputs.count.vectors(of: shape.lanes)
        assert(shape.lanes.isMultiple(of: 4))
        return try PackedIntegers(
            words: panels.floats, count: vectors, channels: vectors * shape.lanes, outputs: outputs, weights: weights,
            offset: shape.offset, place: { $0 }
        ) { packed in
            // Four outputs at once, which lie beside each other in a panel. Outputs innermost: a word's neighbours are those of the next ones.
            let starts = stride(from: 0, to: outputs.count, by: 4).map { ($0, panels.column(of: $0)) }
            weights.withUnsafeBufferPointer { weights in
                for pair in 0..<pairs {
                    for (output, column) in starts {
                        var kernel = InlineArray<9, Pairs>(repeating: .zero)
                        for place in 0..<4 where output + place < outputs.count {
                            for odd in 0..<2 where 2 * pair + odd < inputs {
                                let first = (output + place) * perOutput + 9 * (2 * pair + odd)
                                for tap in 0..<9 { kernel[tap][4 * odd + place] = Int16(weights[first + tap]) }
                            }
                        }
                        let left = Self.points(kernel[0], kernel[3], kernel[6])
                        let middle = Self.points(kernel[1], kernel[4], kernel[7])
                        let right = Self.points(kernel[2], kernel[5], kernel[8])
                        var place = column.start + pair * column.step
                        for y in 0..<6 {
                            let row = Self.points(left[y], middle[y], right[y])
                            for x in 0..<6 {
                                let numbers = SIMD8<UInt16>(truncatingIfNeeded: row[x])
                                let words =
                                    SIMD4<UInt32>(truncatingIfNeeded: numbers.lowHalf)
                                    | SIMD4<UInt32>(truncatingIfNeeded: numbers.highHalf) &<< 16
                                UnsafeMutableRawPointer(packed + place).storeBytes(
                                    of: words, as: SIMD4<UInt32>.self)
                                place += pairs * column.step
                            }
                        }
                    }
                }
            }
        }
    }

    /// Weights of four outputs and an input channel, then of the same outputs and the next channel.
    private typealias Pairs = SIMD8<Int16>

    /// G of a line of three weights (integer_winograd_body.h). Applied twice, it makes at most 144 times as much of weights: 18288.
    @inline(__always)
    private static func points(_ a: Pairs, _ b: Pairs, _ c: Pairs) -> InlineArray<6, Pairs> {
        let sum = a &+ c
        let (even, odd) = (a &+ c &* 4, b &* 2)
        return [a &* 6, (sum &+ b) &* -4, (sum &- b) &* -4, even &+ odd, even &- odd, c &* 6]
    }

    /// How many groups of input channels `integer_convolve_winograd` must take one by one, so that their sums are not too large for it.
    /// - Returns: 1 or 2; nil if those of two groups can be too large.
    package static func winogradGroups(_ weights: [Int8], inputs: Int, outputs: Int) -> Int? {
        [1, 2].first { groups in
            let perGroup = 9 * inputs / groups
            return (0..<outputs * groups).allSatisfy { group in
                var (positive, negative) = (0, 0)
                for weight in weights[group * perGroup..<(group + 1) * perGroup] {
                    if weight > 0 { positive += Int(weight) } else { negative -= Int(weight) }
                }
                // Elements are of 0 to 255, or of -128 to 127.
                return 256 * max(positive, negative) < 1 << 25
            }
        }
    }

    /// For `integer_convolve_depthwise`: [block][run of rows][kernel column][vector][lane].
    static func depthwise(
        _ weights: [Int8], size: Int, outputs: [Output], variant: IntegerVariant, shape: IntegerShape
    ) throws -> PackedIntegers {
        let blocks = outputs.count.vectors(of: shape.block)
        let runs = size.vectors(of: shape.elements)
        // Where, within its block, each channel's sum is.
        var places = [Int](repeating: 0, count: shape.block)
        for vector in 0..<shape.elements {
            for lane in 0..<shape.lanes {
                places[integer_depthwise_channel(variant, vector, lane)] = vector * shape.lanes + lane
            }
        }
        return try PackedIntegers(
            words: blocks * runs * size * shape.block, count: blocks, channels: blocks * shape.block, outputs: outputs,
            weights: weights, offset: shape.offset, place: { $0 / shape.block * shape.block + places[$0 % shape.block] }
        ) { packed in
            for channel in outputs.indices {
                let (block, place) = (channel / shape.block, places[channel % shape.block])
                for tap in 0..<size * size {
                    let (row, column) = (tap / size, tap % size)
                    let cell = (block * runs + row / shape.elements) * size + column
                    packed[cell * shape.block + place] |= Self.element(
                        weights[channel * size * size + tap], row % shape.elements, of: shape.elements)
                }
            }
        }
    }

    /// The offset times all weights of an output, modulo 2^32.
    private static func products(of offset: Int32, _ output: Int, _ weights: [Int8], outputs: Int) -> Int32 {
        guard offset != 0 else { return 0 }
        let own = weights.count / outputs
        return weights[output * own..<(output + 1) * own].reduce(0) { $0 &+ offset &* Int32($1) }
    }

    /// The bits of a weight, shifted to its place in a word.
    private static func element(_ weight: Int8, _ place: Int, of elements: Int) -> UInt32 {
        elements == 4
            ? UInt32(UInt8(bitPattern: weight)) << (8 * place)
            : UInt32(UInt16(bitPattern: Int16(weight))) << (16 * place)
    }
}

/// The 256 numbers of a table, where a kernel reads them.
final class PackedTable: Sendable {
    private let buffer: AlignedBuffer<UInt8>

    var entries: UnsafePointer<UInt8> { UnsafePointer(buffer.pointer) }

    init(_ entries: [UInt8]) throws {
        buffer = try AlignedBuffer(zeros: 256)
        for (number, entry) in entries.prefix(256).enumerated() { buffer.pointer[number] = entry }
    }
}
