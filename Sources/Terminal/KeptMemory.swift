import CLinux

/// How the C library's allocator deals with large pieces of memory in this process.
public enum KeptMemory {
    /// Keeps the memory of messages and of chunks of sums for the next ones. As it comes, the allocator gives pieces of more than
    /// 128 KiB back to the kernel when they are freed, and every chunk that arrives pays for new pages, which costs as much as
    /// copying it.
    static func keepLargePieces() {
        mallopt(M_MMAP_THRESHOLD, 32 << 20)
        mallopt(M_TRIM_THRESHOLD, 128 << 20)
    }

    /// Gives back to the kernel what is free, after a phase that needed more than those to come: a coordinator begins with the names
    /// of all images in memory.
    public static func giveBack() { malloc_trim(0) }
}
