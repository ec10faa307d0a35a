import Foundation
import ImageLists
import JobPlanning
import JobRules
import Journal
import Settings
import Storage
import TestSupport
import Testing

/// Which lots keep sums of their own, and how the list is cut for them.
@Suite struct LotPlanTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A CSV list of images that need not be there.
    private func list(_ modules: [String], lotColumn: String? = "module") throws -> ImageList {
        let rows = modules.enumerated().map { "\($1)/\($0).png,\($1)" }
        try (["image_path,Module"] + rows).joined(separator: "\n")
            .write(toFile: folder["list.csv"], atomically: true, encoding: .utf8)
        return try ImageList.read([folder["list.csv"]], lotColumn: lotColumn)
    }

    private func plan(_ modules: [String], _ lots: LotChoice, bytes: Int64 = 1, asked: Bool = false) throws -> LotPlan {
        try LotPlan(
            list(modules), CalibrationSettings(lots: lots, areLotsAskedFor: asked), bytesOfSums: bytes)
    }

    private func modules(_ sizes: [(String, Int)]) -> [String] { sizes.flatMap { Array(repeating: $0, count: $1) } }

    /// Tenths of at most 200 images are as ever: nothing of them is in the journal, and the shards are those of a list without lots.
    @Test(arguments: [12, 2_000]) func smallTenthsChangeNothing(images: Int) throws {
        let plan = try plan(modules([("a", images)]), .tenths)
        #expect(plan.lots == nil && plan.apart.isEmpty)
        let sizes = ShardLayout.sizes(images: images, shardSize: 32)
        #expect(plan.shards(shardSize: 32) == sizes.map { NewShard(images: $0) })
    }

    @Test func largeTenthsHaveSumsOfTheirOwn() throws {
        let plan = try plan(modules([("a", 2_005)]), .tenths)
        // Of 2,005 images five tenths have 201.
        #expect(plan.apart == [0, 2, 4, 6, 8])
        let lots = try #require(plan.lots)
        #expect(lots == (0..<2_005).map { $0 * 10 / 2_005 })
        var next = 0
        for shard in plan.shards(shardSize: 32) {
            let own = Set(lots[next..<next + shard.images].map { plan.apart.contains($0) ? $0 : nil })
            #expect(own == [shard.lot] && shard.images <= 32)
            next += shard.images
        }
        #expect(next == 2_005)
    }

    @Test func lotsOfAColumnAreNumberedAsTheyAppear() throws {
        let names = modules([("x", 2), ("b", 201), ("x", 1), ("c", 5)])
        let plan = try plan(names, .column("MODULE"))
        #expect(try #require(plan.lots) == names.map { ["x": 0, "b": 1, "c": 2][$0] })
        #expect(plan.apart == [1])
        #expect(plan.shards(shardSize: 300).map(\.lot).first == .some(nil))
        // The column is known also where no lot is large.
        #expect(try self.plan(["x", "y", "x"], .column("module")).lots == [0, 1, 0])
        #expect(try self.plan(names, .folders).lots == plan.lots)
    }

    @Test func theDiskThatNobodyAskedForIsNotTaken() throws {
        let names = modules([("a", 300), ("b", 300)])
        let most = LotPlan.mostBytes / 2
        #expect(try plan(names, .folders, bytes: most).apart == [0, 1])
        let dear = try plan(names, .folders, bytes: most + 1)
        #expect(dear.apart.isEmpty && dear.lots == nil && dear.tooManyBytes == 2 * (most + 1))
        let asked = try plan(names, .folders, bytes: most + 1, asked: true)
        #expect(asked.apart == [0, 1] && asked.tooManyBytes == nil)
        #expect(asked.withoutSumsApart.shards(shardSize: 7) == dear.shards(shardSize: 7))
        #expect(try plan(names, .none).apart.isEmpty)
        // Nothing can be left of the model without such a lot.
        #expect(try plan(modules([("a", 300), ("b", 2)]), .folders).apart.isEmpty)
    }

    @Test func theLargestLotIsNamedWhereItNeedsSumsOfItsOwn() throws {
        for choice in [LotChoice.column("module"), .folders] {
            let list = try list(modules([("a", 201), ("b", 230), ("c", 5)]))
            let largest = try #require(LotPlan.tooLarge(list, choice))
            #expect(largest.name == "b" && largest.images == 230)
            #expect(LotPlan.tooLarge(try self.list(modules([("a", 200), ("b", 3)])), choice) == nil)
        }
        #expect(LotPlan.tooLarge(try list(modules([("a", 3_000)])), .tenths) == nil)
    }

    @Test func aColumnOfLotsThatNobodyAskedForIsMentioned() throws {
        func said(_ calibration: CalibrationSettings?, lotColumn: String? = "module") throws -> String {
            let saying = Saying()
            LotPlan.tellOfUnusedColumn(try list(["a", "b"], lotColumn: lotColumn), calibration, saying.logger)
            return saying.text
        }
        #expect(try said(CalibrationSettings(lots: .tenths)).contains("notice: the list has a column lot"))
        #expect(try said(CalibrationSettings(lots: .folders, areLotsAskedFor: true)).isEmpty)
        #expect(try said(CalibrationSettings(lots: .tenths), lotColumn: nil).isEmpty)
        #expect(try said(nil).isEmpty)
    }

    @Test func aColumnThatSaysNothingIsRefused() throws {
        #expect { try plan(["a", "", "b"], .column("module")) } throws: {
            "\($0)".contains("'module'") && "\($0)".contains("1.png")
        }
        #expect { try list(["a"], lotColumn: "batch") } throws: {
            "\($0)".contains("'batch'") && "\($0)".contains("'Module'") && "\($0)".contains("--lot-column")
        }
        try "a.png\n".write(toFile: folder["list.txt"], atomically: true, encoding: .utf8)
        #expect { try ImageList.read([folder["list.txt"]], lotColumn: "module") } throws: {
            "\($0)".contains("list.txt") && "\($0)".contains("'module'") && "\($0)".contains("no columns")
        }
    }

    /// Another lot of one image is another job.
    @Test func whichImageIsOfWhichLotIsInThePlan() throws {
        let plans = try [["a", "a", "b"], ["c", "c", "d"], ["a", "b", "b"]].map { try plan($0, .column("module")) }
        #expect(plans[0].columnDigest != nil && plans[0].columnDigest == plans[1].columnDigest)
        #expect(plans[2].columnDigest != plans[0].columnDigest)
        #expect(try plan(["a", "a", "b"], .folders).columnDigest == nil)
    }
}
