import Imaging
import Inspection
import Testing

@Suite struct MapScalingTests {
    /// Sixteen times the typical distance is held, in steps of at most 1/2048 of it.
    @Test(arguments: [1e-30, 0.3, 3.2, 11.36, 29.7, 74.2, 116.4, 1e4, 1e30])
    func theScaleHoldsNormalMaps(typical: Double) throws {
        let scaling = MapScaling(typical: typical, threshold: nil)
        let scale = try #require(MapScale(exponent: scaling.exponent))
        #expect(Double(scale.limit) >= 15.99 * typical)
        #expect(Double(scale.unit) * typical >= 2_047 || scaling.exponent == MapScale.exponents.upperBound)
        // A patch at the typical distance has the first colour.
        #expect(scaling.firstColor == Float(typical) && scaling.lastColor == 4 * Float(typical))
    }

    @Test func aThresholdHasTheColourInTheMiddle() {
        for threshold in [0.5, 21.5, 300] as [Float] {
            let scaling = MapScaling(typical: 11, threshold: threshold)
            #expect((threshold - scaling.firstColor) / (scaling.lastColor - scaling.firstColor) == 0.5)
        }
        // One that everything reaches says nothing of distances.
        #expect(MapScaling(typical: 11, threshold: 0) == MapScaling(typical: 11, threshold: nil))
        let highest = MapScaling(typical: 1e300, threshold: .greatestFiniteMagnitude)
        #expect(highest.lastColor.isFinite && highest.firstColor < highest.lastColor)
    }
}
