/// A partial's file: how many images it counts, then the records of its patches, then a check of each record, so that torn
/// and rotten ones are found, as the real files'.
enum PartialFile {
    static let headerBytes = 8

    static func header(images: Int64) -> [UInt8] { bytes(of: UInt64(bitPattern: images)) }

    /// A whole file.
    static func file(_ sums: Sums) -> [UInt8] {
        let records = (0..<sums.patches).map { sums.chunk(patches: $0..<$0 + 1) }
        let checks = records.enumerated().map { check($1[...], patch: $0, images: sums.images) }
        return header(images: sums.images) + (records + checks).flatMap { $0 }
    }

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

    /// Whether a record may be sums of images, as far as it shows alone: sums of squares are not negative.
    static func isPlausible(_ record: ArraySlice<UInt8>) -> Bool {
        record.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: $0.count - 8, as: Int64.self) >= 0 }
    }

    /// A patch of a whole file whose covariance no images have: it must be positive semidefinite.
    static func impossiblePatch(of file: [UInt8]?, _ spec: JobSpec) -> Int? {
        guard let file else { return 0 }
        func word(_ place: Int) -> Double {
            Double(file.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self) })
        }
        let (images, dimension) = (word(0), spec.dimension)
        return (0..<spec.patches).first { patch in
            let first = 1 + patch * Sums.wordsPerPatch(dimension)
            // The lower triangle of the covariance, times the square of the count.
            var triangle: [Double] = []
            for row in 0..<dimension {
                for column in 0...row {
                    let product = word(first + dimension + triangle.count)
                    triangle.append(images * product - word(first + row) * word(first + column))
                }
            }
            let diagonal = dimension == 1 ? [triangle[0]] : [triangle[0], triangle[2]]
            guard diagonal.allSatisfy({ $0 >= 0 }) else { return true }
            guard dimension == 2 else { return false }
            // What rounding may do to a matrix of few images, which is singular.
            let product = diagonal[0] * diagonal[1]
            return product - triangle[1] * triangle[1] < -1e-9 * product
        }
    }

    static func recordBytes(_ spec: JobSpec) -> Int { 8 * Sums.wordsPerPatch(spec.dimension) }

    private static func bytes(of word: UInt64) -> [UInt8] { withUnsafeBytes(of: word.littleEndian) { Array($0) } }
}
