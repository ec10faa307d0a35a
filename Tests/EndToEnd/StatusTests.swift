import Foundation
import LiveStatus
import TestBrowser
import TestProcesses
import TestSupport
import Testing

/// The page of a running job, as a browser and other programs see it.
@Suite(.serialized) struct StatusTests {
    let workspace: Workspace

    init() throws { workspace = try Workspace() }

    private func fit(_ images: String, _ job: String, _ more: [String] = []) -> [String] {
        [
            "fit", "--images", images, "--backbone", "efficientnet_lite0", "--weights", Workspace.weights, "--features",
            "10",
            "--input-size", "64", "--shard-size", "4", "--calibrate", "none", "--job", workspace.file(job),
        ] + more
    }

    /// An answer of a server on this machine: its status, its head, and its content.
    private func ask(
        _ port: UInt16, _ path: String, host: String = "127.0.0.1", method: String = "GET", fields: String = ""
    ) -> (status: Int, head: String, content: [UInt8]) {
        let connection = PlainConnection(to: port)
        connection.send(Array("\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n".utf8))
        let answer = connection.readAll()
        let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) ?? answer.endIndex..<answer.endIndex
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self)
        return (
            head.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0, head,
            Array(answer[end.upperBound...])
        )
    }

    private func status(_ port: UInt16) throws -> JobStatus {
        try JSONDecoder().decode(JobStatus.self, from: Data(ask(port, "/api/status").content))
    }

    /// Waits until the status is as wanted.
    private func wait(_ port: UInt16, _ isReached: (JobStatus) -> Bool) throws -> JobStatus? {
        let end = Date() + Double(TestTimeout.seconds)
        while Date() < end {
            let status = try status(port)
            if isReached(status) { return status }
            usleep(50_000)
        }
        return nil
    }

    private func port(of program: RunningProgram) throws -> UInt16 {
        _ = program.waitUntil { $0.contains("status page on ") }
        let line = try #require(
            program.standardOutput.split(separator: "\n").first { $0.hasPrefix("status page on ") },
            "\(program.standardError)")
        return try #require(UInt16(line.split(separator: ":").last?.dropLast() ?? ""))
    }

    /// Fits a model, and makes a folder of images to inspect, one of which is damaged.
    private func makeModelAndToday(images: Int) throws {
        let good = try workspace.makeImages(16)
        try #require(try run("padim-coord", fit(good, "fit")).status == 0)
        _ = try workspace.makeImages(images, named: "today", seed: 2)
        try Data("no image".utf8).write(to: URL(fileURLWithPath: workspace.file("today/broken.png")))
    }

    private func inspectionOfToday(_ more: [String]) -> [String] {
        [
            "inspect", "--images", workspace.file("today"), "--model", workspace.file("fit/model.safetensors"),
            "--weights", Workspace.weights, "--threshold", "0.001", "--job", workspace.file("job"), "--shard-size", "4",
            "--max-bad-images", "50", "--status", "127.0.0.1:0",
        ] + more
    }

    @Test func aRunningJobIsShown() throws {
        try makeModelAndToday(images: 40)
        // Nobody else works on it: it waits with what is scored when its worker is ended.
        let job = try RunningProgram(
            "padim-coord",
            inspectionOfToday(["--bind", "tcp://127.0.0.1:0"]))
        let port = try port(of: job)
        #expect(try wait(port) { $0.state == .working && $0.workerCount == 0 } != nil)
        let endpoint = try #require(job.endpoint)
        let worker = try RunningProgram("padim-worker", ["--connect", endpoint, "--threads", "1", "--name", "w<1>"])
        // It stands still in the midst of its images, so that the job cannot end while it is looked at.
        let id = worker.id
        let watch = try OpenWatch(workspace.file("today")) { name in if name == "36.png" { kill(id, SIGSTOP) } }
        defer { watch.stop() }
        let working = try #require(try wait(port) { $0.stage.map { $0.done > 0 } ?? false })
        #expect(working.command == "inspect" && working.job == "job" && working.stage?.images == 41)
        try look(at: port)
        watch.stop()
        kill(id, SIGCONT)
        #expect(job.wait() == 0, "\(job.standardError)")
        #expect(worker.wait() == 0)
    }

    private func look(at port: UInt16) throws {
        for path in ["/", "/api/status", "/metrics", "/status.js", "/status.css"] {
            let answer = ask(port, path)
            #expect(answer.status == 200)
            #expect(answer.head.contains("default-src 'none'") && answer.head.contains("nosniff"))
            let text = String(decoding: answer.content, as: UTF8.self)
            #expect(!text.contains(workspace.path))
            if path == "/" { #expect(!text.contains("w<1>")) }
        }
    }

    /// A job that does not end while it is looked at: it has no worker.
    private func waitingJob(_ more: [String], images: String? = nil) throws -> (job: RunningProgram, port: UInt16) {
        let list = try images ?? workspace.makeImages(8)
        let job = try RunningProgram("padim-coord", fit(list, "waiting", ["--bind", "tcp://127.0.0.1:0"] + more))
        return (job, try port(of: job))
    }

    private func end(_ job: RunningProgram) {
        kill(job.id, SIGTERM)
        _ = job.wait()
    }

    @Test func failuresScoresAndPicturesAreShown() throws {
        try makeModelAndToday(images: 12)
        // With --watch the job stays when all is scored.
        let job = try RunningProgram(
            "padim-coord",
            inspectionOfToday(["--only-new", "--watch", "1", "--rest-time", "0", "--threads", "1"]))
        let port = try port(of: job)
        let shown = try #require(
            try wait(port) {
                $0.state == .watching && $0.highest.count == 12 && $0.highest.allSatisfy { $0.thumbnail != nil }
            },
            "\(job.standardError)")
        #expect(shown.failures.map(\.image) == ["broken.png"] && shown.failures.first?.reason.contains("/") == false)
        #expect(shown.highest.allSatisfy { $0.flagged == true && !$0.image.hasPrefix("/") })
        #expect(shown.highest.map(\.score) == shown.highest.map(\.score).sorted(by: >))
        let thumbnail = try #require(shown.highest.first?.thumbnail)
        let picture = ask(port, thumbnail)
        #expect(picture.status == 200 && picture.content.starts(with: [0xFF, 0xD8, 0xFF]))
        #expect(ask(port, "/thumbnails/99.jpg").status == 404)
        try lookWithABrowser(port)
        let metrics = ask(port, "/metrics")
        #expect(metrics.head.contains("text/plain; version=0.0.4"))
        let file = workspace.file("metrics.txt")
        try Data(metrics.content).write(to: URL(fileURLWithPath: file))
        let check = try run("/bin/bash", ["-c", "promtool check metrics < '\(file)'"])
        #expect(check.status == 0 && check.errors.isEmpty && check.output.isEmpty, "\(check.output)\(check.errors)")
        let pages = ["/", "/api/status", "/metrics"].map { String(decoding: ask(port, $0).content, as: UTF8.self) }
        #expect(pages.allSatisfy { !$0.contains(workspace.path) })
        #expect(pages[0].contains(thumbnail) && pages[0].contains("broken.png"))
        end(job)
    }

    /// The page renews itself, under its own policy, and asks nobody else for anything.
    private func lookWithABrowser(_ port: UInt16) throws {
        struct Seen: Decodable {
            let title: String
            let pictures, flagged, workers, failures, script: Int
            let silent: Bool
        }
        let visit: Browser.Visit<Seen> = try Browser.visit(
            "http://127.0.0.1:\(port)/", "renews", of: Browser.statusScenarios)
        let seen = visit.result
        #expect(visit.faults == [] && visit.requests == [])
        #expect(
            seen.pictures == 12 && seen.flagged == 12 && seen.workers == 1 && seen.failures == 1 && seen.script == 1)
        #expect(!seen.silent && seen.title.contains("job"))
    }

    @Test func onlyReadersOfItsOwnNameAreAnswered() throws {
        let (job, port) = try waitingJob(["--status", "localhost:0"])
        defer { end(job) }
        #expect(ask(port, "/", host: "evil.example").status == 421)
        #expect(ask(port, "/", host: "localhost:\(port)").status == 200)
        for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
            #expect(ask(port, "/", method: method, fields: "Content-Length: 0\r\n").status == 405)
        }
        #expect(ask(port, "/job.sqlite").status == 404 && ask(port, "/../../etc/passwd").status == 404)
        let head = ask(port, "/api/status", method: "HEAD")
        #expect(head.status == 200 && head.content.isEmpty)
    }

    @Test func theTokenIsAskedFor() throws {
        let token = "0123456789abcdef-secret"
        let file = workspace.file("token")
        try (token + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        chmod(file, 0o600)
        let (job, port) = try waitingJob(["--status", "0.0.0.0:0", "--status-token-file", file])
        #expect(ask(port, "/").status == 401)
        #expect(ask(port, "/metrics", fields: "Authorization: Bearer wrong\r\n").status == 401)
        for path in ["/", "/api/status", "/metrics"] {
            let answer = ask(port, path, host: "anything", fields: "Authorization: Bearer \(token)\r\n")
            #expect(answer.status == 200 && !String(decoding: answer.content, as: UTF8.self).contains(token))
        }
        let pair = Data("me:\(token)".utf8).base64EncodedString()
        #expect(ask(port, "/", fields: "Authorization: Basic \(pair)\r\n").status == 200)
        end(job)
        #expect(!(job.standardOutput + job.standardError).contains(token))
    }

    @Test(arguments: [
        (["--status", "0.0.0.0:0"], "--status-token-file"), (["--status", "example.com:80"], "takes an address"),
        (["--status-token-file", "x"], "goes with --status"),
        (["--status", "127.0.0.1:0", "--status-token-file", "/nowhere/t"], "/nowhere/t"),
        (["--status", "127.0.0.1:0", "--status-token-file", "OPEN"], "chmod 600"),
        (["--status", "127.0.0.1:0", "--status-token-file", "SHORT"], "openssl rand"),
    ])
    func wrongCommandsAreRefused(_ options: [String], _ words: String) throws {
        for (name, text, mode) in [("OPEN", "0123456789abcdef", 0o644), ("SHORT", "0123456789", 0o600)] {
            try text.write(toFile: workspace.file(name), atomically: true, encoding: .utf8)
            chmod(workspace.file(name), mode_t(mode))
        }
        let options = options.map { ["OPEN", "SHORT"].contains($0) ? workspace.file($0) : $0 }
        let result = try run("padim-coord", fit(try workspace.makeImages(2), "wrong", options))
        #expect(result.status == 2 && result.errors.contains(words), "\(result.errors)")
        #expect(!FileManager.default.fileExists(atPath: workspace.file("wrong")))
    }

    @Test func anAddressInUseIsNoWrongCommand() throws {
        let (job, port) = try waitingJob(["--status", "127.0.0.1:0"])
        defer { end(job) }
        let result = try run("padim-coord", fit(workspace.file("good"), "second", ["--status", "127.0.0.1:\(port)"]))
        #expect(result.status == 1 && result.errors.contains("in use"), "\(result.errors)")
    }

    /// The model is the same, and the job ends, with two hundred clients that mean harm.
    @Test func hostileClientsDoNoHarm() throws {
        let list = try workspace.makeImages(64)
        let alone = try run("padim-coord", fit(list, "alone", ["--threads", "1"]))
        try #require(alone.status == 0, "\(alone.errors)")
        let job = try RunningProgram(
            "padim-coord", fit(list, "besieged", ["--bind", "tcp://127.0.0.1:0", "--status", "127.0.0.1:0"]))
        let port = try port(of: job)
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let clients = try RunningProgram(
            TestPython.path.hasPrefix("/") ? TestPython.path : "/usr/bin/env",
            (TestPython.path.hasPrefix("/") ? [] : [TestPython.path]) + [
                source.appendingPathComponent("scripts/peers/hostile.py").path, "--connect", "127.0.0.1:\(port)",
                "--clients", "200",
                "--seconds", "8",
            ])
        #expect(clients.waitUntil { $0.contains("200 clients") })
        // While they are at it a person is answered, and the job's memory and descriptors stay bounded.
        for _ in 0..<3 {
            let answer = ask(port, "/api/status")
            #expect(answer.status == 200)
            usleep(300_000)
        }
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(job.id)/fd").count
        #expect(descriptors < 160, "\(descriptors) descriptors")
        let worker = try RunningProgram("padim-worker", ["--connect", try #require(job.endpoint), "--threads", "1"])
        #expect(job.wait() == 0, "\(job.standardError)")
        #expect(worker.wait() == 0 && clients.wait() == 0)
        #expect(Workspace.modelDigest(job.standardOutput) == Workspace.modelDigest(alone.output))
    }
}
