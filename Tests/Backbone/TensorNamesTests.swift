import Backbone
import Foundation
import Testing

/// docs/NUMERICS.md names the tensors that a file of weights has.
@Suite struct TensorNamesTests {
    private struct Row {
        let backbones: [String]
        let origin: String
        let patterns: [String]
    }

    private func rows() throws -> [Row] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/../../docs/NUMERICS.md"
        let lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
        let start = try #require(lines.firstIndex(of: "| backbone | named by | tensors |"))
        func quoted(_ cell: String) -> [String] {
            cell.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        }
        var rows: [Row] = []
        for line in lines[(start + 2)...].prefix(while: { $0.hasPrefix("|") }) {
            let cells = line.components(separatedBy: " | ")
            let before = cells[2].hasPrefix("the same") ? rows.last?.patterns ?? [] : []
            rows.append(Row(backbones: quoted(cells[0]), origin: cells[1], patterns: before + quoted(cells[2])))
        }
        return rows
    }

    /// `layerS.B.bnK.*` as an expression for whole names.
    private func expression(_ pattern: String) throws -> NSRegularExpression {
        var text = NSRegularExpression.escapedPattern(for: pattern)
        text = text.replacingOccurrences(of: "\\*", with: "(weight|bias|running_mean|running_var)")
        for letter in ["S", "B", "K", "N"] { text = text.replacingOccurrences(of: letter, with: "[0-9]+") }
        return try NSRegularExpression(pattern: "^\(text)$")
    }

    @Test func thePageHasTheNamesOfAllTensorsAndNoOthers() throws {
        let rows = try rows()
        for backbone in Backbone.all {
            let mine = rows.filter { $0.backbones.contains(backbone.name) }
            #expect(mine.map(\.origin) == backbone.namings.map(\.origin))
            for (row, naming) in zip(mine, backbone.namings) {
                let names = backbone.parameters.map { naming.name(of: $0.name) }
                var unused = Set(row.patterns)
                for name in names {
                    let whole = NSRange(location: 0, length: name.utf16.count)
                    let fitting = try row.patterns.filter {
                        try expression($0).firstMatch(in: name, range: whole) != nil
                    }
                    #expect(fitting.count == 1, "\(backbone.name): \(name)")
                    unused.subtract(fitting)
                }
                #expect(unused == [], "\(backbone.name), \(row.origin)")
            }
        }
    }

    /// What the page says of the blocks that do not expand.
    @Test func blocksThatDoNotExpand() throws {
        let lite = try Backbone.named("efficientnet_lite0")
        let names = Set(lite.parameters.map(\.name))
        #expect(!names.contains("blocks.0.0.bn3.weight") && !names.contains("blocks.0.0.conv_pwl.weight"))
        #expect(names.contains("blocks.0.0.conv_pw.weight") && names.contains("blocks.1.0.conv_pwl.weight"))
        let theirs = lite.namings[1]
        #expect(theirs.name(of: "blocks.0.0.conv_pw.weight") == "_blocks.0._project_conv.weight")
        #expect(theirs.name(of: "blocks.0.0.bn1.bias") == "_blocks.0._bn1.bias")
        #expect(theirs.name(of: "blocks.1.1.bn1.bias") == "_blocks.2._bn0.bias")
        #expect(!lite.parameters.contains { theirs.name(of: $0.name).hasPrefix("_blocks.0._bn0") })
    }
}
