extension RGBImage {
    /// The image at another size: bilinear with antialiasing, bit for bit Pillow's `resize(size, BILINEAR)` of an RGB image.
    ///
    /// - Throws: `ImageError` where a side is not positive or the result would exceed `ImageLimits.standard`.
    public func resized(width: Int, height: Int) throws -> RGBImage {
        try ImageLimits.standard.check(width: width, height: height, of: "resize to \(width) x \(height)")
        return Resampler.best.resize(self, width: width, height: height)
    }

    /// The image with its shorter side brought to `size` and its proportions kept, as torchvision's `Resize(size)`:
    /// the longer side is `size * longer / shorter`, rounded down.
    public func resized(shorterSide size: Int) throws -> RGBImage {
        let shorter = min(width, height)
        let longer = max(width, height)
        let (product, overflow) = size.multipliedReportingOverflow(by: longer)
        guard size > 0, !overflow else { throw ImageError("resize", "the shorter side cannot become \(size)") }
        return try width <= height
            ? resized(width: size, height: product / shorter) : resized(width: product / shorter, height: size)
    }

    /// The middle of the image, as torchvision's `CenterCrop`: where the margin is odd, the half pixel is rounded to even.
    ///
    /// - Throws: `ImageError` where the crop is larger than the image, or empty.
    public func centerCropped(width newWidth: Int, height newHeight: Int) throws -> RGBImage {
        guard newWidth > 0, newHeight > 0, newWidth <= width, newHeight <= height else {
            throw ImageError(
                "crop", "an image of \(width) x \(height) has no middle of \(newWidth) x \(newHeight)")
        }
        if newWidth == width && newHeight == height { return self }
        let left = Self.margin(width - newWidth)
        let top = Self.margin(height - newHeight)
        var cropped: [UInt8] = []
        cropped.reserveCapacity(3 * newWidth * newHeight)
        for row in top..<top + newHeight {
            let start = 3 * (row * width + left)
            cropped += pixels[start..<start + 3 * newWidth]
        }
        return RGBImage(width: newWidth, height: newHeight, pixels: cropped)
    }

    /// Python's `int(round(difference / 2.0))`.
    private static func margin(_ difference: Int) -> Int {
        Int((Double(difference) / 2).rounded(.toNearestOrEven))
    }
}
