import Cluster

/// What is said, and to whom.
enum Parcel {
    case toCoordinator(WorkerMessage)
    case toWorker(CoordinatorMessage)

    /// Which way it goes: 0 up, 1 down.
    var side: Int { if case .toCoordinator = self { 0 } else { 1 } }
}

/// Connections between workers and the coordinator, and what happens to messages on the way.
final class SimulatedNetwork {
    /// A worker's connection: another one after every reconnect, and the coordinator's life at its other end.
    struct Connection: Equatable {
        let number: Int
        let worker: Int
        let coordinator: Int

        var address: WorkerAddress {
            WorkerAddress(bytes: [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)])
        }
    }

    /// Messages under way on a connection in a direction; more do not fit, as in the real sockets.
    static let mostUnderWay = 64

    private unowned let world: World
    private(set) var connections: [Connection?]
    private var peers: [WorkerAddress: Connection] = [:]
    private var lastConnection = 0
    private var underWay: [Int: Int] = [:]
    private(set) var mostSeenUnderWay = 0
    private var blockedUntil: [(up: Int64, down: Int64)]
    private var lastArrival: [Int: Int64] = [:]

    init(_ world: World, workers: Int) {
        self.world = world
        connections = Array(repeating: nil, count: workers)
        blockedUntil = Array(repeating: (0, 0), count: workers)
    }

    func connect(_ worker: Int) {
        guard let coordinator = world.coordinator else { return }
        lastConnection += 1
        let connection = Connection(number: lastConnection, worker: worker, coordinator: coordinator.life)
        connections[worker] = connection
        peers[connection.address] = connection
    }

    func worker(at address: WorkerAddress) -> Int? { peers[address]?.worker }

    func disconnect(_ worker: Int) { connections[worker] = nil }

    func cut(_ worker: Int, up: Bool, down: Bool, until end: Int64) {
        if up { blockedUntil[worker].up = max(blockedUntil[worker].up, end) }
        if down { blockedUntil[worker].down = max(blockedUntil[worker].down, end) }
    }

    func heal() { for worker in blockedUntil.indices { blockedUntil[worker] = (0, 0) } }

    /// - Returns: false where the way is full.
    func send(_ message: WorkerMessage, _ payload: [UInt8], from worker: Int) -> Bool {
        guard let connection = connections[worker] else { return true }
        world.history.note(world.now, "worker \(worker)", "says \(message.words)")
        return transmit(.toCoordinator(message), payload, connection, blockedUntil[worker].up)
    }

    func send(_ message: CoordinatorMessage, _ payload: [UInt8], to address: WorkerAddress) {
        guard let connection = peers[address] else { return }
        world.history.note(world.now, "coordinator", "says to worker \(connection.worker): \(message.words)")
        _ = transmit(.toWorker(message), payload, connection, blockedUntil[connection.worker].down)
    }

    private func transmit(_ parcel: Parcel, _ payload: [UInt8], _ connection: Connection, _ blocked: Int64) -> Bool {
        let (faults, dice) = (world.scenario.network, world.dice)
        let key = 2 * connection.number + parcel.side
        guard underWay[key, default: 0] < Self.mostUnderWay else {
            world.tally.count("way full")
            return false
        }
        let isFaulty = world.isFaulty
        if isFaulty, world.now < blocked {
            world.tally.count("message cut off")
            return true
        }
        if isFaulty, dice.percent(faults.loss) {
            world.tally.count("message lost")
            return true
        }
        dispatch(parcel, payload, connection, key)
        if isFaulty, dice.percent(faults.duplication) {
            world.tally.count("message doubled")
            dispatch(parcel, payload, connection, key, isCopy: true)
        }
        return true
    }

    private func dispatch(
        _ parcel: Parcel, _ payload: [UInt8], _ connection: Connection, _ key: Int, isCopy: Bool = false
    ) {
        let (faults, dice) = (world.scenario.network, world.dice)
        underWay[key, default: 0] += 1
        mostSeenUnderWay = max(mostSeenUnderWay, underWay[key, default: 0])
        let longest = world.isFaulty ? faults.delay : min(faults.delay, 20)
        var arrival = world.now + dice.draw(Int64(0)...longest)
        if faults.reorders && world.isFaulty {
            // Stragglers come when what they are about is long over.
            if dice.oneIn(isCopy ? 2 : 100) {
                world.tally.count("straggler")
                arrival += dice.draw(Int64(0)...15_000)
            }
        } else {
            // A connection keeps the order.
            arrival = max(arrival, lastArrival[key] ?? 0)
            lastArrival[key] = arrival
        }
        let isGarbled = world.isFaulty && dice.percent(faults.corruption)
        let frames = isGarbled || faults.encodesAll ? encode(parcel, payload, garbling: isGarbled) : nil
        world.schedule(in: arrival - world.now) { [unowned self] in
            underWay[key, default: 0] -= 1
            if let frames {
                arrive(frames, parcel, connection)
            } else {
                arrive(parcel, payload, connection)
            }
        }
    }

    private func encode(_ parcel: Parcel, _ payload: [UInt8], garbling: Bool) -> [[UInt8]] {
        let frames: [[UInt8]]?
        switch parcel {
        case .toCoordinator(let message): frames = try? Wire.encode(message, payload: payload)
        case .toWorker(let message): frames = try? Wire.encode(message, payload: payload)
        }
        guard var frames else {
            world.violate("a message could not be encoded")
            return []
        }
        if garbling { garble(&frames) }
        return frames
    }

    /// Flips bits, cuts a frame short, or loses one.
    private func garble(_ frames: inout [[UInt8]]) {
        let dice = world.dice
        world.tally.count("message garbled")
        let kind = dice.draw(0...9)
        if kind == 0 {
            frames.remove(at: dice.draw(0...frames.count - 1))
            return
        }
        let frame = dice.draw(0...frames.count - 1)
        if kind == 1 {
            frames[frame].removeLast(dice.draw(0...frames[frame].count))
            return
        }
        let target = frames[frame].isEmpty ? 0 : frame
        for _ in 0..<dice.draw(1...3) {
            frames[target][dice.draw(0...frames[target].count - 1)] ^= 1 << UInt8(dice.draw(0...7))
        }
    }

    private func arrive(_ frames: [[UInt8]], _ parcel: Parcel, _ connection: Connection) {
        var frames = frames
        // A shell that does not look at the checksum takes whatever comes.
        if world.flaw == .trustTheWire, frames.count == 3 { frames[2] = Checksum.crc32(frames[0] + frames[1]) }
        do {
            switch parcel {
            case .toCoordinator:
                let (message, payload) = try Wire.decode(frames, as: WorkerMessage.self)
                arrive(.toCoordinator(message), payload, connection)
            case .toWorker:
                let (message, payload) = try Wire.decode(frames, as: CoordinatorMessage.self)
                arrive(.toWorker(message), payload, connection)
            }
        } catch {
            world.tally.count("garbled message dropped")
        }
    }

    private func arrive(_ parcel: Parcel, _ payload: [UInt8], _ connection: Connection) {
        switch parcel {
        case .toCoordinator(let message):
            guard let coordinator = world.coordinator, coordinator.life == connection.coordinator else { return }
            coordinator.receive(message, payload, from: connection)
        case .toWorker(let message):
            guard connections[connection.worker] == connection else { return }
            world.workers[connection.worker].receive(message, payload)
        }
    }
}
