import Foundation
import LiveStatus
import Storage
import StatusServer

/// Answers requests for a job's status, on the server's thread. What is sent is made twice a second at most, however many ask.
final class StatusSite: @unchecked Sendable {
    private static let freshness = Duration.milliseconds(500)

    private let access: StatusAccess
    private let monitor: JobMonitor
    private let thumbnails: Thumbnails
    // Touched on the server's thread only.
    private var made: [Rendered: (body: HTTPBody, moment: ContinuousClock.Instant)] = [:]
    private let style = HTTPBody(Array(StatusPageFiles.style.utf8))
    private let icon = HTTPBody(Array(StatusPageFiles.icon.utf8))
    private let script = HTTPBody(Array(StatusPageFiles.script.utf8))

    private enum Rendered { case page, json, metrics }

    init(access: StatusAccess, monitor: JobMonitor, thumbnails: Thumbnails) {
        (self.access, self.monitor, self.thumbnails) = (access, monitor, thumbnails)
    }

    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        switch access.verdict(method: request.method, host: request.host, authorization: request.authorization) {
        case .allowed: break
        case .wrongMethod: return refusal(405, "This server only tells: GET and HEAD.", [("Allow", "GET, HEAD")])
        case .foreignHost:
            return refusal(
                421, "This server goes by its address or localhost; by another name it answers with a token only.")
        case .tokenMissing:
            return refusal(
                401, "Give the token as the password, with any name; programs send Authorization: Bearer TOKEN.",
                [("WWW-Authenticate", #"Basic realm="padim", charset="UTF-8""#)])
        }
        guard let route = StatusRoute(path: request.path) else { return refusal(404, "There is nothing here.") }
        switch route {
        case .page: return answer("text/html; charset=utf-8", body(.page))
        case .json: return answer("application/json", body(.json))
        case .metrics: return answer(PrometheusText.mediaType, body(.metrics))
        case .style: return answer("text/css; charset=utf-8", style)
        case .icon: return answer("image/svg+xml", icon)
        case .script: return answer("text/javascript; charset=utf-8", script)
        case .thumbnail(let image):
            guard let picture = thumbnails.picture(of: image) else { return refusal(404, "There is no such picture.") }
            return answer("image/jpeg", picture)
        }
    }

    private func body(_ kind: Rendered) -> HTTPBody {
        if let known = made[kind], known.moment.duration(to: .now) < Self.freshness { return known.body }
        let status = monitor.status { thumbnails.path(of: $0) }
        let body: HTTPBody
        switch kind {
        case .page: body = HTTPBody(StatusPage.render(status))
        case .json: body = HTTPBody((try? StatusJSON.render(status)) ?? Array("{}\n".utf8))
        case .metrics: body = HTTPBody(PrometheusText.render(status))
        }
        // Who looks at scores looks at pictures as well; they are there the next time.
        if kind != .metrics, let run = monitor.newest { thumbnails.want(run.book.scores.entries.map(\.image)) }
        made[kind] = (body, .now)
        return body
    }

    // MARK: Answers

    private static let fields: [(String, String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
                + "form-action 'none'; frame-ancestors 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
    ]

    private func answer(_ type: String, _ body: HTTPBody) -> HTTPAnswer {
        HTTPAnswer(status: 200, fields: Self.fields + [("Content-Type", type)], body: body)
    }

    private func refusal(_ status: UInt32, _ words: String, _ more: [(String, String)] = []) -> HTTPAnswer {
        HTTPAnswer(
            status: status, fields: Self.fields + [("Content-Type", "text/plain; charset=utf-8")] + more,
            body: HTTPBody(Array((words + "\n").utf8)))
    }
}
