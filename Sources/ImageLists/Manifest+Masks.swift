import Imaging

extension Manifest {
    /// Lists a data set whose masks lie beside their images, or in a folder there, as those of KolektorSDD, KolektorSDD2 and DAGM:
    ///
    ///     train/10.png   train/10_GT.png          an image and its mask
    ///     Train/2.PNG    Train/Label/2_label.PNG
    ///
    /// An image is defective if a pixel of its mask is not 0. Those in a folder `train` are to fit, but for the defective ones,
    /// which are left out; those in a folder `test` are to test. Where no folder tells, the defective ones and every fifth of
    /// the others are to test.
    /// - Throws: `ListError`, `ImageError` where a mask cannot be read.
    public static func fromMasksBesideImages(_ folder: String) throws -> Manifest {
        let root = FilePath.absolute(folder)
        let images = try ImageFolder(root).images
        let masks = MaskNames.masks(among: images)
        guard !masks.isEmpty else {
            throw ListError(folder, "no image in it has a mask beside it, such as NAME_mask.png")
        }
        let maskPaths = Set(masks.values)
        var manifest = Manifest(rows: [])
        var unnamed = 0
        for image in images where !maskPaths.contains(ExactString(image)) && !MaskNames.isInMaskFolder(image) {
            let mask = masks[ExactString(MaskNames.stem(image))].map { root + "/" + $0.text }
            let isDefective = try mask.map { try Mask.decode(.file($0)).mask.defective.contains(true) } ?? false
            var split = split(of: image)
            if split == nil {
                if !isDefective { unnamed += 1 }
                split = isDefective || unnamed.isMultiple(of: 5) ? "test" : "train"
            }
            guard let split, !isDefective || split != "train" else {
                manifest.leftOut += 1
                continue
            }
            manifest.rows.append(
                Row(image: root + "/" + image, label: isDefective ? 1 : 0, mask: isDefective ? mask : nil, split: split)
            )
        }
        guard manifest.rows.contains(where: { $0.split == "train" }) else { throw ListError(folder, "no image to fit") }
        return manifest
    }

    private static func split(of image: String) -> String? {
        for part in FilePath.components(image).dropLast().map(String.init) {
            if FolderWords.isTraining(part) { return "train" }
            if FolderWords.meaning(of: part, among: []) == .heldBack { return "test" }
        }
        return nil
    }
}
