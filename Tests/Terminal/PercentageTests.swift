import Terminal
import Testing

@Suite struct PercentageTests {
    @Test(arguments: [("20", 20.0), ("20%", 20), ("0.5%", 0.5), ("-1", -1)]) func percentagesAreRead(
        text: String, value: Double
    ) { #expect(Percentage(argument: text)?.value == value) }

    @Test(arguments: ["", "%", "20 %", "2%%", "many"]) func whatIsNoneIsRefused(text: String) {
        #expect(Percentage(argument: text) == nil)
    }
}
