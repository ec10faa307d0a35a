import Foundation

extension RGBImage {
    /// The image turned about its middle, counterclockwise, in its own size: bit for bit Pillow's `rotate(degrees, BILINEAR)` of an RGB image.
    /// What comes from outside of the image is black.
    public func rotated(degrees: Double) -> RGBImage {
        let rotation = ImageRotation(degrees: degrees, width: width, height: height)
        if rotation.isIdentity { return self }
        let (width, height) = (width, height)
        let turned = [UInt8](unsafeUninitializedCapacity: pixels.count) { output, filled in
            pixels.withUnsafeBufferPointer { input in
                for row in 0..<height {
                    for column in 0..<width {
                        let place = 3 * (row * width + column)
                        let (x, y) = rotation.source(column: Double(column) + 0.5, row: Double(row) + 0.5)
                        guard x >= 0, x < Double(width), y >= 0, y < Double(height) else {
                            (output[place], output[place + 1], output[place + 2]) = (0, 0, 0)
                            continue
                        }
                        let (left, top) = ((x - 0.5).rounded(.down), (y - 0.5).rounded(.down))
                        let (dx, dy) = (x - 0.5 - left, y - 0.5 - top)
                        let (firstColumn, firstRow) = (Int(left), Int(top))
                        let columns = (3 * max(firstColumn, 0), 3 * min(firstColumn + 1, width - 1))
                        let upper = 3 * width * max(firstRow, 0)
                        let lower = 3 * width * (firstRow + 1)
                        for channel in 0..<3 {
                            let first = Double(input[upper + columns.0 + channel])
                            var value = first + (Double(input[upper + columns.1 + channel]) - first) * dx
                            if firstRow + 1 < height {
                                let below = Double(input[lower + columns.0 + channel])
                                let second = below + (Double(input[lower + columns.1 + channel]) - below) * dx
                                value += (second - value) * dy
                            }
                            output[place + channel] = UInt8(value)
                        }
                    }
                }
            }
            filled = pixels.count
        }
        return RGBImage(width: width, height: height, pixels: turned)
    }

    /// A part of the image.
    /// - Precondition: it lies within the image.
    public func part(left: Int, top: Int, width newWidth: Int, height newHeight: Int) -> RGBImage {
        RGBImage(
            width: newWidth, height: newHeight,
            pixels: pixels.part(ofWidth: width, left: left, top: top, width: newWidth, height: newHeight))
    }
}

extension FloatRGBImage {
    /// As `RGBImage.part`.
    public func part(left: Int, top: Int, width newWidth: Int, height newHeight: Int) -> FloatRGBImage {
        FloatRGBImage(
            width: newWidth, height: newHeight,
            pixels: pixels.part(ofWidth: width, left: left, top: top, width: newWidth, height: newHeight))
    }
}

extension [UInt8] {
    fileprivate func part(ofWidth imageWidth: Int, left: Int, top: Int, width: Int, height: Int) -> [UInt8] {
        PixelRows.part(of: self, width: imageWidth, left: left, top: top, width, height)
    }
}

extension [Float] {
    fileprivate func part(ofWidth imageWidth: Int, left: Int, top: Int, width: Int, height: Int) -> [Float] {
        PixelRows.part(of: self, width: imageWidth, left: left, top: top, width, height)
    }
}

private enum PixelRows {
    static func part<Sample>(
        of pixels: [Sample], width imageWidth: Int, left: Int, top: Int, _ width: Int, _ height: Int
    ) -> [Sample] {
        var part: [Sample] = []
        part.reserveCapacity(3 * width * height)
        for row in top..<top + height {
            let start = 3 * (row * imageWidth + left)
            part += pixels[start..<start + 3 * width]
        }
        return part
    }
}

/// A rotation about the middle of an image, as the affine map from the result's coordinates to those of the image. Coordinates are of pixels'
/// corners: the first pixel's middle is at (0.5, 0.5).
public struct ImageRotation: Equatable, Sendable {
    private let x: (Double, Double, Double)
    private let y: (Double, Double, Double)
    let isIdentity: Bool

    /// - Parameter degrees: counterclockwise.
    public init(degrees: Double, width: Int, height: Int) {
        var turns = degrees.truncatingRemainder(dividingBy: 360)
        if turns < 0 { turns += 360 }
        isIdentity = turns == 0
        let angle = -(turns * (Double.pi / 180))
        // Pillow rounds to 15 decimals, which also hides the last bit, in which C libraries differ.
        let (cosine, sine) = (Self.rounded(cos(angle)), Self.rounded(sin(angle)))
        let (middleX, middleY) = (Double(width) / 2, Double(height) / 2)
        x = (cosine, sine, cosine * -middleX + sine * -middleY + middleX)
        y = (-sine, cosine, -sine * -middleX + cosine * -middleY + middleY)
    }

    /// Where in the image a place of the result comes from.
    public func source(column: Double, row: Double) -> (x: Double, y: Double) {
        (x.0 * column + x.1 * row + x.2, y.0 * column + y.1 * row + y.2)
    }

    /// Where a place of the image goes in the result.
    public func target(x column: Double, y row: Double) -> (column: Double, row: Double) {
        let (a, b) = (column - x.2, row - y.2)
        // The inverse of a rotation is its transpose.
        return (x.0 * a + y.0 * b, x.1 * a + y.1 * b)
    }

    private static func rounded(_ value: Double) -> Double {
        Double(String(format: "%.15f", value)) ?? value
    }

    public static func == (a: Self, b: Self) -> Bool { a.x == b.x && a.y == b.y }
}
