import CoordinatorService
import Testing

@Suite struct ShardLayoutTests {
    @Test(arguments: [1, 3, 8, 64, 1000], [1, 2, 7, 63, 64, 65, 500, 2624, 100_000])
    func shardsAreAllOfTheImagesAndNoLargerThanAskedFor(shardSize: Int, images: Int) {
        let sizes = ShardLayout.sizes(images: images, shardSize: shardSize)
        #expect(sizes.reduce(0, +) == images)
        #expect(sizes.allSatisfy { (1...shardSize).contains($0) })
        // Every multiple of the size begins a shard: what calibrates is the first one's worth, however it is cut.
        var begins: Set<Int> = []
        var next = 0
        for size in sizes {
            begins.insert(next)
            next += size
        }
        #expect(stride(from: 0, to: images, by: shardSize).allSatisfy(begins.contains))
    }

    @Test func theEndsAreCutSmall() {
        let sizes = ShardLayout.sizes(images: 64 * 10, shardSize: 64)
        #expect(sizes.prefix(8).allSatisfy { $0 == 8 })
        #expect(sizes.dropFirst(8).prefix(5).allSatisfy { $0 == 64 })
        #expect(sizes.dropFirst(13).count == 16 && sizes.dropFirst(13).allSatisfy { $0 == 16 })
    }
}
