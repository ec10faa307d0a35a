import Terminal

/// What is wrong with a file of options: the file, the line, what it says and what to do.
public struct CommandFileError: StatusBearing, CustomStringConvertible, Equatable {
    public let description: String

    init(_ file: String, line: Int? = nil, _ reason: String, remedy: String) {
        description = "\(file)\(line.map { ", line \($0)" } ?? ""): \(reason); \(remedy)"
    }

    public var exitStatus: ExitStatus { .wrongCommand }
}
