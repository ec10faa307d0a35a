import CKernels
import Compute

/// The two passes of a resize over RGB pixels, along the rows and along the columns, with 8 bits between them.
package struct Resampler: Sendable {
    private let kernels: ResamplingKernels

    package init(instructionSet: InstructionSet) {
        kernels = resampling_kernels(instructionSet.code)
    }

    static let best = Resampler(instructionSet: .best)

    /// - Precondition: the sizes are positive and within `ImageLimits`.
    package func resize(_ image: RGBImage, width: Int, height: Int) -> RGBImage {
        // Rounding to 8 bits between the passes makes their order show. Rows come first, but since version 13 Pillow begins
        // with the columns where they shrink by more than twice as many pixels as the rows do.
        let columnsFirst = height < image.height && image.height - height > 2 * (image.width - width)
        return columnsFirst
            ? alongRows(alongColumns(image, to: height), to: width)
            : alongColumns(alongRows(image, to: width), to: height)
    }

    private func alongRows(_ image: RGBImage, to width: Int) -> RGBImage {
        if width == image.width { return image }
        let weights = ResamplingWeights.cache.value(from: image.width, to: width)
        let inputStride = 3 * image.width
        let outputStride = 3 * width
        let pixels = pixelArray(count: outputStride * image.height) { output in
            weights.withAxis { axis in
                image.pixels.withUnsafeBufferPointer { input in
                    forEachFourRows(of: input, stride: inputStride) { row, rows, pointers in
                        let start = output + row * outputStride
                        withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<UInt8>?.self, capacity: 4) { outputs in
                            for index in 0..<4 { outputs[index] = start + min(index, rows - 1) * outputStride }
                            withUnsafePointer(to: axis) { kernels.rows($0, pointers, outputs.baseAddress, Int32(rows)) }
                        }
                    }
                }
            }
        }
        return RGBImage(width: width, height: image.height, pixels: pixels)
    }

    /// Hands out the rows four at a time. The last few, past whose end there is nothing to read, are copied to where there is.
    private func forEachFourRows(
        of input: UnsafeBufferPointer<UInt8>, stride: Int,
        _ body: (_ row: Int, _ rows: Int, _ pointers: UnsafePointer<UnsafePointer<UInt8>?>) -> Void
    ) {
        guard let base = input.baseAddress else { return }
        let height = input.count / stride
        let overread = resampling_overread
        withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: 4) { pointers in
            guard let start = pointers.baseAddress else { return }
            var row = 0
            while row < height {
                let rows = min(4, height - row)
                let end = (row + rows) * stride
                if end + overread <= input.count {
                    for index in 0..<rows { pointers[index] = base + (row + index) * stride }
                    for index in rows..<4 { pointers[index] = pointers[0] }
                    body(row, rows, start)
                } else {
                    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: rows * stride + overread)
                    defer { copy.deallocate() }
                    copy.initialize(from: base + row * stride, count: rows * stride)
                    (copy + rows * stride).initialize(repeating: 0, count: overread)
                    for index in 0..<4 { pointers[index] = UnsafePointer(copy + min(index, rows - 1) * stride) }
                    body(row, rows, start)
                }
                row += rows
            }
        }
    }

    private func alongColumns(_ image: RGBImage, to height: Int) -> RGBImage {
        if height == image.height { return image }
        let weights = ResamplingWeights.cache.value(from: image.height, to: height)
        let stride = 3 * image.width
        let pixels = pixelArray(count: stride * height) { output in
            weights.withAxis { axis in
                withUnsafePointer(to: axis) { axis in
                    image.pixels.withUnsafeBufferPointer { input in
                        for row in 0..<height {
                            kernels.column(axis, Int32(row), input.baseAddress, stride, stride, output + row * stride)
                        }
                    }
                }
            }
        }
        return RGBImage(width: image.width, height: height, pixels: pixels)
    }
}
