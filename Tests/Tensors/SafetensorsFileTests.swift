import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsFileTests {
    let folder: TemporaryFolder
    let python: String

    init() throws {
        folder = try TemporaryFolder()
        python = try #require(Bundle.module.path(forResource: "Fixtures/python", ofType: "safetensors"))
    }

    @Test(
        arguments: [
            ("f64", ElementType.f64, [0, -1.5, 2.25, 1000.5, -0.0078125, 65504]),
            ("f32", .f32, [0, -1.5, 2.25, 1000.5, -0.0078125, 65504]),
            ("f16", .f16, [0, -1.5, 2.25, 1000.5, -0.0078125, 65504]),
            ("bf16", .bf16, [0, -1.5, 2.25, 1000, -0.0078125, 65536]),
            ("i64", .i64, [0, -1, 2, 1000, 0, 65504]),
            ("i32", .i32, [0, -1, 2, 1000, 0, 65504]),
            ("i16", .i16, [0, -1, 2, 1000, -7, 32767]),
            ("i8", .i8, [0, -1, 2, 100, -7, -128]),
            ("u64", .u64, [0, 1, 2, 100, 7, 9_223_372_036_854_775_808]),
            ("u32", .u32, [0, 1, 2, 100, 7, 4_294_967_296]),
            ("u16", .u16, [0, 1, 2, 100, 7, 65535]),
            ("u8", .u8, [0, 1, 2, 100, 7, 255]),
            ("bool", .bool, [0, 1, 1, 1, 1, 1]),
        ] as [(String, ElementType, [Float])])
    func readsWhatPythonWrote(name: String, type: ElementType, values: [Float]) throws {
        let file = try SafetensorsFile(path: python)
        #expect(file[name]?.type == type)
        #expect(file[name]?.shape == [2, 3])
        #expect(try file.floats(name) == values)
    }

    @Test func readsShapesAndMetadata() throws {
        let file = try SafetensorsFile(path: python)
        #expect(file.tensors.count == 15)
        #expect(file.metadata == ["note": "Grüße \"quoted\" \\ and\nmore"])
        #expect(file["scalar"]?.shape == [])
        #expect(try file.floats("scalar") == [3.5])
        #expect(file["empty"]?.shape == [0, 4])
        #expect(try file.floats("empty") == [])
        #expect(file["none"] == nil)
        #expect { try file.floats("none") } throws: { "\($0)".contains("has no tensor 'none'") }
    }

    @Test func elementsAreTypedAndShaped() throws {
        let file = try SafetensorsFile(path: python)
        #expect(
            try file.withElements(of: "i64", as: Int64.self, shape: [2, 3]) { Array($0) } == [0, -1, 2, 1000, 0, 65504])
        #expect(try file.withElements(of: "empty", as: Float.self) { $0.count } == 0)
        #expect { try file.withElements(of: "i64", as: Float.self) { $0.count } } throws: {
            "\($0)".contains("'i64' is I64, where Float was expected")
        }
        #expect { try file.withElements(of: "i64", as: Int64.self, shape: [6]) { $0.count } } throws: {
            "\($0)".contains("shape [2, 3], where [6] was expected")
        }
    }

    @Test func misalignedElementsAreCopied() throws {
        let header =
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"#
            + #""b":{"dtype":"F32","shape":[2],"data_offsets":[1,9]}}"#
        let data: [UInt8] =
            [7] + [Float(1.5), -2].flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
        for padding in 0..<8 {
            let path = try folder.file(
                "odd\(padding)", safetensors(header + String(repeating: " ", count: padding), data: data))
            let file = try SafetensorsFile(path: path)
            #expect(try file.withElements(of: "b", as: Float.self) { Array($0) } == [1.5, -2])
            #expect(try file.floats("b") == [1.5, -2])
        }
    }

    @Test(
        arguments: [
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "needs 8 bytes and has 4"),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5,
                "its tensors end at byte 66, the file at byte 67"
            ),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 3, "truncated"),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8,
                "begins at byte 66, where byte 62 was next"
            ),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "offsets [4, 0]"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "offsets [-4, 0]"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#, 4, "offsets [0]"),
            (#"{"a":{"dtype":"F8","shape":[4],"data_offsets":[0,4]}}"#, 4, "element type 'F8'"),
            (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "negative or too large"),
            (#"{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}"#, 0, "negative or too large"),
            (
                #"{"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}"#, 0,
                "negative or too large"
            ),
            (#"{"a":{"dtype":"F32","shape":[1e400],"data_offsets":[0,0]}}"#, 0, "does not decode"),
            (#"{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,0]}}"#, 0, "does not decode"),
            (#"{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}"#, 4, "does not decode: at 'a, shape"),
            (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "does not decode"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}"#, 4, "extra fields"),
            (#"{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 4, "gives a name twice"),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                4, "gives a name twice"
            ),
            (
                #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}"#,
                6, "begins at byte"
            ),
            (#"{"__metadata__":{"a":1}}"#, 0, "does not decode"),
            (#"{"__metadata__":{"a":{"b":"c"}}}"#, 0, "does not decode"),
            (#"{"__metadata__":null}"#, 0, "does not decode"),
            (#"{"a":[[[1]]]}"#, 0, "nests too deeply"),
            (#"{"a":"#, 0, "does not decode"),
            ("{\"a\0\":1}", 0, "is not text"),
            ("{}}", 0, "does not decode"),
            ("[]", 0, "not a safetensors file"),
        ] as [(String, Int, String)])
    func aBadHeaderIsRefused(header: String, dataCount: Int, reason: String) throws {
        let path = try folder.file("bad", safetensors(header, data: [UInt8](repeating: 0, count: dataCount)))
        #expect { try SafetensorsFile(path: path) } throws: { error in
            error is TensorError && "\(error)".contains(reason) && "\(error)".contains(path)
        }
    }

    /// A header is not decoded where that would take far more memory than the file.
    @Test func aHeaderOfManyNumbersOrNotesIsRefused() throws {
        let numbers = String(repeating: "1,", count: 10_000) + "1"
        let notes = (0..<70_000).map { "\"\($0)\":\"\"" }.joined(separator: ",")
        for header in [
            #"{"a":{"dtype":"U8","shape":[\#(numbers)],"data_offsets":[0,1]}}"#, "{\"__metadata__\":{\(notes)}}",
        ] {
            let path = try folder.file("many", safetensors(header, data: [7]))
            #expect { try SafetensorsFile(path: path) } throws: { "\($0)".contains("commas") }
        }
    }

    @Test func nestingCannotExhaustTheStack() throws {
        for header in [
            "{\"a\":" + String(repeating: "[", count: 1_000_000), String(repeating: "{\"a\":", count: 1_000_000),
        ] {
            let path = try folder.file("deep", safetensors(header))
            #expect { try SafetensorsFile(path: path) } throws: { "\($0)".contains("nests too deeply") }
        }
    }

    @Test func foreignFilesAreRefused() throws {
        for content in [[], [1, 2, 3], Array("PK\u{3}\u{4} and more text".utf8), [UInt8](repeating: 0xFF, count: 100)] {
            let path = try folder.file("foreign", content)
            #expect(throws: TensorError.self) { try SafetensorsFile(path: path) }
        }
    }

    @Test func aFileCutAnywhereIsRefused() throws {
        let whole = try Data(contentsOf: URL(fileURLWithPath: python))
        for count in 0..<whole.count {
            let path = try folder.file("cut", whole.prefix(count))
            #expect(throws: TensorError.self, "cut at \(count)") { try SafetensorsFile(path: path) }
        }
    }

    /// Whatever a damaged file says, reading it ends in values or in an error.
    @Test func damageNeverLeadsOutsideTheFile() throws {
        let whole = try Array(Data(contentsOf: URL(fileURLWithPath: python)))
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            var damaged = whole
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let place = Int.random(in: 0..<whole.count, using: &random)
                damaged[place] =
                    Bool.random(using: &random)
                    ? UInt8.random(in: 48...57, using: &random) : .random(in: 0...255, using: &random)
            }
            let path = try folder.file("damaged", damaged)
            guard let file = try? SafetensorsFile(path: path) else { continue }
            for tensor in file.tensors {
                #expect(try file.floats(tensor.name).count == tensor.elementCount)
            }
        }
    }
}
