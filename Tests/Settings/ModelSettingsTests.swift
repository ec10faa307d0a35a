import Settings
import Testing

@Suite struct ModelSettingsTests {
    @Test func shrinkageIsReadFromText() {
        #expect(Shrinkage("none") == Shrinkage.none)
        #expect(Shrinkage("pooled:30") == .pooled(images: 30))
        #expect(Shrinkage("pooled:0.5") == .pooled(images: 0.5))
        for bad in ["", "pooled", "pooled:", "pooled:0", "pooled:-1", "pooled:nan", "pooled:inf", "some", "30"] {
            #expect(Shrinkage(bad) == nil, "\(bad)")
        }
        for shrinkage in [Shrinkage.none, .pooled(images: 0.1), .pooled(images: 30)] {
            #expect(Shrinkage(shrinkage.description) == shrinkage)
        }
    }

    @Test func numbersOfFeaturesAreReadFromText() {
        #expect(FeatureCount("all") == .all && FeatureCount("60") == 60)
        for bad in ["", "some", "1.5", "all "] { #expect(FeatureCount(bad) == nil) }
        for count in [FeatureCount.all, 7] { #expect(FeatureCount(count.description) == count) }
    }

    /// Records of jobs that earlier releases began have the first of these, and go on.
    @Test func usualSettingsAreNotSaid() {
        #expect(ModelSettings(epsilon: 0.01).named == ["epsilon": "0.01"])
        #expect(
            ModelSettings(
                epsilon: 0.02, shrinkage: .pooled(images: 30), blurBorder: .mirror, imageScore: .top(percent: 1)
            ).named == [
                "epsilon": "0.02", "shrinkage": "pooled:30.0", "model-blur-border": "mirror",
                "model-image-score": "top:1.0",
            ])
    }

    @Test func whatIsImpossibleIsSaid() {
        #expect(Recipe.allCases.allSatisfy { $0.model.fault == nil })
        for epsilon in [-1, Double.nan, .infinity] { #expect(ModelSettings(epsilon: epsilon).fault != nil) }
        #expect(ModelSettings(epsilon: 1, shrinkage: .pooled(images: 0)).fault != nil)
        #expect(ModelSettings(epsilon: 1, imageScore: .top(percent: 101)).fault != nil)
    }
}
