import Backbone
import Checkpoints
import Compute
import Foundation
import Gaussian
import ModelExport
import ModelImport
import Settings
import TestSupport
import TestCheckpoints
import Testing

/// Models of anomalib's checkpoints: the same distances, and words for what cannot be taken.
@Suite struct AnomalibImportTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func taken(_ theirs: TheirCheckpoint, _ options: AnomalibCheckpoint.Options = .init()) throws
        -> GaussianModel
    {
        try theirs.write(to: folder["their.ckpt"])
        let checkpoint = try AnomalibCheckpoint(path: folder["their.ckpt"], options)
        let digest = try AnomalibImport(checkpoint, images: 20).write(
            to: folder["model"], weights: folder["weights"], crew: ThreadCrew(threads: 1))
        let model = try GaussianModel(path: folder["model"])
        #expect(model.digest() == digest)
        return model
    }

    @Test func distancesAreTheSame() throws {
        let theirs = TheirCheckpoint()
        let model = try taken(theirs)
        let (patches, dimension) = (TheirCheckpoint.patches, theirs.dimension)
        #expect(model.space.channels == [3, 17, 40, 63])
        let order = [1, 3, 0, 2]
        var chance = SeededGenerator(seed: 2)
        // In the model's order of channels.
        let rows = (0..<patches * dimension).map { _ in Float.random(in: -4...4, using: &chance) }
        var found = [Float](repeating: 0, count: patches)
        try model.distances(rows, images: 1, patches: 0..<patches, instructionSet: .best, into: &found)
        for patch in 0..<patches {
            var delta = [Double](repeating: 0, count: dimension)
            for (place, theirPlace) in order.enumerated() {
                delta[theirPlace] = Double(rows[patch * dimension + place] - theirs.mean[theirPlace * patches + patch])
            }
            var square = 0.0
            for row in 0..<dimension {
                for column in 0..<dimension {
                    square +=
                        delta[row] * delta[column]
                        * Double(theirs.inverses[(patch * dimension + row) * dimension + column])
                }
            }
            #expect(abs(Double(found[patch]) / square.squareRoot() - 1) < 1e-5)
        }
    }

    @Test func theSettingsAreTheCheckpoints() throws {
        let model = try taken(TheirCheckpoint())
        #expect(model.count == 20 && model.calibration == nil)
        #expect(model.settings == ModelSettings(epsilon: 0.01001, blurBorder: .mirror))
        let input = model.space.input
        #expect((input.height, input.width, input.resize, input.crop) == (32, 48, nil, nil))
        #expect(input.resizePrecision == .float)
        #expect(input.normalization == PixelNormalization(mean: [0.5, 0.4, 0.3], deviation: [0.25, 0.2, 1]))
        #expect(model.space.backbone == "resnet18" && model.space.layers == ["layer1"])
        #expect(try Checkpoint.open(folder["weights"]).digest == model.space.weights)
        #expect(try AnomalibCheckpoint(path: folder["their.ckpt"], .init()).threshold == 7.25)
        // The usual range of features holds them; larger ones get a coarser grid.
        #expect(model.space.grid.exponents == [13, 13, 13, 13])
        var large = TheirCheckpoint()
        large.mean[5] = 900
        #expect(try taken(large).space.grid.exponents == [6, 6, 6, 6])
    }

    @Test func aCropIsTakenOver() throws {
        var theirs = TheirCheckpoint()
        theirs.transforms = [TheirCheckpoint.resize([40]), TheirCheckpoint.crop(32), TheirCheckpoint.normalize]
        theirs.mean = Array(theirs.mean[..<(4 * 64)])
        theirs.inverses = Array(theirs.inverses[..<(64 * 16)])
        let input = try taken(theirs).space.input
        #expect((input.height, input.width, input.resize, input.crop) == (32, 32, 40, 32))
    }

    /// What this program writes for anomalib comes back as it was.
    @Test func whatIsExportedComesBack() throws {
        let model = try taken(TheirCheckpoint())
        let checkpoint = try Checkpoint.open(folder["weights"])
        try AnomalibExport(
            of: model, weights: BackboneWeights(checkpoint, for: .named("resnet18"), upTo: ["layer1"]),
            limits: .init(threshold: 3, normal: nil)
        ).write(to: folder["back.ckpt"])
        let back = try AnomalibCheckpoint(path: folder["back.ckpt"], .init())
        #expect(back.threshold == Float(3).nextDown)
        _ = try AnomalibImport(back, images: 20).write(
            to: folder["back"], weights: folder["back-weights"], crew: ThreadCrew(threads: 1))
        let again = try GaussianModel(path: folder["back"])
        #expect(again.space == model.space)
        try model.withParameters(patches: 0..<96) { means, whitening in
            try again.withParameters(patches: 0..<96) { otherMeans, otherWhitening in
                #expect((0..<96 * 4).allSatisfy { means[$0] == otherMeans[$0] })
                #expect((0..<96 * 10).allSatisfy { abs(whitening[$0] - otherWhitening[$0]) < 1e-5 })
            }
        }
    }

    @Test func whatTheCheckpointLacksIsAskedFor() throws {
        var theirs = TheirCheckpoint()
        (theirs.backbone, theirs.layers) = (nil, nil)
        expect(theirs, "--backbone")
        let model = try taken(theirs, .init(backbone: "resnet18", layers: ["layer1"]))
        #expect(model.space.backbone == "resnet18")
        #expect(throws: CheckpointError.self) { try taken(theirs, .init(backbone: "resnet18")) }
    }

    private func expect(_ theirs: TheirCheckpoint, _ words: String, _ options: AnomalibCheckpoint.Options = .init()) {
        try? FileManager.default.removeItem(atPath: folder["model"])
        try? FileManager.default.removeItem(atPath: folder["weights"])
        do {
            _ = try taken(theirs, options)
            Issue.record("taken in spite of: \(words)")
        } catch {
            #expect("\(error)".contains(words), "\(error)")
        }
        for name in ["model", "weights"] {
            #expect(!FileManager.default.fileExists(atPath: folder[name]), "\(name) was left")
        }
    }

    @Test func unsoundCheckpointsAreRefusedInWords() {
        func changed(_ change: (inout TheirCheckpoint) -> Void) -> TheirCheckpoint {
            var theirs = TheirCheckpoint()
            change(&theirs)
            return theirs
        }
        let place = 16 * 17
        expect(changed { $0.inverses[place] = -1 }, "patch 17 (row 1, column 5) is not positive definite")
        expect(changed { $0.inverses[place + 1] += 5 }, "patch 17 (row 1, column 5) is not symmetric")
        expect(changed { $0.inverses[place + 1] = .nan }, "patch 17 (row 1, column 5) has numbers that are not finite")
        expect(changed { $0.mean[3] = .infinity }, "means that are not finite")
        expect(changed { $0.lacking = ["gaussian.mean"] }, "no checkpoint of anomalib's PaDiM")
        expect(changed { $0.lacking = ["idx"] }, "no checkpoint of anomalib's PaDiM")
        expect(changed { $0.lacking = ["layer1.0.conv2"] }, "layer1.0.conv2.weight")
        expect(changed { $0.meanShape = [96, 4] }, "do not fit each other")
        expect(changed { $0.meanShape = [384] }, "do not fit each other")
        expect(changed { $0.channels = [1, 1, 2, 3] }, "comes twice")
        expect(changed { $0.channels = [1, 64, 2, 3] }, "64 is not in 0..<64")
        expect(changed { $0.channels = [1, -1, 2, 3] }, "keeps a channel -1")
        expect(changed { $0.channels = [1, .max, 2, 3] }, "which no network has")
        expect(changed { $0.backbone = .string("resnet152") }, "'resnet152'")
        expect(changed { $0.backbone = .int(3) }, "--backbone")
        expect(changed { $0.layers = .list([.string("layer2"), .string("layer1")]) }, "layer2, layer1")
        expect(changed { $0.layers = .list([]) }, "--layers")
        expect(changed { $0.layers = .list([.string("layer2")]) }, "has 96 patches")
        expect(
            changed { $0.transforms = [TheirCheckpoint.resize([64, 48]), TheirCheckpoint.normalize] }, "has 96 patches")
        expect(changed { $0.transforms = [TheirCheckpoint.resize([32, 48])] }, "no Normalize")
        expect(changed { $0.transforms = [TheirCheckpoint.normalize] }, "no size of the network's input")
        expect(changed { $0.transforms.reverse() }, "in another order")
        expect(
            changed { $0.transforms[0] = TheirCheckpoint.resize([32, 48], antialias: false) }, "without antialiasing")
        expect(changed { $0.transforms[0] = TheirCheckpoint.resize([32, .max]) }, "Resize of an impossible size")
        expect(changed { $0.transforms[0] = TheirCheckpoint.resize([]) }, "Resize of an impossible size")
        expect(changed { $0.transforms.insert(TheirCheckpoint.transform("os.system", []), at: 0) }, "'os.system'")
        expect(
            changed {
                $0.transforms.insert(TheirCheckpoint.transform("torchvision.transforms.v2.Grayscale", []), at: 0)
            },
            "'Grayscale'")
    }

    /// Whatever stands anywhere in the settings of a checkpoint, it ends in a model or in an error about the file.
    @Test func anySettingsEndInAModelOrInWords() throws {
        var chance = SeededGenerator(seed: 31)
        let odd: [TorchValue] = [
            .none, .bool(false), .int(-1), .int(0), .int(.max), .int(16_384), .double(.nan), .double(.infinity),
            .double(1e300),
            .string(""), .string("blocks.0"), .list([]), .list([.int(1), .int(2), .int(3)]), .dictionary([]),
            .dictionary([("class_path", .string("torchvision.transforms.v2.Compose")), ("init_args", .dictionary([]))]),
        ]
        for _ in 0..<60 {
            var theirs = TheirCheckpoint()
            let value = odd[Int.random(in: odd.indices, using: &chance)]
            switch Int.random(in: 0..<6, using: &chance) {
            case 0: theirs.backbone = value
            case 1: theirs.layers = value
            case 2: theirs.layers = .list([.string("layer1"), value])
            default:
                var place = Int.random(in: 0..<40, using: &chance)
                theirs.transforms = theirs.transforms.map { Self.replaced($0, at: &place, by: value) }
            }
            do {
                let model = try taken(theirs)
                #expect(model.space.patches == TheirCheckpoint.patches)
            } catch let error as CheckpointError {
                #expect(error.path == folder["their.ckpt"])
            }
        }
    }

    /// The same with another value at one place, counted from the outermost on.
    private static func replaced(_ value: TorchValue, at place: inout Int, by other: TorchValue) -> TorchValue {
        if place == 0 {
            place = -1
            return other
        }
        switch value {
        case .list(let items):
            return .list(
                items.map { item in
                    place -= 1
                    return replaced(item, at: &place, by: other)
                })
        case .dictionary(let members):
            return .dictionary(
                members.map { member in
                    place -= 1
                    return (member.key, replaced(member.value, at: &place, by: other))
                })
        default: return value
        }
    }
}
