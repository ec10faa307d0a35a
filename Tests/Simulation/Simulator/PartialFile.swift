/// A partial's file: how many images it counts, then the records of its patches, then a check of each record, so that torn
/// and rotten ones are found, as the real files'.
enum PartialFile {
    static let headerBytes = 8

    static func header(images: Int64) -> [UInt8] { bytes(of: UInt64(bitPattern: images)) }

    /// Where a patch's record lies.
    static func offset(patch: Int, _ spec: JobSpec) -> Int { headerBytes + patch * recordBytes(spec) }

    /// Where a patch's check lies.
    static func checkOffset(patch: Int, _ spec: JobSpec) -> Int { offset(patch: spec.patches, spec) + 8 * patch }

    static func check(_ record: ArraySlice<UInt8>, patch: Int, images: Int64) -> [UInt8] {
        let sum = record.reduce(Truth.mix(UInt64(patch), UInt64(bitPattern: images))) { Truth.mix($0, UInt64($1)) }
        return bytes(of: sum)
    }

    /// The records, where the file is whole and counts so many images; nil for a damaged one.
    static func records(of file: [UInt8]?, images: Int64, _ spec: JobSpec) -> [UInt8]? {
        guard let file, file.count == checkOffset(patch: spec.patches, spec),
            Array(file.prefix(8)) == header(images: images)
        else { return nil }
        for patch in 0..<spec.patches {
            let record = file[offset(patch: patch, spec)..<offset(patch: patch + 1, spec)]
            let place = checkOffset(patch: patch, spec)
            guard Array(file[place..<place + 8]) == check(record, patch: patch, images: images) else { return nil }
        }
        return Array(file[headerBytes..<offset(patch: spec.patches, spec)])
    }

    static func recordBytes(_ spec: JobSpec) -> Int { 8 * Sums.wordsPerPatch(spec.dimension) }

    private static func bytes(of word: UInt64) -> [UInt8] { withUnsafeBytes(of: word.littleEndian) { Array($0) } }
}
