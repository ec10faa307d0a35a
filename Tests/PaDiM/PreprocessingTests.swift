import Backbone
import Imaging
import PaDiM
import Settings
import Testing

@Suite struct PreprocessingTests {
    private func image(_ width: Int, _ height: Int) -> RGBImage {
        RGBImage(
            width: width, height: height,
            pixels: (0..<3 * width * height).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
    }

    @Test func withoutACropTheWholeIsBroughtToTheInput() throws {
        let source = image(30, 50)
        let input = try Preprocessing(InputSettings(height: 20, width: 40)).prepare(source)
        #expect(input == .bytes(try source.resized(width: 40, height: 20).pixels))
    }

    @Test func withACropTheShorterSideComesFirst() throws {
        let source = image(60, 90)
        let input = try Preprocessing(InputSettings(height: 16, width: 16, resize: 20, crop: 16)).prepare(source)
        let expected = try source.resized(width: 20, height: 30).centerCropped(width: 16, height: 16)
        #expect(input == .bytes(expected.pixels))
        let cropped = try Preprocessing(InputSettings(height: 16, width: 16, crop: 16)).prepare(source)
        #expect(cropped == .bytes(try source.centerCropped(width: 16, height: 16).pixels))
    }

    @Test func floatsAreRoundedNowhere() throws {
        let source = image(60, 90)
        func floats(_ settings: InputSettings) throws -> [Float] {
            guard case .floats(let floats) = try Preprocessing(settings).prepare(source) else {
                throw ImageError("input", "is of bytes")
            }
            return floats
        }
        let whole = InputSettings(height: 20, width: 40, resizePrecision: .float)
        let cut = InputSettings(height: 16, width: 16, resize: 20, crop: 16, resizePrecision: .float)
        #expect(try floats(whole) == source.floatResized(width: 40, height: 20).pixels)
        #expect(
            try floats(cut) == source.floatResized(width: 20, height: 30).centerCropped(width: 16, height: 16).pixels)
        // Each pass of the resize of bytes rounds by half a level at most, and its weights by little more.
        var rounded = whole
        rounded.resizePrecision = .byte
        guard case .bytes(let bytes) = try Preprocessing(rounded).prepare(source) else {
            throw ImageError("input", "is of floats")
        }
        #expect(zip(bytes, try floats(whole)).allSatisfy { abs(Float($0) - $1) < 1.01 })
        #expect(zip(bytes, try floats(whole)).contains { Float($0) != $1 })
    }

    /// Where nothing is resized there is nothing to round, and pixels stay the bytes that they are.
    @Test func aCropAloneGivesBytes() throws {
        let source = image(60, 90)
        let settings = InputSettings(height: 16, width: 16, crop: 16, resizePrecision: .float)
        #expect(
            try Preprocessing(settings).prepare(source) == .bytes(source.centerCropped(width: 16, height: 16).pixels))
    }

    @Test func anImageSmallerThanTheCropIsAnError() throws {
        let preprocessing = try Preprocessing(InputSettings(height: 16, width: 16, crop: 16))
        #expect(throws: ImageError.self) { try preprocessing.prepare(image(15, 40)) }
    }
}
