/// Converts rows of a TIFF's samples and puts them in their place in an RGB image.
struct TIFFRowWriter {
    private let width: Int
    private let bits: Int
    private let samples: Int
    private let planar: Bool
    private let color: TIFFLayout.Color
    private let reduction: DepthReduction
    private let output: UnsafeMutablePointer<UInt8>

    init(
        _ layout: TIFFLayout, _ color: TIFFLayout.Color, _ reduction: DepthReduction,
        _ output: UnsafeMutablePointer<UInt8>
    ) {
        (width, bits, samples, planar) = (layout.width, layout.bits, layout.samples, layout.planar)
        (self.color, self.reduction, self.output) = (color, reduction, output)
    }

    /// Whether a plane says anything about the RGB image: an alpha plane, for one, does not.
    func uses(plane: Int) -> Bool {
        if case .rgb = color { return plane < 3 }
        return plane == 0
    }

    /// - Parameter source: aligned to its samples' size, as a block of rows of whole samples is.
    func write(_ source: UnsafeRawPointer, plane: Int, row: Int, column: Int, count: Int) {
        let target = output + 3 * (row * width + column)
        var whiteIsZero = false
        if case .gray(inverted: true) = color { whiteIsZero = true }
        if bits == 16 {
            let samples = source.assumingMemoryBound(to: UInt16.self)
            whiteIsZero
                ? write(samples, plane, count, target, reduction.reduceInverted)
                : write(samples, plane, count, target, reduction.reduce)
        } else {
            let samples = source.assumingMemoryBound(to: UInt8.self)
            whiteIsZero ? write(samples, plane, count, target) { ~$0 } : write(samples, plane, count, target) { $0 }
        }
    }

    private func write<Sample: FixedWidthInteger>(
        _ source: UnsafePointer<Sample>, _ plane: Int, _ count: Int, _ target: UnsafeMutablePointer<UInt8>,
        _ reduce: (Sample) -> UInt8
    ) {
        let step = planar ? 1 : samples
        switch color {
        case .gray:
            PixelConversion.select(source, colors: 1, step: step, count: count, into: target, reduce)
        case .rgb where planar:
            for index in 0..<count { target[3 * index + plane] = reduce(source[index]) }
        case .rgb:
            PixelConversion.select(source, colors: 3, step: step, count: count, into: target, reduce)
        case .cmyk:
            source.withMemoryRebound(to: UInt8.self, capacity: count * step) {
                PixelConversion.cmyk($0, step: step, inverted: false, count: count, into: target)
            }
        case .palette(let colors):
            for index in 0..<count {
                let start = 3 * Int(source[index])
                for channel in 0..<3 { target[3 * index + channel] = colors[start + channel] }
            }
        }
    }
}
