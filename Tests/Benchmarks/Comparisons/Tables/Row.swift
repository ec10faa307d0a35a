/// A comparison's result.
struct Row: Encodable {
    let name: String
    let title: String
    /// Medians over the rounds.
    let ours: Double
    let peer: Double?
    let peerName: String?
    let unit: String
    /// The median of the rounds' ratios, ours by the peer's.
    let ratio: Double?
    let rounds: Int
    let target: Double?
    let stretch: Double?

    enum CodingKeys: String, CodingKey {
        case name, title, ours, peer, unit, ratio, rounds, target, stretch
        case peerName = "peer_name"
    }

    /// The result in a line.
    var summary: String {
        let own = "\(name): \(MarkdownTable.number(ours)) \(unit)"
        guard let peer, let peerName, let ratio else { return own }
        return own + "; \(peerName): \(MarkdownTable.number(peer)); ratio \(String(format: "%.2f", ratio))"
    }

    /// What is not known is null rather than left out: every row has the same keys.
    func encode(to encoder: any Encoder) throws {
        var row = encoder.container(keyedBy: CodingKeys.self)
        try row.encode(name, forKey: .name)
        try row.encode(title, forKey: .title)
        try row.encode(ours, forKey: .ours)
        try row.encode(peer, forKey: .peer)
        try row.encode(peerName, forKey: .peerName)
        try row.encode(unit, forKey: .unit)
        try row.encode(ratio, forKey: .ratio)
        try row.encode(rounds, forKey: .rounds)
        try row.encode(target, forKey: .target)
        try row.encode(stretch, forKey: .stretch)
    }
}
