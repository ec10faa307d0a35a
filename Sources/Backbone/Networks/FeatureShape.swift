/// The size of a feature map.
package struct FeatureShape: Equatable, Sendable {
    package let height: Int
    package let width: Int
    package let channels: Int

    package init(height: Int, width: Int, channels: Int) {
        (self.height, self.width, self.channels) = (height, width, channels)
    }
}

extension Graph {
    /// The largest side of an input: keeps every product of sizes far from overflow.
    package static let largestInput = 1 << 14

    /// The shapes of the given nodes' outputs, indexed as `nodes`; nil for all others.
    /// - Parameter needed: ascending and complete, as `nodesNeeded` gives them.
    /// - Throws: `BackboneError.inputTooSmall`, `.inputTooLarge`.
    package func shapes(
        of needed: [Int], inputHeight: Int, inputWidth: Int, backbone: String, layers: [String]
    ) throws -> [FeatureShape?] {
        guard max(inputHeight, inputWidth) <= Self.largestInput else {
            throw BackboneError.inputTooLarge(height: inputHeight, width: inputWidth, largest: Self.largestInput)
        }
        var shapes = [FeatureShape?](repeating: nil, count: nodes.count)
        for index in needed {
            shapes[index] = shape(of: index, shapes, FeatureShape(height: inputHeight, width: inputWidth, channels: 3))
            guard let shape = shapes[index], shape.height > 0, shape.width > 0 else {
                throw BackboneError.inputTooSmall(
                    backbone: backbone, height: inputHeight, width: inputWidth, layer: layers.joined(separator: ", "))
            }
        }
        return shapes
    }

    private func shape(of index: Int, _ shapes: [FeatureShape?], _ image: FeatureShape) -> FeatureShape? {
        let node = nodes[index]
        guard index > 0 else { return image }
        guard let source = shapes[node.source] else { return nil }
        switch node.operation {
        case .image: return image
        case .convolution(let convolution): return convolution.output(of: source)
        case .stem(let convolution): return convolution.output(of: source).flatMap { Window.stemPool.output(of: $0) }
        case .gate: return FeatureShape(height: 1, width: 1, channels: source.channels)
        }
    }
}

extension Graph.Convolution {
    /// Nil where no window fits.
    func output(of input: FeatureShape) -> FeatureShape? {
        window.output(of: input).map { FeatureShape(height: $0.height, width: $0.width, channels: channels) }
    }
}

extension Graph.Window {
    /// The max pool of a stem.
    static let stemPool = Graph.Window(size: 3, stride: 2, padding: .symmetric(1))

    /// The shape of what the window gives for each channel; nil where it does not fit.
    func output(of input: FeatureShape) -> FeatureShape? {
        guard let rows = padding.resolve(input: input.height, size: size, stride: stride),
            let columns = padding.resolve(input: input.width, size: size, stride: stride)
        else { return nil }
        return FeatureShape(height: rows.output, width: columns.output, channels: input.channels)
    }
}
