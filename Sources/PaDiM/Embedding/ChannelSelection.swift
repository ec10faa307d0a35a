import Foundation
import Settings
import Storage

/// Which channels of the concatenated taps are kept.
public enum ChannelSelection {
    /// `count` of the channels 0..<`total`, chosen by a seed: the first `count` places of a Fisher-Yates shuffle, sorted.
    ///
    /// Step i swaps place i with place i + floor(r (total - i) / 2^64), where r is the next number of SplitMix64(seed).
    /// - Throws: `PaDiMError` where there are not so many.
    public static func random(keeping count: Int, of total: Int, seed: UInt64) throws -> [Int] {
        guard total > 0, (1...total).contains(count) else {
            throw PaDiMError("features \(count)", "it must be 1 to \(total), the channels that the layers have")
        }
        var random = SplitMix64(seed: seed)
        var channels = Array(0..<total)
        for place in 0..<count {
            let step = random.next().multipliedFullWidth(by: UInt64(total - place)).high
            channels.swapAt(place, place + Int(step))
        }
        return channels[..<count].sorted()
    }

    /// All channels, or some chosen by a seed.
    /// - Throws: as `random`.
    public static func chosen(_ count: FeatureCount, of total: Int, seed: UInt64) throws -> [Int] {
        switch count {
        case .all: Array(0..<total)
        case .count(let count): try random(keeping: count, of: total, seed: seed)
        }
    }

    /// Reads a list of channels: indices from 0 on, separated by white space, in any order.
    /// - Returns: the indices, ascending.
    /// - Throws: `PaDiMError` where the file cannot be read, has none, has one twice, or has something else.
    public static func read(_ path: String) throws -> [Int] {
        var status = stat()
        guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw PaDiMError(path, "is no regular file")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else { throw PaDiMError(path, "cannot be opened") }
        defer { try? handle.close() }
        let data: Data
        do {
            data = try handle.read(upToCount: maximumBytes + 1) ?? Data()
        } catch {
            throw PaDiMError(path, "cannot be read")
        }
        guard data.count <= maximumBytes, let text = String(data: data, encoding: .utf8) else {
            throw PaDiMError(path, "is no list of channel indices")
        }
        let channels = try text.split(whereSeparator: \.isWhitespace).map { word in
            guard let channel = Int(word), channel >= 0 else {
                throw PaDiMError(path, "'\(word.prefix(40))' is no channel index: they count from 0")
            }
            return channel
        }.sorted()
        guard !channels.isEmpty else { throw PaDiMError(path, "holds no channel indices") }
        if let twice = zip(channels, channels.dropFirst()).first(where: ==) {
            throw PaDiMError(path, "channel \(twice.0) comes twice")
        }
        return channels
    }

    private static let maximumBytes = 1 << 20
}
