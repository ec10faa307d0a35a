import Foundation

/// Memory for numbers, aligned to a cache line, owned by one place, freed with it.
///
/// Element access goes through `pointer`; bounds are the owner's care, as everywhere in the kernels.
public struct AlignedBuffer<Element: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
    public let count: Int
    public let pointer: UnsafeMutablePointer<Element>

    /// `count` zeroed elements.
    /// - Throws: `OutOfMemory` where the system has no such piece, and where its size overflows.
    public init(zeros count: Int) throws {
        let (size, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        var memory: UnsafeMutableRawPointer?
        guard !overflow, size < Int.max / 2, posix_memalign(&memory, 64, (size + 63) & ~63) == 0, let memory else {
            throw OutOfMemory(count: count, elementSize: MemoryLayout<Element>.stride)
        }
        memset(memory, 0, (size + 63) & ~63)
        self.count = count
        pointer = memory.assumingMemoryBound(to: Element.self)
    }

    deinit { free(pointer) }

    public var bytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: pointer, count: count * MemoryLayout<Element>.stride)
    }

    public var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: pointer, count: count)
    }
}

/// The system has no such piece of memory.
public struct OutOfMemory: Error, CustomStringConvertible, Sendable {
    public let count: Int
    public let elementSize: Int

    public var description: String { "no memory for \(count) elements of \(elementSize) bytes" }
}
