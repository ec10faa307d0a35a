#pragma once
#include <microhttpd.h>

// Swift cannot call variadic functions, and imports the library's flags of the two versions in use (0.9.75 and 1.0) differently.

/// Serves a socket that listens, on the thread that calls `MHD_run`.
/// - connections: more are left waiting by the system.
/// - memory: of a connection, in bytes: a request's head must fit.
/// - silence: a connection that moves nothing for so many seconds is closed.
static inline struct MHD_Daemon *http_start(int listener, unsigned int connections, size_t memory, unsigned int silence,
                                            MHD_AccessHandlerCallback handler, MHD_NotifyConnectionCallback notify,
                                            void *context) {
    return MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, handler, context,
                            MHD_OPTION_LISTEN_SOCKET, listener,
                            MHD_OPTION_CONNECTION_LIMIT, connections,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
                            MHD_OPTION_CONNECTION_TIMEOUT, silence,
                            MHD_OPTION_NOTIFY_CONNECTION, notify, context,
                            MHD_OPTION_END);
}

/// The descriptor that is readable when there is something to do; -1 if there is none.
static inline int http_descriptor(struct MHD_Daemon *server) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -1 : info->epoll_fd;
}

/// The socket of a connection; -1 if it has none.
static inline int http_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

/// In how many milliseconds `MHD_run` is due without anything arriving; `most` at the latest.
static inline int http_pause(struct MHD_Daemon *server, int most) {
    MHD_UNSIGNED_LONG_LONG pause;
    if (MHD_get_timeout(server, &pause) == MHD_NO || pause > (MHD_UNSIGNED_LONG_LONG)most) return most;
    return (int)pause;
}

/// A field of the request's head; NULL if it has none of the name.
static inline const char *http_field(struct MHD_Connection *connection, const char *name) {
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/// What a handler returns to have a connection closed without an answer.
static inline enum MHD_Result http_no_answer(void) { return MHD_NO; }

/// Whether a connection begins; else it ends.
static inline int http_begins(enum MHD_ConnectionNotificationCode event) { return event == MHD_CONNECTION_NOTIFY_STARTED; }
