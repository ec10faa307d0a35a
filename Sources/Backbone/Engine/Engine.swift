import CKernels
import Compute
import Settings

/// Computes a backbone's feature maps of images, on the processor.
///
/// Immutable, and shared by all threads; each thread brings a workspace of its own. The features of an image depend on the
/// image, the weights and the instruction set, and on nothing else: not on its group, its place in it, or the thread.
/// With quantised weights they do not depend on the instruction set either.
public final class Engine: Sendable {
    /// A feature map that the engine gives out.
    public struct Tap: Equatable, Sendable {
        public let name: String
        public let channels: Int
        public let height: Int
        public let width: Int
    }

    public let backbone: Backbone
    public let inputHeight: Int
    public let inputWidth: Int
    public let instructionSet: InstructionSet
    /// In the order in which the layers were asked for.
    public let taps: [Tap]
    let plan: Plan

    /// It computes in integers of eight bits, and takes pixels of eight bits alone.
    public var isQuantized: Bool { plan.isInteger }

    /// The most images of one call.
    public var groupSize: Int { plan.groupSize }

    /// Chooses kernels and packs the weights, which takes a moment and as much memory again as they have.
    /// - Parameters:
    ///   - weights: read at least up to the deepest of `layers`.
    ///   - layers: the taps, in any order.
    ///   - normalization: of the pixels; nil: the backbone's own.
    /// - Throws: `BackboneError`, `OutOfMemory`.
    public convenience init(
        backbone: Backbone, weights: BackboneWeights, layers: [String], inputHeight: Int, inputWidth: Int,
        normalization: PixelNormalization? = nil, instructionSet: InstructionSet = .best
    ) throws {
        try self.init(
            backbone: backbone, weights: weights, layers: layers, inputHeight: inputHeight, inputWidth: inputWidth,
            normalization: normalization, instructionSet: instructionSet, groupSize: 4)
    }

    package init(
        backbone: Backbone, weights: BackboneWeights, layers: [String], inputHeight: Int, inputWidth: Int,
        normalization: PixelNormalization? = nil, instructionSet: InstructionSet, groupSize: Int,
        variant: IntegerVariant? = nil
    ) throws {
        guard instructionSet.runsHere else { throw BackboneError.instructionSetAbsent(instructionSet.rawValue) }
        taps = try Self.tapShapes(backbone: backbone, layers: layers, inputHeight: inputHeight, inputWidth: inputWidth)
        let scaling = normalization.map(PixelScaling.init) ?? backbone.scaling
        if let integers = weights.integers {
            guard integers.pixels == scaling else { throw BackboneError.integersAreOfOtherPixels("the weights") }
            plan = try IntegerCompiler.plan(
                backbone: backbone, network: integers, layers: layers, inputHeight: inputHeight,
                inputWidth: inputWidth, instructionSet: instructionSet, variant: variant, groupSize: groupSize)
        } else {
            plan = try PlanBuilder.plan(
                backbone: backbone, weights: weights, layers: layers, inputHeight: inputHeight, inputWidth: inputWidth,
                scaling: scaling, instructionSet: instructionSet, groupSize: groupSize)
        }
        self.backbone = backbone
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.instructionSet = instructionSet
    }

    /// Checks that an engine can be made of weights of integers, without packing them.
    /// - Throws: `BackboneError`.
    static func check(
        backbone: Backbone, integers: IntegerNetwork, layers: [String], inputHeight: Int, inputWidth: Int,
        normalization: PixelNormalization?
    ) throws {
        _ = try tapShapes(backbone: backbone, layers: layers, inputHeight: inputHeight, inputWidth: inputWidth)
        guard integers.pixels == normalization.map(PixelScaling.init) ?? backbone.scaling else {
            throw BackboneError.integersAreOfOtherPixels("the weights")
        }
        try IntegerCompiler.check(
            backbone: backbone, network: integers, layers: layers, inputHeight: inputHeight, inputWidth: inputWidth)
    }

    /// The taps' sizes, without any weights.
    /// - Throws: `BackboneError` for unknown layers and for inputs that the network cannot take.
    public static func tapShapes(
        backbone: Backbone, layers: [String], inputHeight: Int, inputWidth: Int
    ) throws -> [Tap] {
        let nodes = try backbone.graph.tapNodes(layers, backbone: backbone.name)
        let shapes = try backbone.graph.shapes(
            of: backbone.graph.nodesNeeded(for: nodes), inputHeight: inputHeight, inputWidth: inputWidth,
            backbone: backbone.name, layers: layers)
        return zip(layers, nodes).compactMap { layer, node in
            shapes[node].map { Tap(name: layer, channels: $0.channels, height: $0.height, width: $0.width) }
        }
    }

    /// Memory for one thread: everything that `run` writes.
    /// - Throws: `OutOfMemory`.
    public func makeWorkspace() throws -> Workspace {
        try Workspace(plan: plan)
    }

    /// Computes the taps of a group of images, to be read from the workspace until the next call.
    /// - Parameter images: 1...`groupSize` images of `inputHeight` x `inputWidth` pixels.
    /// - Throws: `BackboneError` for images of another size or number; the workspace is then as it was.
    public func run(_ images: [InputPixels], in workspace: Workspace) throws {
        try check(images, workspace)
        workspace.imageCount = images.count
        plan.run(images, in: workspace) { number, execution in plan.steps[number].run(execution) }
    }

    func check(_ images: [InputPixels], _ workspace: Workspace) throws {
        guard workspace.floats >= plan.memory.floats, workspace.offsets == plan.memory.offsets else {
            throw BackboneError.foreignWorkspace
        }
        guard 1...groupSize ~= images.count else {
            throw BackboneError.wrongImageCount(found: images.count, most: groupSize)
        }
        if plan.isInteger, images.contains(where: \.isFloats) { throw BackboneError.integersNeedBytes }
        let expected = 3 * inputHeight * inputWidth
        if let wrong = images.firstIndex(where: { $0.count != expected }) {
            throw BackboneError.wrongPixelCount(image: wrong, found: images[wrong].count, expected: expected)
        }
    }
}

extension Plan {
    /// Runs every step: the first ones image by image, the others once for the group.
    func run(_ images: [InputPixels], in workspace: Workspace, _ perform: (_ step: Int, Execution) -> Void) {
        func execution(_ range: Range<Int>, _ pixels: InputPointer?) -> Execution {
            Execution(
                workspace: workspace.memory, offsets: memory.offsets, images: range, pixels: pixels,
                set: instructionSet.code)
        }
        for (number, image) in images.enumerated() {
            image.withPointer { pixels in
                let one = execution(number..<number + 1, pixels)
                for step in 0..<groupedFrom { perform(step, one) }
            }
        }
        let all = execution(0..<images.count, nil)
        for step in groupedFrom..<steps.count { perform(step, all) }
    }
}
