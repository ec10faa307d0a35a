import Storage

/// What a file of statistics says about its sums.
public struct StatisticsHeader: Codable, Equatable, Sendable {
    public let space: FeatureSpace
    /// Images in the sums.
    public let count: Int64
    /// Samples in the sums: as many as images, or more where an image has several tiles or copies.
    public let samples: Int64
    /// Numbers that were beyond the grid's limit and set to it.
    public let clamped: Int64
    /// Of the list of the images (`ImageMultiset`); nil where the file does not have it: it is one of an earlier release, or was made of one.
    public let images: Digest?

    /// - Throws: `GaussianError` where a count is out of bounds.
    /// - Parameter samples: nil: as many as images.
    public init(
        space: FeatureSpace, count: Int64, samples: Int64? = nil, clamped: Int64, images: Digest? = nil
    ) throws {
        guard (0...Statistics.maximumCount).contains(count), clamped >= 0 else {
            throw GaussianError("statistics", "\(count) images with \(clamped) clamped numbers are out of bounds")
        }
        let samples = samples ?? count
        guard (count...Statistics.maximumSamples).contains(samples), samples == 0 || count > 0 else {
            throw GaussianError("statistics", "\(samples) samples of \(count) images are out of bounds")
        }
        (self.space, self.count, self.clamped, self.images) = (space, count, clamped, images)
        self.samples = samples
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: HeaderKeys.self)
        try self.init(
            space: values.decodeSpace(),
            count: values.decode(Int64.self, forKey: .count),
            samples: values.decodeIfPresent(Int64.self, forKey: .samples),
            clamped: values.decode(Int64.self, forKey: .clamped),
            images: values.decodeIfPresent(Digest.self, forKey: .images))
    }

    /// The first version of the format that has all of its fields.
    var formatVersion: Int {
        images == nil && samples == count ? space.formatVersion : max(space.formatVersion, 3)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: HeaderKeys.self)
        try values.encode(space)
        try values.encode(count, forKey: .count)
        if samples != count { try values.encode(samples, forKey: .samples) }
        try values.encode(clamped, forKey: .clamped)
        try values.encodeIfPresent(images, forKey: .images)
    }

    /// In words, why sums with these headers do not add; nil where they do.
    public func obstacle(toCombiningWith other: StatisticsHeader) -> String? {
        let differences = space.differences(from: other.space)
        if !differences.isEmpty {
            let remedy = space.grid.layers == nil || other.space.grid.layers == nil ? "; fit their images again" : ""
            return "these statistics differ in \(differences.joined(separator: ", "))" + remedy
        }
        return nil
    }
}

/// What the headers of statistics and of models have in common: where their space and its grid are.
enum HeaderKeys: String, CodingKey {
    case space, grid, count, samples, clamped, images, epsilon, shrinkage, blurBorder, imageScore, region, calibration
}

extension KeyedDecodingContainer where Key == HeaderKeys {
    /// The first version of both formats has the grid beside the space.
    func decodeSpace() throws -> FeatureSpace {
        guard let grid = try decodeIfPresent(FirstVersionGrid.self, forKey: .grid) else {
            return try decode(FeatureSpace.self, forKey: .space)
        }
        return try FeatureSpace(from: superDecoder(forKey: .space), grid: grid)
    }
}

extension KeyedEncodingContainer where Key == HeaderKeys {
    mutating func encode(_ space: FeatureSpace) throws {
        try encode(space, forKey: .space)
        if space.grid.layers == nil {
            try encode(FirstVersionGrid(exponents: space.grid.exponents), forKey: .grid)
        }
    }
}

extension FeatureSpace {
    /// The first version of the formats of statistics and models that has all of the space's fields.
    var formatVersion: Int {
        if grid.layers == nil { return 1 }
        let isOfSecond =
            input.resizePrecision == .byte && input.normalization == nil && input.orientation == .ignore
            && input.fit == .stretch && input.augmentation == nil && input.tiling == nil && patchGrid == .finest
        return isOfSecond ? 2 : 3
    }
}
