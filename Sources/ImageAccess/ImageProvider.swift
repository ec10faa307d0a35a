import Storage

/// Somebody who has images that this machine does not have: for a worker, its coordinator.
public protocol ImageProvider: AnyObject, Sendable {
    /// How long threads have waited for images, summed over them.
    var waited: Duration { get }

    /// The whole content of an image that cannot be found on this machine.
    /// - Parameter limit: the most bytes that are taken.
    /// - Returns: nil where the provider does not give this image; the reader then tells why it cannot read it itself.
    /// - Throws: `ImageAccessError` where the provider cannot have it either, or it is larger than the limit.
    func fetch(_ location: ImageLocation, limit: Int) throws -> [UInt8]?
}
