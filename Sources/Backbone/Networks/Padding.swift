/// How far a window reaches over the edges of its input.
package enum Padding: Sendable {
    /// As many pixels on every side.
    case symmetric(Int)
    /// TensorFlow's SAME: the output has ceil(input / stride) pixels; an odd surplus goes to the end.
    case same

    /// Pixels before and after the input, and the output's side; nil where no window fits.
    package func resolve(input: Int, size: Int, stride: Int) -> (before: Int, after: Int, output: Int)? {
        switch self {
        case .symmetric(let pad):
            guard input + 2 * pad >= size else { return nil }
            let output = (input + 2 * pad - size) / stride + 1
            return (pad, max(0, (output - 1) * stride + size - input - pad), output)
        case .same:
            guard input > 0 else { return nil }
            let output = (input + stride - 1) / stride
            let total = max(0, (output - 1) * stride + size - input)
            return (total / 2, total - total / 2, output)
        }
    }
}
