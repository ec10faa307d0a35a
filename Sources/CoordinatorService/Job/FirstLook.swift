import Imaging
import Logging

/// A look at some images before a job begins, for what a person should be told once and not image by image.
struct FirstLook {
    let list: ImageList
    let logger: Logger

    private static let mostOpened = 16

    func warn() { warnOfPages() }

    private func warnOfPages() {
        let pages = some { ["tif", "tiff"].contains($0) }.first {
            (try? ImageDecoder.hasMorePages(file: $0.file)) == true
        }
        if let pages {
            logger.warning(
                """
                \(pages.path) has several pages, of which the first of full size is read; if the others are images too, save each \
                as a file of its own (this is said once, and may be so of other files)
                """)
        }
    }

    /// A few of the images whose names end so, from all parts of the list.
    private func some(_ hasKind: (String) -> Bool) -> [ImageList.Entry] {
        let chosen = list.entries.filter { entry in
            entry.path.split(separator: ".").last.map { hasKind($0.lowercased()) } ?? false
        }
        let step = max(1, (chosen.count + Self.mostOpened - 1) / Self.mostOpened)
        return stride(from: 0, to: chosen.count, by: step).map { chosen[$0] }
    }
}
