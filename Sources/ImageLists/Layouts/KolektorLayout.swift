/// KolektorSDD (Tabernik et al., Segmentation-Based Deep-Learning Approach for Surface-Defect Detection, JIM 2020): `kosNN/PartM.jpg` and
/// `kosNN/PartM_label.bmp`; and KolektorSDD2 (Bozic et al., Mixed supervision for surface-defect detection, Computers in Industry 2021):
/// `train` and `test` with `NAME.png` and `NAME_GT.png`. Every image has a mask, and is defective if a pixel of it is not 0.
///
/// KolektorSDD has no split of its own for fits without defects: defective images and every fifth of the others are to test.
enum KolektorLayout {
    static func read(_ folder: DataSetFolder) throws -> LayoutReading {
        let images = try folder.images(in: "")
        let masks = MaskNames.masks(among: images)
        guard !masks.isEmpty else {
            throw ListError(
                folder.named,
                "not laid out as kolektor: no image in it has a mask beside it (\(DataSetLayout.kolektor.shape))")
        }
        let maskPaths = Set(masks.values)
        let own = images.filter { !maskPaths.contains(ExactString($0)) }
        let without = own.filter { masks[ExactString(MaskNames.stem($0))] == nil }
        guard without.isEmpty else {
            throw ListError(
                folder.named,
                "not laid out as kolektor: \(without.count) of \(own.count) images have no mask beside them, the first is \(without[0])"
            )
        }
        let manifest = try Manifest.fromMasksBesideImages(folder.named)
        var reading = LayoutReading(leftOut: manifest.leftOut)
        reading.rows = manifest.rows.map { row in
            var row = row
            row.category = folder.name
            return row
        }
        return try reading.checked(folder)
    }
}
