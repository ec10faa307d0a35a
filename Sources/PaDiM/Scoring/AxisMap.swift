import CKernels
import Foundation
import Imaging
import Settings
import Tensors

/// A linear map along one axis of an anomaly map, as a sparse matrix: enlarge, blur, place. Maps compose into one matrix,
/// so that an image needs one pass along each axis.
package struct AxisMap: Equatable, Sendable {
    package let inputs: Int
    /// For each output, the inputs that it takes and their weights, inputs ascending.
    package let rows: [[Term]]

    package struct Term: Equatable, Sendable {
        package let input: Int
        package let weight: Double
    }

    package var outputs: Int { rows.count }

    /// Sums the terms of equal inputs.
    private init(inputs: Int, _ rows: [[Term]]) {
        self.inputs = inputs
        self.rows = rows.map { terms in
            var sums: [Int: Double] = [:]
            for term in terms { sums[term.input, default: 0] += term.weight }
            return sums.sorted { $0.key < $1.key }.map { Term(input: $0.key, weight: $0.value) }
        }
    }

    /// Bilinear, pixel centres at halves: PyTorch's `interpolate(mode="bilinear", align_corners=False)`.
    package static func bilinear(from inputs: Int, to outputs: Int) -> AxisMap {
        let scale = Double(inputs) / Double(outputs)
        return AxisMap(
            inputs: inputs,
            (0..<outputs).map { blend(at: max((Double($0) + 0.5) * scale - 0.5, 0), of: inputs) })
    }

    /// Nearest repetition: output i is input floor(i inputs / outputs).
    package static func repeating(_ inputs: Int, to outputs: Int) -> AxisMap {
        AxisMap(inputs: inputs, (0..<outputs).map { [Term(input: $0 * inputs / outputs, weight: 1)] })
    }

    /// Gaussian weights out to `radius`, which sum to one: SciPy's `gaussian_filter1d`.
    package static func blur(_ count: Int, sigma: Double, radius: Int, border: BlurBorder) -> AxisMap {
        let weights = (-radius...radius).map { exp(-0.5 / (sigma * sigma) * Double($0 * $0)) }
        let total = weights.reduce(0, +)
        return AxisMap(
            inputs: count,
            (0..<count).map { output in
                zip(-radius...radius, weights).map { offset, weight in
                    Term(input: border.index(output + offset, of: count), weight: weight / total)
                }
            })
    }

    /// From the network's input back to the image as it was read; 0 where the network saw nothing.
    static func placing(_ window: InputWindow.Axis) -> AxisMap {
        let scale = Double(window.scaled) / Double(window.original)
        return AxisMap(
            inputs: window.input,
            (0..<window.original).map { output in
                let place = (Double(output) + 0.5) * scale - Double(window.start)
                guard place >= 0, place <= Double(window.input) else { return [] }
                return blend(at: max(place - 0.5, 0), of: window.input)
            })
    }

    /// The map that does this one first and then `next`.
    package func followed(by next: AxisMap) -> AxisMap {
        precondition(next.inputs == outputs, "the maps do not fit")
        return AxisMap(
            inputs: inputs,
            next.rows.map { terms in
                terms.flatMap { term in
                    rows[term.input].map { Term(input: $0.input, weight: $0.weight * term.weight) }
                }
            })
    }

    private static func blend(at place: Double, of inputs: Int) -> [Term] {
        let low = min(Int(place), inputs - 1)
        let high = min(low + 1, inputs - 1)
        let share = min(place - Double(low), 1)
        return [Term(input: low, weight: 1 - share), Term(input: high, weight: share)]
    }
}

extension BlurBorder {
    /// The pixel that stands for pixel `index` of `count`, wherever it is.
    fileprivate func index(_ index: Int, of count: Int) -> Int {
        let period = self == .repeatingEdge ? 2 * count : max(2 * count - 2, 1)
        let place = (index % period + period) % period
        if place < count { return place }
        return self == .repeatingEdge ? period - 1 - place : period - place
    }
}

/// An `AxisMap` as the kernels take it.
final class PackedAxisMap: @unchecked Sendable {
    // Written once, in init.
    private let first: AlignedBuffer<Int32>
    private let weights: AlignedBuffer<Float>
    let inputs: Int
    let outputs: Int
    private let width: Int

    init(_ map: AxisMap) throws {
        (inputs, outputs) = (map.inputs, map.outputs)
        let width = map.rows.map { ($0.last?.input ?? 0) - ($0.first?.input ?? 0) + 1 }.max() ?? 1
        self.width = width
        // A band that would pass the end begins earlier.
        let starts = map.rows.map { min($0.first?.input ?? 0, map.inputs - width) }
        first = try AlignedBuffer(copying: starts.map { Int32($0) })
        weights = try AlignedBuffer(zeros: map.outputs * width)
        for (output, terms) in map.rows.enumerated() {
            for term in terms {
                weights.pointer[output * width + term.input - starts[output]] = Float(term.weight)
            }
        }
    }

    /// Applies the map to the rows of an image: `inputs` rows of `columns` floats to `outputs` rows.
    func apply(
        _ input: UnsafePointer<Float>, columns: Int, to output: UnsafeMutablePointer<Float>, _ kernels: UncheckedKernels
    ) {
        var matrix = BandedMatrix(
            inputs: Int32(inputs), outputs: Int32(outputs), width: Int32(width), first: first.pointer,
            weights: weights.pointer)
        kernels.pointer.pointee.banded_product(&matrix, input, Int32(columns), output)
    }
}
