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
    public init(zeros count: Int) throws { try self.init(count, isCleared: true) }

    /// `count` elements for an owner that writes all of them before it reads any: what they hold until then is anybody's guess.
    /// - Throws: as `init(zeros:)`.
    package init(uninitialized count: Int) throws { try self.init(count, isCleared: false) }

    private init(_ count: Int, isCleared: Bool) throws {
        let (needed, overflow) = max(count, 1).multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        guard !overflow, needed < Int.max / 2, let memory = Self.memory((needed + 63) & ~63, isCleared: isCleared)
        else {
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

    private static func memory(_ size: Int, isCleared: Bool) -> UnsafeMutableRawPointer? {
        if size >= ZeroedPages.worthwhile { return ZeroedPages.map(size) }
        var memory: UnsafeMutableRawPointer?
        guard posix_memalign(&memory, 64, size) == 0, let memory else { return nil }
        return isCleared ? memset(memory, 0, size) : memory
    }
}

/// The system has no such piece of memory.
public struct OutOfMemory: Error, CustomStringConvertible, Sendable {
    public let count: Int
    public let elementSize: Int

    public var description: String { "no memory for \(count) elements of \(elementSize) bytes" }
}
