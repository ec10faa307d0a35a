import Dispatch
import Foundation
import ObjectStores
import Storage

extension ImageList {
    /// The entries whose file is not there or is no file, in order, up to a number of them: for a clear warning at the start.
    public func missing(atMost limit: Int = .max) -> [Entry] {
        // What a folder said of its files when it was read is not asked again.
        let known = sources.filter(\.areAllThere).map(\.entries)
        return first(limit, [S_IFREG], passingOver: known) { entries[$0].location }
    }

    /// The entries whose mask is named and not there, in order, up to a number of them. A mask may be a folder.
    public func missingMasks(atMost limit: Int = .max) -> [Entry] {
        first(limit, [S_IFREG, S_IFDIR]) { entries[$0].mask }
    }

    /// The entries whose region of interest is named and not there, likewise.
    public func missingRegions(atMost limit: Int = .max) -> [Entry] {
        first(limit, [S_IFREG]) { entries[$0].region }
    }

    /// The first object of each bucket and web server of which nothing is known yet, up to a number of them: whether it answers at all
    /// should be found out before work begins.
    package func unknownObjects(atMost limit: Int) -> [ObjectAddress] {
        var servers: Set<Substring> = []
        var found: [ObjectAddress] = []
        for entry in entries where found.count < limit {
            guard case .object(let object) = entry.location, object.version == nil else { continue }
            // Up to the third slash: the scheme, and the bucket or the host.
            let parts = object.address.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            guard parts.count > 2, servers.insert(object.address[..<parts[2].endIndex]).inserted else { continue }
            if let address = try? ObjectAddress(object.address) { found.append(address) }
        }
        return found
    }

    private static let entriesOfBlock = 1 << 16
    private static let blockParts = 16

    /// Threads ask for parts of a block at the same time, since the answers of a file server take their time.
    /// - Parameter known: in ascending order, the entries whose files are there.
    private func first(
        _ limit: Int, _ kinds: [mode_t], passingOver known: [Range<Int>] = [],
        _ location: @Sendable (Int) -> ImageLocation?
    ) -> [Entry] {
        var found: [Entry] = []
        for start in stride(from: 0, to: entries.count, by: Self.entriesOfBlock) where found.count < limit {
            let block = start..<min(start + Self.entriesOfBlock, entries.count)
            let missing = Locked<[Int]>([])
            DispatchQueue.concurrentPerform(iterations: Self.blockParts) { part in
                let begin = block.lowerBound + block.count * part / Self.blockParts
                let end = block.lowerBound + block.count * (part + 1) / Self.blockParts
                let places = (begin..<end).filter { place in
                    Self.isMissing(location(place), kinds, isKnown: known.contains { $0.contains(place) })
                }
                if !places.isEmpty { missing.withLock { $0 += places } }
            }
            found += missing.withLock { $0 }.sorted().prefix(limit - found.count).map { entries[$0] }
        }
        return found
    }

    private static func isMissing(_ location: ImageLocation?, _ kinds: [mode_t], isKnown: Bool) -> Bool {
        switch location {
        case .file(let path):
            guard !isKnown else { return false }
            var status = stat()
            return stat(path, &status) != 0 || !kinds.contains(status.st_mode & S_IFMT)
        case .refused: return true
        // The archive has it; whether an object is there, who reads it will see.
        case .member, .object, nil: return false
        }
    }

    /// Why an entry's file, or its mask, is not there, and what helps; in quotes, what was looked for.
    public func whyMissing(_ entry: Entry, mask: Bool = false) -> String {
        if case .refused(let name, let reason) = mask ? entry.mask : entry.location {
            return "\(FilePath.shown(name)): \(reason)"
        }
        let source = sources.first { source in entries[source.entries].contains(entry) }
        let file = (mask ? entry.mask : entry.location)?.text ?? ""
        let place = FilePath.absolute(source?.name ?? "")
        let base = source?.kind == .folder ? place : FilePath.split(place).folder
        let cause = PathDiagnosis(mask ? file : entry.path, in: base, list: source?.name ?? "").cause
        return "\(FilePath.shown(file)): \(cause)"
    }
}
