/// The variables of a process. One that is set to nothing is not set.
public struct EnvironmentVariables: Sendable {
    private let values: [String: String]

    public init(_ values: [String: String]) { self.values = values }

    subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// The first of them that is set.
    func first(_ names: String...) -> (name: String, value: String)? {
        names.lazy.compactMap { name in self[name].map { (name, $0) } }.first
    }
}
