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

    @Test func nobodyNeedSayHowLongListsAreCut() {
        for images in [1, 19_999, 20_000, 400_000, 1_000_000, 2_000_000, 50_000_000] {
            let size = ShardLayout.usualSize(of: images)
            #expect(
                ShardLayout.sizes(images: images, shardSize: nil) == ShardLayout.sizes(images: images, shardSize: size))
            #expect((16...64).contains(size) && (size == 64 || images >= 20_000))
        }
        // So many shards the journal is quick with.
        #expect(ShardLayout.sizes(images: 1_600_000, shardSize: nil).count <= 70_000)
        // Ten thousand workers have several each.
        #expect(ShardLayout.sizes(images: 400_000, shardSize: nil).count > 60_000)
    }
}
