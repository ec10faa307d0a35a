import Cluster
import Gaussian
import Journal
import Tensors
import TestSupport
import Testing

/// What a newer release wrote is refused in words: the file, its version, what to do. It is never read wrong.
@Suite struct NewerReleasesTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func rewritten(_ name: String, version: String) throws -> String {
        let old = try SafetensorsFile(path: Written.path(name))
        var metadata = old.metadata
        metadata["version"] = version
        let writer = try SafetensorsWriter(path: folder["newer"], tensors: old.tensors, metadata: metadata)
        for tensor in old.tensors { try old.withBytes(of: tensor.name) { try writer.write($0, to: tensor.name) } }
        try writer.commit()
        return folder["newer"]
    }

    @Test(arguments: ["4", "99"]) func statisticsAndModels(version: String) throws {
        let words = ["version \(version)", "up to 3", "use the release"]
        let statistics = try rewritten("3.statistics", version: version)
        #expect { try StatisticsFile(path: statistics) } throws: { error in
            (words + [statistics]).allSatisfy("\(error)".contains)
        }
        let model = try rewritten("3.model", version: version)
        #expect { try GaussianModel(path: model) } throws: { error in
            (words + [model]).allSatisfy("\(error)".contains)
        }
    }

    @Test(arguments: ["", "0", "-1", "one", "1.5", "99999999999999999999"]) func versionsThatAreNone(version: String)
        throws
    {
        let path = try rewritten("3.model", version: version)
        #expect { try GaussianModel(path: path) } throws: { "\($0)".contains("which version") }
    }

    /// Also where all but the version is said otherwise; and nothing else passes for a hello.
    @Test func aHelloOfWhichOnlyTheVersionIsUnderstood() throws {
        struct Strange: Encodable {
            struct Words: Encodable {
                let version: Int
                let who: [String]
            }
            let hello: Words
        }
        let frames = try Wire.encode(Strange(hello: .init(version: 7, who: ["w"])))
        #expect(throws: WireError.self) { try Wire.decode(frames, as: WorkerMessage.self) }
        guard case .hello(version: 7, _, _, _, _)? = Wire.foreignGreeting(frames) else {
            Issue.record("not understood")
            return
        }
        #expect(Wire.foreignGreeting(try Wire.encode(Strange(hello: .init(version: Wire.version, who: [])))) == nil)
        #expect(Wire.foreignGreeting(try Wire.encode(["goodbye": ["version": 7]])) == nil)
        #expect(Wire.foreignGreeting([]) == nil)
    }

    @Test func aNewerWorkerIsRefused() throws {
        var core = CoordinatorCore(limits: CoordinatorLimits(), epoch: 1, sessionSeed: 7)
        // What it has to say besides, nobody here knows.
        let next = Wire.version + 1
        let hello =
            #"{"hello":{"version":\#(next),"incarnation":5,"name":null,"threads":1.0,"gpu":{"count":2}},"more":[]}"#
        let frames = Wire.frames(header: Array(hello.utf8), payload: [1])
        #expect(throws: WireError.self) { try Wire.decode(frames, as: WorkerMessage.self) }
        let message = try #require(Wire.foreignGreeting(frames))
        let address = WorkerAddress(bytes: [1])
        let answer = core.handle(.received(message, payload: [], from: address), at: .start)
        let refusals = answer.compactMap { directive in
            if case .send(.refused(let reason), address) = directive { reason } else { nil }
        }
        #expect(refusals.count == 1)
        #expect(refusals.first?.contains("protocol \(next)") == true)
        #expect(refusals.first?.contains("install the same release") == true)
    }
}
