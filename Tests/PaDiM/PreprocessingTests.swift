import Imaging
import PaDiM
import Testing

@Suite struct PreprocessingTests {
    private func image(_ width: Int, _ height: Int) -> RGBImage {
        RGBImage(
            width: width, height: height,
            pixels: (0..<3 * width * height).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) })
    }

    @Test func withoutACropTheWholeIsBroughtToTheInput() throws {
        let source = image(30, 50)
        let input = try Preprocessing(inputHeight: 20, inputWidth: 40).prepare(source)
        #expect(input == (try source.resized(width: 40, height: 20).pixels))
    }

    @Test func withACropTheShorterSideComesFirst() throws {
        let source = image(60, 90)
        let input = try Preprocessing(inputHeight: 16, inputWidth: 16, resize: 20, crop: 16).prepare(source)
        let expected = try source.resized(width: 20, height: 30).centerCropped(width: 16, height: 16)
        #expect(input == expected.pixels)
        let cropped = try Preprocessing(inputHeight: 16, inputWidth: 16, crop: 16).prepare(source)
        #expect(cropped == (try source.centerCropped(width: 16, height: 16).pixels))
    }

    @Test func anImageSmallerThanTheCropIsAnError() throws {
        let preprocessing = try Preprocessing(inputHeight: 16, inputWidth: 16, crop: 16)
        #expect(throws: ImageError.self) { try preprocessing.prepare(image(15, 40)) }
    }
}
