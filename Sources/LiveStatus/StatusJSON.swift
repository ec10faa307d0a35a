import Foundation

/// A status as JSON, for programs.
public enum StatusJSON {
    public static func render(_ status: JobStatus) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // What is not a number is not JSON either.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return Array(try encoder.encode(status)) + [UInt8(ascii: "\n")]
    }
}
