/// The rules of data sets that have a folder a category, with folders to fit and to test in it and a folder of masks: MVTec AD and its
/// relatives. They are the data sets' own, as the papers and the files that come with them describe them; names count exactly.
struct CategoryRules {
    /// How the mask of a defective image is found in the folder of its kind's masks.
    enum MaskRule {
        /// By the image's name without its ending, and one of these after it; the first is the data set's own.
        case file(suffixes: [String])
        /// All files of the folder that is called as the image is without its ending: one a defect.
        case folder
    }

    /// The folder of normal images to fit.
    let training: String
    /// The folder of normal images to validate with, where there is one.
    let validation: String?
    /// The folder that has a folder of normal images and one for each kind of defect.
    let test: String
    /// What the folder of normal images is called there.
    let good: String
    /// The folder that has a folder of masks for each kind of defect.
    let truth: String
    let mask: MaskRule
    /// Folders of images whose labels are not published.
    let unlabelled: [String]
    /// A folder that tells a category of this layout from those of others; nil: `training` does.
    let telling: String?

    /// Bergmann et al., The MVTec Anomaly Detection Dataset, IJCV 2021; readme.txt of the data set. Other data sets that were brought into this
    /// layout, such as VisA by its authors' script, may call masks as their images.
    static let mvtec = CategoryRules(
        training: "train/good", validation: nil, test: "test", good: "good", truth: "ground_truth",
        mask: .file(suffixes: ["_mask", ""]), unlabelled: [], telling: "ground_truth")

    /// Bergmann et al., Beyond Dents and Scratches: Logical Constraints in Unsupervised Anomaly Detection and Localization, IJCV 2022;
    /// readme.txt of MVTec LOCO AD. The masks of an image are a file a defect, in a folder of the image's name.
    static let mvtecLOCO = CategoryRules(
        training: "train/good", validation: "validation/good", test: "test", good: "good", truth: "ground_truth",
        mask: .folder, unlabelled: [], telling: "test/logical_anomalies")

    /// Heckler-Kram et al., The MVTec AD 2 Dataset, 2025. The labels of `test_private` and `test_private_mixed` are not published.
    static let mvtecAD2 = CategoryRules(
        training: "train/good", validation: "validation/good", test: "test_public", good: "good",
        truth: "test_public/ground_truth", mask: .file(suffixes: ["_mask"]),
        unlabelled: ["test_private", "test_private_mixed"], telling: "test_public")

    /// Mishra et al., VT-ADL: A Vision Transformer Network for Image Anomaly Detection and Localization, ISIE 2021: the beanTech data set.
    static let btad = CategoryRules(
        training: "train/ok", validation: nil, test: "test", good: "ok", truth: "ground_truth",
        mask: .file(suffixes: [""]),
        unlabelled: [], telling: nil)

    var shape: String {
        let masks =
            switch mask {
            case .file(let suffixes): "\(truth)/KIND/NAME\(suffixes.first ?? "").png"
            case .folder: "\(truth)/KIND/NAME/*.png"
            }
        let validation = validation.map { "CATEGORY/\($0), " } ?? ""
        return "CATEGORY/\(training), \(validation)CATEGORY/\(test)/\(good), CATEGORY/\(test)/KIND, CATEGORY/\(masks)"
    }

    /// The categories in a folder, by their paths within it; "" where the folder itself is one. Those that lack a part are among them.
    func categories(in folder: DataSetFolder) throws -> [String] {
        let parts = Set([training, test, truth].compactMap { FilePath.components($0).first.map(String.init) })
        func isCategory(_ path: String) -> Bool {
            parts.contains { folder.hasFolder(path.isEmpty ? $0 : path + "/" + $0) }
        }
        return isCategory("") ? [""] : try folder.folders(in: "").filter(isCategory)
    }

    /// Why a folder is taken to be laid out so; nil: it is not.
    func evidence(in folder: DataSetFolder) throws -> String? {
        let categories = try categories(in: folder)
        let telling = [training, test, telling].compactMap { $0 }
        guard
            let first = categories.first(where: { category in
                telling.allSatisfy { folder.hasFolder(Self.join(category, $0)) }
            })
        else { return nil }
        let names = Set(telling).sorted().joined(separator: " and ")
        return "\(first.isEmpty ? "it" : "'\(first)'") holds \(names)"
    }

    func read(_ folder: DataSetFolder, layout: DataSetLayout) throws -> LayoutReading {
        let categories = try categories(in: folder)
        guard !categories.isEmpty else {
            throw ListError(
                folder.named,
                "not laid out as \(layout.rawValue): neither it nor a folder in it has the folders \(training) and \(test) (\(shape))"
            )
        }
        var reading = LayoutReading(folders: [])
        for category in categories { try read(category, folder, layout, into: &reading) }
        try reading.noteOthers(folder)
        return try reading.checked(folder)
    }

    static func join(_ folder: String, _ name: String) -> String { folder.isEmpty ? name : folder + "/" + name }

    private func read(
        _ category: String, _ folder: DataSetFolder, _ layout: DataSetLayout, into reading: inout LayoutReading
    ) throws {
        func at(_ name: String) -> String { Self.join(category, name) }
        let name = category.isEmpty ? folder.name : category
        func require(_ part: String) throws {
            guard !folder.hasFolder(at(part)) else { return }
            throw ListError(
                category.isEmpty ? folder.named : folder.named + "/" + category,
                "not laid out as \(layout.rawValue): it has no folder \(part) (\(shape))")
        }
        for part in [training, test, test + "/" + good] { try require(part) }
        func add(_ part: String, split: String) throws {
            for image in try folder.images(in: at(part)) {
                reading.rows.append(
                    .init(image: folder.path(at(part)) + "/" + image, label: 0, split: split, category: name))
            }
        }
        func account(_ parts: [String]) { reading.folders?.formUnion(parts.map { ExactString(at($0)) }) }
        account([training, truth + "/" + good] + [validation].compactMap { $0 } + unlabelled)
        try add(training, split: "train")
        if let validation { try add(validation, split: "validation") }
        for kind in try folder.folders(in: at(test)) where test + "/" + kind != truth {
            account([test + "/" + kind, truth + "/" + kind])
            guard kind != good else {
                try add(test + "/" + good, split: "test")
                continue
            }
            let images = try folder.images(in: at(test + "/" + kind))
            guard !images.isEmpty else { continue }
            try require(truth + "/" + kind)
            try addDefective(
                images, kind: kind, at(test + "/" + kind), masks: at(truth + "/" + kind), name, folder, into: &reading)
        }
        for part in unlabelled { reading.unlabelled += try folder.images(in: at(part)).count }
    }

    private func addDefective(
        _ images: [String], kind: String, _ part: String, masks: String, _ category: String, _ folder: DataSetFolder,
        into reading: inout LayoutReading
    ) throws {
        // What names a mask: its file without the ending, or its folder.
        var files: [ExactString: [String]] = [:]
        for file in try folder.images(in: masks) {
            switch mask {
            case .file: files[ExactString(MaskNames.stem(file)), default: []].append(file)
            case .folder: files[ExactString(NormalityCheck.folder(of: file)), default: []].append(file)
            }
        }
        var used: Set<ExactString> = []
        for image in images {
            let stem = MaskNames.stem(image)
            let (names, words) =
                switch mask {
                case .file(let suffixes):
                    (suffixes.map { ExactString(stem + $0) }, "mask \(stem)\(suffixes.first ?? "").png")
                case .folder: ([ExactString(stem)], "folder of masks \(stem)")
                }
            guard let wanted = names.first(where: { files[$0] != nil }), let first = files[wanted]?.first else {
                throw ListError(folder.path(masks), "no \(words) for the image \(folder.path(part))/\(image)")
            }
            used.insert(wanted)
            let found = if case .folder = mask { stem } else { first }
            reading.rows.append(
                .init(
                    image: folder.path(part) + "/" + image, label: 1, mask: folder.path(masks) + "/" + found,
                    split: "test", category: category, kind: kind))
        }
        for (key, unused) in files.sorted(by: { $0.key < $1.key }) where !used.contains(key) {
            unused.forEach { reading.addUnusedMask(folder.path(masks) + "/" + $0) }
        }
    }
}
