/// What was found out about one thing that a machine needs.
struct CheckResult: Encodable {
    enum State: String, Encodable { case good, warning, failure }

    let name: String
    let state: State
    let text: String

    static func good(_ name: String, _ text: String) -> CheckResult {
        CheckResult(name: name, state: .good, text: text)
    }
    static func warning(_ name: String, _ text: String) -> CheckResult {
        CheckResult(name: name, state: .warning, text: text)
    }
    static func failure(_ name: String, _ text: String) -> CheckResult {
        CheckResult(name: name, state: .failure, text: text)
    }

    /// A check that ends in a finding or in an error, which is a failure.
    static func of(_ name: String, _ check: () throws -> CheckResult) -> CheckResult {
        do { return try check() } catch { return .failure(name, "\(error)") }
    }
}
