/// The VisA data set (Zou et al., SPot-the-Difference Self-Supervised Pre-training for Anomaly Detection and Segmentation, ECCV 2022).
///
/// `split_csv/1cls.csv`, which comes with it, has a row an image with the columns `object,split,label,image,mask`; it is obeyed. Without it the
/// folders tell: `Data/Images/Normal`, `Data/Images/Anomaly` and `Data/Masks/Anomaly/NAME.*` of each category; every tenth normal image is to
/// test then, which is the share that 1cls.csv has, but not its choice.
enum VisALayout {
    static let table = "split_csv/1cls.csv"
    private static let normal = "Data/Images/Normal"
    private static let anomaly = "Data/Images/Anomaly"
    private static let masks = "Data/Masks/Anomaly"

    static func evidence(in folder: DataSetFolder) throws -> String? {
        if folder.hasFile(table) { return "it holds \(table)" }
        return try categories(folder).first.map { "\($0.isEmpty ? "it" : "'\($0)'") holds \(normal)" }
    }

    private static func categories(_ folder: DataSetFolder) throws -> [String] {
        folder.hasFolder(normal)
            ? [""] : try folder.folders(in: "").filter { folder.hasFolder($0 + "/" + normal) }
    }

    static func read(_ folder: DataSetFolder) throws -> LayoutReading {
        if folder.hasFile(table) { return try readTable(folder).checked(folder) }
        let categories = try categories(folder)
        guard !categories.isEmpty else {
            throw ListError(
                folder.named,
                "not laid out as visa: it has no file \(table), and neither it nor a folder in it has a folder \(normal)"
            )
        }
        var reading = LayoutReading(folders: [])
        for category in categories {
            reading.folders?.formUnion([normal, anomaly, masks].map { ExactString(CategoryRules.join(category, $0)) })
            try read(category, folder, into: &reading)
        }
        try reading.noteOthers(folder)
        reading.notes.append(
            "without \(table) every tenth normal image is to test: this is not the split that is published")
        return try reading.checked(folder)
    }

    private static func read(
        _ category: String, _ folder: DataSetFolder, into reading: inout LayoutReading
    ) throws {
        func at(_ name: String) -> String { CategoryRules.join(category, name) }
        let name = category.isEmpty ? folder.name : category
        for part in [anomaly, masks] where !folder.hasFolder(at(part)) {
            throw ListError(folder.path(category), "not laid out as visa: it has no folder \(part)")
        }
        for (number, image) in try folder.images(in: at(normal)).enumerated() {
            reading.rows.append(
                .init(
                    image: folder.path(at(normal)) + "/" + image, label: 0,
                    split: (number + 1).isMultiple(of: 10) ? "test" : "train", category: name))
        }
        var byStem: [ExactString: String] = [:]
        for mask in try folder.images(in: at(masks)) { byStem[ExactString(MaskNames.stem(mask))] = mask }
        for image in try folder.images(in: at(anomaly)) {
            guard let mask = byStem.removeValue(forKey: ExactString(MaskNames.stem(image))) else {
                throw ListError(
                    folder.path(at(masks)),
                    "no mask \(MaskNames.stem(image)).png for the image \(folder.path(at(anomaly)))/\(image)")
            }
            reading.rows.append(
                .init(
                    image: folder.path(at(anomaly)) + "/" + image, label: 1, mask: folder.path(at(masks)) + "/" + mask,
                    split: "test", category: name))
        }
        for mask in byStem.values.sorted() { reading.addUnusedMask(folder.path(at(masks)) + "/" + mask) }
    }

    private static func readTable(_ folder: DataSetFolder) throws -> LayoutReading {
        let file = try ListFile(folder.path(table))
        var reading = LayoutReading()
        var absent: [String: Int] = [:]
        var seen: Set<ExactString> = []
        var usedMasks: Set<ExactString> = []
        try CSVList.forEachRow(of: file, ["object", "split", "label", "image", "mask"]) { fields, line in
            func wrong(_ reason: String) -> ListError { ListError(file.name, line: line, reason) }
            let (object, image, mask) = (fields[0], fields[3], fields[4])
            guard !object.isEmpty, !image.isEmpty else { throw wrong("no object, or no image") }
            // One category alone may have been unpacked.
            guard folder.hasFolder(object) else {
                absent[object, default: 0] += 1
                return
            }
            guard ["train", "test"].contains(fields[1]) else {
                throw wrong("the split '\(fields[1])' is neither train nor test")
            }
            guard ["normal", "anomaly"].contains(fields[2]) else {
                throw wrong("the label '\(fields[2])' is neither normal nor anomaly")
            }
            let isDefective = fields[2] == "anomaly"
            guard !isDefective || fields[1] == "test" else { throw wrong("an anomaly in the split train") }
            guard !isDefective || !mask.isEmpty else { throw wrong("an anomaly without a mask") }
            for name in [image] + (isDefective ? [mask] : []) where !folder.hasFile(name) {
                throw wrong("it names \(FilePath.shown(name)), which is not there")
            }
            guard seen.insert(ExactString(image)).inserted else {
                throw wrong("\(FilePath.shown(image)) is there twice")
            }
            if isDefective { usedMasks.insert(ExactString(mask)) }
            reading.rows.append(
                .init(
                    image: folder.path(image), label: isDefective ? 1 : 0, mask: isDefective ? folder.path(mask) : nil,
                    split: fields[1], category: object))
        }
        guard !reading.rows.isEmpty else {
            throw ListError(folder.named, "none of the \(absent.count) categories that \(table) names is there")
        }
        if !absent.isEmpty {
            reading.notes.append(
                "\(absent.count) categories of \(table) are not there: \(absent.keys.sorted().joined(separator: ", "))")
        }
        for category in Set(reading.rows.compactMap(\.category)).sorted() {
            let unnamed = try [normal, anomaly].flatMap { part in
                try folder.images(in: category + "/" + part).filter {
                    !seen.contains(ExactString("\(category)/\(part)/\($0)"))
                }
            }
            if !unnamed.isEmpty {
                reading.notes.append("\(unnamed.count) images of '\(category)' are not named in \(table)")
            }
            for mask in try folder.images(in: category + "/" + masks)
            where !usedMasks.contains(ExactString("\(category)/\(masks)/\(mask)")) {
                reading.addUnusedMask(folder.path("\(category)/\(masks)/\(mask)"))
            }
        }
        return reading
    }
}
