import Tensors
import Testing

@Suite struct AlignedBufferTests {
    /// Small ones, and large ones that the kernel maps: whole pages, and not.
    @Test(arguments: [1, 1001, 1 << 20, 1 << 21, (1 << 21) + 1])
    func isZeroedAndAligned(count: Int) throws {
        let buffer = try AlignedBuffer<Float>(zeros: count)
        #expect(buffer.bytes.count == 4 * count)
        #expect(Int(bitPattern: buffer.pointer) % 64 == 0)
        #expect(buffer.elements.allSatisfy { $0 == 0 })
    }

    @Test func anImpossibleSizeIsAnError() {
        #expect(throws: OutOfMemory.self) { _ = try AlignedBuffer<Double>(zeros: Int.max / 4) }
    }
}
