import Storage

/// The messages that every shard and every heartbeat needs, written and read without the general encoder and decoder. All others are nil
/// here.
extension CoordinatorMessage {
    public var quickHeader: [UInt8]? {
        switch self {
        case .heartbeat(let session, let interval, nil):
            var header = HeaderWriter()
            header.raw("{\"heartbeat\":{")
            if let interval {
                header.raw("\"heartbeatMilliseconds\":")
                header.whole(interval)
                header.raw(",")
            }
            header.raw("\"session\":")
            header.whole(session.rawValue)
            header.raw("}}")
            return header.bytes
        case .acknowledged(let session, let lease):
            var header = HeaderWriter()
            header.raw("{\"acknowledged\":{\"lease\":")
            header.whole(lease.rawValue)
            header.raw(",\"session\":")
            header.whole(session.rawValue)
            header.raw("}}")
            return header.bytes
        case .deal(let session, let lease, let images, nil): return Self.deal(session, lease, images)
        default: return nil
        }
    }

    private static func deal(_ session: SessionID, _ lease: LeaseID, _ images: [ImageTask]) -> [UInt8]? {
        var header = HeaderWriter(capacity: 128 + 160 * images.count)
        header.raw("{\"deal\":{\"images\":[")
        for (place, image) in images.enumerated() {
            guard case .file(let path) = image.location, image.digest == nil, image.context == nil,
                image.outside == nil,
                image.region == nil
            else { return nil }
            header.raw(place == 0 ? "{\"file\":" : ",{\"file\":")
            guard header.string(path) else { return nil }
            header.raw(",\"id\":")
            header.whole(image.id.rawValue)
            header.raw(",\"output\":")
            guard header.string(image.output) else { return nil }
            header.raw("}")
        }
        header.raw("],\"lease\":")
        header.whole(lease.rawValue)
        header.raw(",\"session\":")
        header.whole(session.rawValue)
        header.raw("}}")
        return header.bytes
    }

    public static func quick(_ name: String, _ header: [UInt8]) -> CoordinatorMessage? { nil }
}

extension WorkerMessage {
    public var quickHeader: [UInt8]? {
        guard case .heartbeat(let session, let stage, let leases, let newest, let upload, let mostLeases, nil) = self
        else { return nil }
        var header = HeaderWriter()
        header.raw("{\"heartbeat\":{\"leases\":")
        header.wholes(leases)
        if let mostLeases {
            header.raw(",\"mostLeases\":")
            header.whole(Int64(mostLeases))
        }
        if let newest {
            header.raw(",\"newest\":")
            header.whole(newest.rawValue)
        }
        header.raw(",\"session\":")
        header.whole(session.rawValue)
        if let stage {
            header.raw(",\"stage\":")
            header.whole(Int64(stage))
        }
        if let upload {
            header.raw(",\"upload\":")
            header.whole(upload.rawValue)
        }
        header.raw("}}")
        return header.bytes
    }

    public static func quick(_ name: String, _ header: [UInt8]) -> WorkerMessage? {
        switch name {
        case "heartbeat": HeaderScanner.message(header, heartbeat)
        case "scored": HeaderScanner.message(header, scored)
        default: nil
        }
    }

    private static func heartbeat(_ scanner: inout HeaderScanner) -> WorkerMessage? {
        var (session, stage, newest, upload, mostLeases): (Int64?, Int64?, Int64?, Int64?, Int64?)
        var leases: [LeaseID] = []
        let isRead = scanner.members { scanner, key in
            switch key {
            case "session": session = scanner.whole()
            case "stage": stage = scanner.whole()
            case "newest": newest = scanner.whole()
            case "upload": upload = scanner.whole()
            case "mostLeases": mostLeases = scanner.whole()
            case "leases":
                return scanner.elements { scanner in
                    scanner.whole().map { leases.append(LeaseID(rawValue: $0)) } != nil
                }
            default: return false
            }
            return true
        }
        guard isRead, let session else { return nil }
        return .heartbeat(
            session: SessionID(rawValue: session), stage: stage.map { Int($0) }, leases: leases,
            newest: newest.map { LeaseID(rawValue: $0) }, upload: upload.map { UploadID(rawValue: $0) },
            mostLeases: mostLeases.map { Int($0) })
    }

    private static func scored(_ scanner: inout HeaderScanner) -> WorkerMessage? {
        var (session, lease, pictures): (Int64?, Int64?, Int64?)
        var outcomes: [ImageOutcome] = []
        let isRead = scanner.members { scanner, key in
            switch key {
            case "session": session = scanner.whole()
            case "lease": lease = scanner.whole()
            case "pictures": pictures = scanner.whole()
            case "outcomes":
                return scanner.elements { scanner in outcome(&scanner).map { outcomes.append($0) } != nil }
            default: return false
            }
            return true
        }
        guard isRead, let session, let lease, let pictures else { return nil }
        return .scored(
            session: SessionID(rawValue: session), lease: LeaseID(rawValue: lease), outcomes: outcomes,
            pictures: Int(pictures))
    }

    /// A failure's words are read in the general way.
    private static func outcome(_ scanner: inout HeaderScanner) -> ImageOutcome? {
        var (id, maxRow, maxColumn, imageRow, imageColumn): (Int64?, Int64?, Int64?, Int64?, Int64?)
        var (score, flagged, digest): (Float?, Bool?, ContentDigest?)
        let isRead = scanner.members { scanner, key in
            switch key {
            case "id": id = scanner.whole()
            case "maxRow": maxRow = scanner.whole()
            case "maxColumn": maxColumn = scanner.whole()
            case "imageRow": imageRow = scanner.whole()
            case "imageColumn": imageColumn = scanner.whole()
            case "score":
                score = scanner.float()
                return score != nil
            case "flagged": flagged = scanner.boolean()
            case "digest":
                digest = scanner.contentDigest()
                return digest != nil
            default: return false
            }
            return true
        }
        guard isRead, let id, let score, let maxRow, let maxColumn else { return nil }
        return ImageOutcome(
            id: ImageID(rawValue: id), score: score, maxRow: Int(maxRow), maxColumn: Int(maxColumn),
            imageRow: imageRow.map { Int($0) }, imageColumn: imageColumn.map { Int($0) }, flagged: flagged,
            digest: digest)
    }
}
