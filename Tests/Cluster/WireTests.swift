import Cluster
import Gaussian
import Settings
import Storage
import Testing

@Suite struct WireTests {
    let message = WorkerMessage.chunk(session: 7, upload: 8, index: 3)

    @Test func roundTrip() throws {
        let frames = try Wire.encode(message, payload: [1, 2, 3])
        let (decoded, payload) = try Wire.decode(frames, as: WorkerMessage.self)
        #expect(decoded == message)
        #expect(payload == [1, 2, 3])
    }

    @Test func anyFlippedBitIsFound() throws {
        let frames = try Wire.encode(message, payload: [1, 2, 3])
        for (frame, bytes) in frames.enumerated() {
            for bit in 0..<bytes.count * 8 {
                var garbled = frames
                garbled[frame][bit / 8] ^= 1 << (bit % 8)
                #expect(throws: WireError.self) { try Wire.decode(garbled, as: WorkerMessage.self) }
            }
        }
    }

    @Test func theSumsOfAPatchFitIntoAMessage() throws {
        let most = Wire.mostChannels
        #expect(Statistics.chunkByteCount(patches: 1, dimension: most) <= Wire.longestPayload)
        #expect(Statistics.chunkByteCount(patches: 1, dimension: most + 1) > Wire.longestPayload)
        func space(_ channels: Int) throws -> FeatureSpace {
            try FeatureSpace(
                backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: Array(0..<channels),
                input: InputSettings(height: 1, width: 3), gridHeight: 1, gridWidth: 3,
                grid: FixedPointGrid(layerChannels: [channels], kept: Array(0..<channels)))
        }
        try Wire.requireRoom(for: space(most))
        #expect {
            try Wire.requireRoom(for: space(FeatureSpace.maximumDimension))
        } throws: {
            "\($0)".contains("8192 channels") && "\($0)".contains("--features")
        }
    }

    @Test func aStrangerIsRefusedInWords() throws {
        #expect(throws: WireError.self) { try Wire.decode([], as: WorkerMessage.self) }
        #expect(throws: WireError.self) { try Wire.decode([[1], [2]], as: WorkerMessage.self) }
        let stranger = try Wire.encode(["shout": ["loud": true]])
        #expect { try Wire.decode(stranger, as: WorkerMessage.self) } throws: { "\($0)".contains("shout") }
    }

    /// It says where something else stands than should.
    @Test func aMessageOfAnotherFormIsRefusedInWords() throws {
        struct Fetch: Encodable {
            let session = 7
            let blob = "a digest"
            let offset = 0
        }
        for (message, words) in [(["fetch": Fetch()], "fetch.blob"), (["fetch2": Fetch()], "fetch2")] {
            let frames = try Wire.encode(message)
            #expect { try Wire.decode(frames, as: WorkerMessage.self) } throws: { "\($0)".contains(words) }
        }
    }

    /// A parser that recurses is not given much to recurse on. Messages have the depth of their forms; the one word that is understood
    /// of other versions may have anything beside it.
    @Test func deepNestingIsRefusedBeforeItIsParsed() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + "1" + String(repeating: "]", count: depth)
        }
        for header in [nested(18), nested(1_000_000), "{\"fenced\":{\"session\":\(nested(1_000_000))}}"] {
            #expect(throws: WireError.self) {
                try Wire.decode(Wire.frames(header: Array(header.utf8)), as: CoordinatorMessage.self)
            }
        }
        for (depth, isUnderstood) in [(14, true), (15, false), (1_000_000, false)] {
            let hello = "{\"hello\":{\"version\":9,\"deep\":\(nested(depth))}}"
            #expect((Wire.foreignGreeting(Wire.frames(header: Array(hello.utf8))) != nil) == isUnderstood)
        }
    }

    @Test func bracketsInAPathAreNotNesting() throws {
        let task = ImageTask(id: 1, location: .file(String(repeating: "[{\\\"", count: 50)), output: "a")
        let deal = CoordinatorMessage.deal(session: 1, lease: 2, images: [task])
        #expect(try Wire.decode(try Wire.encode(deal), as: CoordinatorMessage.self).message == deal)
    }
}
