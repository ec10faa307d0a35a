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
        let (newWidth, newHeight) = try proportional(shorterSide: size)
        return try resized(width: newWidth, height: newHeight)
    }

    /// The sides with the shorter one brought to `size`.
    func proportional(shorterSide size: Int) throws -> (width: Int, height: Int) {
        let shorter = min(width, height)
        let longer = max(width, height)
        let (product, overflow) = size.multipliedReportingOverflow(by: longer)
        guard size > 0, !overflow else { throw ImageError("resize", "the shorter side cannot become \(size)") }
        return width <= height ? (size, product / shorter) : (product / shorter, size)
    }

    /// The middle of the image, as torchvision's `CenterCrop`: where the margin is odd, the half pixel is rounded to even.
    ///
    /// - Throws: `ImageError` where the crop is larger than the image, or empty.
    public func centerCropped(width newWidth: Int, height newHeight: Int) throws -> RGBImage {
        if newWidth == width && newHeight == height { return self }
        let pixels = try CenterCrop(width: newWidth, height: newHeight).cut(pixels, width: width, height: height)
        return RGBImage(width: newWidth, height: newHeight, pixels: pixels)
    }
}

/// Cuts the middle out of an image of three numbers a pixel.
struct CenterCrop {
    let width: Int
    let height: Int

    /// - Parameters:
    ///   - pixels: of an image of `imageWidth` x `imageHeight`.
    /// - Throws: `ImageError` where the crop is larger than the image, or empty.
    func cut<Sample>(_ pixels: [Sample], width imageWidth: Int, height imageHeight: Int) throws -> [Sample] {
        guard width > 0, height > 0, width <= imageWidth, height <= imageHeight else {
            throw ImageError(
                "crop", "an image of \(imageWidth) x \(imageHeight) has no middle of \(width) x \(height)")
        }
        let left = Self.margin(imageWidth - width)
        let top = Self.margin(imageHeight - height)
        var cropped: [Sample] = []
        cropped.reserveCapacity(3 * width * height)
        for row in top..<top + height {
            let start = 3 * (row * imageWidth + left)
            cropped += pixels[start..<start + 3 * width]
        }
        return cropped
    }

    /// Python's `int(round(difference / 2.0))`.
    private static func margin(_ difference: Int) -> Int {
        Int((Double(difference) / 2).rounded(.toNearestOrEven))
    }
}
