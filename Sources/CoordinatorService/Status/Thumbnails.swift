import Foundation
import Imaging
import Journal
import LiveStatus
import Storage
import StatusServer

/// Small pictures of the images with the highest scores: of their overlays where there are any, else of the images themselves, where this
/// machine sees them.
///
/// They are made one after the other on a thread of a low priority, and only while somebody looks at the page. Objects in stores are not
/// fetched for it.
final class Thumbnails: Sendable {
    private struct Shelf: Sendable {
        /// The images that are shown now, the highest score first.
        var wanted: [ImageID] = []
        var ready: [ImageID: HTTPBody] = [:]
        /// How often it was tried in vain, and when at last: an overlay may be on its way.
        var failures: [ImageID: (times: Int, moment: ContinuousClock.Instant)] = [:]
        var jobNumber = 0
        var isWorking = false
    }

    /// Of the longer side, in pixels.
    private static let side = 160
    private static let mostTries = 5
    private static let pause = Duration.seconds(2)
    /// Larger images are not opened: the coordinator's memory is not for pictures.
    private static let limits = ImageLimits(maxFileBytes: 64 << 20, maxPixels: 24_000_000, maxSide: 65_535)

    private let monitor: JobMonitor
    private let shelf = Locked(Shelf())

    init(monitor: JobMonitor) { self.monitor = monitor }

    func picture(of image: ImageID) -> HTTPBody? { shelf.withLock { $0.ready[image] } }

    /// Nil where there is no picture yet.
    func path(of image: ImageID) -> String? {
        picture(of: image) == nil ? nil : StatusRoute.path(ofThumbnail: image)
    }

    /// These are shown now, and no others.
    func want(_ images: [ImageID]) {
        let number = monitor.number
        let begins = shelf.withLock { shelf in
            // In another job the same numbers are other images.
            if shelf.jobNumber != number { shelf = Shelf(jobNumber: number, isWorking: shelf.isWorking) }
            shelf.wanted = images
            let kept = Set(images)
            shelf.ready = shelf.ready.filter { kept.contains($0.key) }
            shelf.failures = shelf.failures.filter { kept.contains($0.key) }
            guard !shelf.isWorking, Self.next(shelf) != nil else { return false }
            shelf.isWorking = true
            return true
        }
        guard begins else { return }
        let thread = Thread { [weak self] in
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 15)
            while let self, self.makeNext() {}
        }
        thread.name = "thumbnails"
        thread.start()
    }

    private static func next(_ shelf: Shelf) -> ImageID? {
        shelf.wanted.first { image in
            guard shelf.ready[image] == nil else { return false }
            guard let failed = shelf.failures[image] else { return true }
            return failed.times < mostTries && failed.moment.duration(to: .now) >= pause
        }
    }

    /// - Returns: whether there was one to make.
    private func makeNext() -> Bool {
        let next = shelf.withLock { shelf -> (image: ImageID, job: Int)? in
            guard let image = Self.next(shelf) else {
                shelf.isWorking = false
                return nil
            }
            return (image, shelf.jobNumber)
        }
        guard let next else { return false }
        let picture = try? make(next.image)
        shelf.withLock { shelf in
            guard shelf.jobNumber == next.job, shelf.wanted.contains(next.image) else { return }
            if let picture {
                shelf.ready[next.image] = HTTPBody(picture)
            } else {
                shelf.failures[next.image] = ((shelf.failures[next.image]?.times ?? 0) + 1, .now)
            }
        }
        // Others come first.
        usleep(20_000)
        return true
    }

    private func make(_ image: ImageID) throws -> [UInt8]? {
        guard let record = monitor.record(of: image), let location = source(record) else { return nil }
        let found = try ImageDecoder.decode(location, toBecome: Self.side, Self.side, limits: Self.limits).image
        let longer = max(found.width, found.height)
        guard longer > Self.side else { return try JPEGEncoder.encode(found) }
        let small = try found.resized(
            width: max(1, found.width * Self.side / longer), height: max(1, found.height * Self.side / longer))
        return try JPEGEncoder.encode(small)
    }

    private func source(_ record: ImageRecord) -> ImageLocation? {
        if let directory = monitor.directory, RelativePath.isContained(record.output), !record.output.isEmpty {
            let overlay = directory.inside(JobLayout.overlay(of: record.output))
            if FileManager.default.fileExists(atPath: overlay) { return .file(overlay) }
        }
        switch record.location {
        case .file: return record.location
        case .member(let member): return StoredObject.isAddress(member.archive.name) ? nil : record.location
        case .object, .refused: return nil
        }
    }
}
