import Cluster
import Storage
import TestSupport
import Testing

/// Messages that are written and read without the general encoder and decoder are the same ones, byte for byte and value for value.
@Suite struct QuickHeaderTests {
    private func isSameOut(_ message: some WireMessage) throws -> Bool {
        guard let quick = message.quickHeader else { return false }
        return try quick == Wire.generalHeader(message)
    }

    private func isLeft(_ message: some WireMessage) -> Bool { message.quickHeader == nil }

    /// Reads it as it is written in general, and with white space and another order of the fields.
    private func isSameIn(_ message: WorkerMessage) throws -> Bool {
        let header = try Wire.generalHeader(message)
        let name = String(decoding: header.dropFirst(2).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
        return WorkerMessage.quick(name, header) == message
    }

    @Test func whatIsWrittenIsTheSame() throws {
        for session: SessionID in [0, 7, 10, 3_018_273_645_546, 4_503_599_627_370_495, -3] {
            #expect(try isSameOut(CoordinatorMessage.heartbeat(session: session)))
            #expect(try isSameOut(CoordinatorMessage.heartbeat(session: session, heartbeatMilliseconds: 3_000)))
            #expect(try isSameOut(CoordinatorMessage.acknowledged(session: session, lease: 2_147_483_650)))
            for leases: [LeaseID] in [[], [1], [99, 100, 2_147_483_651]] {
                for upload: UploadID? in [nil, 5] {
                    #expect(
                        try isSameOut(
                            WorkerMessage.heartbeat(
                                session: session, stage: upload == nil ? 1 : nil, leases: leases, newest: leases.last,
                                upload: upload, mostLeases: leases.isEmpty ? nil : 24)))
                }
            }
        }
        let images = [("/data/a b/c~.png", "a"), ("relative", "x/y"), ("", "")].enumerated().map {
            ImageTask(id: ImageID(rawValue: Int64($0) * 17), location: .file($1.0), output: $1.1)
        }
        for count in 0...images.count {
            let deal = CoordinatorMessage.deal(session: 1, lease: 2, images: Array(images.prefix(count)))
            #expect(try isSameOut(deal))
        }
    }

    @Test func whatHasMoreIsLeftToTheEncoder() throws {
        func deal(_ image: ImageTask) -> CoordinatorMessage { .deal(session: 1, lease: 2, images: [image]) }
        for path in ["a\"b", "a\\b", "a\nb", "\u{7F}", "fahrr\u{E4}der.png"] {
            #expect(isLeft(deal(ImageTask(id: 1, location: .file(path), output: "a"))))
            #expect(isLeft(deal(ImageTask(id: 1, location: .file("a"), output: path))))
        }
        #expect(isLeft(deal(ImageTask(id: 1, location: .file("a"), output: "a", isContext: true))))
        #expect(isLeft(deal(ImageTask(id: 1, location: .file("a"), output: "a", region: .file("mask")))))
        #expect(isLeft(CoordinatorMessage.deal(session: 1, lease: 2, images: [], alone: true)))
        #expect(isLeft(CoordinatorMessage.fenced(session: 1)))
        #expect(isLeft(WorkerMessage.leaving(session: 1)))
    }

    @Test func whatIsReadIsTheSame() throws {
        for leases: [LeaseID] in [[], [1], [99, 100, 2_147_483_651]] {
            for stage in [nil, 0, 12] {
                #expect(
                    try isSameIn(
                        .heartbeat(
                            session: 3, stage: stage, leases: leases, newest: leases.last, upload: stage == 0 ? 9 : nil,
                            mostLeases: stage == 12 ? 1_024 : nil)
                    ))
            }
        }
        var random = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            let outcomes = (0..<Int.random(in: 0...4, using: &random)).map { place in
                let bits = UInt32.random(in: 0x0080_0000..<0x7F80_0000, using: &random)
                let hasPlace = Bool.random(using: &random)
                return ImageOutcome(
                    id: ImageID(rawValue: Int64(place)), score: place == 3 ? 0 : Float(bitPattern: bits), maxRow: place,
                    maxColumn: 7,
                    imageRow: hasPlace ? 1 : nil, imageColumn: hasPlace ? 2 : nil,
                    flagged: [nil, true, false].randomElement(using: &random) ?? nil,
                    digest: hasPlace ? withUnsafeBytes(of: bits) { ContentDigest(of: $0) } : nil)
            }
            #expect(try isSameIn(.scored(session: 3, lease: 4, outcomes: outcomes, pictures: outcomes.count)))
        }
    }

    @Test func spaceAndOrderDoNotMatter() throws {
        let header = Array(
            """
             { "scored" :\t{ "pictures": 1 , "outcomes" : [ { "score" : 1.5e1, "maxColumn":3 ,"id": 2,"maxRow": -4 } , {"flagged": false ,"score":0,"maxRow":1,
            "maxColumn":1,"id":3}\n] , "lease":7,\r"session" : 8 } }
            """.utf8)
        let (message, _) = try Wire.decode(Wire.frames(header: header), as: WorkerMessage.self)
        #expect(WorkerMessage.quick("scored", header) == message)
        let outcomes = [
            ImageOutcome(id: 2, score: 15, maxRow: -4, maxColumn: 3, flagged: nil),
            ImageOutcome(id: 3, score: 0, maxRow: 1, maxColumn: 1, flagged: false),
        ]
        #expect(message == .scored(session: 8, lease: 7, outcomes: outcomes, pictures: 1))
    }

    /// Numbers at the ends of their type, and what has words.
    @Test(arguments: [
        "\"score\":1e39", "\"score\":1e-40", "\"score\":1e-60", "\"score\":0.0", "\"failure\":\"torn\"", "\"maxRow\":1",
    ])
    func whatIsNotOrdinaryIsLeftToTheDecoder(field: String) {
        let rest = field.contains("maxRow") ? "\"score\":1" : "\"maxRow\":1,\"maxColumn\":1"
        let header =
            "{\"scored\":{\"session\":1,\"lease\":2,\"pictures\":0,\"outcomes\":[{\"id\":1,\(rest),\(field)}]}}"
        #expect(WorkerMessage.quick("scored", Array(header.utf8)) == nil)
    }
}
