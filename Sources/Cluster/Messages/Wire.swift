import CDeflate
import Foundation
import Gaussian

/// How messages look on the wire: frames of a JSON header, a payload where the message has one, and a CRC-32 (4 bytes,
/// little-endian) over both.
///
/// TCP's own checksum lets an error through now and then over a night's terabytes; CRC-32 makes a garbled message one that
/// does not parse, and such a message is dropped and sent again.
public enum Wire {
    /// Said in `hello`; a worker of another version is refused. It rises with every change of what messages mean and of the fields
    /// that they have: unknown fields are refused.
    public static let version = 3

    /// - Throws: `WireError` where the sums of a space cannot be sent.
    public static func requireRoom(for space: FeatureSpace) throws {
        guard space.dimension <= mostChannels else {
            throw WireError(
                "\(space.dimension) channels are kept; workers can send sums of at most \(mostChannels): keep fewer (--features)"
            )
        }
    }

    public static func encode(_ message: some Encodable, payload: [UInt8] = []) throws -> [[UInt8]] {
        let header = try (message as? any WireMessage)?.quickHeader ?? generalHeader(message)
        guard header.count <= longestHeader else { throw WireError("a header of \(header.count) bytes is too long") }
        guard payload.count <= longestPayload else {
            throw WireError("a payload of \(payload.count) bytes is too long")
        }
        return frames(header: header, payload: payload)
    }

    /// The header as the general encoder writes it.
    package static func generalHeader(_ message: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(message))
    }

    /// A header and a payload, whatever they are, with the checksum that belongs to them.
    package static func frames(header: [UInt8], payload: [UInt8] = []) -> [[UInt8]] {
        [header, payload, checksum(header, payload)]
    }

    /// - Throws: `WireError` unless the frames are a message of that direction, written as docs/PROTOCOL.md says and not otherwise.
    public static func decode<Message: WireMessage>(
        _ frames: [[UInt8]], as type: Message.Type
    ) throws -> (message: Message, payload: [UInt8]) {
        try checkFrames(frames)
        let (header, payload) = (frames[0], frames[1])
        func unknown(_ reason: String) -> WireError {
            let start = ReportedText.cleaned(String(decoding: header.prefix(200), as: UTF8.self), most: 120)
            return WireError("the header is not a known message: \(start): \(ReportedText.reason(reason))")
        }
        do {
            let name = try FormReader.check(header, type.forms.header)
            guard payload.isEmpty != type.forms.hasPayload(name) else {
                throw WireError("\(name) has \(payload.isEmpty ? "no payload" : "a payload, and none is due")")
            }
            if let message = type.quick(name, header) { return (message, payload) }
            return (try JSONDecoder().decode(type, from: Data(header)), payload)
        } catch let error as WireError {
            throw error
        } catch let fault as FormReader.Fault {
            throw unknown(fault.words)
        } catch {
            throw unknown(Self.words(error))
        }
    }

    /// The number of frames, their lengths and the checksum.
    static func checkFrames(_ frames: [[UInt8]]) throws {
        guard frames.count == frameCount else { throw WireError("\(frames.count) frames instead of \(frameCount)") }
        let (header, payload) = (frames[0], frames[1])
        guard header.count <= longestHeader else { throw WireError("a header of \(header.count) bytes is too long") }
        guard payload.count <= longestPayload else {
            throw WireError("a payload of \(payload.count) bytes is too long")
        }
        guard frames[2] == checksum(header, payload) else { throw WireError("the checksum does not match") }
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
