import LiveStatus
import Testing

@Suite struct RateHistoryTests {
    /// However long a stage is, the points are few, and no image is lost among them.
    @Test(arguments: [10, 1_000, 100_000]) func theNumberOfPointsHasABound(seconds: Int) {
        var history = RateHistory()
        var images = 0
        for second in 0...seconds {
            history.note(images: images, at: Int64(second) * 1_000)
            images += second % 7
        }
        let points = history.points
        #expect(points.count <= RateHistory.most && points.count >= min(seconds, RateHistory.most / 2) - 1)
        var (sum, before) = (0.0, 0.0)
        for point in points {
            #expect(point.seconds > before)
            sum += point.imagesPerSecond * (point.seconds - before)
            before = point.seconds
        }
        // Those since the last point are not in it yet.
        #expect(sum <= Double(images) + 0.5 && sum >= Double(images) * 0.98 - 14)
    }

    @Test func lostWorkIsNoNegativeRate() {
        var history = RateHistory()
        for (time, images) in [(0, 0), (1_000, 64), (2_000, 0), (3_000, 128)] {
            history.note(images: images, at: Int64(time))
        }
        #expect(history.points.map(\.imagesPerSecond) == [64, 0, 128])
    }
}
