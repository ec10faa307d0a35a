import Backbone
import Gaussian
import PaDiM
import Settings

/// PaDiM behind the backbone, as ONNX operators: the same steps, in the same order, as docs/NUMERICS.md has them.
extension ONNXGraph {
    /// The kept channels of all taps at every patch, as numbers of the fixed-point grid: [images, channels, patches].
    mutating func addEmbedding(of taps: [(value: String, shape: FeatureShape)], in space: FeatureSpace) -> String {
        var parts: [String] = []
        var first = 0
        for (number, tap) in taps.enumerated() {
            let places = space.channels.indices.filter {
                (first..<first + tap.shape.channels).contains(space.channels[$0])
            }
            defer { first += tap.shape.channels }
            guard !places.isEmpty else { continue }
            let name = space.layers[number]
            let channels = constant(places.map { space.channels[$0] - first }, as: name + ".channels")
            var value = add("Gather", [tap.value, channels], as: name + ".kept", [("axis", .int(1))])
            if space.patchGrid == .coarsest { value = addMeans(value, name, tap.shape, space) }
            value = addRounding(value, name, places, space)
            if space.patchGrid == .finest { value = addRepetition(value, name, tap.shape, space) }
            parts.append(value)
        }
        let joined = parts.count == 1 ? parts[0] : add("Concat", parts, as: "embedding", [("axis", .int(1))])
        let shape = constant([0, space.dimension, space.patches], as: "embedding.shape")
        return add("Reshape", [joined, shape], as: "embedding.patches")
    }

    /// Means over the pixels of each patch, as two products with matrices.
    private mutating func addMeans(_ value: String, _ name: String, _ shape: FeatureShape, _ space: FeatureSpace)
        -> String
    {
        func means(_ inputs: Int, _ outputs: Int) -> [[Float]] {
            let windows = TapLayout.windows(of: inputs, over: outputs).map { Int($0) }
            return (0..<outputs).map { output in
                let window = windows[2 * output]..<windows[2 * output + 1]
                return (0..<inputs).map { window.contains($0) ? 1 / Float(window.count) : 0 }
            }
        }
        guard (shape.height, shape.width) != (space.gridHeight, space.gridWidth) else { return value }
        let rows = means(shape.height, space.gridHeight)
        let columns = means(shape.width, space.gridWidth)
        let left = constant(rows.flatMap { $0 }, [space.gridHeight, shape.height], as: name + ".rows")
        let right = constant(
            (0..<shape.width).flatMap { input in columns.map { $0[input] } }, [shape.width, space.gridWidth],
            as: name + ".columns")
        return add("MatMul", [add("MatMul", [left, value], as: name + ".means"), right], as: name + ".means")
    }

    /// To the nearest number of the fixed-point grid, ties to even.
    private mutating func addRounding(
        _ value: String, _ name: String, _ places: [Int], _ space: FeatureSpace
    ) -> String {
        let scales = constant(places.map { space.grid.scales[$0] }, [places.count, 1, 1], as: name + ".scales")
        let steps = constant(places.map { space.grid.steps[$0] }, [places.count, 1, 1], as: name + ".steps")
        let limit = Float(FixedPointGrid.limit)
        let (low, high) = (constant([-limit], [], as: "low"), constant([limit], [], as: "high"))
        let rounded = add("Round", [add("Mul", [value, scales], as: name + ".scaled")], as: name + ".rounded")
        return add("Mul", [add("Clip", [rounded, low, high], as: name + ".clipped"), steps], as: name + ".fixed")
    }

    /// A coarser tap's pixels are repeated: patch i shows pixel floor(i pixels / patches).
    private mutating func addRepetition(
        _ value: String, _ name: String, _ shape: FeatureShape, _ space: FeatureSpace
    ) -> String {
        var value = value
        for (axis, pixels, patches) in [(2, shape.height, space.gridHeight), (3, shape.width, space.gridWidth)]
        where pixels != patches {
            let shown = constant((0..<patches).map { $0 * pixels / patches }, as: name + ".shown")
            value = add("Gather", [value, shown], as: name + ".repeated", [("axis", .int(axis))])
        }
        return value
    }

    /// Mahalanobis distances: [images, grid height, grid width].
    mutating func addDistances(of embedding: String, _ model: GaussianModel) -> String {
        let (patches, dimension) = (model.space.patches, model.space.dimension)
        let means = constant([patches, dimension, 1], as: "mean") { take in
            for patch in 0..<patches {
                try model.withParameters(patches: patch..<patch + 1) { means, _ in
                    try take(UnsafeRawBufferPointer(start: means, count: dimension * 4))
                }
            }
        }
        let whitening = constant([patches, dimension, dimension], as: "whitening") { take in
            var square = [Float](repeating: 0, count: dimension * dimension)
            for patch in 0..<patches {
                try model.withParameters(patches: patch..<patch + 1) { _, packed in
                    for row in 0..<dimension {
                        for column in 0...row {
                            square[row * dimension + column] = packed[row * (row + 1) / 2 + column]
                        }
                    }
                }
                try square.withUnsafeBytes { try take($0) }
            }
        }
        let byPatch = add("Transpose", [embedding], as: "embedding.byPatch", [("perm", .ints([2, 1, 0]))])
        let centred = add("Sub", [byPatch, means], as: "centred")
        let white = add("MatMul", [whitening, centred], as: "white")
        let axes = constant([1], as: "channels")
        let squares = add(
            "ReduceSum", [add("Mul", [white, white], as: "squares"), axes], as: "squared", [("keepdims", .int(0))])
        let distances = add(
            "Transpose", [add("Sqrt", [squares], as: "distances")], as: "distances.byImage", [("perm", .ints([1, 0]))])
        let shape = constant([0, model.space.gridHeight, model.space.gridWidth], as: "grid.shape")
        return add("Reshape", [distances, shape], as: "grid")
    }

    /// The anomaly map at the input's size, enlarged and blurred by one product on each side: [images, height, width].
    mutating func addMap(of grid: String, _ vertical: AxisMap, _ horizontal: AxisMap) -> String {
        func matrix(_ map: AxisMap) -> [[Float]] {
            map.rows.map { terms in
                var row = [Float](repeating: 0, count: map.inputs)
                for term in terms { row[term.input] = Float(term.weight) }
                return row
            }
        }
        let left = constant(
            matrix(vertical).flatMap { $0 }, [vertical.outputs, vertical.inputs], as: "map.vertical")
        let columns = matrix(horizontal)
        let right = constant(
            (0..<horizontal.inputs).flatMap { input in columns.map { $0[input] } },
            [horizontal.inputs, horizontal.outputs], as: "map.horizontal")
        return add("MatMul", [add("MatMul", [left, grid], as: "map.tall"), right], as: "map")
    }

    /// The score of a map of so many pixels: [images].
    mutating func addScore(of map: String, pixels: Int, _ rule: ImageScore) -> String {
        let shape = constant([0, pixels], as: "pixels.shape")
        let flat = add("Reshape", [map, shape], as: "pixels")
        switch rule {
        case .max:
            return add("ReduceMax", [flat], as: "score", [("axes", .ints([1])), ("keepdims", .int(0))])
        case .top(let percent):
            let count = min(max(Int((Double(pixels) * percent / 100).rounded()), 1), pixels)
            let largest = addPair(
                "TopK", [flat, constant([count], as: "largest.count")], as: "largest",
                [("axis", .int(1)), ("largest", .int(1)), ("sorted", .int(0))])
            return add("ReduceMean", [largest], as: "score", [("axes", .ints([1])), ("keepdims", .int(0))])
        }
    }
}
