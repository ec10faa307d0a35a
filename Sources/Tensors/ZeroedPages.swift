import Foundation

/// Large memory straight from the kernel, whose pages are zero: nobody clears them once more.
enum ZeroedPages {
    /// Bytes from which a mapping of its own pays.
    static let worthwhile = 4 << 20
    /// MADV_POPULATE_WRITE, which C libraries before 2.35 do not name: all pages at once, and not one with each first touch.
    private static let populate: Int32 = 23

    /// Memory that begins at a page; nil where there is none.
    ///
    /// Not in huge pages. Measured on one virtual machine, for 128 MiB: 12 to 15 ms as a rule, but 240 to 280 ms at times, where
    /// small pages always take 45 ms; in a fit, whose memory was free for a while before, the dear case was what was seen.
    static func map(_ size: Int) -> UnsafeMutableRawPointer? {
        guard let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            start != MAP_FAILED
        else { return nil }
        // A kernel before 5.14 says no, and gives the pages one by one as ever.
        madvise(start, size, populate)
        return start
    }

    static func unmap(_ start: UnsafeMutableRawPointer, _ size: Int) { munmap(start, size) }
}
