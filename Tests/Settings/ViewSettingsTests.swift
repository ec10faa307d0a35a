import Foundation
import Settings
import Testing

/// How an image gives several inputs: tiles, and augmented copies.
@Suite struct ViewSettingsTests {
    @Test func tilesCoverAnAxisAndEndAtItsBorder() {
        for (side, overlap) in [(16, 0), (16, 8), (16, 3), (64, 8), (20, 1)] {
            let tiling = Tiling(side: side, overlap: overlap)
            for length in side...(5 * side + 7) {
                let starts = tiling.starts(along: length)
                #expect(starts.first == 0 && starts.last == length - side)
                for (one, next) in zip(starts, starts.dropFirst()) {
                    #expect(next > one && next <= one + side - overlap)
                }
                // No tile more than is needed.
                #expect(starts.count == 1 || starts[starts.count - 2] < length - side)
            }
            #expect(tiling.starts(along: side - 1).isEmpty)
        }
    }

    @Test func imagesThatCannotBeCutAreTold() {
        let tiling = Tiling(side: 64, overlap: 8)
        #expect(tiling.obstacle(to: 64, 64) == nil && tiling.obstacle(to: 1_500, 700) == nil)
        #expect(tiling.obstacle(to: 63, 500)?.contains("less than a tile of 64") == true)
        #expect(tiling.obstacle(to: 60_000, 60_000)?.contains("1024 are the most") == true)
        let own = Tiling(side: 64, overlap: 8, imageSize: .init(width: 100, height: 90))
        #expect(own.fault == nil && own.obstacle(to: 100, 90) == nil)
        #expect(own.obstacle(to: 90, 100)?.contains("100 x 90") == true)
        #expect(Tiling(side: 64, overlap: 8, imageSize: .init(width: 0, height: 90)).fault != nil)
        #expect(Tiling(side: 15, overlap: 0).fault != nil && Tiling(side: 64, overlap: 33).fault != nil)
        #expect(Tiling(side: 64, overlap: -1).fault != nil)
    }

    @Test(arguments: [
        InputSettings(tiling: Tiling(side: 512, overlap: 64)),
        InputSettings(tiling: Tiling(side: 512, overlap: 0, imageSize: .init(width: 1_024, height: 768))),
        InputSettings(resize: 256, crop: 224, augmentation: Augmentation(rotation: 10, cropsRandomly: true)),
        InputSettings(augmentation: Augmentation(rotation: 0.5, seed: 1 << 53, copies: 64)),
        InputSettings(),
    ])
    func settingsGoThroughJSON(settings: InputSettings) throws {
        #expect(settings.fault == nil)
        let bytes = try JSONEncoder().encode(settings)
        #expect(try JSONDecoder().decode(InputSettings.self, from: bytes) == settings)
        let fields = try #require(JSONSerialization.jsonObject(with: bytes) as? [String: Any])
        #expect(Set(fields.keys).isSubset(of: InputSettings.fieldNames))
    }

    /// What was not asked for is in no file.
    @Test func usualSettingsAreLeftOut() throws {
        let text = String(decoding: try JSONEncoder().encode(InputSettings()), as: UTF8.self)
        #expect(!text.contains("tile") && !text.contains("augment") && !text.contains("rotate"))
    }

    @Test func impossibleSettingsAreTold() {
        #expect(InputSettings(augmentation: Augmentation()).fault?.contains("rotate:DEGREES") == true)
        #expect(InputSettings(augmentation: Augmentation(rotation: 181)).fault != nil)
        #expect(InputSettings(augmentation: Augmentation(rotation: .nan)).fault != nil)
        #expect(InputSettings(augmentation: Augmentation(rotation: 1, copies: 65)).fault != nil)
        #expect(InputSettings(augmentation: Augmentation(rotation: 1, seed: -1)).fault != nil)
        #expect(InputSettings(augmentation: Augmentation(rotation: 1, cropsRandomly: true)).fault != nil)
        #expect(InputSettings(resize: 256, crop: 224, tiling: Tiling(side: 64, overlap: 8)).fault != nil)
        #expect(
            InputSettings(augmentation: Augmentation(rotation: 1), tiling: Tiling(side: 64, overlap: 8)).fault != nil)
    }

    @Test func stepsAreReadAsTheyAreWritten() {
        let all = AugmentationSteps("rotate:10,resize:256,crop:224")
        #expect(all?.rotate == 10 && all?.resize == 256 && all?.crop == 224)
        let turned = AugmentationSteps("rotate:0.5")
        #expect(turned?.rotate == 0.5 && turned?.resize == nil && turned?.crop == nil)
        for wrong in [
            "", "rotate", "rotate:", "rotate:-3", "rotate:0", "rotate:nan", "rotate:181", "crop:224,resize:256",
            "rotate:10,",
            "rotate:10,rotate:10", "flip:1", "crop:0", "crop:99999", "resize:2.5", "rotate:1:2",
        ] {
            #expect(AugmentationSteps(wrong) == nil, "\(wrong)")
        }
    }

    @Test func samplesOfAnImageAreKnownWhereTheSizeDoesNotMatter() {
        #expect(InputSettings().samplesPerImage == 1...1)
        #expect(InputSettings(augmentation: Augmentation(rotation: 5, copies: 7)).samplesPerImage == 7...7)
        #expect(InputSettings(tiling: Tiling(side: 64, overlap: 0)).samplesPerImage == 1...Tiling.mostTiles)
        let own = InputSettings(tiling: Tiling(side: 64, overlap: 0, imageSize: .init(width: 128, height: 192)))
        #expect(own.samplesPerImage == 1...1 && own.inputsTogether == 6)
    }
}
