import Gaussian
import Imaging
import Inspection
import Settings
import Storage
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

    /// Normal images are dark and the threshold is in the middle, whatever the distances are: with few images they are ten times larger.
    @Test(arguments: [(12, 41), (150, 470)] as [(Float, Float)]) func aCalibrationGivesTheColours(
        _ usual: Float, _ highest: Float
    ) {
        let normal = NormalDistances(usual: usual, highest: highest)
        func share(_ distance: Float, _ scaling: MapScaling) -> Float {
            (distance - scaling.firstColor) / (scaling.lastColor - scaling.firstColor)
        }
        let plain = MapScaling(typical: 11, normal: normal, threshold: nil)
        #expect(share(usual, plain) == 0 && abs(share(highest, plain) - 0.5) < 1e-6)
        let flagging = MapScaling(typical: 11, normal: normal, threshold: 3 * usual)
        #expect(share(usual, flagging) == 0 && abs(share(3 * usual, flagging) - 0.5) < 1e-6)
        // The files' scale is that of the model, whatever the colours are.
        #expect(plain.exponent == MapScaling(typical: 11, threshold: nil).exponent)
        let low = MapScaling(typical: 11, normal: normal, threshold: usual / 2)
        #expect(low.firstColor < usual / 2 && abs(share(usual / 2, low) - 0.5) < 1e-6)
        let highest = MapScaling(typical: 11, normal: normal, threshold: .greatestFiniteMagnitude)
        #expect(highest.lastColor.isFinite && highest.firstColor < highest.lastColor)
    }

    @Test func normalDistancesAreMedianAndQuantile() throws {
        let images = (1...40).map {
            Calibration.Image(
                digest: [UInt8($0)].withUnsafeBytes { ContentDigest(of: $0) }, lot: nil, scores: [Float($0), 1],
                lotScores: nil)
        }
        let calibration = try Calibration(
            rules: [.max, .top(percent: 1)], images: images, lots: [], meanSquares: [0, 4, 9, 16, 1e6])
        #expect(NormalDistances(calibration) == NormalDistances(usual: 3, highest: 38))
    }

    @Test func theLegendHasTheNumbers() throws {
        let legend = ColorLegend(range: 10...50, marks: [.init(distance: 25, words: "threshold <b>")])
        let drawing = try legend.svg()
        for text in [
            "<svg xmlns", ">10<", ">20<", ">30<", ">40<", ">50<", ">threshold &lt;b&gt; 25<", "#000004", "#fcffa4",
        ] { #expect(drawing.contains(text), "\(text)") }
        #expect(try !ColorLegend(range: 3...3).svg().contains("nan"))
    }
}
