import Cluster
import Foundation
import ImageAccess
import Storage

/// Images that come from the coordinator, because this machine does not have them.
///
/// Threads that compute wait in `fetch`. Once an image was missing, those that come next are asked for before they are needed, as many as
/// memory for them allows.
package final class ServedImages: ImageProvider, @unchecked Sendable {
    /// How far an image has come.
    private enum Arrival {
        case asked
        /// Some of its bytes are here.
        case arriving([UInt8])
        case whole([UInt8])
        case unavailable(reason: String)

        var byteCount: Int? {
            switch self {
            case .asked: nil
            case .arriving(let bytes), .whole(let bytes): bytes.count
            case .unavailable: 0
            }
        }
    }

    private struct Expected {
        let image: ServedImage
        let location: ImageLocation
    }

    private struct State {
        var isServing = false
        /// The images of shards in hand, by what names them.
        var named: [ImageLocation: [ServedImage]] = [:]
        var arrivals: [ServedImage: Arrival] = [:]
        /// What is not asked for yet, in reverse: the next one stands last.
        var expected: [Expected] = []
        /// Whether an image of the stage was missing.
        var isMissingAny = false
        /// Of the images so far, in bytes. Nil before the first one, which may be of any size: nothing is asked for ahead then.
        var largestSeen: Int?
        /// Counts the voids.
        var generation = 0
        var waited = Duration.zero

        /// Whether one more image may be asked for ahead.
        var hasRoom: Bool {
            guard let largestSeen else { return false }
            let bytes = arrivals.values.reduce(largestSeen) { $0 + ($1.byteCount ?? largestSeen) }
            return arrivals.count < ServedImages.mostAhead && bytes <= ServedImages.budget
        }
    }

    private static let mostAhead = 32
    private static let budget = 64 << 20
    /// More are not remembered: a shard has fewer images.
    private static let longest = 1 << 16

    /// Has an image asked for. It is called on any thread and does not wait. Set before the first stage.
    package var ask: @Sendable (ServedImage) -> Void = { _ in }

    private let condition = NSCondition()
    // Guarded by the condition.
    private var state = State()

    package init() {}

    // MARK: What the worker is told

    /// A stage begins.
    package func begin(isServing: Bool) {
        withState { state in
            state.isServing = isServing
            state.isMissingAny = false
        }
    }

    /// A shard is in hand.
    package func add(_ lease: LeaseID, _ images: [ImageTask]) {
        withState { state in
            guard state.isServing else { return }
            var expected: [Expected] = []
            func add(_ image: ServedImage, _ location: ImageLocation) {
                state.named[location, default: []].append(image)
                expected.append(Expected(image: image, location: location))
            }
            for task in images {
                add(ServedImage(lease: lease, image: task.id), task.location)
                task.region.map { add(ServedImage(lease: lease, image: task.id, part: .region), $0) }
            }
            guard state.expected.count + expected.count <= Self.longest else { return }
            state.expected.insert(contentsOf: expected.reversed(), at: 0)
        }
    }

    /// A shard is reported.
    package func remove(_ lease: LeaseID) {
        change { state in
            guard !state.named.isEmpty else { return }
            state.named = state.named.compactMapValues { images in
                let left = images.filter { $0.lease != lease }
                return left.isEmpty ? nil : left
            }
            state.arrivals = state.arrivals.filter { $0.key.lease != lease }
            state.expected.removeAll { $0.image.lease == lease }
        }
    }

    /// The session is over: nobody waits any more.
    package func void() {
        change { state in
            state.generation += 1
            (state.named, state.arrivals, state.expected) = ([:], [:], [])
        }
    }

    /// Bytes of an image that was asked for.
    /// - Parameters:
    ///   - size: of the whole image.
    ///   - isLast: whether all others are here.
    package func store(_ image: ServedImage, size: Int, offset: Int, bytes: [UInt8], isLast: Bool) {
        change { state in
            guard let arrival = state.arrivals[image] else { return }
            var content: [UInt8]
            switch arrival {
            case .asked: content = bytes.count == size ? [] : [UInt8](repeating: 0, count: size)
            case .arriving(let before): content = before
            case .whole, .unavailable: return
            }
            // The one who holds the bytes is this function, so that they are not copied.
            state.arrivals[image] = .asked
            if bytes.count == size {
                content = bytes
            } else {
                guard offset >= 0, content.count == size, bytes.count <= size - offset else { return }
                content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            }
            state.largestSeen = max(state.largestSeen ?? 0, size)
            state.arrivals[image] = isLast ? .whole(content) : .arriving(content)
        }
    }

    /// The coordinator cannot give an image.
    package func fail(_ image: ServedImage, reason: String) {
        change { state in
            if state.arrivals[image] != nil { state.arrivals[image] = .unavailable(reason: reason) }
        }
    }

    // MARK: ImageProvider

    package var waited: Duration { withState { $0.waited } }

    package func fetch(_ location: ImageLocation, limit: Int) throws -> [UInt8]? {
        let begun = ContinuousClock.now
        let generation: Int? = withState { state in
            guard state.isServing, state.named[location] != nil else { return nil }
            state.isMissingAny = true
            return state.generation
        }
        guard let generation else { return nil }
        defer { withState { $0.waited += .now - begun } }
        while true {
            guard let image = want(location, generation) else {
                throw ImageAccessError(location.text, "the coordinator does not wait for it any more")
            }
            askAhead()
            switch wait(for: image, generation) {
            case .whole(let bytes):
                guard bytes.count <= limit else {
                    throw ImageAccessError(
                        location.text, "the file is too large: \(bytes.count) bytes, where at most \(limit) are read")
                }
                return bytes
            case .unavailable(let reason): throw ImageAccessError(location.text, reason)
            // The shard by whose number it was asked for is over; another one may have the same image.
            case .asked, .arriving, nil: continue
            }
        }
    }

    /// Has the image asked for, if it was not.
    /// - Returns: the number by which it comes; nil where no shard in hand has it.
    private func want(_ location: ImageLocation, _ generation: Int) -> ServedImage? {
        let (image, isNew): (ServedImage?, Bool) = withState { state in
            guard state.generation == generation, let images = state.named[location], let image = images.first else {
                return (nil, false)
            }
            if let asked = images.first(where: { state.arrivals[$0] != nil }) { return (asked, false) }
            state.arrivals[image] = .asked
            // Its place is near the end, where the next ones stand.
            if let place = state.expected.lastIndex(where: { $0.image == image }) { state.expected.remove(at: place) }
            return (image, true)
        }
        if let image, isNew { ask(image) }
        return image
    }

    private func wait(for image: ServedImage, _ generation: Int) -> Arrival? {
        condition.lock()
        defer { condition.unlock() }
        while state.generation == generation, let arrival = state.arrivals[image] {
            switch arrival {
            case .whole, .unavailable:
                state.arrivals[image] = nil
                return arrival
            case .asked, .arriving: condition.wait()
            }
        }
        return nil
    }

    /// Has images asked for that are not needed yet.
    private func askAhead() {
        while let next = nextExpected() {
            // A disk may take its time, so nobody else waits meanwhile.
            guard !Self.isHere(next.location) else { continue }
            let isWanted = withState { state in
                guard state.arrivals[next.image] == nil, state.named[next.location]?.contains(next.image) == true else {
                    return false
                }
                state.arrivals[next.image] = .asked
                return true
            }
            if isWanted { ask(next.image) }
        }
    }

    private func nextExpected() -> Expected? {
        withState { $0.isMissingAny && $0.hasRoom ? $0.expected.popLast() : nil }
    }

    /// Whether the image, or the archive that has it, is on this machine. Objects are read by who needs them.
    private static func isHere(_ location: ImageLocation) -> Bool {
        switch location {
        case .file(let path): access(path, R_OK) == 0
        case .member(let member):
            if case .file(let path) = member.archive { access(path, R_OK) == 0 } else { true }
        case .object, .refused: true
        }
    }

    private func withState<Result>(_ body: (inout State) -> Result) -> Result {
        condition.lock()
        defer { condition.unlock() }
        return body(&state)
    }

    /// Changes what threads may wait for.
    private func change(_ body: (inout State) -> Void) {
        withState(body)
        condition.broadcast()
    }
}
