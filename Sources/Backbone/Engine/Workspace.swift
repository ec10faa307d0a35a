import Tensors

/// What one thread computes in: all feature maps of a group of images, in one allocation.
///
/// To be used by one thread at a time; that is the owner's care.
public final class Workspace: @unchecked Sendable {
    private let buffer: AlignedBuffer<Float>
    private let taps: [FeatureMap]
    let offsets: [Int]
    /// How many images the last run had.
    public internal(set) var imageCount = 0

    var memory: UnsafeMutablePointer<Float> { buffer.pointer }
    var floats: Int { buffer.count }
    /// The memory that the workspace takes, in bytes.
    public var byteCount: Int { buffer.count * MemoryLayout<Float>.stride }

    init(plan: Plan) throws {
        buffer = try AlignedBuffer(zeros: plan.memory.floats)
        taps = plan.taps
        offsets = plan.memory.offsets
    }

    /// A tap of one image of the last run.
    /// - Parameters:
    ///   - tap: the index in the engine's `taps`.
    ///   - image: the index in the group that was run.
    public func withTap<R>(_ tap: Int, image: Int, _ body: (TapView) throws -> R) rethrows -> R {
        precondition(taps.indices ~= tap && 0..<imageCount ~= image, "no such tap or image in the workspace")
        let map = taps[tap]
        let address = buffer.pointer + offsets[map.area.number] + map.inside + image * map.imageStep
        return try body(
            TapView(
                pixels: UnsafePointer(address), pixelStride: map.pixelStep, rowStride: map.rowStep,
                height: map.shape.height, width: map.shape.width, channels: map.shape.channels))
    }
}

/// A feature map, channels-last: element (y, x, c) is `pixels[y * rowStride + x * pixelStride + c]`.
public struct TapView {
    /// The first pixel's first channel. Valid only while the workspace lends it.
    public let pixels: UnsafePointer<Float>
    /// At least `channels`: pixels are padded to whole vectors.
    public let pixelStride: Int
    /// At least `width * pixelStride`: rows may have a border between them.
    public let rowStride: Int
    public let height: Int
    public let width: Int
    public let channels: Int
}
