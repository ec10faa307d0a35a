import CKernels

/// An RGB image whose numbers are floats of 0 to 255: an image after a resize that rounds nothing.
public struct FloatRGBImage: Sendable, Equatable {
    public let width: Int
    public let height: Int
    /// Row by row from the top, red, green and blue of each pixel: `3 * width * height` values.
    public let pixels: [Float]

    /// The middle of the image, as `RGBImage.centerCropped`.
    /// - Throws: `ImageError` where the crop is larger than the image, or empty.
    public func centerCropped(width newWidth: Int, height newHeight: Int) throws -> FloatRGBImage {
        let pixels = try CenterCrop(width: newWidth, height: newHeight).cut(pixels, width: width, height: height)
        return FloatRGBImage(width: newWidth, height: newHeight, pixels: pixels)
    }
}

extension RGBImage {
    /// The image at another size, as `resized(width:height:)`, but with Float32 numbers that are rounded to 8 bits nowhere: along the
    /// rows first, then along the columns.
    ///
    /// torchvision's antialiased resize of a float tensor gives the same numbers, but for rounding in Float32.
    /// - Throws: `ImageError` where a side is not positive, or the result is too large.
    public func floatResized(width newWidth: Int, height newHeight: Int) throws -> FloatRGBImage {
        for rows in [height, newHeight] {
            try ImageLimits.floats.check(width: newWidth, height: rows, of: "resize to \(newWidth) x \(newHeight)")
        }
        let (inputStride, stride) = (3 * width, 3 * newWidth)
        let rows = [Float](unsafeUninitializedCapacity: stride * height) { output, filled in
            FloatResamplingWeights.cache.value(from: width, to: newWidth).withAxis { axis in
                withUnsafePointer(to: axis) { axis in
                    pixels.withUnsafeBufferPointer { input in
                        guard let from = input.baseAddress, let to = output.baseAddress else { return }
                        for row in 0..<height { resample_float_row(axis, from + row * inputStride, to + row * stride) }
                    }
                }
            }
            filled = stride * height
        }
        let columns = [Float](unsafeUninitializedCapacity: stride * newHeight) { output, filled in
            FloatResamplingWeights.cache.value(from: height, to: newHeight).withAxis { axis in
                withUnsafePointer(to: axis) { axis in
                    rows.withUnsafeBufferPointer { input in
                        guard let from = input.baseAddress, let to = output.baseAddress else { return }
                        for row in 0..<newHeight {
                            resample_float_column(axis, Int32(row), from, stride, stride, to + row * stride)
                        }
                    }
                }
            }
            filled = stride * newHeight
        }
        return FloatRGBImage(width: newWidth, height: newHeight, pixels: columns)
    }

    /// The same with the shorter side brought to `size`, as `resized(shorterSide:)`.
    public func floatResized(shorterSide size: Int) throws -> FloatRGBImage {
        let (newWidth, newHeight) = try proportional(shorterSide: size)
        return try floatResized(width: newWidth, height: newHeight)
    }
}

extension ImageLimits {
    /// Of images of floats, which take four times the memory.
    static let floats = ImageLimits(
        maxFileBytes: standard.maxFileBytes, maxPixels: standard.maxPixels / 4, maxSide: standard.maxSide)
}
