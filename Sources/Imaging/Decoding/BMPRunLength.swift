/// A BMP's run-length code: pairs of bytes. The first is a count of pixels and the second their colour, or two colours of 4 bits
/// by turns. After a count of 0 the second byte is a command: 0 ends the row, 1 the image, 2 goes right and up by the two bytes that
/// follow, and 3 to 255 is a count of colours that follow as they are, padded to a pair of bytes.
///
/// What is passed over has the palette's first colour. A run that is longer than its row ends with it, as in Pillow.
struct BMPRunLength {
    let header: BMPHeader
    let name: String

    func decode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutablePointer<UInt8>) throws {
        let (width, isNarrow) = (header.width, header.bits == 4)
        var canvas = Canvas(header: header, output: output)
        var at = header.pixelsAt
        // The column of the next pixel, which a finished row leaves at its end: a run needs a command before the next row.
        var column = 0
        // Whether nothing came yet in the row: its end then leaves it out as a whole.
        var isFresh = true
        while canvas.filled < canvas.count {
            guard at + 2 <= bytes.count else { throw ImageError.damaged(name, "BMP", "the file ends too early") }
            let (count, value) = (Int(bytes[at]), bytes[at + 1])
            at += 2
            switch (count, value) {
            case (0, 0):
                let begun = canvas.filled % width
                canvas.skip(begun > 0 ? width - begun : isFresh ? width : 0)
                (column, isFresh) = (0, true)
            case (0, 1):
                throw ImageError.unsupported(name, "a BMP whose run-length code leaves out its last rows")
            case (0, 2):
                guard at + 2 <= bytes.count else { throw ImageError.damaged(name, "BMP", "the file ends too early") }
                canvas.skip(Int(bytes[at]) + Int(bytes[at + 1]) * width)
                column = canvas.filled % width
                isFresh = isFresh && bytes[at] == 0
                at += 2
            case (0, _):
                let stored = isNarrow ? (Int(value) + 1) / 2 : Int(value)
                guard at + stored <= bytes.count else {
                    throw ImageError.damaged(name, "BMP", "the file ends too early")
                }
                for index in 0..<min(Int(value), canvas.count - canvas.filled) {
                    canvas.put(isNarrow ? Self.half(bytes[at + index / 2], index) : bytes[at + index])
                }
                column += Int(value)
                isFresh = false
                at += stored + stored % 2
            default:
                let run = min(count, max(0, width - column))
                for index in 0..<min(run, canvas.count - canvas.filled) {
                    canvas.put(isNarrow ? Self.half(value, index) : value)
                }
                column += run
                isFresh = false
            }
        }
    }

    /// The upper four bits of a byte, or the lower, by turns.
    private static func half(_ byte: UInt8, _ index: Int) -> UInt8 { index % 2 == 0 ? byte >> 4 : byte & 15 }

    /// The image as it fills, pixel after pixel in the order of the file.
    private struct Canvas {
        let count: Int
        private(set) var filled = 0
        private let width: Int
        private let header: BMPHeader
        private let output: UnsafeMutablePointer<UInt8>

        init(header: BMPHeader, output: UnsafeMutablePointer<UInt8>) {
            (self.header, self.output, width, count) = (header, output, header.width, header.width * header.height)
        }

        mutating func skip(_ pixels: Int) { for _ in 0..<min(pixels, count - filled) { put(0) } }

        mutating func put(_ index: UInt8) {
            let (row, column) = filled.quotientAndRemainder(dividingBy: width)
            let shown = header.isTopDown ? row : header.height - 1 - row
            let target = output + 3 * (shown * width + column)
            for channel in 0..<3 { target[channel] = header.palette[3 * Int(index) + channel] }
            filled += 1
        }
    }
}
