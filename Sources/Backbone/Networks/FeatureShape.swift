/// The size of a feature map.
package struct FeatureShape: Equatable, Sendable {
    package let height: Int
    package let width: Int
    package let channels: Int
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
        func slide(_ window: Window, channels: Int) -> FeatureShape? {
            guard
                let rows = window.padding.resolve(input: source.height, size: window.size, stride: window.stride),
                let columns = window.padding.resolve(input: source.width, size: window.size, stride: window.stride)
            else { return nil }
            return FeatureShape(height: rows.output, width: columns.output, channels: channels)
        }
        switch node.operation {
        case .image: return image
        case .convolution(let convolution): return slide(convolution.window, channels: convolution.channels)
        case .maxPool(let window): return slide(window, channels: source.channels)
        case .gate: return FeatureShape(height: 1, width: 1, channels: source.channels)
        }
    }
}
