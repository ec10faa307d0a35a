import CKernels
import Tensors

/// Weights in the order in which a kernel reads them, and the biases; immutable, shared by all threads.
final class PackedWeights: Sendable {
    private let buffer: AlignedBuffer<Float>
    private let biasOffset: Int
    /// The kernel's lanes; outputs are padded to whole vectors.
    let vectors: Int

    var weights: UnsafePointer<Float> { UnsafePointer(buffer.pointer) }
    var bias: UnsafePointer<Float> { UnsafePointer(buffer.pointer + biasOffset) }
    var byteCount: Int { buffer.count * MemoryLayout<Float>.stride }

    private init(_ weightCount: Int, bias: [Double], lanes: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void) throws {
        vectors = bias.count.vectors(of: lanes)
        biasOffset = weightCount.roundedUp(to: 16)
        buffer = try AlignedBuffer(zeros: biasOffset + vectors * lanes)
        fill(buffer.pointer)
        for (output, value) in bias.enumerated() { buffer.pointer[biasOffset + output] = Float(value) }
    }

    /// For the kernel `convolve`: panels of output channels, each [kernel row][float under the row][output].
    /// - Parameter inputPixelStep: floats between neighbouring input pixels: at least the input channels.
    static func panels(_ folded: FoldedConvolution, inputPixelStep: Int, lanes: Int) throws -> PackedWeights {
        let length = folded.segmentLength(inputPixelStep: inputPixelStep)
        let vectors = folded.outputs.vectors(of: lanes)
        let rows = folded.size * length
        return try PackedWeights(rows * vectors * lanes, bias: folded.bias, lanes: lanes) { packed in
            fillPanels(packed, rows: rows, outputs: folded.outputs, lanes: lanes) { row, output in
                let (kernelRow, position) = row.quotientAndRemainder(dividingBy: length)
                let (column, input) = position.quotientAndRemainder(dividingBy: inputPixelStep)
                return input < folded.inputs ? folded[output, input, kernelRow, column] : 0
            }
        }
    }

    /// For the kernel `convolve_depthwise`: [vector of channels][kernel row][kernel column][lane].
    static func depthwise(_ folded: FoldedConvolution, lanes: Int) throws -> PackedWeights {
        let taps = folded.size * folded.size
        let vectors = folded.outputs.vectors(of: lanes)
        return try PackedWeights(vectors * lanes * taps, bias: folded.bias, lanes: lanes) { packed in
            for channel in 0..<folded.outputs {
                let (vector, lane) = channel.quotientAndRemainder(dividingBy: lanes)
                for tap in 0..<taps {
                    packed[(vector * taps + tap) * lanes + lane] = Float(folded.weights[channel * taps + tap])
                }
            }
        }
    }

    /// Deals the columns of a matrix [row][output] into panels.
    private static func fillPanels(
        _ packed: UnsafeMutablePointer<Float>, rows: Int, outputs: Int, lanes: Int,
        _ element: (_ row: Int, _ output: Int) -> Double
    ) {
        let panels = convolution_panels(outputs.vectors(of: lanes))
        var next = packed
        var first = 0
        for panel in 0..<panels.count {
            let width = (panel == 0 ? panels.first_width : 2) * lanes
            for row in 0..<rows {
                for output in first..<min(first + width, outputs) { next[output - first] = Float(element(row, output)) }
                next += width
            }
            first += width
        }
    }
}

extension FoldedConvolution {
    subscript(output: Int, input: Int, row: Int, column: Int) -> Double {
        weights[((output * inputs + input) * size + row) * size + column]
    }

    /// The run of floats under one kernel row. A single pixel's run ends with its last real channel.
    func segmentLength(inputPixelStep: Int) -> Int {
        size == 1 ? inputs : size * inputPixelStep
    }
}

extension Int {
    /// The whole vectors that hold so many elements.
    func vectors(of lanes: Int) -> Int { (self + lanes - 1) / lanes }

    func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }
}
