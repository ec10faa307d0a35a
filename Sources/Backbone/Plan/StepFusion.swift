import CKernels

/// Replaces the steps of an inverted residual by one where the maps between them would leave the cache.
struct StepFusion {
    let steps: [any Step]
    let groupedFrom: Int
    /// The maps that nodes read and taps hand out, by their areas' numbers, once for each reader.
    let read: [Int]
    let lanes: Int

    /// An expanded map from this size on is not made. Measured on Zen 4 with 1 MiB of second-level cache a core; twice and
    /// half as much make a difference of less than 1 %.
    private static let leastMapFloats = 64 << 10
    /// What the ring and the weights of a pass over some of the channels may take.
    private static let passFloats = 64 << 10

    func fuse(_ memory: inout MemoryPlan) -> (steps: [any Step], groupedFrom: Int) {
        var fused: [any Step] = []
        var grouped = groupedFrom
        var number = 0
        while number < steps.count {
            let (step, count) = invertedResidual(at: number, &memory) ?? (steps[number], 1)
            fused.append(step)
            if number < groupedFrom { grouped -= count - 1 }
            number += count
        }
        return (fused, grouped)
    }

    /// The step that does what `count` steps from `number` on do, if it is worth it.
    private func invertedResidual(at number: Int, _ memory: inout MemoryPlan) -> (any Step, count: Int)? {
        guard let expand = step(number) as? ConvolutionStep, expand.gate == nil, expand.shortcut == nil,
            expand.output.imageStep >= Self.leastMapFloats,
            let depthwise = step(number + 1) as? DepthwiseStep, passesOn(expand.output, to: depthwise.input)
        else { return nil }
        let project = projection(at: number + 2, of: depthwise.output)
        let last = number + (project == nil ? 1 : 2)
        guard (number < groupedFrom) == (last < groupedFrom) else { return nil }

        let vectors = expand.weights.vectors
        let slots = depthwise.window.size + 1
        let slotFloats = expand.output.rowStep / vectors * slots
        let fitting = Self.passFloats / (slotFloats + expand.inputChannels * lanes)
        let perPass = project == nil ? max(2, min(vectors, fitting) & ~1) : vectors
        let step = InvertedResidualStep(
            expand: expand, depthwise: depthwise, project: project, vectorsPerPass: perPass,
            ring: memory.reserve(
                floats: slotFloats * inverted_residual_ring_vectors(vectors, perPass), at: number),
            rows: memory.reserve(
                floats: project == nil
                    ? 0 : ProjectedRows * depthwise.output.pixelStep * depthwise.output.shape.width,
                at: number))
        memory.abandon(expand.output.area)
        if project != nil { memory.abandon(depthwise.output.area) }
        // Rows of the output appear while rows of the input are still to be read: all this is in use from first to last.
        let areas = [step.ring, step.rows, expand.input.area, step.output.area, depthwise.sums?.area]
        for area in areas.compactMap(\.self) {
            memory.use(area, at: number)
            memory.use(area, at: last)
        }
        return (step, last - number + 1)
    }

    /// The 1 x 1 convolution that may follow a depthwise one row by row: no gate waits for the whole map.
    private func projection(at number: Int, of map: FeatureMap) -> ConvolutionStep? {
        guard let project = step(number) as? ConvolutionStep, passesOn(map, to: project.input), project.gate == nil,
            project.window.size == 1, project.window.stride == 1
        else { return nil }
        return project
    }

    /// Whether the map is the input, and nothing else's.
    private func passesOn(_ map: FeatureMap, to input: FeatureMap) -> Bool {
        map.area.number == input.area.number && read.count { $0 == map.area.number } == 1
    }

    private func step(_ number: Int) -> (any Step)? { steps.indices ~= number ? steps[number] : nil }
}
