import CTIFF

/// The pages of a TIFF: which one is the image, and whether there are others.
///
/// Reduced copies (thumbnails, the levels of a pyramid) and masks of transparency are no images of their own.
struct TIFFPages {
    let name: String
    let handle: TIFFHandle

    // No scanner's or microscope's stack that is meant for this has more; each costs time to look at.
    private static let mostLookedAt = 1000

    /// Goes to the first page of full size; where all are reduced, to the first.
    func selectImage() throws {
        // Raw images have a thumbnail where other TIFFs have the image.
        guard !hasTag(TIFFTAG_DNGVERSION) else { throw raw() }
        guard !isImage else { return }
        for _ in 1..<Self.mostLookedAt {
            guard try goOn() else { break }
            if isImage { return }
        }
        guard TIFFSetDirectory(handle.tiff, 0) == 1 else { throw damaged() }
        guard !hasTag(TIFFTAG_SUBIFD) else { throw raw() }
    }

    /// Whether there is a further image behind the one that the handle is at.
    func hasMore() -> Bool {
        for _ in 1..<Self.mostLookedAt {
            guard (try? goOn()) == true else { return false }
            if isImage { return true }
        }
        return false
    }

    /// Goes to the next page; false where there is none.
    private func goOn() throws -> Bool {
        guard TIFFLastDirectory(handle.tiff) == 0 else {
            guard tellsNext else { throw damaged() }
            return false
        }
        guard TIFFReadDirectory(handle.tiff) == 1 else { throw damaged() }
        return true
    }

    private var isImage: Bool {
        var kind: UInt32 = 0
        guard handle.get(TIFFTAG_SUBFILETYPE, &kind) else { return true }
        return kind & UInt32(FILETYPE_REDUCEDIMAGE | FILETYPE_MASK) == 0
    }

    static func isCanonRaw(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: "II".utf8) && bytes.dropFirst(8).starts(with: "CR".utf8)
    }

    /// Whether the file still holds where the page says that the next one is. The library takes what is cut off for the last page.
    private var tellsNext: Bool {
        let bytes = handle.stream.readable
        let isBig = TIFFIsBigTIFF(handle.tiff) != 0
        guard let start = Int(exactly: TIFFCurrentDirOffset(handle.tiff)), start <= bytes.count - 8 else {
            return false
        }
        // A count of entries of one size, then an offset.
        let swapped = TIFFIsByteSwapped(handle.tiff) != 0
        func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) -> Int? {
            let value = bytes.loadUnaligned(fromByteOffset: start, as: type)
            return Int(exactly: swapped ? value.byteSwapped : value)
        }
        guard let entries = isBig ? number(UInt64.self) : number(UInt16.self), entries <= bytes.count else {
            return false
        }
        return start + (isBig ? 8 + 20 * entries + 8 : 2 + 12 * entries + 4) <= bytes.count
    }

    private func hasTag(_ tag: Int32) -> Bool {
        // As wide as anything that the library writes for these two tags: a count and a pointer.
        var (count, values): (UInt64, UInt64) = (0, 0)
        return withUnsafeMutablePointer(to: &count) { count in
            withUnsafeMutablePointer(to: &values) { values in
                withVaList([count, values]) { TIFFVGetField(handle.tiff, UInt32(tag), $0) == 1 }
            }
        }
    }

    private func raw() -> ImageError { Self.raw(name) }

    static func raw(_ name: String) -> ImageError {
        .unsupported(name, "a raw camera image", "develop it to PNG or TIFF")
    }

    private func damaged() -> ImageError {
        .damaged(name, "TIFF", handle.stream.firstError ?? "a page's directory cannot be read")
    }
}
