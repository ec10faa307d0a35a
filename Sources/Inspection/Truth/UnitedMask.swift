import ImageLists
import Imaging
import Storage

/// Reads masks that may be of several files.
enum UnitedMask {
    /// The mask of a file, or of all files of a folder together: a pixel is defective if it is so in one of them.
    /// - Throws: ``InspectionError`` where a file cannot be read, or files differ in size.
    static func read(_ location: ImageLocation) throws -> StoredMask {
        do {
            let files = try MaskFiles.of(location)
            var united = try Mask.decode(files[0])
            for file in files.dropFirst() {
                let next = try Mask.decode(file)
                guard (next.mask.width, next.mask.height) == (united.mask.width, united.mask.height) else {
                    throw InspectionError(
                        "\(file.text): the mask has \(next.mask.width) x \(next.mask.height) pixels, and another of the same image "
                            + "\(united.mask.width) x \(united.mask.height); masks of an image need one size")
                }
                united = StoredMask(united.mask.united(with: next.mask), united.remark ?? next.remark)
            }
            return united
        } catch let error as ImageError {
            throw InspectionError("\(error)")
        } catch let error as ListError {
            throw InspectionError("\(error)")
        }
    }
}

extension Mask {
    /// - Parameter other: of the same size.
    fileprivate func united(with other: Mask) -> Mask {
        Mask(width: width, height: height, defective: zip(defective, other.defective).map { $0 || $1 })
    }
}
