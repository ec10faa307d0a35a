import Testing
import Thresholds

@Suite struct RateTests {
    @Test(arguments: [
        ("1%", 0.01), ("0.01", 0.01), ("5%", 0.05), ("0.5%", 0.005), (".25", 0.25), ("1e-3", 0.001), ("10.0%", 0.1),
        ("99.9%", 0.999), ("0.050", 0.05), ("1e-9", 1e-9),
    ]) func ratesAreRead(_ text: String, value: Double) throws {
        #expect(try FalseAlarmRate(text).value == value)
        // The description is read back as the same rate.
        #expect(try FalseAlarmRate(FalseAlarmRate(text).description).value == value)
    }

    @Test(arguments: [
        "", "%", "0", "0%", "1", "1.0", "100%", "5", "-0.1", "-1%", "nan", "inf", "0.1x", "0..1", "0.1%%", "1 %",
        "1,5%", "+1%", "0x1",
        "1e", "1e-9%", "1e-400", "1e99999999999", ".", "٣%", "0.000000000000000000000000000000000001",
    ]) func othersAreRefusedByName(_ text: String) {
        let error = #expect(throws: ThresholdError.self) { try FalseAlarmRate(text) }
        #expect(error?.description.contains(text.isEmpty ? "''" : text) == true)
        #expect(throws: ThresholdError.self) { try FalseAlarmRate(Double.nan) }
    }

    /// Every Double that is a rate is read by its shortest text, without loss.
    @Test(arguments: [0.05, 0.1 + 0.2, 1.2345678901234567e-5, 0.9999999999999999, 1.0 / 3, 1.0000000000000002e-9])
    func doublesAreRates(_ value: Double) throws {
        #expect(try FalseAlarmRate(value).value == value)
    }

    @Test func confidencesAreRead() throws {
        #expect(try Confidence("90%").value == 0.9)
        #expect(try Confidence("0.99").value == 0.99)
        #expect(throws: ThresholdError("'100%' is no confidence: give one above 0 and below 1, such as 90% or 0.9")) {
            try Confidence("100%")
        }
    }
}
