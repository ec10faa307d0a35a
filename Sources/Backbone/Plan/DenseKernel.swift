/// The kernels that a dense convolution can take.
enum DenseKernel: Equatable {
    case direct
    /// Tiles of 4 x 4 outputs, of a 3 x 3 convolution with stride 1 or 2.
    case winograd(stride: Int)

    /// The fastest for a layer.
    ///
    /// Winograd's tiles do 36 products (stride 1) or 81 (stride 2) for 144, but their transforms cost as much for few
    /// channels as for many; and a map smaller than a tile is mostly border.
    init(_ convolution: Graph.Convolution, input: FeatureShape, output: FeatureShape) {
        let window = convolution.window
        guard window.size == 3, window.stride <= 2, window.isPaddedByOne, !convolution.depthwise,
            convolution.gate == nil, convolution.activation != .swish,
            min(input.channels, convolution.channels) >= 32, min(output.height, output.width) >= 4
        else {
            self = .direct
            return
        }
        self = .winograd(stride: window.stride)
    }

    /// The zero pixels that the kernel reads around its input, where they are not just those of the window.
    func border(input: FeatureShape, output: FeatureShape) -> Border? {
        guard case .winograd(let stride) = self else { return nil }
        return Border(
            top: 1, left: 1, bottom: Self.reach(output.height, stride) - input.height,
            right: Self.reach(output.width, stride) - input.width)
    }

    /// How far the tiles over a side reach into the input: tiles of four outputs, and one of two where that suffices.
    private static func reach(_ side: Int, _ stride: Int) -> Int {
        let covered = side % 4 == 3 ? side + 1 : side + side % 2
        return stride * (covered - 1) + 2
    }

    /// How many tiles go through the slices together: few keep a block's slices in the second-level cache, many read the
    /// weights less often. The weights win where they are large beside the map: in small maps, and with stride 2.
    func tilesPerBlock(input: FeatureShape, output: FeatureShape) -> Int {
        if self == .winograd(stride: 2) || output.height * output.width <= 16 * 16 { return 64 }
        return input.channels < 128 ? 32 : 16
    }
}

extension Graph.Window {
    fileprivate var isPaddedByOne: Bool {
        if case .symmetric(1) = padding { true } else { false }
    }
}
