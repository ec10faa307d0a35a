import CMicroHTTPD
import Foundation

/// What the server's thread does. Touched by that thread alone, once it runs.
final class ServerLoop: @unchecked Sendable {
    private let handler: StatusServer.Handler
    private let wake: Int32
    private let clock = ContinuousClock.now
    private var server: OpaquePointer?
    private var ages = ConnectionAges<OpaquePointer>(most: StatusServer.mostConnections)

    /// - Parameters:
    ///   - listener: is closed at the end.
    ///   - wake: readable when the thread is to look whether it is stopped; closed at the end.
    init?(_ listener: Int32, wake: Int32, handler: @escaping StatusServer.Handler) {
        (self.handler, self.wake) = (handler, wake)
        server = http_start(
            listener, UInt32(StatusServer.mostConnections), StatusServer.connectionMemory, StatusServer.mostSilence,
            { context, connection, path, method, _, _, _, _ in
                guard let context, let connection, let path, let method else { return http_no_answer() }
                return Unmanaged<ServerLoop>.fromOpaque(context).takeUnretainedValue()
                    .answer(connection, path: path, method: method)
            },
            { context, connection, _, event in
                guard let context, let connection else { return }
                Unmanaged<ServerLoop>.fromOpaque(context).takeUnretainedValue().note(connection, event)
            }, Unmanaged.passUnretained(self).toOpaque())
        if server == nil { return nil }
    }

    /// Serves until it is stopped.
    func run(isStopped: () -> Bool) {
        // The coordinator and the workers of this machine come first.
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        var share = ProcessorShare()
        while !isStopped(), let server {
            wait(http_descriptor(server), atMost: http_pause(server, 500))
            _ = MHD_run(server)
            for connection in ages.overdue(at: now) { drop(connection) }
            let rest = share.due()
            if rest > 0 { wait(-1, atMost: rest) }
        }
        if let server { MHD_stop_daemon(server) }
        server = nil
        close(wake)
    }

    private var now: Int64 { Int64(clock.duration(to: .now) / .milliseconds(1)) }

    private func wait(_ descriptor: Int32, atMost milliseconds: Int32) {
        var watched = [
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&watched, 2, milliseconds)
    }

    // MARK: Connections

    private func note(_ connection: OpaquePointer, _ event: MHD_ConnectionNotificationCode) {
        guard http_begins(event) != 0 else { return ages.end(connection) }
        ages.begin(connection, at: now)
        let socket = http_socket(connection)
        var size = StatusServer.sendBuffer
        setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Ends a connection that has had its time. What it was sent and has not taken goes as well.
    private func drop(_ connection: OpaquePointer) {
        let socket = http_socket(connection)
        guard socket >= 0 else { return }
        var atOnce = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<linger>.size))
        shutdown(socket, Int32(SHUT_RDWR))
    }

    // MARK: Answers

    private func answer(
        _ connection: OpaquePointer, path: UnsafePointer<CChar>, method: UnsafePointer<CChar>
    ) -> MHD_Result {
        func field(_ name: String) -> String? { http_field(connection, name).map { String(cString: $0) } }
        let request = HTTPRequest(
            method: String(cString: method), path: String(cString: path), host: field("Host"),
            authorization: field("Authorization"))
        let answer = handler(request)
        let body = Unmanaged.passRetained(answer.body)
        let response = MHD_create_response_from_buffer_with_free_callback_cls(
            answer.body.count, answer.body.bytes.baseAddress,
            { body in
                if let body { Unmanaged<HTTPBody>.fromOpaque(body).release() }
            }, body.toOpaque())
        guard let response else {
            body.release()
            return http_no_answer()
        }
        defer { MHD_destroy_response(response) }
        for field in answer.fields { _ = MHD_add_response_header(response, field.name, field.value) }
        // A connection has one answer: what is not asked for cannot pile up.
        _ = MHD_add_response_header(response, "Connection", "close")
        return MHD_queue_response(connection, answer.status, response)
    }
}
