import Foundation
import Journal
import ObjectStores
import Storage
import TestProcesses
import TestServers
import Testing

/// Images in a bucket and on a web server, read by real workers.
@Suite(.serialized) struct ObjectTests {
    let workspace: Workspace

    init() throws {
        workspace = try Workspace()
        _ = try workspace.makeImages(60, named: "images/a")
        _ = try workspace.makeImages(30, named: "images/b c", seed: 2)
    }

    private func fit(_ images: String, _ job: String) -> [String] {
        [
            "fit", "--images", images, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "12", "--input-size", "64", "--trust-folders", "--job", workspace.file(job), "--local-workers", "2",
            "--shard-size", "8",
        ]
    }

    private func inspect(_ images: String, _ job: String, _ more: [String] = [], workers: Int = 2) -> [String] {
        [
            "inspect", "--images", images, "--model", workspace.file("folder/model.safetensors"), "--weights",
            Workspace.weights, "--job", workspace.file(job), "--local-workers", "\(workers)", "--overlays", "all",
        ] + more
    }

    private func run(
        _ arguments: [String], _ environment: [String: String]
    ) throws -> (status: Int32, output: String, errors: String) {
        let program = try RunningProgram("padim-coord", arguments, environment: environment)
        let status = program.wait()
        return (status, program.standardOutput, program.standardError)
    }

    private func images(_ job: String) throws -> [(path: String, score: Float?, reason: String?)] {
        var found: [(String, Float?, String?)] = []
        try Journal.read(JobDirectory(workspace.file(job))).forEachImage(.inspect) { row in
            found.append((row.record.path, row.score, row.reason))
        }
        return found
    }

    private func statistics(_ job: String) throws -> Digest {
        try Digest(ofFile: workspace.file(job + "/statistics.safetensors"))
    }

    /// The same model though the server is busy, cuts answers off, and a worker dies; and nobody tells the secret.
    @Test func aBucketGivesTheModelOfTheFolder() throws {
        let plain = try run(fit(workspace.file("images"), "folder"), [:])
        #expect(plain.status == 0, "\(plain.errors)")
        let port = try ServerProcess.s3().port
        let proxy = try ScriptedServer { request in
            // Requests come in another order each time; each of these answers is asked for again.
            switch request.number % 11 {
            case 3: ScriptedServer.reply(503, ["retry-after": "0"])
            case 5: [.close]
            case 7:
                ScriptedServer.forward(request, to: port).map { step in
                    if case .send(let bytes) = step { .send(Array(bytes.prefix(bytes.count - 1))) } else { step }
                } + [.close]
            default: [.pause(0.02)] + ScriptedServer.forward(request, to: port)
            }
        }
        let bucket = try TestBucket(by: proxy.address)
        try bucket.put(folder: workspace.file("images"), at: "in/")
        let program = try RunningProgram(
            "padim-coord", fit(bucket.text("in/"), "bucket") + ["--checkpoint-images", "20"],
            environment: bucket.environment)
        #expect(program.waitUntil { $0.contains("ready for stage 1") })
        usleep(300_000)
        for id in RunningProgram.children(of: program.id) {
            let command = try String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8)
            #expect(!command.contains("hush"))
        }
        if let worker = RunningProgram.children(of: program.id).first { kill(worker, SIGKILL) }
        #expect(program.wait() == 0, "\(program.standardError)")
        #expect(Workspace.modelDigest(program.standardOutput) == Workspace.modelDigest(plain.output))
        #expect(try statistics("bucket") == statistics("folder"))
        let journal = try Data(contentsOf: URL(fileURLWithPath: workspace.file("bucket/job.sqlite")))
        #expect(journal.range(of: Data("hush".utf8)) == nil && journal.range(of: Data("s3://".utf8)) != nil)
        #expect(!program.standardError.contains("hush") && !program.standardOutput.contains("hush"))
        try inspectionsAreThoseOfTheFolder(bucket)
    }

    private func inspectionsAreThoseOfTheFolder(_ bucket: TestBucket) throws {
        let local = try run(inspect(workspace.file("images"), "local"), [:])
        #expect(local.status == 0, "\(local.errors)")
        let list = try images("local").map(\.path).joined(separator: "\n")
        try bucket.put(list, at: "in/list.txt")
        let result = try run(
            inspect(bucket.text("in/list.txt"), "remote", ["--artifacts", bucket.text("out")]), bucket.environment)
        #expect(result.status == 0, "\(result.errors)")
        let (expected, found) = (try images("local"), try images("remote"))
        #expect(expected.map(\.score) == found.map(\.score) && expected.map(\.path) == found.map(\.path))
        let keys = try bucket.keys("out/")
        #expect(Set(keys).isSuperset(of: ["results.csv", "report.html", "maps/b c/7.png", "overlays/a/59.png"]))
        #expect(keys.count { $0.hasPrefix("maps/") } == 90 && !keys.contains("seen-by-workers"))
        for key in ["results.csv", "maps/b c/7.png", "overlays/a/59.png"] {
            let copy = try bucket.client.read(ObjectAddress(bucket.text("out/" + key)), limit: 1 << 24).bytes
            #expect(try Data(contentsOf: URL(fileURLWithPath: workspace.file("remote/" + key))) == Data(copy), "\(key)")
        }
        let denied = try run(
            inspect(bucket.text("in/list.txt"), "denied", ["--artifacts", "s3://bucket-of-nobody/x"]),
            bucket.environment)
        #expect(denied.status != 0 && denied.errors.contains("no such bucket"), "\(denied.errors)")
    }

    @Test func imagesThatAreGoneOrChangedAreSaid() throws {
        let bucket = try TestBucket()
        try bucket.put(folder: workspace.file("images"), at: "in/")
        let plain = try run(fit(workspace.file("images"), "folder"), [:])
        #expect(plain.status == 0, "\(plain.errors)")
        // The list is read, and then the objects are others.
        let coordinator = try RunningProgram(
            "padim-coord",
            inspect(
                bucket.text("in/"), "job", ["--max-bad-images", "50", "--bind", "tcp://127.0.0.1:0"], workers: 0),
            environment: bucket.environment)
        let endpoint = try #require(coordinator.endpoint)
        try bucket.client.remove(ObjectAddress(bucket.text("in/a/3.png")))
        try bucket.put([1, 2, 3], at: "in/a/4.png")
        let worker = try RunningProgram("padim-worker", ["--connect", endpoint], environment: bucket.environment)
        #expect(coordinator.wait() == 0, "\(coordinator.standardError)")
        #expect(worker.wait() == 0, "\(worker.standardError)")
        let reasons = Dictionary(
            uniqueKeysWithValues: try images("job").compactMap { image in image.reason.map { (image.path, $0) } })
        #expect(reasons.count == 2)
        #expect(reasons["a/3.png"]?.contains("no such object (status 404") == true, "\(reasons)")
        #expect(reasons["a/4.png"]?.contains("changed since it was listed") == true, "\(reasons)")
    }

    @Test func aWebServerGivesTheModelOfTheFolder() throws {
        let server = try ServerProcess.web(workspace.path)
        let names = (0..<60).map { "images/a/\($0).png" } + (0..<30).map { "images/b c/\($0).png" }
        _ = try workspace.makeList("list.txt", names + ["images/none.png"])
        let plain = try run(fit(workspace.file("list.txt"), "folder") + ["--max-bad-images", "5"], [:])
        #expect(plain.status == 0, "\(plain.errors)")
        let result = try run(
            fit(server.address + "/list.txt", "web") + ["--max-bad-images", "5"], ["PADIM_STORE_TIMEOUT": "5"])
        #expect(result.status == 0, "\(result.errors)")
        #expect(Workspace.modelDigest(result.output) == Workspace.modelDigest(plain.output))
        #expect(try statistics("web") == statistics("folder"))
        #expect((result.output + result.errors).contains("no such object (status 404)"), "\(result.errors)")
    }
}
