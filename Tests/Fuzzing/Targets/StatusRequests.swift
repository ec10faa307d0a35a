import LiveStatus
import StatusServer
import Storage

extension FuzzTarget {
    /// What whoever asks for a status may send, and texts that are shown: paths, hosts, tokens, addresses; names in the page.
    static let statusRequests = FuzzTarget(
        "status",
        words: [
            "GET", "HEAD", "\n", "/api/status", "/thumbnails/", ".jpg", "127.0.0.1", "localhost", "[::1]", ":",
            "Bearer ", "Basic ", "Og==",
            "s3://", "https://", "?", "#", "..", "<", ">", "\"", "\\", "\u{301}", "\0", "{{", "]]>",
        ]
    ) {
        [
            "GET\n/thumbnails/12.jpg\n127.0.0.1:8080\nBearer 0123456789abcdef",
            "HEAD\n/\n[::1]:1\nBasic bWU6MDEyMzQ1Njc4OWFiY2RlZg==",
            "POST\n/metrics\nlocalhost\n",
            "cannot read /a/b.png: https://h/x?sig=1#2, s3://b/k\n<img src=x onerror=y>\n\n",
        ].map { Array($0.utf8) }
    } read: { bytes, _ in
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        func line(_ place: Int) -> String { lines.indices.contains(place) ? lines[place] : "" }
        if case .thumbnail(let image)? = StatusRoute(path: line(1)) {
            demand(StatusRoute.path(ofThumbnail: image) == line(1), "'\(line(1))' is another path of the same image")
        }
        let verdict = StatusAccess(token: "0123456789abcdefg").verdict(
            method: line(0), host: line(2), authorization: line(3))
        demand(verdict != .allowed || line(3).contains(" "), "'\(line(3))' is allowed")
        _ = StatusAccess(token: nil).verdict(method: line(0), host: line(2), authorization: nil)
        if let address = StatusAddress(line(2)) {
            demand(
                StatusAddress(address.description) == address, "'\(address)' is another address when it is read again")
        }
        let shown = PathVeil.veiled(text)
        demand(!shown.contains(" /"), "an absolute path stays in '\(shown)'")
        var status = JobStatus(
            version: text, job: text, command: "fit", state: .working, activity: text, began: 0, time: 1)
        status.incidents = [JobStatus.Incident(text: text, time: 0)]
        status.highest = [JobStatus.Score(image: text, score: 1, flagged: nil, thumbnail: nil)]
        let page = String(decoding: StatusPage.render(status), as: UTF8.self)
        demand(page.unicodeScalars.count { $0 == "<" } == emptyPage, "text is markup in the page")
        demand((try? StatusJSON.render(status)) != nil, "the JSON cannot be made")
        _ = PrometheusText.render(status)
    }

    /// How many tags the page has without anything of the input.
    private static let emptyPage: Int = {
        var status = JobStatus(version: "", job: "", command: "fit", state: .working, activity: "", began: 0, time: 1)
        status.incidents = [JobStatus.Incident(text: "", time: 0)]
        status.highest = [JobStatus.Score(image: "", score: 1, flagged: nil, thumbnail: nil)]
        return String(decoding: StatusPage.render(status), as: UTF8.self).unicodeScalars.count { $0 == "<" }
    }()
}
