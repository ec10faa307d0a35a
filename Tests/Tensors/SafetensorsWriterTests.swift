import Foundation
import Storage
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsWriterTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func bytes<Element: BitwiseCopyable>(_ elements: [Element]) -> [UInt8] {
        elements.withUnsafeBytes { Array($0) }
    }

    @Test func whatIsWrittenIsRead() throws {
        let path = folder.path + "/a.safetensors"
        let notes = ["b": "quote \" slash \\ / tab \t nul \0 Grüße 🙂", "a": "", "ключ": "1"]
        let writer = try SafetensorsWriter(
            path: path,
            tensors: [
                TensorDescription(name: "flags", type: .u8, shape: [3]),
                TensorDescription(name: "weird \"name\"\n", type: .f32, shape: [2, 2]),
                TensorDescription(name: "sums", type: .i64, shape: [2]),
                TensorDescription(name: "none", type: .f32, shape: [0, 7]),
                TensorDescription(name: "scalar", type: .f64, shape: []),
            ], metadata: notes)
        try bytes([UInt8(1), 2, 3]).withUnsafeBytes { try writer.write($0, to: "flags") }
        try bytes([Float(1), 2, 3, 4]).withUnsafeBytes { try writer.write($0, to: "weird \"name\"\n") }
        try bytes([Int64.min, .max]).withUnsafeBytes { try writer.write($0, to: "sums") }
        try bytes([Double.pi]).withUnsafeBytes { try writer.write($0, to: "scalar") }
        let size = writer.fileByteCount
        try writer.commit()

        let file = try SafetensorsFile(path: path)
        #expect(file.metadata == notes)
        #expect(Set(file.tensors.map(\.name)) == ["flags", "weird \"name\"\n", "sums", "none", "scalar"])
        #expect(try file.withElements(of: "sums", as: Int64.self) { Array($0) } == [.min, .max])
        #expect(try file.withElements(of: "scalar", as: Double.self, shape: []) { Array($0) } == [.pi])
        #expect(try file.floats("weird \"name\"\n") == [1, 2, 3, 4])
        #expect(try file.floats("flags") == [1, 2, 3])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).count == size)
        #expect(file.digest() == (try Digest(ofFile: path)))
    }

    /// Pieces in any order give the bytes that one piece gives, and the descriptions' order does not matter.
    @Test func theBytesDependOnTheContentOnly() throws {
        let values = (0..<1000).map { Int64($0) * 0x0123_4567_89AB }
        let tensors = [
            try TensorDescription(name: "b", type: .i64, shape: [1000]),
            try TensorDescription(name: "a", type: .f32, shape: [3]),
            try TensorDescription(name: "c", type: .bf16, shape: [5]),
        ]
        let content = bytes(values)
        var digests: Set<Digest> = []
        var random = SeededGenerator(seed: 7)
        for round in 0..<4 {
            let path = folder.path + "/\(round)"
            let writer = try SafetensorsWriter(
                path: path, tensors: tensors.shuffled(using: &random), metadata: ["x": "1", "y": "2", "z": "3"])
            for start in stride(from: 0, to: content.count, by: 7 + 100 * round).shuffled(using: &random) {
                let piece = Array(content[start..<min(start + 7 + 100 * round, content.count)])
                try piece.withUnsafeBytes { try writer.write($0, to: "b", atByte: start) }
            }
            try writer.commit()
            digests.insert(try Digest(ofFile: path))
            let file = try SafetensorsFile(path: path)
            #expect(try file.withElements(of: "b", as: Int64.self) { Array($0) } == values)
            #expect(try file.floats("a") == [0, 0, 0], "bytes never written are zero")
        }
        #expect(digests.count == 1)
    }

    @Test func elementsAreAligned() throws {
        for length in 0..<70 {
            let path = folder.path + "/aligned"
            let writer = try SafetensorsWriter(
                path: path,
                tensors: [
                    TensorDescription(name: String(repeating: "n", count: length), type: .u8, shape: [3]),
                    TensorDescription(name: "x", type: .f16, shape: [3]),
                    TensorDescription(name: "y", type: .f64, shape: [3]),
                    TensorDescription(name: "z", type: .f32, shape: [3]),
                ])
            try writer.commit()
            let file = try SafetensorsFile(path: path)
            #expect(file.tensors.map(\.type) == [.f64, .f32, .f16, .u8])
            for tensor in file.tensors {
                let address = try file.withBytes(of: tensor.name) { Int(bitPattern: $0.baseAddress) }
                #expect(address % tensor.type.byteCount == 0)
            }
            #expect(try file.withBytes(of: "y") { Int(bitPattern: $0.baseAddress) } % 64 == 0)
        }
    }

    @Test func wrongPiecesAreRefused() throws {
        let writer = try SafetensorsWriter(
            path: folder.path + "/w", tensors: [TensorDescription(name: "a", type: .f32, shape: [2])])
        let piece = [UInt8](repeating: 1, count: 8)
        for offset in [-1, 1, 9, Int.max, Int.min] {
            #expect(throws: TensorError.self) {
                try piece.withUnsafeBytes { try writer.write($0, to: "a", atByte: offset) }
            }
        }
        #expect { try piece.withUnsafeBytes { try writer.write($0, to: "b") } } throws: { "\($0)".contains("'b'") }
    }

    @Test func namesAreTakenOnce() throws {
        let tensor = try TensorDescription(name: "a", type: .f32, shape: [2])
        let reserved = try TensorDescription(name: "__metadata__", type: .f32, shape: [2])
        for tensors in [[tensor, tensor], [reserved]] {
            #expect { _ = try SafetensorsWriter(path: folder.path + "/w", tensors: tensors) } throws: {
                "\($0)".contains("the name is taken")
            }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func aFullDiskIsFoundAtOnce() throws {
        let huge = try TensorDescription(name: "a", type: .f64, shape: [1 << 58])
        #expect(throws: StorageError.self) { _ = try SafetensorsWriter(path: folder.path + "/huge", tensors: [huge]) }
        let tooHuge = [huge, huge, huge, huge].enumerated().map { index, _ in
            try? TensorDescription(name: "\(index)", type: .f64, shape: [1 << 58])
        }
        #expect(throws: TensorError.self) {
            _ = try SafetensorsWriter(path: folder.path + "/huge", tensors: tooHuge.compactMap { $0 })
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func impossibleShapesAreErrors() {
        for shape in [[-1], [Int.max], [1 << 32, 1 << 32], [1 << 32, 1 << 32, 0], Array(repeating: 1, count: 65)] {
            #expect(throws: TensorError.self) { try TensorDescription(name: "a", type: .f32, shape: shape) }
        }
    }
}
