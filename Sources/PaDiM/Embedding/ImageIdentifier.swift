import Compute
import Gaussian
import ImageAccess
import Imaging
import Storage

/// Reads images as they are read to be embedded, and finds the digests of their contents. Nothing is computed of them.
public final class ImageIdentifier: Sendable {
    /// What came of a list of images.
    public struct Found: Equatable, Sendable {
        /// In the order of the images.
        public let failures: [UnusableImage]
        /// Of the other images, by their indices.
        public let digests: [Int: ContentDigest]
    }

    private let preprocessing: Preprocessing
    private let crew: ThreadCrew
    private let reader: ImageReader

    /// - Throws: `PaDiMError` where the space's input is impossible.
    public init(space: FeatureSpace, crew: ThreadCrew, reader: ImageReader = .standard) throws {
        preprocessing = try Preprocessing(space.input)
        (self.crew, self.reader) = (crew, reader)
    }

    /// - Throws: what is not an image's fault.
    public func identify(_ images: [ImageLocation]) throws -> Found {
        let (preprocessing, reader) = (preprocessing, reader)
        let outcomes = try crew.map(images.count) { index, _ in
            Result {
                let loaded = try preprocessing.read(images[index], by: reader, digesting: true)
                // What cannot be prepared cannot be embedded either.
                _ = try ViewSequence(loaded, .plain, preprocessing).input(0)
                return loaded.digest
            }
        }
        var failures: [UnusableImage] = []
        var digests: [Int: ContentDigest] = [:]
        for (index, outcome) in outcomes.enumerated() {
            switch outcome {
            case .success(let digest): digests[index] = digest
            case .failure(let error):
                let reason = (error as? ImageError)?.reason ?? "\(error)"
                failures.append(UnusableImage(index: index, location: images[index], reason: reason))
            }
        }
        return Found(failures: failures, digests: digests)
    }
}
