import Foundation
import Storage

/// The files of a mask. A mask may be a folder: then its files count together, as those of MVTec LOCO AD, which has a file a defect.
public enum MaskFiles {
    /// More are no mask of one image.
    private static let most = 1 << 12

    /// - Returns: the mask itself, or the images in the folder, sorted by name; never none.
    /// - Throws: `ListError` where the folder has no image in it, or too many.
    public static func of(_ mask: ImageLocation) throws -> [ImageLocation] {
        guard case .file(let path) = mask else { return [mask] }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [mask] }
        let files = try ImageFolder(path).images
        guard !files.isEmpty else { throw ListError(path, "a folder of masks without an image in it") }
        guard files.count <= most else {
            throw ListError(path, "a folder of \(files.count) masks for one image, where at most \(most) are read")
        }
        return files.map { .file(path + "/" + $0) }
    }
}
