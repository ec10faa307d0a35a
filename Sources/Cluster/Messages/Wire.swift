import CDeflate
import Foundation
import Gaussian

/// How messages look on the wire: frames of a JSON header, a payload where the message has one, and a CRC-32 (4 bytes,
/// little-endian) over both.
///
/// TCP's own checksum lets an error through now and then over a night's terabytes; CRC-32 makes a garbled message one that
/// does not parse, and such a message is dropped and said again.
public enum Wire {
    /// Said in `hello`; a worker of another version is refused.
    public static let version = 2
    /// A header may not be longer: 64 images with the longest paths fit four times over.
    public static let longestHeader = 4 << 20
    /// A payload may not be longer. What one peer can make the other hold follows from it, so it is not larger than a picture may
    /// reasonably be, and bounds the channels instead: at `mostChannels` the sums of a 7x7 grid take 4 GB in each worker.
    public static let longestPayload = 80 << 20
    /// Of so many kept channels one patch's record of sums fits into a payload: 4,577. No backbone has as many.
    public static let mostChannels: Int = {
        var (fits, not) = (1, FeatureSpace.maximumDimension + 1)
        while not - fits > 1 {
            let middle = (fits + not) / 2
            if Statistics.chunkByteCount(patches: 1, dimension: middle) <= longestPayload {
                fits = middle
            } else {
                not = middle
            }
        }
        return fits
    }()
    /// Header, payload and checksum.
    public static let frameCount = 3
    public static let longestMessage = longestHeader + longestPayload + 4

    /// - Throws: `WireError` where the sums of a space cannot be sent.
    public static func requireRoom(for space: FeatureSpace) throws {
        guard space.dimension <= mostChannels else {
            throw WireError(
                "\(space.dimension) channels are kept; workers can send sums of at most \(mostChannels): keep fewer (--features)"
            )
        }
    }

    public static func encode(_ message: some Encodable, payload: [UInt8] = []) throws -> [[UInt8]] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let header = [UInt8](try encoder.encode(message))
        guard header.count <= longestHeader else { throw WireError("a header of \(header.count) bytes is too long") }
        guard payload.count <= longestPayload else {
            throw WireError("a payload of \(payload.count) bytes is too long")
        }
        return [header, payload, checksum(header, payload)]
    }

    public static func decode<Message: Decodable>(
        _ frames: [[UInt8]], as type: Message.Type
    ) throws -> (message: Message, payload: [UInt8]) {
        guard frames.count == frameCount else {
            throw WireError("\(frames.count) frames instead of \(frameCount)")
        }
        let (header, payload) = (frames[0], frames[1])
        guard header.count <= longestHeader else { throw WireError("a header of \(header.count) bytes is too long") }
        guard payload.count <= longestPayload else {
            throw WireError("a payload of \(payload.count) bytes is too long")
        }
        guard frames[2] == checksum(header, payload) else { throw WireError("the checksum does not match") }
        guard nesting(of: header) <= deepestNesting else { throw WireError("the header is nested too deep") }
        do {
            return (try JSONDecoder().decode(type, from: Data(header)), payload)
        } catch {
            let start = ReportedText.cleaned(String(decoding: header.prefix(200), as: UTF8.self), most: 120)
            throw WireError("the header is not a known message: \(start): \(ReportedText.reason(Self.words(error)))")
        }
    }

    /// Where in the header something else stands than should, and what.
    private static func words(_ error: any Error) -> String {
        func place(_ context: DecodingError.Context) -> String {
            // The places in between are Swift's own.
            context.codingPath.map(\.stringValue).filter { !$0.hasPrefix("_") }.joined(separator: ".")
        }
        return switch error {
        case DecodingError.keyNotFound(let key, let context): "\(place(context)) has no '\(key.stringValue)'"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            "\(place(context)): \(context.debugDescription)"
        default: "\(error)"
        }
    }

    // A parser that recurses on its input must not be given much to recurse on.
    private static let deepestNesting = 16

    private static func nesting(of header: [UInt8]) -> Int {
        var (depth, deepest, quoted, escaped) = (0, 0, false, false)
        for byte in header {
            if quoted {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    quoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): quoted = true
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
        return deepest
    }

    private static func checksum(_ header: [UInt8], _ payload: [UInt8]) -> [UInt8] {
        var sum = libdeflate_crc32(0, header, header.count)
        sum = payload.isEmpty ? sum : libdeflate_crc32(sum, payload, payload.count)
        return withUnsafeBytes(of: UInt32(truncatingIfNeeded: sum).littleEndian) { Array($0) }
    }
}

/// Why a message was not understood. It is counted, logged and dropped.
public struct WireError: Error, CustomStringConvertible, Sendable {
    public let description: String

    init(_ description: String) { self.description = description }
}
