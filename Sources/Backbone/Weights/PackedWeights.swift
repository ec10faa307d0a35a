import CKernels
import Tensors

/// Weights in the order in which a kernel reads them, and the biases; immutable, shared by all threads.
final class PackedWeights: Sendable {
    private let buffer: AlignedBuffer<Float>
    private let biasOffset: Int
    /// Output channels in vectors; the surplus weighs nothing.
    let vectors: Int

    var weights: UnsafePointer<Float> { UnsafePointer(buffer.pointer) }
    var bias: UnsafePointer<Float> { UnsafePointer(buffer.pointer + biasOffset) }
    var byteCount: Int { buffer.count * MemoryLayout<Float>.stride }

    /// - Parameter fill: writes the weights into zeroed memory.
    private init(_ weightCount: Int, bias: [Double], lanes: Int, _ fill: (UnsafeMutablePointer<Float>) -> Void) throws {
        vectors = bias.count.vectors(of: lanes)
        biasOffset = weightCount.roundedUp(to: 16)
        buffer = try AlignedBuffer(zeros: biasOffset + vectors * lanes)
        fill(buffer.pointer)
        for (output, value) in bias.enumerated() { buffer.pointer[biasOffset + output] = Float(value) }
    }

    /// For the kernel `convolve`: panels of output channels, each [kernel row][float under the row][output].
    /// - Parameter inputPixelStep: floats between neighbouring input pixels: at least the input channels.
    static func direct(_ folded: FoldedConvolution, inputPixelStep: Int, lanes: Int) throws -> PackedWeights {
        let (size, inputs) = (folded.size, folded.inputs)
        let length = size == 1 ? inputs : size * inputPixelStep
        let panels = PanelLayout(rows: size * length, outputs: folded.outputs, lanes: lanes)
        return try PackedWeights(panels.floats, bias: folded.bias, lanes: lanes) { packed in
            folded.forEachKernel { output, input, kernel in
                let column = panels.column(of: output)
                for tap in 0..<size * size {
                    let row = tap / size * length + tap % size * inputPixelStep + input
                    packed[column.start + row * column.step] = Float(kernel[tap])
                }
            }
        }
    }

    /// For the kernel `convolve_depthwise`: [vector of channels][kernel row][kernel column][lane].
    static func depthwise(_ folded: FoldedConvolution, lanes: Int) throws -> PackedWeights {
        let taps = folded.size * folded.size
        return try PackedWeights(
            folded.outputs.roundedUp(to: lanes) * taps, bias: folded.bias, lanes: lanes
        ) { packed in
            folded.forEachKernel { channel, _, kernel in
                let (vector, lane) = channel.quotientAndRemainder(dividingBy: lanes)
                for tap in 0..<taps { packed[(vector * taps + tap) * lanes + lane] = Float(kernel[tap]) }
            }
        }
    }

    /// For the kernel `convolve_winograd`: slices, each in panels [phase][input][output].
    static func winograd(_ folded: FoldedConvolution, stride: Int, lanes: Int) throws -> PackedWeights {
        let transform = stride == 1 ? WinogradTransform.stride1 : WinogradTransform.stride2
        let slices = transform.phases.map {
            PanelLayout(rows: $0 * folded.inputs, outputs: folded.outputs, lanes: lanes)
        }
        let starts = slices.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.floats) }
        return try PackedWeights(starts[slices.count], bias: folded.bias, lanes: lanes) { packed in
            folded.forEachKernel { output, input, kernel in
                transform.apply(kernel) { slice, phase, value in
                    let column = slices[slice].column(of: output)
                    let row = phase * folded.inputs + input
                    packed[starts[slice] + column.start + row * column.step] = Float(value)
                }
            }
        }
    }
}

extension PackedWeights {
    /// For the kernel `convolve_stem`: for each point panels [kernel row][pixel of the pair][channel].
    static func stem(_ folded: FoldedConvolution, lanes: Int) throws -> PackedWeights {
        let pairs = StemTransform.pixels.map { $0 * folded.inputs }
        let points = pairs.map { PanelLayout(rows: folded.size * $0, outputs: folded.outputs, lanes: lanes) }
        let starts = points.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.floats) }
        return try PackedWeights(starts[points.count], bias: folded.bias, lanes: lanes) { packed in
            folded.forEachKernel { output, input, kernel in
                for kernelRow in 0..<folded.size {
                    StemTransform.apply(kernel + kernelRow * folded.size) { point, pixel, value in
                        let column = points[point].column(of: output)
                        let row = kernelRow * pairs[point] + pixel * folded.inputs + input
                        packed[starts[point] + column.start + row * column.step] = Float(value)
                    }
                }
            }
        }
    }
}

/// How `convolve` wants a matrix [row][output]: dealt into panels of output channels, row by row in each.
struct PanelLayout {
    let rows: Int
    let lanes: Int
    private let panels: Panels

    /// All panels together.
    let floats: Int

    init(rows: Int, outputs: Int, lanes: Int) {
        self.rows = rows
        self.lanes = lanes
        let vectors = outputs.vectors(of: lanes)
        panels = convolution_panels(vectors)
        floats = rows * vectors * lanes
    }

    /// Where an output's first element lies, and the step to its next row's.
    func column(of output: Int) -> (start: Int, step: Int) {
        let first = panels.first_width * lanes
        if output < first { return (output, first) }
        let (panel, lane) = (output - first).quotientAndRemainder(dividingBy: 2 * lanes)
        return (rows * (first + panel * 2 * lanes) + lane, 2 * lanes)
    }
}

extension FoldedConvolution {
    /// Calls `body` with every output channel, input channel, and the kernel between them, row by row.
    func forEachKernel(_ body: (_ output: Int, _ input: Int, _ kernel: UnsafePointer<Double>) -> Void) {
        weights.withUnsafeBufferPointer { weights in
            guard var kernel = weights.baseAddress else { return }
            for output in 0..<outputs {
                for input in 0..<inputs {
                    body(output, input, kernel)
                    kernel += size * size
                }
            }
        }
    }
}

extension Int {
    /// The whole vectors that hold so many elements.
    func vectors(of lanes: Int) -> Int { (self + lanes - 1) / lanes }

    func roundedUp(to multiple: Int) -> Int { (self + multiple - 1) / multiple * multiple }
}
