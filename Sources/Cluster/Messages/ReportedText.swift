import Storage

/// Words from the other side, as they may stand in a log, a table or a journal: on one line, without commands for a terminal or marks that
/// turn the text around, and not long.
public enum ReportedText {
    /// In Unicode scalars.
    public static let longestName = 200
    public static let longestReason = 1_000

    public static func cleaned(_ text: String, most: Int) -> String {
        // Nearly all are short and plain.
        if text.utf8.count <= most, text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
        var scalars = text.unicodeScalars.prefix(most + 1).map { isPlain($0) ? $0 : "?" }
        if scalars.count > most {
            scalars.replaceSubrange(max(0, most - 3)..., with: "...".unicodeScalars.prefix(most))
        }
        return String(String.UnicodeScalarView(scalars))
    }

    public static func reason(_ text: String) -> String { cleaned(text, most: longestReason) }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}

extension WorkerMessage {
    /// The same message with all text cleaned.
    var cleaned: WorkerMessage {
        func name(_ text: String) -> String { ReportedText.cleaned(text, most: ReportedText.longestName) }
        return switch self {
        case .hello(let version, let incarnation, let name_, let threads, let instructionSet):
            .hello(
                version: version, incarnation: incarnation, name: name(name_), threads: threads,
                instructionSet: name(instructionSet))
        case .unfit(let session, let stage, let reason):
            .unfit(session: session, stage: stage, reason: ReportedText.reason(reason))
        case .gaveUp(let session, let lease, let reason):
            .gaveUp(session: session, lease: lease, reason: ReportedText.reason(reason))
        case .folded(let session, let lease, let failures, let contents, let fingerprint):
            .folded(
                session: session, lease: lease, failures: failures.map(\.cleaned), contents: contents,
                fingerprint: fingerprint)
        case .audited(let session, let lease, let failures, let contents, let fingerprint):
            .audited(
                session: session, lease: lease, failures: failures.map(\.cleaned), contents: contents,
                fingerprint: fingerprint)
        case .scored(let session, let lease, let outcomes, let artifacts):
            .scored(session: session, lease: lease, outcomes: outcomes.map(\.cleaned), pictures: artifacts)
        case .calibrated(let session, let lease, let outcomes):
            .calibrated(session: session, lease: lease, outcomes: outcomes.map(\.cleaned))
        case .identified(let session, let lease, let failures, let contents):
            .identified(session: session, lease: lease, failures: failures.map(\.cleaned), contents: contents)
        case .filled(let session, let upload, let file): .filled(session: session, upload: upload, file: name(file))
        case .heartbeat(
            let session, let stage, let leases, let newest, let upload, let mostLeases, let instructionSets?):
            .heartbeat(
                session: session, stage: stage, leases: leases, newest: newest, upload: upload, mostLeases: mostLeases,
                instructionSets: instructionSets.map(name))
        case .heartbeat, .fetch, .fetchImage, .prepared, .picture, .merged, .lost, .offer, .chunk, .written, .worked,
            .leaving:
            self
        }
    }
}

extension ImageFailure {
    fileprivate var cleaned: ImageFailure { ImageFailure(id: id, reason: ReportedText.reason(reason)) }
}

extension CoordinatorMessage {
    /// The same message with all text cleaned.
    var cleaned: CoordinatorMessage {
        switch self {
        case .refused(let reason): .refused(reason: ReportedText.reason(reason))
        case .misunderstood(let reason): .misunderstood(reason: ReportedText.reason(reason))
        case .welcome(let session, let incarnation, let interval, let relays?):
            .welcome(
                session: session, incarnation: incarnation, heartbeatMilliseconds: interval,
                relays: relays.prefix(RelayIdentity.most).map(\.cleaned))
        case .imageUnavailable(let session, let lease, let image, let part, let reason):
            .imageUnavailable(
                session: session, lease: lease, image: image, part: part, reason: ReportedText.reason(reason))
        default: self
        }
    }
}
