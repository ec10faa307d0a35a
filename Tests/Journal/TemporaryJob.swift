import Foundation
import Journal
import Storage

/// A job directory that goes away with the test.
final class TemporaryJob: Sendable {
    let directory: JobDirectory

    init() {
        directory = JobDirectory(FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory.path) }

    static let record = JobRecord(
        kind: .run, settings: ["backbone": "resnet18", "seed": "0"],
        lists: [.normal: Digest(of: [1]), .inspect: Digest(of: [2])])

    /// The journal as a process finds it that starts now. The one before it must be gone.
    func open(_ record: JobRecord = record) throws -> Journal { try Journal.open(directory, job: record) }

    static func images(_ count: Int, prefix: String = "a") -> [ImageRecord] {
        (0..<count).map {
            ImageRecord(path: "\(prefix)/\($0).png", location: .file("/data/\(prefix)/\($0).png"), output: "\($0)")
        }
    }

    static func partial(_ name: String, images: Int, clamped: Int64 = 0) -> PartialRecord {
        PartialRecord(file: name, images: images, clamped: clamped, digest: Digest(of: Array(name.utf8)))
    }

    static func results(of images: [JobImage]) -> [ImageResult] {
        images.map {
            ImageResult(
                image: $0.id, score: Float($0.id.rawValue) / 8, maxRow: 3, maxColumn: 4, flagged: false,
                mapPath: "maps/x")
        }
    }
}
