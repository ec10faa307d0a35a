import CKernels

/// One kernel's work on one image, or on a whole group. A value: all that is known before the image comes.
protocol Step: Sendable {
    /// The graph's node, or those that the step does at once.
    var layer: String { get }
    /// The kernel chosen.
    var kernel: String { get }
    var output: FeatureMap { get }
    /// Multiplications and additions that a direct computation takes for an image.
    var operations: Int { get }
    func run(_ execution: Execution)
}

/// What a step works on.
struct Execution {
    let workspace: UnsafeMutablePointer<Float>
    let offsets: [Int]
    /// The images of the group that are computed now.
    let images: Range<Int>
    /// The pixels of the first of them.
    let pixels: InputPointer?
    let set: InstructionSetCode

    func address(_ area: Area) -> UnsafeMutablePointer<Float> {
        workspace + offsets[area.number]
    }

    /// The first inside pixel of the map for the first image.
    func address(_ map: FeatureMap) -> UnsafeMutablePointer<Float> {
        address(map.area) + map.inside + (map.holdsGroup ? images.lowerBound * map.imageStep : 0)
    }

    /// Zeroes the map's border: its memory may have held another map.
    func clearBorder(_ map: FeatureMap) {
        guard map.border != .none else { return }
        for image in 0..<images.count {
            clear_border(
                address(map) + image * map.imageStep, map.pixelStep, map.rowStep, map.shape.height, map.shape.width,
                map.border.top, map.border.left, map.border.bottom, map.border.right)
        }
    }
}

extension ActivationFunction {
    var activation: Activation {
        switch self {
        case .none: Activation(kind: ActivationNone, low: -.infinity, high: .infinity)
        case .relu: Activation(kind: ActivationClamp, low: 0, high: .infinity)
        case .relu6: Activation(kind: ActivationClamp, low: 0, high: 6)
        case .swish: Activation(kind: ActivationSwish, low: 0, high: 0)
        }
    }
}
