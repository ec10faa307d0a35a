/// One image as a source names it.
struct ListRow {
    var path: String
    /// Counted from 1; 0 in a folder.
    var line: Int
    var label: Int?
    /// The kind of defect.
    var kind: String?
    var mask: String?
    var region: String?
    var split: String?
    var category: String?
    var lot: String?
    var group: String?

    init(path: String, line: Int) { (self.path, self.line) = (path, line) }
}
