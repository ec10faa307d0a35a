import Storage

/// What is read for an image of a shard.
public enum ImagePart: String, Codable, Sendable, CaseIterable {
    /// The image itself.
    case image
    /// The mask of its own region of interest.
    case region
}

/// What a worker asks the coordinator for: an image, or its mask, of a shard that it has in hand.
public struct ServedImage: Hashable, Sendable {
    public let lease: LeaseID
    public let image: ImageID
    public let part: ImagePart

    public init(lease: LeaseID, image: ImageID, part: ImagePart = .image) {
        (self.lease, self.image, self.part) = (lease, image, part)
    }
}

extension ServedImage: Comparable {
    public static func < (left: ServedImage, right: ServedImage) -> Bool {
        (left.lease, left.image, left.part.rawValue) < (right.lease, right.image, right.part.rawValue)
    }
}
