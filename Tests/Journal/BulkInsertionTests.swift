import Journal
import Storage
import Testing

/// Many rows of one statement are what as many statements would be.
@Suite struct BulkInsertionTests {
    /// Whatever an image has and lacks, and wherever a statement ends, it is read as it was written.
    @Test(arguments: [1, 63, 64, 65, 200]) func imagesAreReadAsTheyWereWritten(count: Int) throws {
        let job = TemporaryJob()
        let journal = try job.open()
        let images = (0..<count).map { number in
            let digits = [UInt8](repeating: UInt8(number % 256), count: 16)
            return ImageRecord(
                path: number % 7 == 0 ? "ä\u{0301} 'quoted', \(number).png" : "\(number).png",
                location: number % 5 == 1
                    ? .object(StoredObject(address: "s3://bucket/\(number).png", version: "v\(number)"))
                    : .file("/data/\(number).png"),
                output: number % 11 == 3 ? "" : "\(number)",
                digest: number % 3 == 0 ? ContentDigest(bytes: digits) : nil,
                lot: number % 2 == 0 ? number / 2 : nil,
                region: number % 4 == 2 ? .file("/masks/\(number).png") : nil)
        }
        try journal.register(images, role: .inspect, shardSize: 3)
        let shards = try journal.shards(.inspect)
        #expect(shards.map(\.images).reduce(0, +) == count)
        let read = try journal.images(first: try #require(shards.first).firstImage, count: count)
        #expect(read.map(\.record) == images)
        #expect(read.map(\.id.rawValue) == (0..<Int64(count)).map { $0 + read[0].id.rawValue })
        // The same images are known again, and others are not.
        try journal.register(images, role: .inspect, shardSize: 3)
        #expect(throws: JournalError.self) {
            try journal.register(images.dropLast() + [TemporaryJob.images(1)[0]], role: .inspect, shardSize: 3)
        }
    }
}
