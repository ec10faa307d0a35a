import Cluster
import Foundation
import ImageAccess
import Storage

/// A piece of an image that a worker asked for.
struct ImageRequest: Sendable {
    let session: SessionID
    let image: ServedImage
    let location: ImageLocation
    let offset: Int64
    let count: Int
    let address: WorkerAddress
}

/// Reads images for workers that do not have them, on threads of its own: the event loop never waits for a disk.
final class ImageSender: Sendable {
    /// An image that was read.
    private struct Content: Sendable {
        let bytes: [UInt8]
        let digest: ContentDigest
    }

    private struct State {
        /// The one used last stands at the end.
        var kept: [(location: ImageLocation, content: Content)] = []
        var keptBytes = 0
        /// Requests that were taken and not answered.
        var waiting = 0
        /// Images that a thread reads now.
        var reading: Set<ImageLocation> = []
    }

    private static let threads = 4
    /// Of images that are kept because more of their pieces may be asked for; the last one is kept whatever its size is.
    private static let budget = 256 << 20
    /// Further requests are passed over; workers ask again.
    private static let mostWaiting = 4_096

    private let reader: ImageReader
    private let answer: @Sendable (ImageRequest, CoordinatorMessage, [UInt8]) -> Void
    private let queue = OperationQueue()
    private let guarded = NSCondition()
    nonisolated(unsafe) private var state = State()

    /// - Parameter answer: takes what is to be sent. It is called on the sender's threads.
    init(
        reader: ImageReader = .standard, answer: @escaping @Sendable (ImageRequest, CoordinatorMessage, [UInt8]) -> Void
    ) {
        (self.reader, self.answer) = (reader, answer)
        queue.maxConcurrentOperationCount = Self.threads
        queue.name = "served images"
    }

    func take(_ request: ImageRequest) {
        let isTaken = locked { state in
            guard state.waiting < Self.mostWaiting else { return false }
            state.waiting += 1
            return true
        }
        guard isTaken else { return }
        queue.addOperation { [self] in
            defer { locked { $0.waiting -= 1 } }
            serve(request)
        }
    }

    private func serve(_ request: ImageRequest) {
        let image = request.image
        do {
            let content = try content(of: request.location)
            let size = Int64(content.bytes.count)
            guard request.offset < size else {
                throw ImageAccessError(request.location.text, "it has changed while it was sent to a worker")
            }
            let end = min(size, request.offset + Int64(request.count))
            answer(
                request,
                .imagePiece(
                    session: request.session, lease: image.lease, image: image.image, part: image.part,
                    offset: request.offset, size: size, digest: content.digest),
                Array(content.bytes[Int(request.offset)..<Int(end)]))
        } catch {
            let reason = (error as? ImageAccessError)?.reason ?? "\(error)"
            answer(
                request,
                .imageUnavailable(
                    session: request.session, lease: image.lease, image: image.image, part: image.part, reason: reason),
                [])
        }
    }

    private func content(of location: ImageLocation) throws -> Content {
        if let kept = claim(location) { return kept }
        defer {
            locked { _ = $0.reading.remove(location) }
            guarded.broadcast()
        }
        let bytes = try reader.read(location, limit: Int(Wire.largestImage))
        let content = Content(bytes: bytes, digest: bytes.withUnsafeBytes { ContentDigest(of: $0) })
        locked { keep(content, location, &$0) }
        return content
    }

    /// The image if it is kept; else it is the caller's to read. Waits while another thread reads it.
    private func claim(_ location: ImageLocation) -> Content? {
        guarded.lock()
        defer { guarded.unlock() }
        while true {
            if let place = state.kept.lastIndex(where: { $0.location == location }) {
                let found = state.kept.remove(at: place)
                state.kept.append(found)
                return found.content
            }
            guard !state.reading.insert(location).inserted else { return nil }
            guarded.wait()
        }
    }

    private func keep(_ content: Content, _ location: ImageLocation, _ state: inout State) {
        // Most images are one piece, which is sent at once: no other will be asked for.
        guard content.bytes.count > Wire.longestPiece else { return }
        state.kept.append((location, content))
        state.keptBytes += content.bytes.count
        while state.keptBytes > Self.budget, state.kept.count > 1 {
            state.keptBytes -= state.kept.removeFirst().content.bytes.count
        }
    }

    private func locked<Result>(_ body: (inout State) -> Result) -> Result {
        guarded.lock()
        defer { guarded.unlock() }
        return body(&state)
    }
}
