import Cluster
import CoordinatorService
import Foundation
import Gaussian
import Journal
import Settings
import Storage
import TestSupport

/// A job's directory, and files of sums of its feature space: three patches of two channels.
struct JobWithSums {
    let folder: TemporaryFolder
    let directory: JobDirectory
    let files: JobDirectoryFiles
    let space: FeatureSpace

    init() throws {
        folder = try TemporaryFolder()
        directory = JobDirectory(folder["job"])
        try directory.create()
        try directory.createPartials()
        files = try JobDirectoryFiles(directory)
        space = try Self.space()
        files.expect(space, epsilon: 0.01)
    }

    static func space(width: Int = 3) throws -> FeatureSpace {
        try FeatureSpace(
            backbone: "none", weights: Digest(of: [1]), layers: ["a"], channels: [0, 1],
            input: InputSettings(height: 1, width: width), gridHeight: 1, gridWidth: width,
            grid: FixedPointGrid(layerChannels: [2], kept: [0, 1]))
    }

    /// The path of a file of sums of that name.
    func path(_ name: String) -> String { directory.partial(name) }

    /// A patch's sums, and those of products: as two images may give them, where the product of both channels is not negative.
    static func record(sums: [Int64] = [2, 2], product: Int64 = 2) -> [Int64] {
        sums + [sums[0] * sums[0], product, sums[1] * sums[1]]
    }

    /// Writes a file of sums, as a worker does.
    func write(
        _ space: FeatureSpace? = nil, to path: String, images: Int64 = 2, sums: [Int64] = [2, 2], product: Int64 = 2
    ) throws -> WrittenSums {
        let space = space ?? self.space
        let header = try StatisticsHeader(space: space, count: images, clamped: 0)
        let writer = try StatisticsFileWriter(path: path, header: header)
        let record = Self.record(sums: sums, product: product)
        for patch in 0..<space.patches {
            try record.withUnsafeBytes { try writer.write($0, patches: patch..<patch + 1) }
        }
        let count = writer.byteCount
        return WrittenSums(
            images: images, clamped: 0, samples: images, byteCount: Int64(count), digest: try writer.commit())
    }

    /// The directory's journal, with one shard.
    func journal(images count: Int) throws -> Journal {
        let record = JobRecord(kind: .fit, settings: [:], lists: [.normal: Digest(of: [1])])
        let journal = try Journal.open(directory, job: record)
        let images = (0..<count).map {
            ImageRecord(path: "\($0).png", location: .file("/data/\($0).png"), output: "\($0)")
        }
        try journal.register(images, role: .normal, shardSize: count)
        return journal
    }
}
