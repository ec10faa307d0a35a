/// Something that happens to a job's processes, their machine or their network. Times are milliseconds.
enum Fault: Sendable {
    /// SIGKILL; another one is started after a while.
    case killWorker(Int, backAfter: Int)
    /// SIGKILL; the same command is started again after a while.
    case killCoordinator(backAfter: Int)
    /// The coordinator and all workers; new ones are started.
    case killAll(backAfter: Int)
    /// SIGTERM: it makes safe what is done; the same command is started again.
    case stopCoordinator
    /// SIGSTOP, and SIGCONT after a while.
    case freezeWorker(Int, for: Int)
    case freezeCoordinator(for: Int)
    /// The link between the workers and the coordinator.
    case cutLink(for: Int)
    /// The link loses packets and delays those that it carries.
    case worsenLink(for: Int)
    /// The job's disk.
    case fillDisk(for: Int)
    /// One more worker of the name of another.
    case startTwin(Int)
    /// A worker that speaks an older protocol says hello.
    case oldWorker

    var words: String {
        switch self {
        case .killWorker(let number, let pause): "kill worker \(number), another after \(pause)"
        case .killCoordinator(let pause): "kill the coordinator, again after \(pause)"
        case .killAll(let pause): "kill all, new ones after \(pause)"
        case .stopCoordinator: "stop the coordinator, again"
        case .freezeWorker(let number, let time): "freeze worker \(number) for \(time)"
        case .freezeCoordinator(let time): "freeze the coordinator for \(time)"
        case .cutLink(let time): "cut the link for \(time)"
        case .worsenLink(let time): "lose and delay packets for \(time)"
        case .fillDisk(let time): "fill the disk for \(time)"
        case .startTwin(let number): "a twin of worker \(number)"
        case .oldWorker: "an older worker"
        }
    }
}
