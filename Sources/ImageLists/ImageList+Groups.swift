/// Images of a list that have one value in the column that it was read by.
public struct ImageGroup: Equatable, Sendable {
    /// The value.
    public let name: String
    /// How many they are.
    public internal(set) var images: Int
    /// The folders of the lists that name it, from the root, each once.
    public internal(set) var folders: [String]

    /// The name for messages: in quotes where it would be misread bare.
    public var shown: String { FilePath.shownIfOdd(name) }

    /// The group's name as the path of a file, relative to the folder of its list.
    /// - Throws: `ListError` where lists of several folders name it, which may be several files.
    public func path() throws -> String {
        if FilePath.isAbsolute(name) { return name }
        guard folders.count == 1, let folder = folders.first else {
            throw ListError(
                folders.joined(separator: ", "),
                "lists of several folders name \(shown), which may be another file in each: give its path from the root"
            )
        }
        return FilePath.resolve(name, in: folder)
    }
}

extension ImageList {
    /// The groups that the list names, in the order in which they first appear.
    /// - Throws: `ListError` where an image has none.
    public func groups(by column: String) throws -> [ImageGroup] {
        var places: [ExactString: Int] = [:]
        var groups: [ImageGroup] = []
        for source in sources {
            let folder = FilePath.split(FilePath.absolute(source.name)).folder
            for entry in entries[source.entries] {
                guard let name = entry.group else { throw ungrouped(entry, source, column) }
                let key = ExactString(name)
                guard let place = places[key] else {
                    places[key] = groups.count
                    groups.append(ImageGroup(name: name, images: 1, folders: [folder]))
                    continue
                }
                groups[place].images += 1
                if groups[place].folders.last != folder, !groups[place].folders.contains(folder) {
                    groups[place].folders.append(folder)
                }
            }
        }
        return groups
    }

    private func ungrouped(_ entry: Entry, _ source: Source, _ column: String) -> ListError {
        guard source.kind.hasColumns else {
            return ListError(
                source.name,
                "only CSV lists and JSON lines have columns: give one with image_path and '\(column)' for these images")
        }
        let count = entries[source.entries].count { $0.group == nil }
        return ListError(
            source.name,
            "\(count) images have nothing in the column '\(column)', the first is \(FilePath.shownIfOdd(entry.path)): fill it in every row"
        )
    }

    /// The images of one group, in the same order. Output paths stay those of the whole list.
    public func selecting(group: String) -> ImageList {
        let key = ExactString(group)
        return keeping { $0.group.map { ExactString($0) } == key }
    }

    /// The images that are meant, in the same order.
    func keeping(_ isMeant: (Entry) -> Bool) -> ImageList {
        var list = self
        list.entries.removeAll()
        for (number, source) in sources.enumerated() {
            let first = list.entries.count
            list.entries += entries[source.entries].lazy.filter(isMeant)
            list.sources[number].entries = first..<list.entries.count
        }
        return list
    }
}
