import ArgumentParser

/// How the images of a job are kept.
enum ImagesIn: String, CaseIterable, Sendable, ExpressibleByArgument {
    case folder
    case tar
    case compressedTar = "tar.gz"
    case zip

    /// Packs a folder.
    /// - Returns: whether it succeeded.
    func pack(_ folder: String, into archive: String) -> Bool {
        switch self {
        case .folder: true
        case .tar: system("tar", "cf", archive, "-C", folder, ".")
        case .compressedTar: system("tar", "czf", archive, "-C", folder, ".")
        case .zip: system("python3", "-m", "zipfile", "-c", archive, folder)
        }
    }
}
