import Archives
import Foundation
import ImageAccess
import ObjectStores
import Storage
import TestServers
import Testing

/// Images in buckets, read one by one and ahead.
@Suite struct ObjectReadingTests {
    private func reader(_ server: ScriptedServer) -> ImageReader {
        ImageReader {
            let variables = ["HOME": "/nonexistent", "AWS_ENDPOINT_URL": server.address, "PADIM_STORE_TIMEOUT": "2"]
            return try ObjectClient(ObjectStoreSettings(EnvironmentVariables(variables))) { _ in }
        }
    }

    private func location(_ number: Int, version: String? = nil) -> ImageLocation {
        .object(StoredObject(address: "s3://b/\(number)", version: version))
    }

    private func bytes(_ number: Int) -> [UInt8] { Array("image \(number)".utf8) }

    /// A server that has every number as an image, and takes a while to say so.
    private func server(pause: Double = 0) throws -> ScriptedServer {
        try ScriptedServer { request in
            [.pause(pause)]
                + ScriptedServer.reply(200, ["etag": "\"1\""], Array("image \(request.target.dropFirst(3))".utf8))
        }
    }

    @Test func anObjectIsReadWholeUpToTheLimit() throws {
        let reader = reader(try server())
        #expect(try reader.read(location(7), limit: 7) == bytes(7))
        #expect(try reader.read(location(7, version: "\"1\""), limit: 7) == bytes(7))
        for (place, limit, says) in [
            (location(7), 6, "7 bytes, where at most 6"), (location(7, version: "\"2\""), 7, "changed"),
        ] {
            #expect { try reader.read(place, limit: limit) } throws: { error in
                (error as? ImageAccessError)?.name == "s3://b/7" && "\(error)".contains(says)
            }
        }
        let empty = self.reader(try ScriptedServer { _ in ScriptedServer.reply() })
        #expect(throws: ImageAccessError("s3://b/1", "the object is empty")) { try empty.read(location(1), limit: 9) }
    }

    /// In whatever order they are then asked for, expected or not.
    @Test func whatIsExpectedIsReadAhead() throws {
        let server = try server(pause: 0.05)
        let reader = reader(server)
        reader.expect((0..<60).map { location($0) })
        usleep(300_000)
        let before = server.requestCount
        #expect((8...60).contains(before))
        for number in [3, 1, 0, 2, 59, 70] + Array(4..<59) {
            #expect(try reader.read(location(number), limit: 100) == bytes(number))
        }
        // None is read twice.
        #expect(server.requestCount == 61)
    }

    @Test func waitingIsCounted() throws {
        let reader = reader(try server(pause: 0.1))
        #expect(reader.waited == .zero)
        _ = try reader.read(location(1), limit: 9)
        #expect(reader.waited > .milliseconds(80))
    }

    @Test func moreThanIsReadAheadIsReadWhenAskedFor() throws {
        let large = [UInt8](repeating: 7, count: (16 << 20) + 1)
        let server = try ScriptedServer { _ in ScriptedServer.reply(200, [:], large) }
        let reader = reader(server)
        reader.expect([location(1)])
        #expect(try reader.read(location(1), limit: 64 << 20).count == large.count)
        #expect(throws: ImageAccessError.self) { try reader.read(location(1), limit: 1 << 20) }
    }

    @Test func whatIsForgottenIsReadAgain() throws {
        let server = try server()
        let reader = reader(server)
        reader.expect([location(1)])
        reader.forgetExpected()
        #expect(try reader.read(location(1), limit: 9) == bytes(1))
    }

    @Test func anUnusableAddressOrEnvironmentIsTheReason() throws {
        let reader = ImageReader { throw StorageError("ask", "nobody", "there is no environment") }
        reader.expect([location(1)])
        #expect { try reader.read(location(1), limit: 9) } throws: { "\($0)".contains("no environment") }
        let sound = self.reader(try server())
        let hostile = ImageLocation.object(StoredObject(address: "https://me:hush@h/a"))
        sound.expect([hostile])
        #expect { try sound.read(hostile, limit: 9) } throws: { "\($0)".contains("credentials") }
    }

    /// An archive is read in blocks, of which neighbours come in advance.
    @Test func membersOfAnArchiveAreRangesOfIt() throws {
        let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let server = try ScriptedServer { request in
            guard request.method == "GET", let range = request.headers["range"]?.dropFirst(6).split(separator: "-"),
                let first = Int(range[0]), let last = Int(range[1])
            else {
                return [.send("HTTP/1.1 200 OK\r\netag: \"1\"\r\ncontent-length: \(content.count)\r\n\r\n")]
            }
            let sent = Array(content[first...min(last, content.count - 1)])
            return ScriptedServer.reply(
                206, ["etag": "\"1\"", "content-range": "bytes \(first)-\(first + sent.count - 1)/\(content.count)"],
                sent)
        }
        let source = try reader(server).source(.object(StoredObject(address: "s3://b/a.tar")))
        #expect(source.byteCount == 1_000_000)
        for (offset, count) in [
            (0, 10), (262_140, 10), (300_000, 600_000), (999_990, 100), (1_000_000, 5), (524_288, 1),
        ] {
            #expect(
                try source.bytes(at: Int64(offset), count: count)
                    == Array(content[offset..<min(offset + count, content.count)]))
        }
        // One request for the size, and one for each block.
        #expect(server.requestCount == 5)
        #expect(throws: ArchiveError.self) {
            try reader(server).source(.object(StoredObject(address: "s3://b/a.tar", version: "\"0\"")))
        }
    }
}
