import Checkpoints

/// The trained numbers of a backbone, checked to be complete, well shaped and finite.
public struct BackboneWeights: Sendable {
    public let backbone: String
    /// Who names the file's tensors: `timm`.
    public let naming: String
    /// Its numbers are integers of eight bits (`padim weights quantize`).
    public var isQuantized: Bool { integers != nil }
    private let tensors: [String: [Float]]
    /// The numbers of a quantised file.
    package let integers: IntegerNetwork?

    /// Reads the parameters that the given layers depend on.
    /// - Throws: `BackboneError.weightsDoNotFit` with every missing and every misshapen tensor, `.notFinite`, and what the
    ///   source throws.
    public init(_ source: some WeightSource, for backbone: Backbone, upTo layers: [String]) throws {
        let (form, parameters, fit) = try Self.fitting(source, backbone, layers)
        self.backbone = backbone.name
        naming = fit.naming
        if form == .integers {
            tensors = [:]
            integers = try IntegerNetwork(source, for: backbone, upTo: layers)
            return
        }
        var tensors: [String: [Float]] = [:]
        for parameter in parameters {
            tensors[parameter.name] = try Self.values(of: parameter, in: source, backbone, fit)
        }
        self.tensors = tensors
        integers = nil
    }

    /// Checks what `init` does, of a file of floats, and keeps nothing: memory does not grow with the file.
    /// - Throws: as `init`.
    package static func check(_ checkpoint: Checkpoint, for backbone: Backbone, upTo layers: [String]) throws {
        let (_, parameters, fit) = try fitting(checkpoint, backbone, layers)
        for parameter in parameters {
            let name = fit.tensorName(parameter.name)
            var count = 0
            try checkpoint.forEachPiece(of: name) { piece in
                count += piece.count
                try require(finite: piece, name, checkpoint)
            }
            try require(count, of: parameter, name, checkpoint, backbone)
            checkpoint.releasePages()
        }
    }

    private static func fitting(
        _ source: some WeightSource, _ backbone: Backbone, _ layers: [String]
    ) throws -> (form: WeightForm, parameters: [Parameter], fit: BackboneFit) {
        let form = WeightForm(of: source)
        let parameters = try backbone.parameters(form, upTo: layers)
        let fit = backbone.fit(source, parameters: parameters)
        guard fit.problems.isEmpty else {
            let others = Backbone.fits(source).filter { $0.isUsable && $0.backbone != backbone.name }
            throw BackboneError.weightsDoNotFit(
                backbone: backbone.name, source: source.origin, problems: fit.problems,
                fitsInstead: others.map(\.backbone))
        }
        return (form, parameters, fit)
    }

    private static func values(
        of parameter: Parameter, in source: some WeightSource, _ backbone: Backbone, _ fit: BackboneFit
    ) throws -> [Float] {
        let name = fit.tensorName(parameter.name)
        let values = try source.floats(name)
        try require(values.count, of: parameter, name, source, backbone)
        try require(finite: values, name, source)
        return values
    }

    private static func require(
        _ count: Int, of parameter: Parameter, _ name: String, _ source: some WeightSource, _ backbone: Backbone
    ) throws {
        guard count != parameter.elementCount else { return }
        throw BackboneError.weightsDoNotFit(
            backbone: backbone.name, source: source.origin,
            problems: [WeightProblem(tensor: name, kind: .misshapen(expected: parameter.shape, found: [count]))],
            fitsInstead: [])
    }

    private static func require(finite values: [Float], _ name: String, _ source: some WeightSource) throws {
        guard values.allSatisfy(\.isFinite) else {
            throw BackboneError.notFinite(tensor: name, source: source.origin)
        }
    }

    /// The same backbone's weights as integers.
    init(_ integers: IntegerNetwork, of backbone: Backbone) {
        self.backbone = backbone.name
        naming = "quantised"
        tensors = [:]
        self.integers = integers
    }

    /// - Parameter name: the canonical one.
    package func floats(_ name: String) throws -> [Float] {
        guard integers == nil else { throw BackboneError.alreadyIntegers("the file of weights") }
        guard let values = tensors[name] else {
            throw BackboneError.weightsMissing(tensor: name, backbone: backbone)
        }
        return values
    }
}
