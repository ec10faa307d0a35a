import CPNG
import Foundation

/// An open PNG, read by libpng: its header is known, and its size is within the limits.
struct PNGReader: ~Copyable {
    let header: png_header
    let name: String
    private let maxTexts: Int
    private let reader: OpaquePointer

    // Deflate cannot pack tighter than 1 : 1032: a header that promises more is not worth the memory.
    private static let deflateLimit = 1032

    /// - Parameters:
    ///   - bytes: must stay as long as the reader does.
    ///   - maxTexts: how many texts may stand before the pixels; with 0 any number, and none can be asked for.
    /// - Throws: `ImageError` where the file is damaged before its pixels or too large.
    init(_ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits, maxTexts: Int = 0) throws {
        guard let reader = png_reader_open(bytes.baseAddress, bytes.count, UInt32(maxTexts)) else {
            throw ImageError(name, "no memory for the PNG decoder")
        }
        do {
            var header = png_header()
            guard png_reader_read_header(reader, &header) else { throw Self.failure(reader, name, maxTexts) }
            let (width, height) = (header.width, header.height)
            try limits.check(width: width, height: height, of: name)
            guard (width * header.samples * header.bits + 7) / 8 * height / Self.deflateLimit <= bytes.count else {
                throw ImageError.damaged(name, "PNG", "\(bytes.count) bytes cannot hold \(width) x \(height) pixels")
            }
            self.header = header
        } catch {
            png_reader_close(reader)
            throw error
        }
        (self.name, self.maxTexts, self.reader) = (name, maxTexts, reader)
    }

    deinit { png_reader_close(reader) }

    // What can be said about a map is short.
    private static let textBytes = 80

    /// The text of that keyword, of the chunks before the pixels; its first 80 bytes.
    func text(_ keyword: String) -> String? {
        guard let text = png_reader_text(reader, keyword) else { return nil }
        let bytes = UnsafeRawBufferPointer(start: text, count: strnlen(text, Self.textBytes))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The samples as the file has them, not converted, alpha and all: of up to 8 bits one byte each, of 16 bits two in this
    /// machine's order. Once, and not after `readRGB`.
    /// - Throws: `ImageError` where the pixels are damaged.
    func samples() throws -> [UInt8] {
        let rowBytes = header.width * header.samples * (header.bits == 16 ? 2 : 1)
        return try pixelArray(count: rowBytes * header.height) {
            try read(png_stored_samples, into: $0, rowBytes: rowBytes)
        }
    }

    /// RGB of 8 bits of a file that has no more: three bytes a pixel. Once, and not after `samples`.
    /// - Throws: `ImageError` where the pixels are damaged.
    func readRGB(into output: UnsafeMutablePointer<UInt8>) throws {
        try read(png_rgb_pixels, into: output, rowBytes: 3 * header.width)
    }

    private func read(_ form: png_form, into output: UnsafeMutablePointer<UInt8>, rowBytes: Int) throws {
        guard png_reader_read_pixels(reader, form, output, rowBytes) else {
            throw Self.failure(reader, name, maxTexts)
        }
    }

    private static func failure(_ reader: OpaquePointer, _ name: String, _ maxTexts: Int) -> ImageError {
        let message = String(cString: png_reader_message(reader))
        return switch png_reader_failure(reader) {
        case png_failure_unknown_chunk:
            .unsupported(name, "a PNG with an unknown chunk that it needs (\(message))")
        case png_failure_texts:
            ImageError(
                name,
                "the PNG's texts before its pixels are too many or too long, where at most \(maxTexts) of "
                    + "\(png_text_limit) bytes are read; remove some of them")
        default: .damaged(name, "PNG", message)
        }
    }
}
