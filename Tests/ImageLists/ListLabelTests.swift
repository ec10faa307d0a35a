import Foundation
import ImageLists
import TestSupport
import Testing

/// What lists say of their images in words and numbers is understood, or refused with the line.
@Suite struct ListLabelTests {
    private func labels(_ header: String, _ rows: [String]) throws -> [Int?] {
        let folder = try TemporaryFolder()
        let lines = [header] + rows.enumerated().map { "\($0.offset).png,\($0.element)" }
        return try ImageList.read([folder.write(lines.joined(separator: "\n"), to: "list.csv")]).entries.map(\.label)
    }

    @Test(arguments: ["image_path,label_index", "image_path,label", "Image_Path, LABEL ", "\"image path\",\"label\""])
    func bothColumnsTakeNumbersAndWords(_ header: String) throws {
        let normal = [
            "0", "0.0", "0.", "00", "False", "false", "good", "Good", "OK", "normal", "NORMAL", "defect-free", " good ",
        ]
        let anomalous = [
            "1", "1.0", "True", "TRUE", "abnormal", "anomaly", "Anomalous", "defect", "Defective", "bad", "NG", "ko",
            "KO", "nok",
            "not_ok", "not good", "broken",
        ]
        #expect(try labels(header, normal).allSatisfy { $0 == 0 })
        #expect(try labels(header, anomalous).allSatisfy { $0 == 1 })
        #expect(try labels(header, ["7", "7.00", "", "nan", "<NA>"]) == [7, 7, nil, nil, nil])
    }

    @Test(
        arguments: ["label_index", "label"],
        ["perhaps", "0.5", "-1", "1.0.0", "+1", "scratch", "1e3", "none", "9999999999999999999999"])
    func whatIsNotUnderstoodIsNamed(_ column: String, _ value: String) throws {
        #expect { try labels("image_path,\(column)", ["0", value]) } throws: { error in
            guard let error = error as? ListError else { return false }
            return error.line == 3
                && [column, "'\(value)'", "list.csv", "0.0", "good", "anomaly"].allSatisfy(error.description.contains)
        }
    }

    /// anomalib's lists have the number in one column and the kind of defect in the other.
    @Test func theNumberDecidesBesideTheNameOfADefect() throws {
        let header = "image_path,label,label_index"
        #expect(try labels(header, ["good,0", "scratch,1", "scratch,0", ",1", "bad,", "good,"]) == [0, 1, 0, 1, 1, 0])
        #expect { try labels(header, ["good,1"]) } throws: {
            "\($0)".contains("label_index is '1', but label is 'good'")
        }
        #expect { try labels(header, ["scratch,"]) } throws: { "\($0)".contains("'scratch'") }
    }

    @Test func columnsThatAreNotUsedAreKnown() throws {
        let folder = try TemporaryFolder()
        let list = try ImageList.read([
            folder.write("target,image_path,width\n1,a.png,7\n", to: "a.csv"),
            folder.write("image_path,target\nb.png,0\n", to: "b.csv"),
        ])
        #expect(list.unusedColumns == ["target", "width"])
    }
}
