import Cluster
import Logging
import Transport

/// What comes from a coordinator, to a worker or a relay, as a worker's core hears of it.
public enum FromCoordinator {
    /// - Returns: nil where it is only worth a line of the log.
    public static func hear(_ event: ClientEvent, _ logger: Logger) -> WorkerEvent? {
        switch event {
        case .connected:
            logger.debug("connected")
            return .connected
        case .disconnected: logger.warning("the connection to the coordinator has ended; trying again")
        case .refused(let reason): logger.warning("the connection was refused: \(reason)")
        case .received(let frames):
            do {
                let (message, payload) = try frames.message(as: CoordinatorMessage.self)
                return .received(message, payload: payload)
            } catch {
                logger.debug("dropped a message: \(error)")
            }
        }
        return nil
    }
}
