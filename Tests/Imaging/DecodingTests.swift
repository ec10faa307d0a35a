import Imaging
import Testing

@Suite struct DecodingTests {
    @Test func pngIsExact() throws {
        let expected = try Fixture.image("brick-300x300-gray8.expect-decode.png")
        #expect(try Fixture.image("brick-300x300-gray8.png") == expected)
    }

    @Test func jpegIsPillows() throws {
        let difference = try Fixture.image("coffee-600x400.jpg")
            .largestDifference(from: Fixture.image("coffee-600x400.expect-decode.png"))
        #expect(try #require(difference) <= 2)
        print("jpeg", difference as Any)
    }
}
