import Cluster
import Foundation
import Gaussian
import Journal
import Storage
import TestProcesses
import Testing

/// Workers that say what is not so, among honest ones: what they say does not count, and the log says who it was.
@Suite(.serialized) struct LiarTests {
    let workspace: Workspace
    let list: String

    init() throws {
        workspace = try Workspace()
        list = try workspace.makeImages(64)
    }

    private func fit(_ job: String, _ more: [String] = []) -> [String] {
        [
            "fit", "--images", list, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "12", "--input-size", "64", "--shard-size", "8", "--threads", "1", "--job", workspace.file(job),
        ] + more
    }

    /// Sums that no images give, in steps of the grid: each number by itself is possible.
    enum Contradiction: String, CaseIterable {
        /// Two channels with a larger product than their squares allow.
        case pair
        /// Three of which each is the opposite of the others.
        case three

        /// The sums and products of a patch.
        func record(_ dimension: Int, _ images: Int64) -> [Int64] {
            let square = images << 30
            var products: [Int64] = []
            for row in 0..<dimension {
                for column in 0...row {
                    let other = self == .pair ? (row == 1 ? 2 * square : 0) : (row < 3 ? -square / 10 * 9 : 0)
                    products.append(row == column ? square : other)
                }
            }
            return [Int64](repeating: 0, count: dimension) + products
        }
    }

    @Test(arguments: Contradiction.allCases) func impossibleSumsAreRefusedAndTheirWorkerNamed(_ kind: Contradiction)
        throws
    {
        let clean = try run("padim-coord", fit("clean"))
        #expect(clean.status == 0, "\(clean.errors)")
        let coordinator = try RunningProgram("padim-coord", fit("job", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        let liar = try MadeUpWorker(
            name: "liar", endpoint: address, .init(record: { kind.record($0, $1) }))
        defer { liar.close() }
        #expect(coordinator.waitUntil { $0.contains("worker liar joined") })
        let honest = try RunningProgram("padim-worker", ["--connect", address, "--threads", "1", "--name", "honest"])
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(honest.wait() == 0)
        #expect(coordinator.standardError.contains("worker liar broke the protocol: it sent impossible sums"))
        #expect(!coordinator.standardError.contains("worker honest broke"))
        #expect(Workspace.modelDigest(coordinator.standardOutput) == Workspace.modelDigest(clean.output))
    }

    /// It sees the job's directory, and says that it wrote there what it did not: nothing, or a link to other sums.
    @Test(arguments: ["nothing", "link"]) func sumsThatWereNotWrittenAreMissed(_ kind: String) throws {
        let clean = try run("padim-coord", fit("clean"))
        #expect(clean.status == 0, "\(clean.errors)")
        let coordinator = try RunningProgram("padim-coord", fit("job", ["--bind", "tcp://127.0.0.1:0"]))
        let address = try #require(coordinator.endpoint)
        let target = workspace.file("clean/statistics.safetensors")
        let byteCount = Int64(try Data(contentsOf: URL(fileURLWithPath: target)).count)
        let liar = try MadeUpWorker(
            name: "liar", endpoint: address,
            .init(written: { folder, upload, images in
                let path = "\(folder.directory)/partials/\(upload).safetensors"
                if kind == "link" { symlink(target, path) }
                return WrittenSums(
                    images: images, clamped: 0, samples: images, byteCount: byteCount, digest: Digest(of: [1]))
            }))
        defer { liar.close() }
        guard case .refused? = liar.wait() else {
            Issue.record("the liar was not refused: \(coordinator.standardError)")
            return
        }
        let honest = try RunningProgram("padim-worker", ["--connect", address, "--threads", "1", "--name", "honest"])
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(honest.wait() == 0)
        #expect(
            coordinator.standardError.contains("worker liar broke the protocol: it says that it wrote its sums, and "))
        #expect(!coordinator.standardError.contains("worker honest broke"))
        #expect(Workspace.modelDigest(coordinator.standardOutput) == Workspace.modelDigest(clean.output))
        #expect(FileManager.default.fileExists(atPath: target))
    }

    /// An earlier release took such sums, and every start ended with a matrix that is not positive definite.
    @Test func impossibleSumsOfAnEarlierReleaseAreThrownOut() throws {
        let clean = try run("padim-coord", fit("job"))
        #expect(clean.status == 0, "\(clean.errors)")
        let directory = JobDirectory(workspace.file("job"))
        do {
            let journal = try Journal.open(directory, job: Journal.read(directory).job)
            let partials = try journal.partials()
            let sound = try StatisticsFile(path: directory.partial(partials[0].record.file)).header
            let count = partials.reduce(0) { $0 + Int64($1.record.images) }
            let header = try StatisticsHeader(
                space: sound.space, count: count,
                clamped: partials.reduce(0) { $0 + $1.record.clamped })
            let record = Contradiction.three.record(header.space.dimension, count)
            let writer = try StatisticsFileWriter(path: directory.partial("bad.safetensors"), header: header)
            for patch in 0..<header.space.patches {
                try record.withUnsafeBytes { try writer.write($0, patches: patch..<patch + 1) }
            }
            let digest = try writer.commit()
            try journal.replace(
                partials: partials.map(\.id),
                with: PartialRecord(
                    file: "bad.safetensors", images: Int(count), clamped: header.clamped, digest: digest))
            try journal.close()
        }
        unlink(directory.model)
        let again = try run("padim-coord", fit("job"))
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.errors.contains("no images have the sums of patch"))
        #expect(again.errors.contains("its 64 images are folded again"))
        #expect(Workspace.modelDigest(again.output) == Workspace.modelDigest(clean.output))
    }

    @Test func mapsThatWereNotWrittenAreMissed() throws {
        let fitted = try run("padim-coord", fit("fitted"))
        #expect(fitted.status == 0, "\(fitted.errors)")
        let coordinator = try RunningProgram(
            "padim-coord",
            [
                "inspect", "--images", list, "--model", workspace.file("fitted/model.safetensors"), "--weights",
                Workspace.weights, "--shard-size", "8", "--job", workspace.file("job"), "--bind", "tcp://127.0.0.1:0",
            ])
        let address = try #require(coordinator.endpoint)
        let liar = try MadeUpWorker(
            name: "liar", endpoint: address,
            .init(report: { tasks in
                .scored(
                    tasks.map { ImageOutcome(id: $0.id, score: 1, maxRow: 0, maxColumn: 0, flagged: nil) }, pictures: 0)
            }))
        defer { liar.close() }
        guard case .refused(let reason)? = liar.wait() else {
            Issue.record("the liar was not refused: \(coordinator.standardError)")
            return
        }
        #expect(reason.contains("it broke the protocol"))
        let honest = try RunningProgram("padim-worker", ["--connect", address, "--threads", "1", "--name", "honest"])
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(honest.wait() == 0)
        #expect(
            coordinator.standardError.contains("worker liar broke the protocol: it says that it wrote the map of image")
        )
        let table = try String(contentsOfFile: workspace.file("job/results.csv"), encoding: .utf8)
        let maps = table.split(separator: "\n").dropFirst().flatMap { $0.split(separator: ",") }.filter {
            $0.hasPrefix("maps/")
        }
        #expect(maps.count == 64)
        for map in maps { #expect(FileManager.default.fileExists(atPath: workspace.file("job/\(map)")), "\(map)") }
    }

    /// Whoever writes a worker of its own reads what is wrong, and so does the log, once.
    @Test func whatCannotBeReadIsAnswered() throws {
        let coordinator = try RunningProgram("padim-coord", fit("job", ["--bind", "tcp://127.0.0.1:0"]))
        defer { kill(coordinator.id, SIGKILL) }
        let address = try #require(coordinator.endpoint)
        struct Fetch: Encodable {
            let session = 7
            let blob = "abc"
            let offset = 0
            let count = 1
        }
        let answer = try Stranger.say(["fetch": Fetch()], to: address, times: 5)
        guard case .misunderstood(let reason)? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
        #expect(reason.contains("fetch.blob"))
        #expect(coordinator.waitUntil { $0.contains("dropped a message from") })
        usleep(300_000)
        #expect(coordinator.standardError.components(separatedBy: "dropped a message from").count == 2)
    }
}
