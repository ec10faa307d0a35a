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
    /// Whether a server or a network is at fault.
    private let isServers: Bool

    public init(_ list: String, line: Int? = nil, _ reason: String) {
        (self.list, self.line, self.reason, code, isServers) = (list, line, reason, nil, false)
    }

    /// What a server said, or did not say.
    init(_ list: String, _ reason: String, isEnvironmental: Bool) {
        (self.list, line, self.reason, code, isServers) = (list, nil, reason, nil, isEnvironmental)
    }

    /// What the system said of a list or folder.
    /// - Parameter cause: what was found out beside.
    init(_ list: String, code: Int32, cause: String? = nil) {
        (self.list, line, self.code, isServers) = (list, nil, code, false)
        let said = String(cString: strerror(code))
        reason = cause.map { $0.hasSuffix(said) ? said : "\(said): \($0)" } ?? said
    }

    public var isEnvironmental: Bool { code.map(SystemCode.isEnvironmental) ?? isServers }

    public var description: String { "\(FilePath.shownIfOdd(list))\(line.map { ":\($0)" } ?? ""): \(reason)" }
}
