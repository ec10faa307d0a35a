import CKernels
import Tensors

/// Reads the records of a file of statistics, of all of its channels or of some: the workspace of one thread.
final class SelectedRecords: @unchecked Sendable {
    private let file: StatisticsFile
    private let buffer = RecordBuffer()
    private let takesAll: Bool
    /// Of the chosen channels among the file's.
    private let places: AlignedBuffer<Int32>
    private let selected: AlignedBuffer<Int64>

    /// - Parameters:
    ///   - places: ascending, counted from 0; nil: all channels.
    ///   - patches: the most of one call.
    init(_ file: StatisticsFile, places: [Int]?, patches: Int) throws {
        self.file = file
        takesAll = places == nil
        self.places = try AlignedBuffer(zeros: places?.count ?? 0)
        for (number, place) in (places ?? []).enumerated() { self.places.pointer[number] = Int32(place) }
        selected = try AlignedBuffer(zeros: places.map { patches * statistics_record_words($0.count) } ?? 0)
    }

    /// The records of some patches, one after the other. Valid only inside the closure.
    /// - Throws: as `StatisticsFile.withRecords`.
    func withRecords<Result>(
        patches: Range<Int>, _ body: (UnsafePointer<Int64>) throws -> Result
    ) throws -> Result {
        try file.withRecords(patches: patches, in: buffer) { records in
            if takesAll { return try body(records) }
            let channels = file.header.space.dimension
            let (from, to) = (statistics_record_words(channels), statistics_record_words(places.count))
            for number in 0..<patches.count {
                statistics_select(
                    records + number * from, Int32(channels), places.pointer, Int32(places.count),
                    selected.pointer + number * to)
            }
            return try body(selected.pointer)
        }
    }
}
