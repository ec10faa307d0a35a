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
        switch try Found(in: folder) {
        case .layout(let layout, let reason)?: return Manifest(try layout.read(folder), layout, reason: reason)
        case .category?:
            return try fromMVTecFolder(named).with(
                .mvtec, "it holds a folder of good images to fit and one of images to test")
        case .masksBeside?:
            return try fromMasksBesideImages(named).with(.kolektor, "it holds images with masks beside them")
        case nil:
            let known = DataSetLayout.allCases.map { "\($0.rawValue): \($0.shape)" }.joined(separator: "; ")
            throw ListError(
                named, "no layout that is known. --layout NAME says what it lacks for one of these: \(known)")
        }
    }

    /// Whether a folder looks like a data set of a published layout. Images and masks are not looked into.
    public static func isDataSet(_ folder: String) -> Bool {
        guard let folder = try? DataSetFolder(folder), let found = try? Found(in: folder) else { return false }
        if case .layout(.folder, _) = found { return false }
        return true
    }

    /// What a folder was found to be.
    private enum Found {
        case layout(DataSetLayout, reason: String)
        case category, masksBeside

        /// - Returns: nil where no layout fits.
        init?(in folder: DataSetFolder) throws {
            func found(_ layouts: [DataSetLayout]) throws -> Found? {
                for layout in layouts {
                    if let reason = try layout.evidence(in: folder) { return .layout(layout, reason: reason) }
                }
                return nil
            }
            if let special = try found([.visa, .mvtecLOCO]) {
                self = special
            } else if recognises(folder.root) {
                self = .category
            } else if let categories = try found([.mvtecAD2, .mvtec, .btad]) {
                self = categories
            } else if !MaskNames.masks(among: try folder.images(in: "")).isEmpty {
                self = .masksBeside
            } else if let words = try found([.folder]) {
                self = words
            } else {
                return nil
            }
        }
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
