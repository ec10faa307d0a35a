import ArgumentParser
import Foundation
import ProcessControl

/// Measures, and prints a line of figures for each number of workers.
struct MeasureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure", abstract: "Measures the coordinator with workers that compute nothing.")

    @Option(help: "The folder of padim-coord and padim.")
    var binaries: String
    @Option(help: "How many workers, with commas between.")
    var workers = "10,100,1000,10000"
    @Option(help: "Images of a job.")
    var images = 400_000
    @Option(help: "Seconds for which work is measured.")
    var seconds = 8
    @Flag(help: "With keys as well.")
    var keys = false
    @Option(help: "Plays relays in place of workers, each of which can hold so many shards.")
    var leases: Int?
    @Flag(help: "Fits only.")
    var fit = false
    @Flag(help: "Inspections only.")
    var inspect = false
    @Flag(help: "Tell what each thread of the coordinator took.")
    var threads = false

    private static let deaths = 100

    private var numbers: [Int] { workers.split(separator: ",").compactMap { Int($0) } }

    func validate() throws {
        guard !numbers.isEmpty, numbers.allSatisfy({ (1...16_000).contains($0) }), images > 0, seconds > 0 else {
            throw ValidationError("--workers takes numbers of 1 to 16000; --images and --seconds count from 1")
        }
    }

    func run() throws {
        OpenFiles.raiseLimit()
        let material = try ControlMaterial(binaries: binaries)
        let modes = fit == inspect ? [true, false] : [fit]
        for isFit in modes { say(try firstDeal(isFit, material)) }
        for usesKeys in keys ? [false, true] : [false] {
            for isFit in modes {
                for count in numbers {
                    let plan = ControlRun.Plan(
                        isFit: isFit, workers: count, usesKeys: usesKeys, leases: leases, images: images)
                    say(try measure(plan, material))
                }
            }
        }
    }

    private func say(_ line: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }

    private func firstDeal(_ isFit: Bool, _ material: ControlMaterial) throws -> String {
        let run = ControlRun(ControlRun.Plan(isFit: isFit, workers: 10, images: images), material)
        _ = try material.images(images)
        try run.startWorkers(10)
        try run.startCoordinator()
        let time = try run.wait(for: "the first deal") { run.counts.dealt > 0 }
        return "\(isFit ? "fit" : "inspect"), \(images) images: first deal \(text(time)) s after the start"
    }

    private func measure(_ plan: ControlRun.Plan, _ material: ControlMaterial) throws -> String {
        let run = ControlRun(plan, material)
        try run.startCoordinator()
        try run.awaitListening()
        usleep(500_000)
        let emptyMemory = run.residentMemory
        var figures = ["\(plan.isFit ? "fit" : "inspect")\(plan.usesKeys ? ", keys" : "")", "\(plan.workers) workers"]
        let dying = plan.workers > 2 * Self.deaths ? Self.deaths : 0
        try run.startWorkers(plan.workers - dying)
        if dying > 0 { try run.startWorkers(dying, name: "dying") }
        let joined = try run.wait(for: "all workers") { run.counts.prepared >= plan.workers }
        figures.append("joined in \(text(joined)) s")
        // The first heartbeats are answered by how often the others are due.
        usleep(6_000_000)

        let (idle, began) = (run.processorTime, ContinuousClock.now)
        usleep(5_000_000)
        let share = (run.processorTime - idle) / ControlRun.seconds(since: began)
        figures.append("heartbeats \(text(100 * share)) % of a core")
        let memory = Double(run.residentMemory - emptyMemory) / Double(plan.workers) / 1_000
        figures.append("\(text(memory)) kB a worker")

        if dying > 0 {
            run.killWorkers(ofCrowd: 2)
            let deadline = 10.0
            let noticed = try run.wait(for: "deaths") { run.timesSaid(" is gone; ") >= dying }
            figures.append("\(dying) deaths noticed after \(text(noticed)) s (deadline \(text(deadline)) s)")
        }

        let (counts, times, theirs) = (run.counts, run.processorTimes, run.workersProcessorTime)
        let (total, start) = (run.processorTime, ContinuousClock.now)
        run.work()
        let shards = (plan.images + plan.shardSize - 1) / plan.shardSize
        while run.isRunning, run.counts.acknowledged < shards, ControlRun.seconds(since: start) < Double(seconds) {
            usleep(20_000)
        }
        let (elapsed, done) = (ControlRun.seconds(since: start), run.counts.acknowledged - counts.acknowledged)
        figures.append("\(text(Double(done) / elapsed)) shards/s")
        figures.append("\(text(1_000 * (run.processorTime - total) / Double(max(done, 1)))) ms of processor a shard")
        figures.append("workers' side \(text((run.workersProcessorTime - theirs) / elapsed)) cores")
        if threads {
            let spent = run.processorTimes.map { ($0, $1 - (times[$0] ?? 0)) }.sorted { $0.1 > $1.1 }.prefix(6)
            figures.append(spent.map { "\($0) \(text($1 / elapsed))" }.joined(separator: ", "))
        }

        if run.isRunning, run.counts.acknowledged < shards {
            run.stopCoordinator()
            let before = run.counts.sessions
            try run.startCoordinator()
            let back = try run.wait(for: "all workers again") { run.counts.sessions - before >= plan.workers - dying }
            figures.append("all back \(text(back)) s after another start")
        }
        return figures.joined(separator: "; ")
    }

    private func text(_ number: Double) -> String {
        String(format: number < 1 ? "%.3f" : number < 100 ? "%.2f" : "%.0f", number)
    }
}
