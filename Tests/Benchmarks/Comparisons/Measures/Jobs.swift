import Backbone
import Compute
import Foundation

/// Whole jobs, from the command to its end, two cores.
enum Jobs {
    static var comparisons: [Comparison] {
        var all: [Comparison] = []
        for (backbone, fit, fitStretch) in [(Backbone.resnet18, 0.36, 0.30), (.efficientNetLite0, 0.42, 0.34)] {
            all.append(
                Comparison(
                    name: "fit-\(backbone.name)", title: "fit, solar cells, \(backbone.name)", unit: "s", target: fit,
                    stretch: fitStretch
                ) { try fitting(backbone, images: folders($0).some($0.jobImages), $0) })
            all.append(
                Comparison(
                    name: "inspect-\(backbone.name)", title: "inspect with png16 maps, solar cells, \(backbone.name)",
                    unit: "s", target: 0.42, stretch: 0.34
                ) { try inspection(backbone, images: folders($0).some($0.jobImages), $0) })
        }
        for backbone in [Backbone.resnet18, .efficientNetLite0] {
            all.append(
                Comparison(
                    name: "int8-fit-\(backbone.name)", title: "fit in eight bits, solar cells, \(backbone.name)",
                    unit: "s", target: 0.40
                ) { try fitting(backbone, int8: true, images: folders($0).some($0.jobImages), $0) })
            all.append(
                Comparison(
                    name: "int8-inspect-\(backbone.name)",
                    title: "inspect in eight bits with png16 maps, solar cells, \(backbone.name)", unit: "s",
                    target: 0.40
                ) { try inspection(backbone, int8: true, images: folders($0).some($0.jobImages), $0) })
        }
        for lots in ["none", "tenths"] {
            all.append(
                Comparison(
                    name: "calibration-\(lots)",
                    title: "calibration, lots \(lots) / inspection without maps, solar cells, efficientnet_lite0",
                    unit: "s",
                    target: 1.1
                ) { try calibration(.efficientNetLite0, lots: lots, images: folders($0).some($0.jobImages), $0) })
        }
        all.append(
            Comparison(
                name: "fit-png900", title: "fit, 160 RGB PNGs of 900 x 900, efficientnet_lite0", unit: "s", target: 0.5
            ) { try fitting(.efficientNetLite0, images: folders($0).pngs(160), $0) })
        all.append(
            Comparison(
                name: "fit-jpeg12mp", title: "fit, 64 JPEGs of 12 megapixels, efficientnet_lite0", unit: "s",
                target: 0.5
            ) { try fitting(.efficientNetLite0, images: folders($0).jpegs(64), $0) })
        for backbone in [Backbone.resnet18, .efficientNetLite0] {
            all.append(
                Comparison(
                    name: "scaling-\(backbone.name)",
                    title: "fit, 2,000 solar cells, \(backbone.name), 2 workers x 1 thread / 1 worker x 1 thread",
                    unit: "s", target: 0.53
                ) { surroundings in
                    let images = try folders(surroundings).some(2000)
                    let one = try fit(backbone, images: images, workers: 1, surroundings)
                    return Measure(
                        ours: try fit(backbone, images: images, workers: 2, surroundings),
                        peers: [Contestant(name: "1 worker", run: one.run)])
                })
        }
        return all
    }

    /// The same, both sides held to AVX2 where the machine has more.
    static var heldComparisons: [Comparison] {
        guard InstructionSet.best > .avx2 else { return [] }
        return [Backbone.resnet18, .efficientNetLite0].flatMap { backbone in
            [
                Comparison(
                    name: "avx2-fit-\(backbone.name)", title: "fit with AVX2, solar cells, \(backbone.name)", unit: "s",
                    target: 0.30
                ) { try fitting(backbone, heldTo: .avx2, images: folders($0).some($0.jobImages), $0) },
                Comparison(
                    name: "avx2-inspect-\(backbone.name)",
                    title: "inspect with AVX2 and png16 maps, solar cells, \(backbone.name)", unit: "s", target: 0.34
                ) { try inspection(backbone, heldTo: .avx2, images: folders($0).some($0.jobImages), $0) },
            ]
        }
    }

    private static func folders(_ surroundings: Surroundings) -> ImageFolders {
        ImageFolders(photographs: surroundings.photographs, cache: surroundings.cache)
    }

    /// Trained or not, weights cost the same. Those of eight bits are made before, as the peer's are.
    static func weights(_ backbone: Backbone, int8: Bool = false, _ surroundings: Surroundings) throws -> String {
        let path = "\(surroundings.cache)/\(backbone.name).safetensors"
        try SyntheticWeights(backbone).write(to: path)
        guard int8 else { return path }
        let quantized = "\(surroundings.cache)/\(backbone.name).int8.safetensors"
        try? FileManager.default.removeItem(atPath: quantized)
        _ = try WholeProcess(command: [surroundings.binaries + "/padim", "weights", "quantize", path, quantized])
            .run(log: surroundings.scratch + "/quantize.log")
        return quantized
    }

    /// A fit with local workers of one thread each.
    /// - Parameters:
    ///   - set: the instruction set; nil: the best.
    ///   - more: options; without any the model is not calibrated.
    static func fit(
        _ backbone: Backbone, int8: Bool = false, heldTo set: InstructionSet? = nil, images: String, workers: Int,
        _ surroundings: Surroundings,
        more: [String] = ["--calibrate", "none"]
    ) throws -> Contestant {
        let job = surroundings.scratch + "/fit"
        let command = [
            surroundings.binaries + "/padim-coord", "fit", "--images", images, "--backbone", backbone.name, "--weights",
            try weights(backbone, int8: int8, surroundings), "--job", job, "--local-workers", "\(workers)",
            "--threads", "1",
        ]
        return Contestant(name: "padim") {
            try? FileManager.default.removeItem(atPath: job)
            return try WholeProcess(command: command + forcing(set) + more).run(log: job + ".log").seconds
        }
    }

    private static func forcing(_ set: InstructionSet?) -> [String] {
        set.map { ["--instruction-set", $0.rawValue] } ?? []
    }

    /// What a calibration adds to a fit, beside an inspection of as many images that writes no maps.
    private static func calibration(
        _ backbone: Backbone, lots: String, images: String, _ surroundings: Surroundings
    ) throws -> Measure {
        let plain = try fit(backbone, images: images, workers: 2, surroundings)
        let calibrated = try fit(backbone, images: images, workers: 2, surroundings, more: ["--lots", lots])
        let inspection = try inspection(backbone, images: images, maps: "none", surroundings).ours
        return Measure(
            ours: Contestant(name: "padim") { try calibrated.run() - plain.run() },
            peers: [Contestant(name: "inspection", run: inspection.run)])
    }

    private static func fitting(
        _ backbone: Backbone, int8: Bool = false, heldTo set: InstructionSet? = nil, images: String,
        _ surroundings: Surroundings
    ) throws -> Measure {
        Measure(
            ours: try fit(backbone, int8: int8, heldTo: set, images: images, workers: 2, surroundings),
            peers: try peer("fit", backbone, int8: int8, heldTo: set, images, surroundings))
    }

    private static func inspection(
        _ backbone: Backbone, int8: Bool = false, heldTo set: InstructionSet? = nil, images: String,
        maps: String = "png16", _ surroundings: Surroundings
    ) throws -> Measure {
        // Both sides need a model first.
        _ = try fit(backbone, int8: int8, images: images, workers: 2, surroundings).run()
        let model = surroundings.scratch + "/model.safetensors"
        try? FileManager.default.removeItem(atPath: model)
        try FileManager.default.moveItem(atPath: surroundings.scratch + "/fit/model.safetensors", toPath: model)
        for peer in try peer("fit", backbone, int8: int8, heldTo: set, images, surroundings) { _ = try peer.run() }
        let job = surroundings.scratch + "/inspect"
        let command =
            [
                surroundings.binaries + "/padim-coord", "inspect", "--images", images, "--model", model, "--weights",
                try weights(backbone, int8: int8, surroundings), "--maps", maps, "--job", job, "--local-workers", "2",
                "--threads",
                "1",
            ] + forcing(set)
        return Measure(
            ours: Contestant(name: "padim") {
                try? FileManager.default.removeItem(atPath: job)
                return try WholeProcess(command: command).run(log: job + ".log").seconds
            }, peers: try peer("inspect", backbone, int8: int8, heldTo: set, images, surroundings))
    }

    /// The same job in Python, two processes.
    private static func peer(
        _ mode: String, _ backbone: Backbone, int8: Bool, heldTo set: InstructionSet?, _ images: String,
        _ surroundings: Surroundings
    ) throws -> [Contestant] {
        guard let python = surroundings.python else { return [] }
        let scratch = surroundings.scratch
        var command = [
            python, surroundings.peers + "/padim.py", mode, "--images", images, "--model", scratch + "/peer.npz",
            "--backbone", backbone.name, "--processes", "2", "--maps", scratch + "/peer-maps",
        ]
        if int8 {
            command += [
                "--precision", "int8", "--photographs", surroundings.photographs, "--cache",
                surroundings.cache + "/int8",
            ]
        }
        var environment = try surroundings.environment(heldTo: set)
        environment["OPENBLAS_NUM_THREADS"] = "1"
        environment["OMP_NUM_THREADS"] = "1"
        if set == .avx2 {
            // OpenBLAS and NumPy have variables of their own for it.
            environment["OPENBLAS_CORETYPE"] = "Haswell"
            environment["NPY_DISABLE_CPU_FEATURES"] = "X86_V4 AVX512_ICL AVX512_SPR"
        }
        return [
            Contestant(name: "OpenVINO + NumPy") { [environment] in
                try WholeProcess(command: command, environment: environment).run(log: scratch + "/peer.log").seconds
            }
        ]
    }
}
