import ImageLists
import Testing

@Suite struct ImageFoldersTests {
    @Test(
        arguments: [
            ("/data/bottle/test/crack", "bottle", "crack"), ("/data/bottle/test/good", "bottle", "good"),
            ("/data/bottle/train/good", "bottle", "good"), ("/bottle/test_public/bad/a", "bottle", "bad"),
            ("/test", nil, nil), ("/data/2024-05-01", nil, nil), ("", nil, nil), ("/test/crack", nil, "crack"),
            ("/tests/cable/test/missing_wire", "cable", "missing_wire"), ("/data/test-stand-1/crack", nil, nil),
        ] as [(String, String?, String?)])
    func foldersNameCategoriesAndDefects(_ folder: String, _ category: String?, _ kind: String?) {
        let folders = ImageFolders(folder)
        #expect(folders.category == category && folders.kind == kind)
    }
}
