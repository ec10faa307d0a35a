import Checkpoints
import Foundation
import Storage
import Tensors
import TestSupport
import Testing

/// Files that torch.save made, against what PyTorch has in them.
@Suite struct CheckpointTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func expectEqual(_ checkpoint: Checkpoint, to name: String) throws {
        let expected = try SafetensorsFile(path: Fixture.path(name))
        #expect(Set(checkpoint.tensors.keys) == Set(expected.tensors.map(\.name)))
        #expect(Set(checkpoint.names) == Set(checkpoint.tensors.keys))
        for tensor in expected.tensors {
            #expect(checkpoint.tensors[tensor.name]?.shape == tensor.shape, "\(tensor.name)")
            #expect(try checkpoint.floats(tensor.name) == expected.floats(tensor.name), "\(tensor.name)")
        }
    }

    @Test(
        arguments: [
            ("plain-zip.pth", "plain", .torchArchive),
            ("plain-legacy.pth", "plain", .torchLegacy),
            ("plain.safetensors", "plain", .safetensors),
            ("protocol4-zip.pth", "plain", .torchArchive),
            ("protocol5-legacy.pth", "plain", .torchLegacy),
            ("unsigned-zip.pth", "unsigned", .torchArchive),
            ("run-zip.pth", "small", .torchArchive),
            ("run-legacy.pth", "small", .torchLegacy),
            ("nested-zip.pth", "small", .torchArchive),
            ("nested-legacy.pth", "small", .torchLegacy),
            ("unusual-zip.pth", "small", .torchArchive),
            ("unusual-legacy.pth", "small", .torchLegacy),
            ("stored-elsewhere.pth", "small", .torchArchive),
        ] as [(String, String, CheckpointFormat)])
    func readsWhatTorchSaved(name: String, expected: String, format: CheckpointFormat) throws {
        let checkpoint = try Checkpoint.open(Fixture.path(name))
        #expect(checkpoint.format == format)
        try expectEqual(checkpoint, to: expected + ".safetensors")
        #expect(checkpoint.digest == (try Digest(ofFile: Fixture.path(name))))
    }

    @Test func typesAndOrderAreTheFiles() throws {
        for name in ["plain-zip.pth", "plain-legacy.pth"] {
            let checkpoint = try Checkpoint.open(Fixture.path(name))
            #expect(checkpoint.names.first == "weight")
            #expect(checkpoint.names.last == "parameter")
            let types = ["half", "bfloat16", "double", "int64", "int32", "int16", "int8", "uint8", "bool", "weight"]
                .compactMap { checkpoint.tensors[$0]?.type }
            #expect(types == [.f16, .bf16, .f64, .i64, .i32, .i16, .i8, .u8, .bool, .f32])
        }
    }

    @Test func stateDictionariesOfModulesAreRead() throws {
        for form in ["zip", "legacy"] {
            let checkpoint = try Checkpoint.open(Fixture.path("linear-\(form).pth"))
            #expect(checkpoint.tensors["weight"] == CheckpointTensor(shape: [1, 2], type: .f64))
            #expect(checkpoint.tensors["bias"] == CheckpointTensor(shape: [1], type: .f64))
        }
        let attribute = try Checkpoint.open(Fixture.path("attribute-zip.pth"))
        #expect(try attribute.floats("a") == [1, 1])
    }

    @Test(arguments: [
        (["module.a", "module.b.c"], ["a", "b.c"]),
        (["_orig_mod.a", "_orig_mod.b"], ["a", "b"]),
        (["model.a", "model.b"], ["a", "b"]),
        (["module._orig_mod.model.a", "module._orig_mod.model.b"], ["a", "b"]),
        (["model.module.a", "model.module.module.b"], ["a", "module.b"]),
        // No wrapper: other tensors lie beside it, or it is the name itself.
        (["model.a", "loss.b"], ["model.a", "loss.b"]),
        (["module.a", "modules.b"], ["module.a", "modules.b"]),
        (["model.a", "model."], ["model.a", "model."]),
        (["model"], ["model"]),
    ])
    func whatWrappersPutBeforeNamesIsLeftOut(written: [String], read: [String]) throws {
        let tensors = try written.map { try TensorDescription(name: $0, type: .u8, shape: [1]) }
        let writer = try SafetensorsWriter(path: folder["wrapped"], tensors: tensors, metadata: [:])
        for (index, name) in written.enumerated() {
            try withUnsafeBytes(of: UInt8(index)) { try writer.write($0, to: name) }
        }
        try writer.commit()
        let checkpoint = try Checkpoint.open(folder["wrapped"])
        #expect(Set(checkpoint.names) == Set(read))
        for (index, name) in read.enumerated() { #expect(try checkpoint.floats(name) == [Float(index)]) }
    }

    @Test func viewsOfOldFilesAreResolved() throws {
        let checkpoint = try Checkpoint.open(Fixture.path("view-legacy.pth"))
        #expect(try checkpoint.floats("viewed") == [3, 4, 5, 6])
    }

    @Test(arguments: ["plain-zip.pth", "plain-legacy.pth", "plain.safetensors", "run-zip.pth"])
    func convertedItSaysTheSame(name: String) throws {
        let original = try Checkpoint.open(Fixture.path(name))
        let path = folder.path + "/converted.safetensors"
        try original.convert(to: path)
        let converted = try Checkpoint.open(path)
        #expect(converted.format == .safetensors)
        #expect(converted.tensors == original.tensors)
        for name in original.names {
            #expect(try converted.floats(name) == original.floats(name))
        }
        #expect(try SafetensorsFile(path: path).metadata["source_sha256"] == original.digest.hex)
        let again = folder.path + "/again.safetensors"
        try original.convert(to: again)
        #expect(try Digest(ofFile: again) == Digest(ofFile: path))
    }

    @Test(arguments: [
        ("module-zip.pth", "'torch.nn.modules.container.Sequential'"),
        ("script.pt", "TorchScript archive"),
        ("compressed.pth", "compressed"),
        ("big-endian.pth", "big-endian"),
        ("short-storage.pth", "has 4 bytes instead of 8"),
        ("list-zip.pth", "holds no dictionary of tensors"),
        ("list-legacy.pth", "holds no dictionary of tensors"),
        ("none-zip.pth", "holds no tensors"),
        ("none-legacy.pth", "holds no tensors"),
        ("ambiguous-zip.pth", "several dictionaries of tensors ('first', 'second')"),
        ("ambiguous-legacy.pth", "several dictionaries of tensors ('first', 'second')"),
        ("negative-zip.pth", "resolve_neg"),
        ("complex-zip.pth", "'torch.ComplexFloatStorage'"),
        ("README.md", "neither safetensors nor a PyTorch checkpoint"),
    ])
    func whatHoldsMoreThanWeightsIsRefused(name: String, reason: String) throws {
        let path = try Fixture.path(name)
        #expect { try Checkpoint.open(path) } throws: { error in
            (error as? CheckpointError)?.path == path && "\(error)".contains(reason)
        }
    }

    @Test func aMissingTensorIsNamed() throws {
        for name in ["plain-zip.pth", "plain-legacy.pth", "plain.safetensors"] {
            let checkpoint = try Checkpoint.open(Fixture.path(name))
            #expect { try checkpoint.floats("layer9.weight") } throws: { "\($0)".contains("'layer9.weight'") }
        }
    }

    @Test(arguments: [
        ("<!DOCTYPE html><html>404", "web page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"),
        ("", "it is empty"),
        ("\u{1}", "neither"),
    ])
    func foreignFilesAreGuessed(content: String, guess: String) throws {
        let path = try folder.file("foreign.pth", Array(content.utf8))
        #expect { try Checkpoint.open(path) } throws: { "\($0)".contains(guess) }
    }

    @Test func severalThreadsMayRead() async throws {
        let checkpoint = try Checkpoint.open(Fixture.path("plain-zip.pth"))
        let expected = try Dictionary(uniqueKeysWithValues: checkpoint.names.map { ($0, try checkpoint.floats($0)) })
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { try checkpoint.names.allSatisfy { try checkpoint.floats($0) == expected[$0] } }
            }
            for try await same in group { #expect(same) }
        }
    }
}
