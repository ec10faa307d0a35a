/// How the images, masks and splits of a data set lie in its folder.
public enum DataSetLayout: String, CaseIterable, Sendable {
    case mvtec
    case mvtecLOCO = "mvtec-loco"
    case mvtecAD2 = "mvtec-ad2"
    case visa, btad, kolektor, folder

    /// The folders and files of the layout, for messages and help.
    public var shape: String {
        switch self {
        case .mvtec: CategoryRules.mvtec.shape
        case .mvtecLOCO: CategoryRules.mvtecLOCO.shape
        case .mvtecAD2: CategoryRules.mvtecAD2.shape
        case .btad: CategoryRules.btad.shape
        case .visa:
            "split_csv/1cls.csv; or CATEGORY/Data/Images/Normal, CATEGORY/Data/Images/Anomaly, CATEGORY/Data/Masks/Anomaly/NAME.png"
        case .kolektor:
            "kosNN/PartM.jpg with PartM_label.bmp beside it; or train and test with NAME.png and NAME_GT.png beside it"
        case .folder:
            "folders called good, ok or normal, and bad, ng, defect or by kinds of defects; perhaps train, test and masks"
        }
    }

    /// The rules of layouts that are made of categories with folders to fit and to test.
    var rules: CategoryRules? {
        switch self {
        case .mvtec: .mvtec
        case .mvtecLOCO: .mvtecLOCO
        case .mvtecAD2: .mvtecAD2
        case .btad: .btad
        case .visa, .kolektor, .folder: nil
        }
    }

    /// The rows of a data set of this layout.
    /// - Throws: `ListError`, which says what the folder lacks; `ImageError` where a mask that makes a label cannot be read.
    func read(_ folder: DataSetFolder) throws -> LayoutReading {
        switch self {
        case .mvtec, .mvtecLOCO, .mvtecAD2, .btad: try (rules ?? .mvtec).read(folder, layout: self)
        case .visa: try VisALayout.read(folder)
        case .kolektor: try KolektorLayout.read(folder)
        case .folder: try GoodBadLayout.read(folder)
        }
    }
}

/// What a layout makes of a folder.
struct LayoutReading {
    var rows: [Manifest.Row] = []
    /// Defective images of a folder of images to fit.
    var leftOut = 0
    /// Images whose labels are not published.
    var unlabelled = 0
    /// Masks that no defective image has.
    var unusedMasks = (count: 0, first: "")
    /// The folders of which every image is listed, a mask, or counted, relative to the data set's; nil: this is so of all.
    var folders: Set<ExactString>?
    /// What the user should know beside.
    var notes: [String] = []

    mutating func addUnusedMask(_ path: String) {
        if unusedMasks.count == 0 { unusedMasks.first = path }
        unusedMasks.count += 1
    }

    /// Notes the images that lie elsewhere than the layout has any.
    mutating func noteOthers(_ folder: DataSetFolder) throws {
        guard let folders else { return }
        let others = try folder.images(in: "").filter { image in
            var above = NormalityCheck.folder(of: image)
            while !above.isEmpty {
                if folders.contains(ExactString(above)) { return false }
                above = NormalityCheck.folder(of: above)
            }
            return true
        }
        if let first = others.first {
            notes.append(
                "\(others.count) images lie where the layout has none, and are not listed; the first is \(first)")
        }
    }

    /// - Throws: `ListError` where a category has no image to fit, or none to test.
    func checked(_ folder: DataSetFolder) throws -> LayoutReading {
        for split in ["train", "test"] {
            let having = Set(rows.lazy.filter { $0.split == split }.map(\.category))
            if let without = rows.first(where: { !having.contains($0.category) }) {
                throw ListError(
                    folder.named,
                    "no image to \(split == "train" ? "fit" : "test") in the category '\(without.category ?? "")'")
            }
        }
        return self
    }
}
