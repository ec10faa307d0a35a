import Foundation
import Storage

/// An image list that cannot be used: which, where in it, and why.
public struct ListError: EnvironmentalError, CustomStringConvertible, Equatable, Sendable {
    /// The list's file or folder.
    public let list: String
    /// Counted from 1.
    public let line: Int?
    public let reason: String
    /// The system's number for it, where the system said so.
    private let code: Int32?

    public init(_ list: String, line: Int? = nil, _ reason: String) {
        (self.list, self.line, self.reason, code) = (list, line, reason, nil)
    }

    /// What the system said of a list or folder.
    /// - Parameter cause: what was found out beside.
    init(_ list: String, code: Int32, cause: String? = nil) {
        (self.list, line, self.code) = (list, nil, code)
        let said = String(cString: strerror(code))
        reason = cause.map { $0.hasSuffix(said) ? said : "\(said): \($0)" } ?? said
    }

    public var isEnvironmental: Bool { code.map(SystemCode.isEnvironmental) ?? false }

    public var description: String { "\(FilePath.shownIfOdd(list))\(line.map { ":\($0)" } ?? ""): \(reason)" }
}
