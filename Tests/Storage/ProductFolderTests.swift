import Foundation
import Storage
import Testing

@Suite struct ProductFolderTests {
    @Test func plainNamesAreTheirOwnFolders() {
        for name in ["bottle", "cam-2", "line_3.top", "7"] { #expect(ProductFolder.name(of: name) == name) }
    }

    @Test func noNameLeavesTheFolderOrSharesOne() {
        let long = String(repeating: "x", count: 300)
        let names = [
            "", ".", "..", "../..", "/", "a/b", "a_b", "a\\b", "Bottle", "bottle", "BOTTLE", "é", "e\u{301}", " ",
            "a b",
            "a\n", "a\u{0}b", ".hidden", long, long + "y", "ä ö", "a:b", "-", "--help",
        ]
        // Also a name that is the folder of another one.
        let all = names + names.map(ProductFolder.name(of:)).filter { !names.contains($0) }
        let folders = all.map(ProductFolder.name(of:))
        #expect(Set(folders.map { $0.lowercased() }).count == all.count)
        for folder in folders {
            #expect(folder.utf8.count <= 64 && !folder.hasPrefix(".") && !folder.isEmpty, "\(folder)")
            let isSafe = folder.utf8.allSatisfy {
                $0 < 128 && (CharacterSet.alphanumerics.contains(Unicode.Scalar($0)) || "._-".utf8.contains($0))
            }
            #expect(isSafe, "\(folder)")
        }
    }

    @Test func somethingOfANameCanBeRead() {
        #expect(ProductFolder.name(of: "Line 3/top").hasPrefix("Line_3_top-"))
        #expect(ProductFolder.name(of: "..").hasPrefix("_.-"))
    }
}
