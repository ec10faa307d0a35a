import CTIFF
import Settings

/// A map as its file has it.
public struct StoredMap: Equatable, Sendable {
    /// The distances, row by row.
    public let map: FloatImage
    /// Whether values may have been cut off: releases that had one scale for all maps wrote greater values as the greatest that it holds.
    public let isCutOff: Bool
    /// Whether it is a PNG that does not say its scale, as those releases wrote them.
    public let lacksScale: Bool
    /// The difference of neighbouring values where they are rounded, as in a PNG: the true value is at most half of it away.
    public let step: Float?

    init(_ map: FloatImage, isCutOff: Bool = false, lacksScale: Bool = false, step: Float? = nil) {
        (self.map, self.isCutOff, self.lacksScale, self.step) = (map, isCutOff, lacksScale, step)
    }

    /// The same with NaN where a pixel does not count.
    /// - Parameter counts: as many as the map has pixels.
    public func counting(only counts: [Bool]) -> StoredMap {
        StoredMap(map.counting(only: counts), isCutOff: isCutOff, lacksScale: lacksScale, step: step)
    }
}

extension MapFormat {
    /// Reads a map that `encode` wrote, told by its content: a PNG's values come back as the file keeps them, in steps of its scale.
    /// - Throws: `ImageError` where the file cannot be read or holds no map.
    public static func decode(file: String, limits: ImageLimits = .standard) throws -> StoredMap {
        try EncodedImage(reading: .file(file), limits: limits).withUnsafeBytes {
            try decode($0, name: file, limits: limits)
        }
    }

    /// - Parameter name: what errors call the map.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, name: String, limits: ImageLimits = .standard
    ) throws -> StoredMap {
        if bytes.starts(with: NPYMapReader.magic) {
            return StoredMap(try NPYMapReader(name: name, limits: limits).read(bytes))
        }
        return switch try ImageFormat(of: bytes, name: name) {
        case .png: try PNGMapReader(name: name, limits: limits).read(bytes)
        case .tiff: StoredMap(try TIFFMapReader(name: name, limits: limits).read(bytes))
        default: throw ImageError(name, "not an anomaly map: maps are 16-bit PNG, TIFF or NPY")
        }
    }
}

private struct PNGMapReader {
    // Few are written; a file that has very many is not one of ours.
    private static let maxTexts = 64
    let name: String
    let limits: ImageLimits

    func read(_ bytes: UnsafeRawBufferPointer) throws -> StoredMap {
        let png = try PNGReader(bytes, name: name, limits: limits, maxTexts: Self.maxTexts)
        let (width, height) = (png.header.width, png.header.height)
        guard png.header.bits == 16, png.header.samples == 1 else {
            throw ImageError(name, "not an anomaly map: the PNG is not 16-bit gray")
        }
        let scale = try png.text(MapScale.keyword).map { text in
            guard let scale = MapScale(text: text) else {
                throw ImageError(
                    name, "the map's scale '\(text)' is not understood; was it written by a newer release?")
            }
            return scale
        }
        let unit = 1 / (scale ?? .unsaid).unit
        return try png.samples().withUnsafeBytes { samples in
            let samples = samples.bindMemory(to: UInt16.self)
            return StoredMap(
                FloatImage(width: width, height: height, values: samples.map { Float($0) * unit }),
                isCutOff: scale == nil && samples.contains(.max), lacksScale: scale == nil, step: unit)
        }
    }
}

private struct TIFFMapReader {
    let name: String
    let limits: ImageLimits

    func read(_ bytes: UnsafeRawBufferPointer) throws -> FloatImage {
        guard let handle = TIFFHandle(reading: bytes, name: name, largestPiece: max(bytes.count, 1 << 20)) else {
            throw ImageError.damaged(name, "TIFF", "its directory cannot be read")
        }
        var size: (UInt32, UInt32) = (0, 0)
        guard handle.get(TIFFTAG_IMAGEWIDTH, &size.0), handle.get(TIFFTAG_IMAGELENGTH, &size.1) else {
            throw ImageError.damaged(name, "TIFF", "it does not say its size")
        }
        let (width, height) = (Int(size.0), Int(size.1))
        try limits.check(width: width, height: height, of: name)
        guard isMap(handle), 4 * width * height <= bytes.count else {
            throw ImageError(name, "not an anomaly map: the TIFF is not one of uncompressed 32-bit floats")
        }
        var values = [Float](repeating: 0, count: width * height)
        try values.withUnsafeMutableBytes { try readStrips(handle, rowBytes: 4 * width, into: $0) }
        return FloatImage(width: width, height: height, values: values)
    }

    private func isMap(_ handle: TIFFHandle) -> Bool {
        handle.number(TIFFTAG_BITSPERSAMPLE, else: 1) == 32
            && handle.number(TIFFTAG_SAMPLESPERPIXEL, else: 1) == 1
            && Int32(handle.number(TIFFTAG_SAMPLEFORMAT, else: UInt16(SAMPLEFORMAT_UINT))) == SAMPLEFORMAT_IEEEFP
            && Int32(handle.number(TIFFTAG_COMPRESSION, else: UInt16(COMPRESSION_NONE))) == COMPRESSION_NONE
            && TIFFIsTiled(handle.tiff) == 0
    }

    private func readStrips(_ handle: TIFFHandle, rowBytes: Int, into output: UnsafeMutableRawBufferPointer) throws {
        var (offset, strip) = (0, UInt32(0))
        while offset < output.count, let start = output.baseAddress {
            let left = Int64(output.count - offset)
            let read = Int(TIFFReadEncodedStrip(handle.tiff, strip, start + offset, left))
            guard read > 0, read % rowBytes == 0 else {
                throw ImageError.damaged(name, "TIFF", handle.stream.firstError ?? "the file ends too early")
            }
            (offset, strip) = (offset + read, strip + 1)
        }
    }
}

/// Reads what `NPYMapWriter` writes: two dimensions of little-endian floats, row by row.
private struct NPYMapReader {
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    let name: String
    let limits: ImageLimits

    func read(_ bytes: UnsafeRawBufferPointer) throws -> FloatImage {
        guard bytes.count >= 10, bytes[6] == 1 else { throw ImageError(name, "not a NumPy array of version 1") }
        let start = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
        guard start <= bytes.count else { throw ImageError(name, "the NumPy array is truncated") }
        let header = String(decoding: bytes[10..<start], as: UTF8.self)
        guard let match = header.firstMatch(of: #/'shape': \((\d{1,9}), (\d{1,9})\)/#),
            let height = Int(match.1), let width = Int(match.2), header.contains("'descr': '<f4'"),
            header.contains("'fortran_order': False")
        else { throw ImageError(name, "not an anomaly map: the NumPy array is not one of two dimensions of <f4") }
        try limits.check(width: width, height: height, of: name)
        guard bytes.count == start + 4 * width * height else {
            throw ImageError(
                name, "the NumPy array holds \(bytes.count - start) bytes, where its shape needs \(4 * width * height)")
        }
        let values = (0..<width * height).map { index in
            Float(bitPattern: bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self).littleEndian)
        }
        return FloatImage(width: width, height: height, values: values)
    }
}
