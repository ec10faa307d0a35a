/// Folders whose names say what is in them: `good` or `ok`, `bad`, `ng` or a kind of defect, perhaps in `train`, `validation` and `test`, and
/// `masks`. ``FolderWords`` has the words.
///
/// - What lies above the first such folder is the category.
/// - Images of a folder `train` are to fit, but for defective ones, which are left out. Where no folder tells, defective images and every fifth of
///   the normal ones of a category are to test.
/// - Within a folder of tests that has a folder of good images, every other folder is a kind of defect.
/// - Masks lie in a folder of masks of the same category, and are called as their images are, perhaps with `_mask` or the like behind. Folders on
///   the way, as in `masks/scratch`, are folders of the image as well. Or masks lie beside their images. A defective image may have none.
enum GoodBadLayout {
    static func evidence(in folder: DataSetFolder) throws -> String? {
        let places = try Places(folder, folder.images(in: ""))
        let names = places.labels.filter { $0.value != nil }.keys
        return names.min().map { "it holds a folder '\($0)'" }
    }

    static func read(_ folder: DataSetFolder) throws -> LayoutReading {
        let paths = try folder.images(in: "")
        let places = try Places(folder, paths)
        let beside = MaskNames.masks(among: paths.filter { !places.of($0).isMask })
        let besidePaths = Set(beside.values)
        let images = paths.filter { !places.of($0).isMask && !besidePaths.contains(ExactString($0)) }
        let unlabelled = images.filter { places.of($0).label == nil }
        guard unlabelled.isEmpty, !images.isEmpty else {
            let what =
                images.isEmpty
                ? "it has no images"
                : "\(unlabelled.count) of \(images.count) images lie in no folder whose name says whether they are good or defective, the "
                    + "first is \(unlabelled[0])"
            throw ListError(folder.named, "not laid out as folder: \(what) (\(DataSetLayout.folder.shape))")
        }
        var masks = MaskPool(paths.filter { places.of($0).isMask }.map { ($0, places.of($0)) })
        var reading = LayoutReading()
        var normal: [String: Int] = [:]
        for image in images {
            let place = places.of(image)
            let isDefective = place.label == .defective
            var split = place.split
            if split == nil {
                if !isDefective { normal[place.category, default: 0] += 1 }
                split = isDefective || (normal[place.category] ?? 0).isMultiple(of: 5) ? "test" : "train"
            }
            var mask: String?
            if isDefective {
                mask = try beside[ExactString(MaskNames.stem(image))]?.text ?? masks.take(image, place, folder)
            }
            guard let split, !isDefective || split != "train" else {
                reading.leftOut += 1
                continue
            }
            reading.rows.append(
                .init(
                    image: folder.path(image), label: isDefective ? 1 : 0,
                    mask: mask.map(folder.path), split: split,
                    category: place.category.isEmpty ? folder.name : place.category,
                    kind: isDefective ? place.kind : nil))
        }
        for mask in masks.unused { reading.addUnusedMask(folder.path(mask)) }
        return try reading.checked(folder)
    }
}

/// What the folders of a data set say, each looked at once.
private struct Places {
    fileprivate enum Label { case good, defective }

    struct Place {
        var category = ""
        var label: Label?
        /// The folder that names the kind of defect.
        var kind: String?
        var split: String?
        var isMask = false
        /// The folders on the way, but for those of masks and such as "images".
        var folders: Set<ExactString> = []
    }

    private var places: [String: Place] = [:]
    /// The folders of images, not of masks, with what they say.
    var labels: [String: Label?] { places.filter { !$0.value.isMask }.mapValues(\.label) }

    init(_ folder: DataSetFolder, _ images: [String]) throws {
        var siblings: [String: [String]] = [:]
        for path in Set(images.map(NormalityCheck.folder)) {
            let parts = FilePath.components(path).map(String.init)
            var (place, above, isCategory) = (Place(), "", true)
            for part in parts {
                let beside = try siblings[above] ?? folder.folders(in: above)
                siblings[above] = beside
                let isSaying = Self.add(part, beside.filter { $0 != part }, to: &place)
                if !FolderWords.saysNothing(part), FolderWords.meaning(of: part, among: []) != .mask {
                    place.folders.insert(ExactString(part))
                }
                if isSaying { isCategory = false }
                if isCategory, !FolderWords.saysNothing(part) {
                    place.category = CategoryRules.join(place.category, part)
                }
                above = CategoryRules.join(above, part)
            }
            // The name of a folder within one of defects is the kind of defect.
            if place.label == .defective { place.kind = parts.last { !FolderWords.saysNothing($0) } }
            if place.label == nil, place.split == "train" { place.label = .good }
            places[path] = place
        }
    }

    func of(_ image: String) -> Place { places[NormalityCheck.folder(of: image)] ?? Place() }

    /// - Returns: whether the folder's name says something.
    private static func add(_ name: String, _ beside: [String], to place: inout Place) -> Bool {
        if FolderWords.isTraining(name) {
            place.split = "train"
        } else if FolderWords.isGood(name) {
            place.label = .good
        } else {
            switch FolderWords.meaning(of: name, among: beside) {
            case .mask: place.isMask = true
            case .defective: place.label = .defective
            case .heldBack: place.split = FolderWords.isValidation(name) ? "validation" : "test"
            case nil:
                guard place.split == "test", place.label == nil, beside.contains(where: FolderWords.isGood) else {
                    return false
                }
                place.label = .defective
            }
        }
        return true
    }
}

/// The masks of a data set, and which of them images have.
private struct MaskPool {
    private struct Mask {
        var path: ExactString
        var folders: Set<ExactString>
    }

    private var byName: [String: [Mask]] = [:]
    private var taken: Set<ExactString> = []

    init(_ masks: [(path: String, place: Places.Place)]) {
        for (path, place) in masks {
            // `7_mask.png` may be the mask of `7.png`, and `7.png` that of `7.png`.
            for stem in Set([MaskNames.stem(path), MaskNames.image(ofMask: path)].compactMap { $0 }) {
                byName[Self.key(stem, place.category), default: []]
                    .append(Mask(path: ExactString(path), folders: place.folders))
            }
        }
    }

    private static func key(_ stem: String, _ category: String) -> String {
        category + "\0" + (FilePath.components(stem).last.map(String.init) ?? stem)
    }

    /// The mask of an image: among the masks with the image's name, the one that shares the most parent folders with it.
    /// - Throws: `ListError` if more than one mask fits equally well.
    mutating func take(_ image: String, _ place: Places.Place, _ folder: DataSetFolder) throws -> String? {
        let near = (byName[Self.key(MaskNames.stem(image), place.category)] ?? []).filter {
            $0.folders.isSubset(of: place.folders)
        }
        let most = near.map(\.folders.count).max()
        let found = near.filter { $0.folders.count == most }
        guard let mask = found.first else { return nil }
        guard found.count == 1 else {
            throw ListError(
                folder.path(image),
                "several masks may be its own: \(found.prefix(3).map(\.path.text).joined(separator: ", ")); put each into a folder that "
                    + "is called as its image's is")
        }
        taken.insert(mask.path)
        return mask.path.text
    }

    var unused: [String] { Set(byName.values.joined().map(\.path)).subtracting(taken).sorted().map(\.text) }
}
