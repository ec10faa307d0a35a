import Cluster
import Storage

/// What the images hold: small whole numbers that follow from their place alone, so that anybody can say what sums, scores and
/// maps must come out.
enum Truth {
    static func mix(_ words: UInt64...) -> UInt64 {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for word in words {
            state = (state ^ word) &* 0xBF58_476D_1CE4_E5B9
            state ^= state >> 29
        }
        return state
    }

    /// The number of a patch's channel.
    static func value(_ job: Int, _ image: ImageID, patch: Int, channel: Int) -> Int64 {
        Int64(mix(UInt64(job), UInt64(bitPattern: image.rawValue), UInt64(patch), UInt64(channel)) % 1_000) + 1
    }

    static func score(_ model: UInt64, _ image: ImageID) -> Float {
        Float(mix(model, UInt64(bitPattern: image.rawValue)) % 100_000) / 8
    }

    /// What an image adds to the sums of its shard where a model is calibrated.
    static func square(_ model: UInt64, _ image: ImageID, patch: Int) -> Int64 {
        Int64(mix(model, UInt64(bitPattern: image.rawValue), UInt64(patch), 3) % 1_000)
    }

    /// The tag of a model with its calibration.
    static func calibrated(_ model: UInt64, scores: [Float], sums: [Int64]) -> UInt64 {
        let start = mix(model, 4)
        let withScores = scores.sorted().reduce(start) { mix($0, UInt64($1.bitPattern)) }
        return sums.reduce(withScores) { mix($0, UInt64(bitPattern: $1)) }
    }

    /// The bytes of a map or overlay.
    static func artifact(_ model: UInt64, _ image: ImageID, _ kind: Artifact) -> [UInt8] {
        let word = mix(model, UInt64(bitPattern: image.rawValue), kind == .map ? 1 : 2)
        return (0..<24).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * ($0 % 8))) }
    }
}

/// Exact sums of a set of images: for each patch `d` sums and the products' lower triangle, as on the wire.
struct Sums: Equatable {
    let patches: Int
    let dimension: Int
    private(set) var images: Int64 = 0
    private(set) var words: [Int64]

    init(patches: Int, dimension: Int) {
        (self.patches, self.dimension) = (patches, dimension)
        words = [Int64](repeating: 0, count: patches * Self.wordsPerPatch(dimension))
    }

    static func wordsPerPatch(_ dimension: Int) -> Int { dimension + dimension * (dimension + 1) / 2 }

    mutating func fold(_ image: ImageID, ofJob job: Int) {
        fold { Truth.value(job, image, patch: $0, channel: $1) }
    }

    /// Counts an image of which there is nothing to add.
    mutating func count() { images += 1 }

    mutating func fold(_ value: (_ patch: Int, _ channel: Int) -> Int64) {
        images += 1
        let step = Self.wordsPerPatch(dimension)
        for patch in 0..<patches {
            let values = (0..<dimension).map { value(patch, $0) }
            var place = patch * step + dimension
            for row in 0..<dimension {
                words[patch * step + row] += values[row]
                for column in 0...row {
                    words[place] += values[row] * values[column]
                    place += 1
                }
            }
        }
    }

    mutating func reset() {
        images = 0
        for place in words.indices { words[place] = 0 }
    }

    func chunk(patches: Range<Int>) -> [UInt8] {
        let step = Self.wordsPerPatch(dimension)
        return words[patches.lowerBound * step..<patches.upperBound * step].withUnsafeBytes { Array($0) }
    }

    /// Adds the records of all patches and the count of their images.
    mutating func add(images count: Int64, records: [UInt8]) {
        images &+= count
        records.withUnsafeBytes { bytes in
            for place in words.indices where 8 * place + 8 <= bytes.count {
                words[place] &+= bytes.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self)
            }
        }
    }

    /// The same words for another number of images.
    func with(images: Int64) -> Sums {
        var other = self
        other.images = images
        return other
    }

    /// The same with another record of the first patch.
    func withFirstRecord(_ record: [UInt8]) -> Sums {
        var other = self
        record.withUnsafeBytes { bytes in
            for place in 0..<bytes.count / 8 {
                other.words[place] = bytes.loadUnaligned(fromByteOffset: 8 * place, as: Int64.self)
            }
        }
        return other
    }

    mutating func subtract(_ other: Sums) {
        images &-= other.images
        for place in words.indices { words[place] &-= other.words[place] }
    }

    /// A name for the model of these sums.
    var tag: UInt64 { words.reduce(Truth.mix(UInt64(bitPattern: images))) { Truth.mix($0, UInt64(bitPattern: $1)) } }
}
