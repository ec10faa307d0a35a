import Storage

/// The images that a job has already, beside which a list is held that may have others since.
package struct KnownImages {
    private var images: Set<ExactString> = []
    private var names = OutputNames()
    private var identities = FileIdentities()

    package init() {}

    package var count: Int { images.count }

    /// - Parameter output: where the image's results are, as `ImageList.Entry.outputStem` says it.
    package mutating func insert(_ location: ImageLocation, output: String) {
        images.insert(identity(of: location))
        names.reserve(output)
    }

    /// How a list stands to these images.
    package struct Comparison {
        /// The list's images that are not among them, in the list's order.
        package let new: ImageList
        /// Those that are.
        package let known: ImageList
        /// How many of them the list does not have any more.
        package let gone: Int
    }

    package mutating func compare(with list: ImageList) -> Comparison {
        let isKnown = list.entries.map { images.contains(identity(of: $0.location)) }
        var place = 0
        func keeping(_ wanted: Bool) -> ImageList {
            place = 0
            return list.keeping { _ in
                defer { place += 1 }
                return isKnown[place] == wanted
            }
        }
        return Comparison(
            new: keeping(false), known: keeping(true), gone: images.count - isKnown.count { $0 })
    }

    /// The same images with output paths of which none is that of an image here. A path stays as it is where it is free.
    package func named(_ list: ImageList) -> ImageList {
        var names = names
        var list = list
        list.entries = list.entries.map { entry in
            entry.with(outputStem: names.keep(entry.outputStem, for: entry.path))
        }
        return list
    }

    private mutating func identity(of location: ImageLocation) -> ExactString {
        guard case .file(let path) = location else { return ExactString(location.text) }
        return ExactString(identities.identity(of: path))
    }
}

extension ImageList {
    /// The images that are meant, in the same order.
    package func selecting(where isMeant: (Entry) -> Bool) -> ImageList { keeping(isMeant) }
}
