import CTIFF
import Foundation

/// An open TIFF in memory, with its faults kept for the error message instead of printed to the terminal.
final class TIFFHandle {
    /// What libtiff's callbacks see. A class of its own, so that the handle may be built after it.
    final class Stream {
        var readable = UnsafeRawBufferPointer(start: nil, count: 0)
        var written: [UInt8] = []
        var position = 0
        var firstError: String?
        var firstWarning: String?
    }

    let stream: Stream
    let tiff: OpaquePointer

    /// - Parameter largestPiece: the most bytes that the library may allocate at once.
    init?(reading bytes: UnsafeRawBufferPointer, name: String, largestPiece: Int) {
        stream = Stream()
        stream.readable = bytes
        // "m" keeps the library from mapping; everything goes through the bounded read below.
        guard let tiff = open(stream, name, "rm", largestPiece) else { return nil }
        self.tiff = tiff
    }

    init?(writing name: String) {
        stream = Stream()
        // "l": little endian on every machine.
        guard let tiff = open(stream, name, "wl", 0) else { return nil }
        self.tiff = tiff
    }

    deinit { TIFFClose(tiff) }

    func get<Value: BitwiseCopyable>(_ tag: Int32, _ value: inout Value) -> Bool {
        withUnsafeMutablePointer(to: &value) { pointer in
            withVaList([pointer]) { TIFFVGetField(tiff, UInt32(tag), $0) == 1 }
        }
    }

    /// The tag's value, or what the format says where the file is silent.
    func number(_ tag: Int32, else fallback: UInt16) -> Int {
        var value: UInt16 = 0
        let known = withUnsafeMutablePointer(to: &value) { pointer in
            withVaList([pointer]) { TIFFVGetFieldDefaulted(tiff, UInt32(tag), $0) == 1 }
        }
        return Int(known ? value : fallback)
    }

    func set(_ tag: Int32, _ value: Int) {
        _ = withVaList([UInt32(truncatingIfNeeded: value)]) { TIFFVSetField(tiff, UInt32(tag), $0) }
    }
}

private func open(_ stream: TIFFHandle.Stream, _ name: String, _ mode: String, _ largestPiece: Int) -> OpaquePointer? {
    guard let options = TIFFOpenOptionsAlloc() else { return nil }
    defer { TIFFOpenOptionsFree(options) }
    let user = Unmanaged.passUnretained(stream).toOpaque()
    if largestPiece > 0 { TIFFOpenOptionsSetMaxSingleMemAlloc(options, Int64(largestPiece)) }
    TIFFOpenOptionsSetErrorHandlerExtR(options, keepError, user)
    TIFFOpenOptionsSetWarningHandlerExtR(options, keepWarning, user)
    return TIFFClientOpenExt(
        name, mode, user, readBytes, writeBytes, seekTo, closeNothing, sizeOfAll, nil, nil, options)
}

private func stream(_ user: UnsafeMutableRawPointer?) -> TIFFHandle.Stream? {
    user.map { Unmanaged<TIFFHandle.Stream>.fromOpaque($0).takeUnretainedValue() }
}

private func message(_ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?) -> String {
    var text = [CChar](repeating: 0, count: 512)
    if let format, let arguments { vsnprintf(&text, text.count, format, arguments) }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Returning 1 keeps the library's global handlers, which print, from being called.
private func keepError(
    _ tiff: OpaquePointer?, _ user: UnsafeMutableRawPointer?, _ module: UnsafePointer<CChar>?,
    _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?
) -> Int32 {
    if let stream = stream(user), stream.firstError == nil { stream.firstError = message(format, arguments) }
    return 1
}

private func keepWarning(
    _ tiff: OpaquePointer?, _ user: UnsafeMutableRawPointer?, _ module: UnsafePointer<CChar>?,
    _ format: UnsafePointer<CChar>?, _ arguments: CVaListPointer?
) -> Int32 {
    if let stream = stream(user), stream.firstWarning == nil { stream.firstWarning = message(format, arguments) }
    return 1
}

private func readBytes(_ user: UnsafeMutableRawPointer?, _ target: UnsafeMutableRawPointer?, _ size: Int64) -> Int64 {
    guard let stream = stream(user), let target, size > 0, let start = stream.readable.baseAddress,
        stream.position < stream.readable.count
    else { return 0 }
    let count = min(Int(size), stream.readable.count - stream.position)
    target.copyMemory(from: start + stream.position, byteCount: count)
    stream.position += count
    return Int64(count)
}

private func writeBytes(_ user: UnsafeMutableRawPointer?, _ source: UnsafeMutableRawPointer?, _ size: Int64) -> Int64 {
    guard let stream = stream(user), let source, size > 0 else { return 0 }
    let count = Int(size)
    let end = stream.position + count
    if stream.written.count < end {
        stream.written += [UInt8](repeating: 0, count: end - stream.written.count)
    }
    stream.written.withUnsafeMutableBytes {
        $0[stream.position..<end].copyBytes(from: UnsafeRawBufferPointer(start: source, count: count))
    }
    stream.position = end
    return size
}

private func seekTo(_ user: UnsafeMutableRawPointer?, _ offset: UInt64, _ whence: Int32) -> UInt64 {
    guard let stream = stream(user) else { return UInt64.max }
    let base =
        switch whence {
        case SEEK_CUR: stream.position
        case SEEK_END: max(stream.readable.count, stream.written.count)
        default: 0
        }
    let (position, overflow) = base.addingReportingOverflow(Int(truncatingIfNeeded: offset))
    guard !overflow, position >= 0 else { return UInt64.max }
    stream.position = position
    return UInt64(position)
}

private func sizeOfAll(_ user: UnsafeMutableRawPointer?) -> UInt64 {
    UInt64(stream(user).map { max($0.readable.count, $0.written.count) } ?? 0)
}

private func closeNothing(_ user: UnsafeMutableRawPointer?) -> Int32 { 0 }
