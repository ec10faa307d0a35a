import Checkpoints
import Foundation
import TestSupport
import Testing

/// Weights are untrusted: whatever a file says, opening it ends in tensors or in an error.
@Suite struct HostileCheckpointTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private typealias Build = LegacyFileBuilder

    private func open(_ bytes: [UInt8]) throws -> Checkpoint {
        try Checkpoint.open(folder.file("hostile.pth", bytes))
    }

    private func reads(_ checkpoint: Checkpoint) throws {
        for name in checkpoint.names {
            let count = checkpoint.tensors[name]?.shape.reduce(1, *)
            if let floats = try? checkpoint.floats(name) { #expect(floats.count == count) }
        }
    }

    @Test(arguments: [
        (["cos\nsystem\n", "U\u{2}id", "\u{85}", "R"], "'os.system'"),
        (["cposix\nsystem\n", "U\u{2}id", "\u{85}", "R"], "'posix.system'"),
        (["c__builtin__\neval\n", "U\u{1}1", "\u{85}", "R"], "'__builtin__.eval'"),
        (["cbuiltins\ngetattr\n"], "'builtins.getattr'"),
        (["ctorch\nload\n"], "'torch.load'"),
        (["ctorch._utils\n_rebuild_qtensor\n"], "'torch._utils._rebuild_qtensor'"),
        (["cevil\n\u{1B}[31m\n"], "'evil.\\u{1B}[31m'"),
        (["c" + String(repeating: "a", count: 300) + "\nb\n"], "aaa...'"),
    ])
    func foreignObjectsAreRefusedByName(pickle: [String], name: String) throws {
        let object = pickle.flatMap(Build.text)
        #expect { try open(Build.file(object: object)) } throws: { error in
            "\(error)".contains(name) && "\(error)".contains("nothing of the file was run")
        }
    }

    @Test func aStackGlobalIsNoWayAround() throws {
        let object = Build.unicode("os") + Build.unicode("system") + [0x93]
        #expect { try open(Build.file(object: object)) } throws: { "\($0)".contains("'os.system'") }
    }

    @Test(
        arguments: [
            (0, [2, 2], [2, 1], true),
            (1, [2, 2], [2, 1], false),
            (4, [0], [1], true),
            (4, [], [], false),
            (3, [], [], true),
            (-1, [1], [1], false),
            (Int.min, [1], [1], false),
            (Int.max, [2], [1], false),
            (0, [2], [Int.max], false),
            (0, [3], [Int.max], false),
            (1, [2], [Int.max], false),
            (0, [2], [-1], false),
            (0, [-1], [1], false),
            (0, [1, 4], [Int.max, 1], true),
            (0, [2, 2], [1], false),
            (0, [1 << 62], [0], false),
            (0, [1 << 40], [0], false),
            (0, [1 << 32, 1 << 32, 0], [0, 0, 0], false),
            (0, [1 << 20, 4], [0, 1], true),
            (0, Array(repeating: 1, count: 64), Array(repeating: 1, count: 64), true),
            (0, Array(repeating: 1, count: 65), Array(repeating: 1, count: 65), false),
        ] as [(Int, [Int], [Int], Bool)])
    func viewsStayInsideTheirStorage(offset: Int, shape: [Int], strides: [Int], sound: Bool) throws {
        let tensor = Build.tensor(storage: Build.storage("0", count: 4), offset: offset, shape: shape, strides: strides)
        let bytes = Build.file(
            object: Build.dictionary([("a", tensor)]), storages: [("0", 4, [UInt8](repeating: 0, count: 16))])
        if sound {
            let checkpoint = try open(bytes)
            #expect(try checkpoint.floats("a").count == shape.reduce(1, *))
        } else {
            #expect(throws: CheckpointError.self) { try open(bytes) }
        }
    }

    @Test func storagesMustBeAsAnnounced() throws {
        let tensor = Build.tensor(storage: Build.storage("0", count: 1), offset: 0, shape: [1], strides: [1])
        let object = Build.dictionary([("a", tensor)])
        let one: [UInt8] = [0, 0, 0, 0]
        let cases: [([(key: String, count: Int64, bytes: [UInt8])], String)] = [
            ([], "storage '0' is missing"),
            ([("1", 1, one)], "no tensor refers to"),
            ([("0", 2, one + one)], "has 2 elements instead of 1"),
            ([("0", -1, one)], "a length of -1"),
            ([("0", 1, [0])], "may be truncated"),
            ([("0", 1, one), ("0", 1, one)], "comes twice"),
        ]
        for (storages, reason) in cases {
            #expect { try open(Build.file(object: object, storages: storages)) } throws: { "\($0)".contains(reason) }
        }
        for count in [-1, Int.max, Int.max / 4 + 1] {
            let storage = Build.storage("0", count: count)
            #expect(throws: CheckpointError.self) { try open(Build.file(object: storage)) }
        }
    }

    /// Neither the stack of this process nor its time: a step that copied what is already there would take hours.
    @Test(.timeLimit(.minutes(1))) func nestingCannotExhaustTheStack() throws {
        let count = 300_000
        let objects: [[UInt8]] = [
            [0x29] + [UInt8](repeating: 0x85, count: count),  // a tuple in a tuple in a tuple
            [UInt8](repeating: 0x5D, count: count) + [UInt8](repeating: 0x61, count: count - 1),  // lists
            [UInt8](repeating: 0x28, count: count),  // marks
            [UInt8](repeating: 0x4E, count: count) + (0..<count).flatMap { _ in Build.text("(t0") },  // on a high stack
            (0..<count).flatMap { _ in Build.text("}U\u{5}model") } + Build.text("}")
                + [UInt8](repeating: 0x73, count: count),  // dictionaries
            // One list of pairs made into a dictionary again and again.
            Build.text("](") + (0..<100_000).flatMap { _ in Build.text("NN\u{86}") } + Build.text("e\u{85}q\u{1}0")
                + (0..<count).flatMap { _ in Build.text("ccollections\nOrderedDict\nh\u{1}R") },
        ]
        for object in objects {
            #expect(throws: CheckpointError.self) { try open(Build.file(object: object)) }
        }
    }

    @Test func cyclesAreLeft() throws {
        // A dictionary that holds itself under a usual name.
        let object = Build.text("}q\u{0}") + Build.unicode("model") + Build.text("h\u{0}s")
        #expect { try open(Build.file(object: object)) } throws: { "\($0)".contains("holds no tensors") }
    }

    /// What stands beside tensors is told where it is plain data of a sensible size, whatever else is there.
    @Test func plainValuesAreBounded() throws {
        // A number, a tuple, a dictionary; a list in itself; a list of ten references to a list of ten, fourteen deep, and one that is too deep.
        let half: [UInt8] = [0x47, 0xBF, 0xE0, 0, 0, 0, 0, 0, 0]
        func references(_ count: Int, depth: Int) -> [UInt8] {
            (0..<depth).reduce(Build.text("]q\u{0}")) { bytes, level in
                let one = Build.text("h") + [UInt8(level)]
                return bytes + Build.text("0](") + (0..<count).flatMap { _ in one } + Build.text("eq") + [
                    UInt8(level + 1)
                ]
            }
        }
        let tensor = Build.tensor(storage: Build.storage("k", count: 1), offset: 0, shape: [1], strides: [1])
        let object = Build.dictionary([
            ("half", half), ("pair", Build.tuple([Build.int(3), Build.unicode("x")])),
            ("names", Build.dictionary([("none", Build.text("N"))])), ("weights", Build.dictionary([("a", tensor)])),
            ("circle", Build.text("](h\u{FF}e")), ("deep", references(1, depth: 40)),
            ("after", [0x88]), ("wide", references(10, depth: 14)), ("lost", [0x88]),
        ])
        let circle = Build.text("]q\u{FF}(h\u{FF}e0") + object
        let values = [Float(1)].withUnsafeBytes { Array($0) }
        let checkpoint = try open(Build.file(object: circle, storages: [("k", 1, values)]))
        #expect(checkpoint.names == ["a"])
        #expect(
            checkpoint.plainValues == [
                "half": .double(-0.5), "pair": .list([.int(3), .string("x")]),
                "names": .dictionary(["none": .none]), "after": .bool(true),
            ])
    }

    @Test func python2IsUnderstood() throws {
        // Short byte strings for texts, and an ordered dictionary that gets its members as a list of pairs.
        let storage =
            Build.tuple([
                Build.text("U\u{7}storage"), Build.text("ctorch.cuda\nFloatStorage\n"), Build.text("U\u{1}k"),
                Build.text("U\u{6}cuda:0"), Build.int(2), Build.text("N"),
            ]) + Build.text("Q")
        let tensor = Build.tensor(storage: storage, offset: 0, shape: [2], strides: [1])
        let object =
            Build.text("ccollections\nOrderedDict\n](](U\u{1}a") + tensor + Build.text("ee") + [0x85] + Build.text("R")
        let values = [Float(1), -2].withUnsafeBytes { Array($0) }
        #expect(try open(Build.file(object: object, storages: [("k", 2, values)])).floats("a") == [1, -2])
    }

    @Test(arguments: [
        ".", "0", "t", "1", "(0", "s", "u", "a", "e", "R", "b", "Q", "h\u{7}", "]N.", "K", "X\u{FF}\u{FF}\u{FF}\u{7F}",
        "cos", "\u{1}",
    ])
    func nonsenseIsAnError(pickle: String) throws {
        let object = Build.text(pickle)
        #expect(throws: CheckpointError.self) { try open(Build.file(object: object)) }
    }

    @Test(arguments: ["plain-zip.pth", "plain-legacy.pth", "protocol5-legacy.pth", "run-zip.pth", "view-legacy.pth"])
    func aFileCutAnywhereIsRefused(name: String) throws {
        let whole = try Fixture.bytes(name)
        let path = try folder.file("cut.pth", whole)
        for count in (0..<whole.count).reversed() {
            truncate(path, count)
            #expect(throws: (any Error).self, "cut at \(count)") { try Checkpoint.open(path) }
        }
    }

    @Test(arguments: [
        ("plain-zip.pth", 400), ("plain-legacy.pth", 1500), ("protocol5-legacy.pth", 1500), ("run-zip.pth", 400),
        ("run-legacy.pth", 1500), ("view-legacy.pth", 1500),
    ])
    func damageNeverLeadsOutsideTheFile(name: String, rounds: Int) throws {
        let whole = try Fixture.bytes(name)
        var random = SeededGenerator(seed: UInt64(whole.count))
        for _ in 0..<rounds {
            var damaged = whole
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let place = Int.random(in: 0..<damaged.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: damaged[place] = .random(in: 0...255, using: &random)
                case 2: damaged.remove(at: place)
                default: damaged.insert(damaged.randomElement(using: &random) ?? 0, at: place)
                }
            }
            if let checkpoint = try? open(damaged) { try reads(checkpoint) }
        }
    }
}
