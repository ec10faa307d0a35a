/// What happened, in words, for the one who reads a failing seed. Costs nothing while it is not kept.
struct History {
    let isKept: Bool
    private(set) var lines: [String] = []

    init(isKept: Bool) { self.isKept = isKept }

    mutating func note(_ now: Int64, _ who: @autoclosure () -> String, _ what: @autoclosure () -> String) {
        guard isKept else { return }
        let seconds = String(now / 1_000)
        let rest = String(1_000 + now % 1_000).dropFirst()
        let time = String(repeating: " ", count: max(0, 6 - seconds.count)) + seconds + "." + rest
        let who = who()
        lines.append("\(time)  \(who)\(String(repeating: " ", count: max(0, 12 - who.count))) \(what())")
    }
}
