/// What can be wrong with a backbone, its weights, or the input asked of it. The text names the value and the remedy.
public enum BackboneError: Error, CustomStringConvertible, Sendable {
    case unknownBackbone(String)
    case unknownLayer(String, backbone: String, known: [String])
    case noLayers(backbone: String)
    case repeatedLayer(String)
    case inputTooSmall(backbone: String, height: Int, width: Int, layer: String)
    case inputTooLarge(height: Int, width: Int, largest: Int)
    case weightsDoNotFit(backbone: String, source: String, problems: [WeightProblem], fitsInstead: [String])
    case notFinite(tensor: String, source: String)
    case weightsMissing(tensor: String, backbone: String)
    case wrongPixelCount(image: Int, found: Int, expected: Int)
    case wrongImageCount(found: Int, most: Int)
    case foreignWorkspace
    case instructionSetAbsent(String)
    case unusableIntegers(String, String)
    case cannotBeQuantized(String, String)
    case integersNeedBytes
    case integersAreOfOtherPixels(String)
    case alreadyIntegers(String)

    public var description: String {
        switch self {
        case .unknownBackbone(let name):
            "no backbone is named '\(name)'; there are \(Backbone.all.map(\.name).joined(separator: ", "))"
        case .unknownLayer(let layer, let backbone, let known):
            "\(backbone) has no layer '\(layer)'; its layers are \(known.joined(separator: ", "))"
        case .noLayers(let backbone):
            "no layer of \(backbone) is asked for: name at least one"
        case .repeatedLayer(let layer):
            "layer '\(layer)' is asked for twice: name it once"
        case .inputTooSmall(let backbone, let height, let width, let layer):
            "an input of \(height) x \(width) pixels is too small for \(backbone) up to \(layer): use a larger input size"
        case .inputTooLarge(let height, let width, let largest):
            "an input of \(height) x \(width) pixels is too large: a side has at most \(largest)"
        case .weightsDoNotFit(let backbone, let source, let problems, let fitsInstead):
            Self.describe(backbone: backbone, source: source, problems: problems, fitsInstead: fitsInstead)
        case .notFinite(let tensor, let source):
            "tensor '\(tensor)' of \(source) holds a value that is not finite: the file is damaged or its training failed"
        case .weightsMissing(let tensor, let backbone):
            "the weights do not hold '\(tensor)', which \(backbone) needs: load them up to the deepest layer asked for"
        case .wrongPixelCount(let image, let found, let expected):
            "image \(image) of the group has \(found) bytes, the engine takes \(expected)"
        case .wrongImageCount(let found, let most):
            "\(found) images in a group: the engine takes 1 to \(most)"
        case .foreignWorkspace:
            "the workspace was made by another engine"
        case .instructionSetAbsent(let name):
            "this processor or this build does not have the instruction set '\(name)'"
        case .unusableIntegers(let layer, let reason):
            "the integers of layer '\(layer)' cannot be used: \(reason); make the file again with padim weights quantize"
        case .cannotBeQuantized(let layer, let reason):
            "layer '\(layer)' cannot be quantised: \(reason); use --precision float32"
        case .integersNeedBytes:
            "a backbone of integers takes pixels of 8 bits: use --resize-precision byte"
        case .integersAreOfOtherPixels(let source):
            "\(source) were quantised for another mean and deviation of pixels: give the weights that they were made of, with --precision int8"
        case .alreadyIntegers(let source):
            "\(source) holds the integers of a quantised network: give the weights that it was made of"
        }
    }

    private static func describe(
        backbone: String, source: String, problems: [WeightProblem], fitsInstead: [String]
    ) -> String {
        let shown = problems.prefix(20).map { "  " + $0.description }
        var lines = ["\(source) does not hold the weights of \(backbone):"] + shown
        if problems.count > shown.count { lines.append("  and \(problems.count - shown.count) more") }
        if !fitsInstead.isEmpty { lines.append("it fits \(fitsInstead.joined(separator: ", "))") }
        return lines.joined(separator: "\n")
    }
}

/// One tensor that a weights file lacks, holds in another shape, or should not hold.
public struct WeightProblem: Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with the tensor; shapes are outermost axis first.
    public enum Kind: Equatable, Sendable {
        case missing(expected: [Int])
        case misshapen(expected: [Int], found: [Int])
        /// The network has no such tensor among its blocks: the file is of a deeper relative.
        case unexpected(found: [Int])
    }

    /// The tensor's name as the file's kind of names has it.
    public let tensor: String
    public let kind: Kind

    public var description: String {
        switch kind {
        case .missing(let expected): "\(tensor) is missing (shape \(expected))"
        case .misshapen(let expected, let found): "\(tensor) has shape \(found), expected \(expected)"
        case .unexpected(let found): "\(tensor) (shape \(found)) is not part of this network"
        }
    }
}
