/// How well a file's tensors fit a backbone under one naming convention.
public struct BackboneFit: Sendable {
    public let backbone: String
    /// Who names tensors so, and behind what prefix: `timm`, or `timm, behind encoder.`.
    public let naming: String
    /// Tensors that the file holds in the right shape, of those that the backbone has.
    public let found: Int
    /// Tensors that the backbone has.
    public let expected: Int
    /// What keeps the file from fitting, tensor by tensor.
    public let problems: [WeightProblem]
    /// The layers whose every parameter is there: all of them in a complete file of this network.
    public let usableLayers: [String]
    /// Every parameter that the default layers need is there, and the file is not of a deeper relative.
    public let isUsable: Bool
    let tensorName: @Sendable (_ canonical: String) -> String
}

extension Backbone {
    /// How the source fits each backbone, under the naming that fits best: the best fit first; backbones of which it holds
    /// nothing are left out.
    public static func fits(_ source: some WeightSource) -> [BackboneFit] {
        let form = WeightForm(of: source)
        return all.map { $0.fit(source, parameters: $0.parameters(form)) }.filter { $0.found > 0 }
            .sorted { ($0.isUsable ? 1 : 0, $0.share) > ($1.isUsable ? 1 : 0, $1.share) }
    }

    /// How the source fits this backbone, as far as the given parameters go.
    func fit(_ source: some WeightSource, parameters: [Parameter]) -> BackboneFit {
        // Quantised files have canonical names.
        let namings = WeightForm(of: source) == .floats ? namings : [.canonical("quantised")]
        let prefixes = NetworkPrefix.candidates(in: source.tensorNames)
        let candidates = namings.flatMap { naming in
            prefixes.filter { $0.isEmpty || holdsFirst(of: parameters, source, naming, $0) }
                .map { fit(source, parameters, naming, prefix: $0) }
        }
        return candidates.dropFirst().reduce(candidates[0]) { $1.found > $0.found ? $1 : $0 }
    }

    /// Whether the network's first tensor is there behind the prefix.
    private func holdsFirst(
        of parameters: [Parameter], _ source: some WeightSource, _ naming: ParameterNaming, _ prefix: String
    ) -> Bool {
        guard let first = parameters.first else { return false }
        return source.shape(of: prefix + naming.name(of: first.name)) != nil
    }

    private func fit(
        _ source: some WeightSource, _ parameters: [Parameter], _ naming: ParameterNaming, prefix: String
    ) -> BackboneFit {
        let tensorName = { @Sendable (canonical: String) in prefix + naming.name(of: canonical) }
        var problems: [WeightProblem] = []
        var wrong: Set<String> = []
        for parameter in parameters {
            let name = tensorName(parameter.name)
            let found = source.shape(of: name)
            guard found != parameter.shape else { continue }
            wrong.insert(parameter.name)
            let kind: WeightProblem.Kind =
                found.map { .misshapen(expected: parameter.shape, found: $0) } ?? .missing(expected: parameter.shape)
            problems.append(WeightProblem(tensor: name, kind: kind))
        }
        let form = WeightForm(of: source)
        let strangers = unexpected(in: source, form, naming, prefix)
        func complete(_ layers: [String]) -> Bool {
            guard strangers.isEmpty, let needed = try? self.parameters(form, upTo: layers) else { return false }
            return needed.allSatisfy { source.shape(of: tensorName($0.name)) == $0.shape }
        }
        return BackboneFit(
            backbone: name, naming: prefix.isEmpty ? naming.origin : "\(naming.origin), behind \(prefix)",
            found: parameters.count - wrong.count, expected: parameters.count,
            problems: problems + strangers, usableLayers: layers.filter { complete([$0]) },
            isUsable: complete(defaultLayers), tensorName: tensorName)
    }

    /// Tensors among the network's stages that it does not have: a ResNet-34's file holds all of a ResNet-18's.
    private func unexpected(
        in source: some WeightSource, _ form: WeightForm, _ naming: ParameterNaming, _ prefix: String
    ) -> [WeightProblem] {
        func stage(_ name: String) -> Substring { name[..<(name.firstIndex(of: ".") ?? name.endIndex)] }
        let names = parameters(form).map { ($0.name, naming.name(of: $0.name)) }
        let ours = Set(names.map(\.1))
        let stages = Set(names.filter { $0.0.split(separator: ".").count > 2 }.map { stage($0.1) })
        return source.tensorNames.sorted().filter { tensor in
            guard tensor.hasPrefix(prefix), !tensor.hasSuffix(".num_batches_tracked") else { return false }
            let name = String(tensor.dropFirst(prefix.count))
            return stages.contains(stage(name)) && !ours.contains(name)
        }
        .map { WeightProblem(tensor: $0, kind: .unexpected(found: source.shape(of: $0) ?? [])) }
    }
}

extension BackboneFit {
    fileprivate var share: Double { Double(found) / Double(max(1, expected)) }
}
