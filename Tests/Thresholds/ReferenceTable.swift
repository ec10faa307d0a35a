import Foundation
import Testing

/// The rows of a fixture with commas, without its header.
func referenceRows(_ name: String) throws -> [[Substring]] {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "csv"))
    let rows = try String(contentsOf: url, encoding: .utf8).split(whereSeparator: \.isNewline).dropFirst()
    return rows.map { $0.split(separator: ",") }
}
