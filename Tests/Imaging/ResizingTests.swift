import Compute
import Imaging
import Testing

@Suite struct ResizingTests {
    @Test(arguments: ["brick-300x300-gray8.png", "coffee-600x400.jpg"])
    func isPillowsBitForBit(_ name: String) throws {
        let stem = String(name.prefix { $0 != "." })
        let source = try Fixture.image(stem + ".expect-decode.png")
        let straight = try Fixture.image(stem + ".expect-resize224.png")
        let cropped = try Fixture.image(stem + ".expect-resize256-crop224.png")
        #expect(try source.resized(width: 224, height: 224) == straight)
        #expect(try source.resized(shorterSide: 256).centerCropped(width: 224, height: 224) == cropped)
    }
}
