import Backbone
import Compute
import Foundation
import TestWeights
import Testing
import TestWeights

/// An image's features do not depend on its group, its place in it, the thread, or what the workspace held before.
@Suite struct ReproducibilityTests {
    private static let images = (0..<7).map { seed in
        SyntheticWeights.values(name: "image \(seed)", shape: [3 * 52 * 70], gain: 1).map { UInt8(($0 + 0.1) * 1275) }
    }

    private static let weights = Dictionary(
        uniqueKeysWithValues: BackboneKinds.names.map { name in
            (
                name,
                Result {
                    let backbone = try Backbone.named(name)
                    return try BackboneWeights(
                        SyntheticWeights(backbone, gain: 4), for: backbone, upTo: backbone.defaultLayers)
                }
            )
        })

    private static func weights(_ backbone: Backbone) throws -> BackboneWeights {
        try #require(weights[backbone.name]).get()
    }

    private static func engine(
        _ backbone: Backbone, _ weights: BackboneWeights, _ set: InstructionSet, layers: [String]? = nil, group: Int = 4
    ) throws -> Engine {
        try Engine(
            backbone: backbone, weights: weights, layers: layers ?? backbone.defaultLayers, inputHeight: 52,
            inputWidth: 70,
            instructionSet: set, groupSize: group)
    }

    /// Every tap: no value is a NaN or a negative zero where another has zero, so equal values are equal bits.
    private static func features(_ workspace: Workspace, _ engine: Engine, image: Int) -> [[Float]] {
        engine.taps.indices.map { workspace.channelsFirst($0, image: image) }
    }

    /// Each image on its own, in a fresh workspace.
    private static func alone(_ engine: Engine) throws -> [[[Float]]] {
        try images.map {
            let workspace = try engine.makeWorkspace()
            try engine.run([.bytes($0)], in: workspace)
            return features(workspace, engine, image: 0)
        }
    }

    @Test(arguments: BackboneKinds.names, InstructionSet.available)
    func groupsAndPlaces(name: String, set: InstructionSet) throws {
        let backbone = try Backbone.named(name)
        let weights = try Self.weights(backbone)
        let expected = try Self.alone(Self.engine(backbone, weights, set))
        for group in [1, 3, 4] {
            let engine = try Self.engine(backbone, weights, set, group: group)
            let workspace = try engine.makeWorkspace()
            for first in [0, 4] {
                for count in 1...group {
                    let members = (0..<count).map { (first + 2 * $0) % Self.images.count }
                    try engine.run(members.map { .bytes(Self.images[$0]) }, in: workspace)
                    for (place, image) in members.enumerated() {
                        let same = Self.features(workspace, engine, image: place) == expected[image]
                        #expect(same, "image \(image) at place \(place) of \(count), group size \(group)")
                    }
                }
            }
        }
    }

    @Test(arguments: BackboneKinds.names)
    func threadsThatShareAnEngine(name: String) throws {
        let backbone = try Backbone.named(name)
        let engine = try Self.engine(backbone, Self.weights(backbone), .best)
        let expected = try Self.alone(engine)
        let crew = ThreadCrew(threads: 3)
        let workspaces = try (0..<3).map { _ in try engine.makeWorkspace() }
        try crew.forEach(12) { index, thread in
            let images = (0..<1 + index % 4).map { (index + $0) % Self.images.count }
            try engine.run(images.map { .bytes(Self.images[$0]) }, in: workspaces[thread])
            for (place, image) in images.enumerated() {
                let same = Self.features(workspaces[thread], engine, image: place) == expected[image]
                #expect(same, "image \(image) on thread \(thread)")
            }
        }
    }

    /// A tap's bits are the same whichever others are asked for.
    @Test(arguments: BackboneKinds.names)
    func subsetsOfLayers(name: String) throws {
        let backbone = try Backbone.named(name)
        let weights = try Self.weights(backbone)
        let all = try Self.engine(backbone, weights, .best)
        let everything = try all.makeWorkspace()
        try all.run([.bytes(Self.images[0])], in: everything)
        for layer in [[0], [1], [2, 0]] {
            let layers = layer.map { backbone.defaultLayers[$0] }
            let engine = try Self.engine(backbone, weights, .best, layers: layers)
            let workspace = try engine.makeWorkspace()
            try engine.run([.bytes(Self.images[0])], in: workspace)
            for (tap, number) in layer.enumerated() {
                #expect(workspace.channelsFirst(tap, image: 0) == everything.channelsFirst(number, image: 0))
            }
        }
    }

    /// The sets that fuse multiply-adds agree to the last bit: a fleet may mix them.
    @Test(arguments: BackboneKinds.names)
    func fusingInstructionSetsAgree(name: String) throws {
        let backbone = try Backbone.named(name)
        let weights = try Self.weights(backbone)
        let fusing = InstructionSet.available.filter { $0 != .baseline }
        let features = try fusing.map { try Self.alone(Self.engine(backbone, weights, $0)) }
        for other in features.dropFirst() { #expect(other == features[0]) }
    }
}
