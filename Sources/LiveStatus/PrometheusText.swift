import Foundation

/// A status in the text format of Prometheus, version 0.0.4: a line for each value, those of a metric together behind its help and type.
///
/// Own code: the libraries for Swift keep registries of counters that a program changes as it goes; here a value is written down.
public enum PrometheusText {
    public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    public static func render(_ status: JobStatus) -> [UInt8] {
        var page = Page()
        page.add("padim_build_info", .gauge, "The release of the program.", [(["version": status.version], 1)])
        page.add(
            "padim_job_info", .gauge, "The job, its command and what it is doing.",
            [(["job": status.job, "command": status.command, "state": status.state.rawValue], 1)])
        page.add("padim_job_start_time_seconds", .gauge, "When the program began, since 1970.", [([:], status.began)])
        if let product = status.product {
            page.add("padim_job_products", .gauge, "Products of the job.", [([:], Double(product.count))])
            page.add(
                "padim_job_product_position", .gauge, "Which of them is worked on, from 1.",
                [(["product": product.name], Double(product.place))])
        }
        if let stage = status.stage { page.add(stage) }
        page.add("padim_workers", .gauge, "Workers in session.", [([:], Double(status.workerCount))])
        page.add(
            "padim_workers_joined_total", .counter, "Workers that have joined.", [([:], Double(status.workersJoined))])
        page.add("padim_workers_lost_total", .counter, "Workers that were lost.", [([:], Double(status.workersLost))])
        page.add(status.workers, at: status.time)
        if let highest = status.highest.first {
            page.add(
                "padim_highest_score", .gauge, "The highest score of an image so far.", [([:], Double(highest.score))])
        }
        return Array(page.text.utf8)
    }
}

private struct Page {
    enum Kind: String { case gauge, counter }
    typealias Samples = [(labels: KeyValuePairs<String, String>, value: Double)]

    private(set) var text = ""

    mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: Samples) {
        guard !samples.isEmpty else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
            text += labels.isEmpty ? name : "\(name){\(labels)}"
            text += " \(Self.number(sample.value))\n"
        }
    }

    mutating func add(_ stage: JobStatus.Stage) {
        func samples(_ value: Double) -> Samples { [(["stage": stage.name], value)] }
        add("padim_stage_images", .gauge, "Images of the stage under way.", samples(Double(stage.images)))
        add("padim_stage_images_done", .gauge, "Images of it that are done.", samples(Double(stage.done)))
        add("padim_stage_images_unusable", .gauge, "Images of it that cannot be used.", samples(Double(stage.unusable)))
        add("padim_stage_images_per_second", .gauge, "Images a second, lately.", samples(stage.imagesPerSecond))
        add("padim_stage_elapsed_seconds", .gauge, "How long the stage takes already.", samples(stage.seconds))
        if let left = stage.secondsLeft {
            add("padim_stage_remaining_seconds", .gauge, "How long the rest of it will take.", samples(left))
        }
    }

    mutating func add(_ workers: [JobStatus.Worker], at time: Double) {
        let names = Self.distinct(workers.map(\.name))
        func samples(_ value: (JobStatus.Worker) -> Double?) -> Samples {
            zip(names, workers).compactMap { name, worker in value(worker).map { (["worker": name], $0) } }
        }
        add(
            "padim_worker_info", .gauge, "What a worker is.",
            zip(names, workers).map {
                (["worker": $0, "instruction_set": $1.instructionSet, "state": $1.state], 1)
            })
        add("padim_worker_threads", .gauge, "Its compute threads.", samples { Double($0.threads) })
        add("padim_worker_images_total", .counter, "Images that it has done.", samples { Double($0.images) })
        add("padim_worker_images_per_second", .gauge, "Images a second, lately.", samples(\.imagesPerSecond))
        add(
            "padim_worker_waiting_ratio", .gauge, "The share of its threads' time in which they waited.",
            samples(\.waiting))
        add("padim_worker_shards", .gauge, "Shards in its hands.", samples { Double($0.shardsInHand) })
        add(
            "padim_worker_last_heard_timestamp_seconds", .gauge, "When it was last heard of, since 1970.",
            samples { time - $0.secondsSinceHeard })
    }

    /// Names that are there twice get a number: the same labels twice are no valid page.
    private static func distinct(_ names: [String]) -> [String] {
        var taken = Set(names)
        var seen: Set<String> = []
        return names.map { name in
            guard !seen.insert(name).inserted else { return name }
            var number = 2
            while !taken.insert("\(name) (\(number))").inserted { number += 1 }
            return "\(name) (\(number))"
        }
    }

    private static func escaped(_ value: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped.append(contentsOf: "\\\\".unicodeScalars)
            case "\"": escaped.append(contentsOf: "\\\"".unicodeScalars)
            case "\n": escaped.append(contentsOf: "\\n".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return "\(whole)" }
        return "\(value)"
    }
}
