import Archives
import ImageAccess
import Imaging
import ObjectStores
import Storage

extension ImageListBuilder {
    /// Reads a source in a bucket or on a web server: the objects of a prefix, an archive, or a list.
    mutating func add(address: ObjectAddress, source: String) throws -> ImageList.Source.Kind {
        do {
            if let (archive, folder) = try archives.parts(of: .object(address)) {
                begin(source, .archive)
                try addArchive(at: archive, named: FilePath.split(archive.name).name, folder: folder)
                return .archive
            }
            if case .bucket(let prefix) = address, address.isPrefix {
                begin(source, .folder)
                try addObjects(prefix)
                return .folder
            }
            guard !address.isPrefix else {
                throw ListError(
                    source,
                    "web servers do not list their folders; give a list of the images there, as https://HOST/list.txt, or an archive"
                )
            }
            if try isArchive(address) {
                begin(source, .archive)
                try addArchive(at: .object(address), named: FilePath.split(address.path).name)
                return .archive
            }
            let bytes = try reader.objectClient().read(address, limit: ListFile.mostRemoteBytes).bytes
            return try add(list: try ListFile(source, bytes), in: .address(address))
        } catch let error as ListError {
            throw error
        } catch let error as ObjectStoreError where error.kind == .absent {
            throw ListError(object: address, error, hint: prefixHint(address))
        } catch {
            throw ListError(object: address, error)
        }
    }

    /// By its content, as files are told apart.
    private func isArchive(_ address: ObjectAddress) throws -> Bool {
        guard !["xlsx", "ods"].contains(FilePath.fileExtension(address.path)) else { return false }
        let client = try reader.objectClient()
        guard let size = try client.facts(of: address).size, size > 0 else { return false }
        let start = try client.read(address, range: 0..<min(512, size), limit: 512).bytes
        return ArchiveKind(start) != nil
    }

    /// Adds the images below a prefix, as a folder's files are added: in the order of their keys' bytes, and without names that begin with
    /// a dot.
    private mutating func addObjects(_ prefix: BucketAddress) throws {
        var images: [(name: ExactString, version: String?)] = []
        var archives: [ExactString] = []
        var passed = PassedOverFiles()
        let slash = UInt8(ascii: "/")
        try reader.objectClient().list(prefix) { object in
            let name = String(Substring(object.key.utf8.dropFirst(prefix.key.utf8.count)))
            // A key that ends with a slash stands for a folder in some tools.
            guard name.utf8.last != slash, !name.isEmpty else { return }
            guard !name.utf8.split(separator: slash).contains(where: { $0.first == UInt8(ascii: ".") }) else { return }
            let ending = FilePath.fileExtension(name)
            if ImageFolder.extensions.contains(ending) {
                guard images.count < ImageList.maxEntries else {
                    throw ListError(prefix.text, "more than \(ImageList.maxEntries) images")
                }
                images.append((ExactString(name), object.tag?.text))
            } else if ArchiveKind.isNamed(name) {
                archives.append(ExactString(name))
            } else {
                passed.add(ending)
            }
        }
        // Not every server lists in this order.
        images.sort { $0.name < $1.name }
        for (name, version) in images {
            let address = try BucketAddress(bucket: prefix.bucket, key: prefix.key + name.text)
            try add(
                ListRow(path: name.text, line: 0), at: .object(StoredObject(address: address.text, version: version)),
                in: .address(.bucket(prefix)))
        }
        if images.isEmpty {
            for name in archives.sorted() {
                let address = try BucketAddress(bucket: prefix.bucket, key: prefix.key + name.text)
                try addArchive(at: .object(.bucket(address)), named: name.text)
            }
        } else {
            for name in archives { passed.add(FilePath.fileExtension(name.text)) }
            passed.archives += archives.count
        }
        notePassedOver(passed)
    }

    /// What helps where a prefix was written without the slash at its end.
    private func prefixHint(_ address: ObjectAddress) -> String? {
        guard case .bucket(let object) = address,
            let prefix = try? BucketAddress(bucket: object.bucket, key: object.key + "/")
        else { return nil }
        struct Found: Error {}
        do {
            try reader.objectClient().list(prefix) { _ in throw Found() }
            return nil
        } catch {
            return error is Found ? "it is a prefix of other keys: write \(prefix.text) for all objects below it" : nil
        }
    }
}

extension ListError {
    /// What a server says of an object.
    init(object address: ObjectAddress, _ error: any Error, hint: String? = nil) {
        let reason =
            switch error {
            case let error as ObjectStoreError: error.reason
            case let error as ObjectAddressError: error.reason
            default: "\(error)"
            }
        self.init(
            address.text, hint.map { "\(reason); \($0)" } ?? reason,
            isEnvironmental: (error as? any EnvironmentalError)?.isEnvironmental ?? false)
    }
}
