import Cluster
import Logging
import Transport

/// What comes from workers, to a coordinator or a relay: frames become messages, and who cannot be understood is told so.
public struct FromWorkers {
    public enum Heard {
        case message(WorkerMessage, payload: [UInt8])
        /// What the sender is to be told.
        case answer(Frames)
        case nothing
    }

    private var misunderstandings = Misunderstandings()

    public init() {}

    public mutating func hear(_ frames: Frames, from peer: Peer, _ logger: Logger) -> Heard {
        do {
            let (message, payload) = try frames.message(as: WorkerMessage.self)
            return .message(message, payload: payload)
        } catch {
            if let hello = frames.foreignGreeting { return .message(hello, payload: []) }
            guard misunderstandings.note("\(error)", of: peer, logger),
                let answer = try? Frames(CoordinatorMessage.misunderstood(reason: "\(error)"))
            else { return .nothing }
            return .answer(answer)
        }
    }
}
