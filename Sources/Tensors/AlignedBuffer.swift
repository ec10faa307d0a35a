import Foundation

/// Memory for numbers, aligned to a cache line, owned by one place, freed with it. Large ones are mapped (`ZeroedPages`).
///
/// Element access goes through `pointer`; bounds are the owner's care, as everywhere in the kernels.
public struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    public let count: Int
    public let pointer: UnsafeMutablePointer<Element>
    /// Bytes from `pointer` on that are this buffer's.
    private let size: Int

    private var isMapped: Bool { size >= ZeroedPages.worthwhile }

    /// `count` zeroed elements.
    /// - Throws: `OutOfMemory` where the system has no such piece, and where its size overflows.
    public init(zeros count: Int) throws {
        let (needed, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard !overflow, needed < Int.max / 2, let memory = Self.zeros((needed + 63) & ~63) else {
            throw OutOfMemory(count: count, elementSize: MemoryLayout<Element>.stride)
        }
        self.count = count
        size = (needed + 63) & ~63
        pointer = memory.assumingMemoryBound(to: Element.self)
    }

    deinit {
        if isMapped { ZeroedPages.unmap(pointer, size) } else { free(pointer) }
    }

    /// The buffer's memory as bytes. Valid while the buffer lives.
    public var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: pointer, count: count * MemoryLayout<Element>.stride)
    }

    /// The buffer's memory as elements. Valid while the buffer lives.
    public var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: pointer, count: count)
    }

    private static func zeros(_ size: Int) -> UnsafeMutableRawPointer? {
        if size >= ZeroedPages.worthwhile { return ZeroedPages.map(size) }
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, 64, size) == 0, let memory else { return nil }
        return memset(memory, 0, size)
    }
}

/// The system has no such piece of memory.
public struct OutOfMemory: Error, CustomStringConvertible, Sendable {
    public let count: Int
    public let elementSize: Int

    public var description: String { "no memory for \(count) elements of \(elementSize) bytes" }
}
