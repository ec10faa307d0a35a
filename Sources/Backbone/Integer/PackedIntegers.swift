import CKernels
import Tensors

/// Weights, biases and multipliers of a convolution of integers in the order in which a kernel reads them; immutable, shared by all threads.
final class PackedIntegers: Sendable {
    private let buffer: AlignedBuffer<UInt32>
    private let parts: (bias: Int, multipliers: Int, units: Int)
    /// Vectors of sums, or blocks of a depthwise convolution.
    let count: Int
    /// Output channels that there is room for.
    let channels: Int

    var weights: UnsafePointer<UInt32> { UnsafePointer(buffer.pointer) }
    var bias: UnsafePointer<Int32> { part(parts.bias) }
    var multipliers: UnsafePointer<Float> { part(parts.multipliers) }
    var unitMultipliers: UnsafePointer<Float> { part(parts.units) }

    private func part<Number>(_ start: Int) -> UnsafePointer<Number> {
        UnsafeRawPointer(buffer.pointer + start).assumingMemoryBound(to: Number.self)
    }

    /// What each output channel's sum becomes.
    struct Output {
        let bias: Int32
        let multiplier: Float
        let unitMultiplier: Float
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
    static func dense(
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
            for output in outputs.indices {
                let column = panels.column(of: output)
                for input in 0..<inputs {
                    for tap in 0..<size * size {
                        let word = tap / size * length + tap % size * pixelStep + input / shape.elements
                        packed[column.start + word * column.step] |= Self.element(
                            weights[(output * inputs + input) * size * size + tap], input % shape.elements,
                            of: shape.elements)
                    }
                }
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
