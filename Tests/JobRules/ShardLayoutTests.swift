import JobRules
import Testing

@Suite struct ShardLayoutTests {
    @Test(arguments: [1, 3, 8, 64, 1000], [1, 2, 7, 63, 64, 65, 500, 2624, 100_000])
    func shardsAreAllOfTheImagesAndNoLargerThanAskedFor(shardSize: Int, images: Int) {
        let sizes = ShardLayout.sizes(images: images, shardSize: shardSize)
        #expect(sizes.reduce(0, +) == images)
        #expect(sizes.allSatisfy { (1...shardSize).contains($0) })
    }

    @Test func theLastAreCutSmall() {
        let sizes = ShardLayout.sizes(images: 64 * 10, shardSize: 64)
        #expect(sizes.prefix(6).allSatisfy { $0 == 64 })
        #expect(sizes.dropFirst(6).count == 16 && sizes.dropFirst(6).allSatisfy { $0 == 16 })
    }

    @Test func longListsEndWithShardsForManyWorkers() {
        let sizes = ShardLayout.sizes(images: 400_000, shardSize: 64)
        #expect(sizes == sizes.sorted(by: >) && Set(sizes) == [64, 16, 4])
        #expect(sizes.count { $0 == 4 } > 3_000 && sizes.count { $0 == 16 } > 2_000)
        #expect(sizes.count < 16_000)
    }
}
