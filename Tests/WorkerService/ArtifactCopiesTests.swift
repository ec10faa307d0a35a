import Cluster
import Foundation
import ObjectStores
import Settings
import Storage
import TestServers
import Testing
import WorkerService

/// Copies of maps and overlays in a bucket.
@Suite struct ArtifactCopiesTests {
    private let order = InspectionOrder(
        settings: InspectionSettings(overlays: .all, artifacts: "s3://results/today/"), mapScaleExponent: 8,
        firstColor: 10, lastColor: 40, directory: "/nonexistent", probe: "probe", probeValue: "1")

    private func sink(_ server: ScriptedServer) throws -> ArtifactSink {
        let variables = [
            "HOME": "/nonexistent", "AWS_ENDPOINT_URL": server.address, "PADIM_STORE_TIMEOUT": "1",
            "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b",
        ]
        return try ArtifactSink(order: order) {
            try ObjectClient(ObjectStoreSettings(EnvironmentVariables(variables))) { _ in }
        }
    }

    private func task(_ output: String) -> ImageTask { ImageTask(id: 1, location: .file("/a.png"), output: output) }

    @Test func theBucketHasThemBeforeTheShardIsReported() throws {
        let put = Locked<[String: [UInt8]]>([:])
        let server = try ScriptedServer { request in
            [.pause(0.02)]
                + put.withLock { put in
                    put[request.target] = request.body
                    return ScriptedServer.reply()
                }
        }
        let sink = try sink(server)
        let sent = Locked(0)
        for number in 0..<100 {
            let wasSent = try sink.put(.map, [UInt8(number)], of: task("a b/\(number)"), under: 7) { _, _, _ in
                sent.withLock { $0 += 1 }
            }
            #expect(wasSent)
        }
        _ = try sink.put(.overlay, [200], of: task("ä"), under: 7) { _, _, _ in }
        try sink.sync(hasWritten: false)
        let found = put.withLock { $0 }
        #expect(found.count == 101 && sent.withLock { $0 } == 100)
        #expect(
            found["/results/today/maps/a%20b/17.png"] == [17] && found["/results/today/overlays/%C3%A4.png"] == [200])
    }

    /// Such a shard is done elsewhere, and never counts without its maps.
    @Test func aBucketThatDoesNotTakeThemIsNoFaultOfTheImage() throws {
        let server = try ScriptedServer { _ in ScriptedServer.reply(403) }
        let sink = try sink(server)
        _ = try sink.put(.map, [1], of: task("a"), under: 7) { _, _, _ in }
        #expect {
            try sink.sync(hasWritten: false)
        } throws: { "\($0)".contains("s3://results/today/maps/a.png") && "\($0)".contains("denied") }
    }

    @Test func nothingIsPutBesideThePrefix() throws {
        let server = try ScriptedServer { _ in ScriptedServer.reply() }
        let sink = try sink(server)
        for output in ["../../x", "a/../../../x", "a//x", "/x"] {
            #expect(throws: (any Error).self) { try sink.put(.map, [1], of: task(output), under: 7) { _, _, _ in } }
        }
        try sink.sync(hasWritten: false)
        #expect(server.requestCount == 0)
    }
}
