import Foundation
import LiveStatus
import TestSupport
import Testing

@Suite struct RenderingTests {
    @Test func theStatusIsWhatHappened() throws {
        let status = Example.status()
        let stage = try #require(status.stage)
        #expect(stage.images == 1_000 && stage.done == 700 && stage.doneBefore == 100 && !stage.hasEnded)
        #expect(abs(stage.imagesPerSecond - 10) < 0.5)
        // 300 are left, and 600 took 61 s.
        #expect(abs((stage.secondsLeft ?? 0) - 30.5) < 0.1)
        #expect(status.workers.count == 3 && status.workers[0].waiting == 0.25 && status.workers[1].waiting == nil)
        #expect(status.highest.map(\.score) == [12.5, 3] && status.highest[0].flagged == true)
        #expect(status.failures.count == 1 && status.failures[0].time == 1_100 - 31)
    }

    @Test func jsonHasItAll() throws {
        let bytes = try StatusJSON.render(Example.status())
        #expect(try JSONDecoder().decode(JobStatus.self, from: Data(bytes)) == Example.status())
    }

    @Test func noPathOfAMachineIsShown() throws {
        let status = Example.status()
        for page in [StatusPage.render(status), try StatusJSON.render(status), PrometheusText.render(status)] {
            #expect(!String(decoding: page, as: UTF8.self).contains("secret"))
        }
    }

    /// Every name is the nasty one: none of it is markup.
    @Test func thePageEscapesAllText() {
        let page = String(decoding: StatusPage.render(Example.status()), as: UTF8.self)
        #expect(page.contains("&lt;script&gt;alert(1)"))
        #expect(!page.contains("<script>") && !page.contains("<b>&") && !page.contains("alert(1)</script>"))
        // The page's own script, and no event handlers or inline styles, which its policy would not run.
        #expect(page.components(separatedBy: "<script").count == 2)
        #expect(!page.contains(" style=") && !page.contains(" onerror="))
        #expect(page.contains(#"<img src="/thumbnails/1.jpg""#))
    }

    @Test func anEmptyJobHasAPage() throws {
        let status = JobStatus(
            version: "1", job: "", command: "fit", state: .starting, activity: "reads its lists", began: .nan,
            time: .infinity)
        #expect(String(decoding: StatusPage.render(status), as: UTF8.self).contains("No stage has begun yet"))
        #expect(try !StatusJSON.render(status).isEmpty)
        #expect(!PrometheusText.render(status).isEmpty)
    }

    @Test func aCrowdIsCutShort() {
        var status = Example.status()
        status.workers = (0..<2_000).map { _ in status.workers[1] }
        status.workerCount = 4_000
        let page = String(decoding: StatusPage.render(status), as: UTF8.self)
        #expect(page.contains("and 3,800 more"))
        #expect(page.utf8.count < 300_000)
    }

    // MARK: Prometheus

    /// Lines without their values.
    private func series(_ status: JobStatus) -> [String] {
        String(decoding: PrometheusText.render(status), as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ").dropLast().joined(separator: " ") }
    }

    @Test func noSeriesComesTwice() {
        let all = series(Example.status(workers: 20))
        #expect(all.count == Set(all).count)
        #expect(all.contains(#"padim_worker_threads{worker="twin (2)"}"#))
    }

    /// Prometheus' own tool has nothing to say of them, whatever jobs and workers are called.
    @Test func promtoolTakesThem() throws {
        let folder = try TemporaryFolder()
        let file = URL(fileURLWithPath: folder.path + "/metrics.txt")
        try Data(PrometheusText.render(Example.status(workers: 9))).write(to: file)
        let (process, said) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["promtool", "check", "metrics"]
        process.standardInput = try FileHandle(forReadingFrom: file)
        (process.standardOutput, process.standardError) = (said, said)
        try process.run()
        let words = try said.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && words.isEmpty, "\(String(decoding: words, as: UTF8.self))")
    }

    @Test func labelsAreEscaped() {
        var status = Example.status()
        status.job = "a\"b\\c\nd"
        #expect(series(status).contains { $0.contains(#"job="a\"b\\c\nd""#) })
    }
}
