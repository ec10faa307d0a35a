extension Manifest {
    /// Lists a data set of a layout, with all its categories.
    /// - Throws: `ListError`, which says what the folder lacks; `ImageError` where a mask that makes a label cannot be read.
    public static func ofDataSet(_ folder: String, layout: DataSetLayout) throws -> Manifest {
        Manifest(try layout.read(DataSetFolder(folder)), layout, reason: nil)
    }

    /// Lists a data set in whichever of the known ways it is laid out, and says in which.
    ///
    /// A single category of MVTec AD or a relative of it, and images with their masks beside them, make rows without category and kind.
    /// - Throws: `ListError`, `ImageError`.
    public static func ofDataSet(_ named: String) throws -> Manifest {
        let folder = try DataSetFolder(named)
        for layout in [DataSetLayout.visa, .mvtecLOCO] {
            if let reason = try layout.evidence(in: folder) {
                return Manifest(try layout.read(folder), layout, reason: reason)
            }
        }
        if recognises(named) {
            return try fromMVTecFolder(named).with(
                .mvtec, "it holds a folder of good images to fit and one of images to test")
        }
        for layout in [DataSetLayout.mvtecAD2, .mvtec, .btad] {
            if let reason = try layout.evidence(in: folder) {
                return Manifest(try layout.read(folder), layout, reason: reason)
            }
        }
        if !MaskNames.masks(among: try folder.images(in: "")).isEmpty {
            return try fromMasksBesideImages(named).with(.kolektor, "it holds images with masks beside them")
        }
        if let reason = try DataSetLayout.folder.evidence(in: folder) {
            return Manifest(try DataSetLayout.folder.read(folder), .folder, reason: reason)
        }
        let known = DataSetLayout.allCases.map { "\($0.rawValue): \($0.shape)" }.joined(separator: "; ")
        throw ListError(named, "no layout that is known. --layout NAME says what it lacks for one of these: \(known)")
    }

    private init(_ reading: LayoutReading, _ layout: DataSetLayout, reason: String?) {
        self.init(rows: reading.rows, leftOut: reading.leftOut)
        (unlabelled, self.layout, self.reason) = (reading.unlabelled, layout, reason)
        notes = reading.notes
        if reading.unusedMasks.count > 0 {
            notes.append(
                "\(reading.unusedMasks.count) masks belong to no defective image; the first is \(reading.unusedMasks.first)"
            )
        }
    }

    private func with(_ layout: DataSetLayout, _ reason: String) -> Manifest {
        var manifest = self
        (manifest.layout, manifest.reason) = (layout, reason)
        return manifest
    }
}

extension DataSetLayout {
    /// Why a folder is taken to be laid out so; nil: it is not.
    fileprivate func evidence(in folder: DataSetFolder) throws -> String? {
        switch self {
        case .visa: try VisALayout.evidence(in: folder)
        case .folder: try GoodBadLayout.evidence(in: folder)
        case .kolektor: nil
        case .mvtec, .mvtecLOCO, .mvtecAD2, .btad: try rules?.evidence(in: folder)
        }
    }
}
