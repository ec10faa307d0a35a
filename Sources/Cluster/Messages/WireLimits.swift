import Gaussian

/// The limits of what either side says, in one place. docs/PROTOCOL.md lists them, and a test holds them against each other.
extension Wire {
    /// A header may not be longer: 64 images with the longest paths, of their masks too, fit.
    public static let longestHeader = 4 << 20
    /// A payload may not be longer. What one peer can make the other hold follows from it, so it is not larger than an artifact may
    /// reasonably be, and bounds the channels instead: at `mostChannels` the sums of a 7x7 grid take 4 GB in each worker.
    public static let longestPayload = 80 << 20
    /// Of so many kept channels one patch's record of sums fits into a payload: 4,577. No backbone has as many.
    public static let mostChannels: Int = {
        var (fits, not) = (1, FeatureSpace.maximumDimension + 1)
        while not - fits > 1 {
            let middle = (fits + not) / 2
            if Statistics.chunkByteCount(patches: 1, dimension: middle) <= longestPayload {
                fits = middle
            } else {
                not = middle
            }
        }
        return fits
    }()
    /// Header, payload and checksum.
    public static let frameCount = 3
    public static let longestMessage = longestHeader + longestPayload + 4
    /// Arrays and objects in a header, one in the other. Messages that are known here have less.
    package static let deepestNesting = 16
    /// A piece of a blob is not longer, whatever was asked for.
    public static let longestPiece = 1 << 20
    /// An image that the coordinator sends is not larger, as one that a worker reads itself.
    public static let largestImage: Int64 = 1 << 30
    /// A `send` that asks for more chunks is passed over.
    package static let mostChunksAsked = 1_024
    /// A worker remembers so many leases that it reported, to know a deal that comes late.
    package static let leasesRemembered = 16_384
    /// A worker that says how many leases it can hold, as a relay does, holds no more.
    public static let mostLeases = 1_024
    /// Of what a relay says of the instruction sets behind it no more are used. There are four.
    static let mostInstructionSets = 16
}
