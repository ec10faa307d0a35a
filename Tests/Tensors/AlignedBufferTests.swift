import Tensors
import Testing

@Suite struct AlignedBufferTests {
    @Test func isZeroedAndAligned() throws {
        let buffer = try AlignedBuffer<Float>(zeros: 1001)
        #expect(Int(bitPattern: buffer.pointer) % 64 == 0)
        #expect(buffer.elements.allSatisfy { $0 == 0 })
    }

    @Test func anImpossibleSizeIsAnError() {
        #expect(throws: OutOfMemory.self) { _ = try AlignedBuffer<Double>(zeros: Int.max / 4) }
    }
}
