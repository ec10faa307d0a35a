import Cluster
import PaDiM

extension WorkTime {
    /// - Parameter servers: how long threads waited for object stores and web servers in the midst of their work.
    init(_ time: CrewTime, forServers servers: Duration) {
        func milliseconds(_ duration: Duration) -> Int64 { Int64(duration / .milliseconds(1)) }
        self.init(
            waitingMilliseconds: milliseconds(min(time.waiting + servers, time.total)),
            totalMilliseconds: milliseconds(time.total))
    }
}
