import Foundation

/// A format that comes from outside, and the code that reads it. Whatever the bytes are, reading them ends in a value or in
/// an error; anything else (a trap, a fault, five seconds, memory beyond a bound) is a finding.
public struct FuzzTarget: Sendable {
    public let name: String
    /// Sound inputs, which mutations begin with.
    public let seeds: @Sendable () throws -> [[UInt8]]
    /// Pieces that the format knows, for mutations to put in.
    public let words: [String]
    private let read: @Sendable (UnsafeRawBufferPointer, FuzzFolder) -> Void

    init(
        _ name: String, words: [String] = [], seeds: @escaping @Sendable () throws -> [[UInt8]],
        read: @escaping @Sendable (UnsafeRawBufferPointer, FuzzFolder) -> Void
    ) {
        (self.name, self.words, self.seeds, self.read) = (name, words, seeds, read)
    }

    /// Reads one input.
    /// - Parameter folder: where files may be put; the target's alone.
    public func run(_ bytes: UnsafeRawBufferPointer, in folder: String) { read(bytes, FuzzFolder(path: folder)) }

    public static let all = [
        images, archives, lists, safetensors, checkpoints, models, statistics, journals, frames, relays, answers,
        statusRequests, optionFiles, imports,
    ]
}

/// The folder that a target's readers find their input in.
struct FuzzFolder {
    let path: String

    subscript(name: String) -> String { path + "/" + name }
}

/// What must hold whatever the input says.
func demand(_ holds: Bool, _ what: @autoclosure () -> String) {
    guard !holds else { return }
    // A release build's failure says nothing.
    try? FileHandle.standardError.write(contentsOf: Data("finding: \(what())\n".utf8))
    preconditionFailure("finding: \(what())")
}
