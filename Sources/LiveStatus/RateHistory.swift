import Foundation

/// Images a second over the time of a stage, in a bounded number of points: when there are too many, each two become one of twice the
/// time.
public struct RateHistory: Equatable, Sendable {
    public struct Point: Codable, Equatable, Sendable {
        /// From the stage's beginning to the end of the point's time.
        public let seconds: Double
        public let imagesPerSecond: Double
    }

    /// The most points.
    public static let most = 240

    private struct Piece: Equatable, Sendable {
        let end: Int64
        let milliseconds: Int64
        let images: Int
    }

    private var pieces: [Piece] = []
    private var step: Int64 = 1_000
    private var began: Int64?
    private var last: (time: Int64, images: Int) = (0, 0)

    public init() {}

    /// - Parameters:
    ///   - images: done since the stage began. Where work was lost, they are fewer than before.
    ///   - time: in milliseconds, which never go back.
    public mutating func note(images: Int, at time: Int64) {
        guard let began else {
            self.began = time
            last = (time, images)
            return
        }
        guard time - last.time >= step else { return }
        pieces.append(Piece(end: time - began, milliseconds: time - last.time, images: images - last.images))
        last = (time, images)
        if pieces.count > Self.most { merge() }
    }

    public var points: [Point] {
        pieces.map { piece in
            Point(
                seconds: Double(piece.end) / 1_000,
                imagesPerSecond: max(0, Double(piece.images) * 1_000 / Double(piece.milliseconds)))
        }
    }

    private mutating func merge() {
        step *= 2
        var merged: [Piece] = []
        for place in stride(from: 0, to: pieces.count - 1, by: 2) {
            let (first, second) = (pieces[place], pieces[place + 1])
            merged.append(
                Piece(
                    end: second.end, milliseconds: first.milliseconds + second.milliseconds,
                    images: first.images + second.images))
        }
        if pieces.count % 2 == 1, let odd = pieces.last { merged.append(odd) }
        pieces = merged
    }

    public static func == (left: RateHistory, right: RateHistory) -> Bool {
        left.pieces == right.pieces && left.step == right.step && left.began == right.began && left.last == right.last
    }
}

/// How many images a second are done lately: a mean in which what is past counts the less the longer it is ago.
struct RecentRate: Equatable, Sendable {
    /// After so long it counts for a third. Shards of many images are reported seldom.
    private static let memory = 20.0
    private var last: (time: Int64, images: Int)?
    private(set) var imagesPerSecond = 0.0
    /// How much of the mean is known: it begins with nothing.
    private var weight = 0.0

    mutating func note(images: Int, at time: Int64) {
        guard let last else {
            self.last = (time, images)
            return
        }
        let seconds = Double(time - last.time) / 1_000
        guard seconds >= 0.5 else { return }
        self.last = (time, images)
        let rate = max(0, Double(images - last.images) / seconds)
        let share = 1 - exp(-seconds / Self.memory)
        let known = weight + share * (1 - weight)
        imagesPerSecond += (rate - imagesPerSecond) * share / known
        weight = known
    }

    static func == (left: RecentRate, right: RecentRate) -> Bool {
        left.imagesPerSecond == right.imagesPerSecond && left.weight == right.weight
            && left.last?.time == right.last?.time && left.last?.images == right.last?.images
    }
}
