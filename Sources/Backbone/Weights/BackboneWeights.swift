/// The trained numbers of a backbone, checked to be complete, well shaped and finite.
public struct BackboneWeights: Sendable {
    public let backbone: String
    /// Who names the file's tensors: `timm`.
    public let naming: String
    private let tensors: [String: [Float]]

    /// Reads the parameters that the given layers depend on.
    /// - Throws: `BackboneError.weightsDoNotFit` with every missing and every misshapen tensor, `.notFinite`, and what the
    ///   source throws.
    public init(_ source: some WeightSource, for backbone: Backbone, upTo layers: [String]) throws {
        let parameters = try backbone.parameters(upTo: layers)
        let fit = backbone.fit(source, parameters: parameters)
        guard fit.problems.isEmpty else {
            let others = Backbone.fits(source).filter { $0.isUsable && $0.backbone != backbone.name }
            throw BackboneError.weightsDoNotFit(
                backbone: backbone.name, source: source.origin, problems: fit.problems,
                fitsInstead: others.map(\.backbone))
        }
        var tensors: [String: [Float]] = [:]
        for parameter in parameters {
            let name = fit.tensorName(parameter.name)
            let values = try source.floats(name)
            guard values.count == parameter.elementCount else {
                throw BackboneError.weightsDoNotFit(
                    backbone: backbone.name, source: source.origin,
                    problems: [
                        WeightProblem(
                            tensor: name, kind: .misshapen(expected: parameter.shape, found: [values.count]))
                    ], fitsInstead: [])
            }
            guard values.allSatisfy(\.isFinite) else {
                throw BackboneError.notFinite(tensor: name, source: source.origin)
            }
            tensors[parameter.name] = values
        }
        self.backbone = backbone.name
        naming = fit.naming
        self.tensors = tensors
    }

    /// - Parameter name: the canonical one.
    package func floats(_ name: String) throws -> [Float] {
        guard let values = tensors[name] else {
            throw BackboneError.weightsMissing(tensor: name, backbone: backbone)
        }
        return values
    }
}
