import Storage

/// What the folders of an image say of it in a data set laid out as MVTec AD: `CATEGORY/test/KIND/NAME`.
public struct ImageFolders: Equatable, Sendable {
    /// The kind of part or texture: the folder above that of images to test or to fit.
    public let category: String?
    /// The kind of defect, or `good`: the folder below that.
    public let kind: String?

    /// - Parameter folder: the image's, without the file's name.
    public init(_ folder: String) {
        let parts = folder.split(separator: "/").map(String.init)
        let place = parts.lastIndex {
            FolderWords.isTraining($0) || FolderWords.meaning(of: $0, among: []) == .heldBack
        }
        guard let place else {
            (category, kind) = (nil, nil)
            return
        }
        category = place > 0 ? parts[place - 1] : nil
        kind = place + 1 < parts.count ? parts[place + 1] : nil
    }
}
