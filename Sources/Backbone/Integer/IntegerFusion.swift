extension IntegerLayout.Operation {
    var layers: [IntegerLayout.Layer] {
        switch self {
        case .convolution(let layer): [layer]
        case .invertedResidual(let layers, _): layers
        case .pixels, .maxPool, .means, .gate: []
        }
    }

    /// The areas that the operation reads, once for each reader.
    fileprivate var areasRead: [Int] {
        switch self {
        case .pixels: []
        case .convolution, .invertedResidual:
            layers.flatMap { [$0.input, $0.shortcut].compactMap(\.self) }.map(\.map.area.number)
        case .maxPool(let input, _), .means(let input, _, _): [input.map.area.number]
        case .gate(let input, let factors, _): [input.map.area.number, factors.map.area.number]
        }
    }
}

// Inverted residuals whose widest map would leave the cache.
extension IntegerLayout {
    /// An expanded map from this size on is not made.
    private static let leastMapWords = 64 << 10

    mutating func fuse() {
        let read = operations.flatMap(\.areasRead)
        var fused: [Operation] = []
        var grouped = groupedFrom
        var number = 0
        while number < operations.count {
            let layers = invertedResidual(at: number, read)
            if layers.isEmpty {
                fused.append(operations[number])
                number += 1
            } else {
                fused.append(.invertedResidual(layers, reserve(layers, at: number)))
                if number < groupedFrom { grouped -= layers.count - 1 }
                number += layers.count
            }
        }
        replaceOperations(fused, groupedFrom: grouped)
    }

    /// The layers of the inverted residual that begins with an operation, if it is worth it; else none.
    private func invertedResidual(at number: Int, _ read: [Int]) -> [Layer] {
        guard let expand = layer(number), let depthwise = layer(number + 1), isPointwise(expand),
            expand.shortcut == nil, expand.values == nil, expand.output.map.imageStep >= Self.leastMapWords,
            depthwise.isDepthwise, depthwise.values == nil, passesOn(expand, to: depthwise, read)
        else { return [] }
        var layers = [expand, depthwise]
        if let project = layer(number + 2), isPointwise(project), passesOn(depthwise, to: project, read) {
            layers.append(project)
        }
        return (number < groupedFrom) == (number + layers.count - 1 < groupedFrom) ? layers : []
    }

    private func layer(_ number: Int) -> Layer? {
        guard number < operations.count, case .convolution(let layer) = operations[number] else { return nil }
        return layer
    }

    private func isPointwise(_ layer: Layer) -> Bool {
        !layer.isDepthwise && layer.window.size == 1 && layer.window.stride == 1
    }

    /// Whether a layer's map is the input of the other, and nobody else's.
    private func passesOn(_ layer: Layer, to next: Layer, _ read: [Int]) -> Bool {
        let area = layer.output.map.area.number
        return area == next.input.map.area.number && read.count { $0 == area } == 1
    }

    private mutating func reserve(_ layers: [Layer], at number: Int) -> InvertedResidual {
        let (expanded, convolved) = (layers[0].output.map, layers[1].output.map)
        let projects = layers.count == 3
        let last = number + layers.count - 1
        let scratch = InvertedResidual(
            ring: memory.reserve(floats: expanded.rowStep * (layers[1].window.size + 1), at: number),
            row: memory.reserve(floats: projects ? convolved.pixelStep * convolved.shape.width : 0, at: number))
        memory.abandon(expanded.area)
        if projects { memory.abandon(convolved.area) }
        // Rows of the output appear while rows of the input are still to be read: all this is in use from first to last.
        let areas = [scratch.ring, scratch.row, layers[0].input.map.area, layers[layers.count - 1].output.map.area]
        for area in areas + [layers.last?.shortcut?.map.area, layers.last?.values?.area].compactMap(\.self) {
            memory.use(area, at: number)
            memory.use(area, at: last)
        }
        return scratch
    }
}
