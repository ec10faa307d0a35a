import Foundation

/// docs/PROTOCOL.md, in so far as tests read it.
struct ProtocolPage {
    /// A row of a table of fields: the name, and what the cells behind it say.
    struct Row {
        let name: String
        let fields: [String]
        let payload: String?
    }

    let text: String

    init() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../docs/PROTOCOL.md"
        text = try String(contentsOfFile: path, encoding: .utf8)
    }

    /// The lines of a section, without its heading.
    func section(_ heading: String) -> [Substring] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0 == "## \(heading)" }) else { return [] }
        return Array(lines[(start + 1)...].prefix { !$0.hasPrefix("## ") })
    }

    /// The JSON objects that stand as examples in a section, each on one line.
    func examples(_ heading: String) -> [String] {
        let blocks = section(heading).split { $0.isEmpty }
        return blocks.filter { $0.first?.hasPrefix("    {") == true }.map { block in
            block.map { $0.trimmingCharacters(in: .whitespaces) }.joined()
        }
    }

    /// The rows of a section's table that has fields in its second column.
    func rows(_ heading: String) -> [Row] {
        section(heading).filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }.dropFirst().map { line in
            let cells = line.dropFirst().components(separatedBy: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            return Row(
                name: cells[0].replacingOccurrences(of: "`", with: ""),
                fields: cells[1].components(separatedBy: "; ").sorted(), payload: cells.count > 3 ? cells[2] : nil)
        }
    }

    static let fromWorker = "From worker to coordinator"
    static let fromCoordinator = "From coordinator to worker"
    static let objects = "Objects inside messages"
}
