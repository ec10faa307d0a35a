/// A status as a page for people. It needs no script to be read; with one its parts are replaced once a second.
public enum StatusPage {
    /// More are in the JSON.
    private static let mostWorkers = 200
    private static let mostFailures = 50

    public static func render(_ status: JobStatus) -> [UInt8] {
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <noscript><meta http-equiv="refresh" content="5"></noscript>
            <title>\(title(status))</title>
            <link rel="icon" type="image/svg+xml" href="/status.svg">
            <link rel="stylesheet" href="/status.css">
            <script src="/status.js" defer></script>
            </head>
            <body>
            <p id="silence">The coordinator does not answer: the job has ended, or the network between is broken. What is below is the last \
            that it said.</p>
            <header data-part id="head">\(head(status))</header>
            <section data-part id="progress">\(progress(status))</section>
            <section><h2>Images a second</h2><div data-part id="rate">\(RateChart.markup(status.stage?.history ?? []))</div></section>
            <section data-part id="scores">\(scores(status))</section>
            <section data-part id="workers">\(workers(status))</section>
            <section data-part id="failures">\(failures(status))</section>
            <section data-part id="incidents">\(incidents(status))</section>
            <footer><p>Times are UTC. The same for programs: <a href="/api/status">JSON</a>, <a href="/metrics">Prometheus</a>.</p></footer>
            </body>
            </html>

            """
        return Array(page.text.utf8)
    }

    private static func title(_ status: JobStatus) -> String {
        guard let stage = status.stage, !stage.hasEnded, stage.images > 0 else {
            return "\(status.job): \(status.activity)"
        }
        return "\(Words.percent(Double(stage.done) / Double(stage.images))) \(status.job): \(stage.name)"
    }

    private static func head(_ status: JobStatus) -> Markup {
        let product: Markup =
            status.product.map { "<p>Product \($0.place) of \($0.count): \($0.name)</p>" } ?? ""
        return """
            <h1>\(status.job)</h1><p class="state \(status.state.rawValue)">\(status.activity)</p>\(product)\
            <p class="note">padim-coord \(status.command), release \(status.version), for \(Words.time(status.time - status.began))</p>
            """
    }

    private static func progress(_ status: JobStatus) -> Markup {
        guard let stage = status.stage else { return #"<p class="note">No stage has begun yet.</p>"# }
        let left = stage.hasEnded ? "–" : stage.secondsLeft.map(Words.time) ?? "?"
        let cards: [(String, String)] = [
            (Words.count(stage.done), "of \(Words.count(stage.images)) images"),
            (left, "left"), (stage.hasEnded ? "–" : Words.rate(stage.imagesPerSecond), "images a second"),
            (Words.count(stage.unusable), "unusable"), (Words.count(status.workerCount), "workers"),
            (Words.count(status.workersLost), "workers lost"),
        ]
        let shown: [Markup] = cards.map { #"<div class="card"><b>\#($0.0)</b><span>\#($0.1)</span></div>"# }
        return """
            <h2>\(stage.name)</h2><progress max="\(max(1, stage.images))" value="\(stage.done)"></progress>\
            <div class="cards">\(shown)</div>
            """
    }

    private static func scores(_ status: JobStatus) -> Markup {
        guard !status.highest.isEmpty else { return "" }
        let shown: [Markup] = status.highest.map { entry in
            let picture: Markup =
                entry.thumbnail.map { #"<img src="\#($0)" alt="" width="160" height="160">"# }
                ?? #"<i class="none"></i>"#
            let kind = entry.flagged == true ? "flagged" : ""
            return """
                <figure class="\(kind)">\(picture)<figcaption><b>\(Words.score(entry.score))</b> \
                <span>\(entry.image)</span></figcaption></figure>
                """
        }
        return #"<h2>Highest scores so far</h2><div class="gallery">\#(shown)</div>"#
    }

    private static func workers(_ status: JobStatus) -> Markup {
        let rows: [Markup] = status.workers.prefix(mostWorkers).map { worker in
            """
            <tr><th scope="row">\(worker.name)</th><td>\(worker.state)</td><td>\(worker.threads)</td><td>\(worker.instructionSet)</td>\
            <td>\(Words.rate(worker.imagesPerSecond))</td><td>\(Words.count(worker.images))</td>\
            <td>\(worker.waiting.map(Words.percent) ?? "–")</td><td>\(worker.shardsInHand) (\(worker.imagesInHand))</td>\
            <td>\(Words.time(worker.secondsSinceHeard)) ago</td></tr>
            """
        }
        let more = status.workerCount - rows.count
        let rest: Markup = more > 0 ? #"<p class="note">and \#(Words.count(more)) more</p>"# : ""
        guard !rows.isEmpty else { return #"<h2>Workers</h2><p class="note">No worker is connected.</p>"# }
        return """
            <h2>Workers</h2><div class="wide"><table><thead><tr><th>name</th><th>state</th><th>threads</th><th>instruction set</th>\
            <th>images/s</th><th>images</th><th>waiting</th><th>shards (images) in hand</th><th>last heard of</th></tr></thead>\
            <tbody>\(rows)</tbody></table></div>\(rest)
            """
    }

    private static func failures(_ status: JobStatus) -> Markup {
        guard !status.failures.isEmpty else { return "" }
        let rows: [Markup] = status.failures.prefix(mostFailures).map {
            #"<tr><td>\#(Words.clock($0.time))</td><th scope="row">\#($0.image)</th><td>\#($0.reason)</td></tr>"#
        }
        return """
            <h2>Images that cannot be used</h2><div class="wide"><table><thead><tr><th>at</th><th>image</th><th>reason</th></tr></thead>\
            <tbody>\(rows)</tbody></table></div>
            """
    }

    private static func incidents(_ status: JobStatus) -> Markup {
        guard !status.incidents.isEmpty else { return "" }
        let rows: [Markup] = status.incidents.map {
            "<tr><td>\(Words.clock($0.time))</td><td>\($0.text)</td></tr>"
        }
        return #"<h2>Incidents</h2><div class="wide"><table><tbody>\#(rows)</tbody></table></div>"#
    }
}
