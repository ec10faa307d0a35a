import Foundation
import Gaussian
import TestSupport
import Testing

@Suite struct FixedPointGridTests {
    @Test func leavesEightfoldRoomAndNoMore() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<2000 {
            let maximum =
                Float.random(in: 1...2, using: &random)
                * Float(pow(2, Double(Int.random(in: -30...30, using: &random))))
            let exponent = try FixedPointGrid.fixing(maxima: [maximum], taps: [0]).exponents[0]
            let reach = 8 * Double(maximum)
            #expect(reach * pow(2, Double(exponent)) <= Double(FixedPointGrid.limit))
            #expect(reach * pow(2, Double(exponent + 1)) > Double(FixedPointGrid.limit))
        }
    }

    @Test func theLastPlaceOfTheLimitIsRespected() throws {
        // 8 * (2 - 2^-23) * 2^15 rounds up to 2^19, one past the limit.
        #expect(try FixedPointGrid.fixing(maxima: [Float(2).nextDown], taps: [0]).exponents == [14])
        #expect(try FixedPointGrid.fixing(maxima: [1], taps: [0]).exponents == [15])
        #expect(try FixedPointGrid.fixing(maxima: [2], taps: [0]).exponents == [14])
    }

    @Test func silentChannelsGetASixteenthOfTheirTap() throws {
        let grid = try FixedPointGrid.fixing(maxima: [16, 0, 0.5, 0.25, 0], taps: [0, 0, 0, 1, 1])
        #expect(grid.exponents == [11, 15, 15, 17, 21])
    }

    @Test func aTapThatIsAllZeroHasAGridToo() throws {
        #expect(try FixedPointGrid.fixing(maxima: [0, 0, 1], taps: [0, 0, 1]).exponents == [0, 0, 15])
    }

    @Test func extremesStayInRange() throws {
        let maxima: [Float] = [.leastNonzeroMagnitude, .greatestFiniteMagnitude]
        let exponents = try FixedPointGrid.fixing(maxima: maxima, taps: [0, 1]).exponents
        #expect(exponents == [64, -64])
    }

    @Test(arguments: [Float.infinity, .nan, -1])
    func maximaThatAreNoneAreRefused(bad: Float) {
        #expect(throws: GaussianError.self) { _ = try FixedPointGrid.fixing(maxima: [1, bad], taps: [0, 0]) }
    }

    @Test func decodingChecksTheExponents() throws {
        let grid = try FixedPointGrid(exponents: [3, -64, 64])
        let text = try JSONEncoder().encode(grid)
        #expect(try JSONDecoder().decode(FixedPointGrid.self, from: text) == grid)
        for bad in [#"{"exponents":[]}"#, #"{"exponents":[65]}"#, #"{"exponents":[-9223372036854775808]}"#] {
            #expect(throws: (any Error).self) {
                _ = try JSONDecoder().decode(FixedPointGrid.self, from: Data(bad.utf8))
            }
        }
    }
}
