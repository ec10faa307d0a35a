extension WorkerMessage: WireMessage {
    public static let forms = MessageForms(
        MessageForm(
            ObjectForm(
                "hello", .init("version", .whole), .init("incarnation", .whole), .init("name", .string),
                .init("threads", .whole), .init("instructionSet", .string))),
        MessageForm(
            ObjectForm(
                "heartbeat", .init("session", .whole), .init("stage", .whole, isOptional: true),
                .init("leases", .array(.whole)), .init("newest", .whole, isOptional: true),
                .init("mostLeases", .whole, isOptional: true),
                .init("instructionSets", .array(.string), isOptional: true),
                .init("upload", .whole, isOptional: true))),
        MessageForm(
            ObjectForm(
                "fetch", .init("session", .whole), .init("blob", .object(.blob)), .init("offset", .whole),
                .init("count", .whole))),
        MessageForm(
            ObjectForm(
                "fetchImage", .init("session", .whole), .init("lease", .whole), .init("image", .whole),
                .init("part", .string), .init("offset", .whole), .init("count", .whole))),
        MessageForm(ObjectForm("prepared", .init("session", .whole), .init("stage", .whole))),
        MessageForm(
            ObjectForm("unfit", .init("session", .whole), .init("stage", .whole), .init("reason", .string))),
        MessageForm(
            ObjectForm(
                "folded", .init("session", .whole), .init("lease", .whole),
                .init("failures", .array(.object(.failure))), .init("contents", .array(.string)),
                .init("fingerprint", .string, isOptional: true))),
        MessageForm(
            ObjectForm(
                "audited", .init("session", .whole), .init("lease", .whole),
                .init("failures", .array(.object(.failure))), .init("contents", .array(.string)),
                .init("fingerprint", .string))),
        MessageForm(
            ObjectForm(
                "scored", .init("session", .whole), .init("lease", .whole),
                .init("outcomes", .array(.object(.outcome))), .init("pictures", .whole))),
        MessageForm(
            ObjectForm(
                "calibrated", .init("session", .whole), .init("lease", .whole),
                .init("outcomes", .array(.object(.outcome)))),
            hasPayload: true),
        MessageForm(
            ObjectForm(
                "picture", .init("session", .whole), .init("lease", .whole), .init("image", .whole),
                .init("kind", .string)),
            hasPayload: true),
        MessageForm(
            ObjectForm(
                "identified", .init("session", .whole), .init("lease", .whole),
                .init("failures", .array(.object(.failure))), .init("contents", .array(.string)))),
        MessageForm(ObjectForm("merged", .init("session", .whole), .init("lease", .whole)), hasPayload: true),
        MessageForm(
            ObjectForm("gaveUp", .init("session", .whole), .init("lease", .whole), .init("reason", .string))),
        MessageForm(ObjectForm("lost", .init("session", .whole), .init("lease", .whole))),
        MessageForm(
            ObjectForm(
                "offer", .init("session", .whole), .init("upload", .whole), .init("images", .whole),
                .init("clamped", .whole), .init("chunks", .whole), .init("samples", .whole, isOptional: true))),
        MessageForm(
            ObjectForm("chunk", .init("session", .whole), .init("upload", .whole), .init("index", .whole)),
            hasPayload: true),
        MessageForm(
            ObjectForm("filled", .init("session", .whole), .init("upload", .whole), .init("file", .string))),
        MessageForm(
            ObjectForm(
                "written", .init("session", .whole), .init("upload", .whole), .init("images", .whole),
                .init("clamped", .whole), .init("samples", .whole, isOptional: true), .init("byteCount", .whole),
                .init("digest", .digest))),
        MessageForm(
            ObjectForm("worked", .init("session", .whole), .init("stage", .whole), .init("time", .object(.time)))),
        MessageForm(ObjectForm("leaving", .init("session", .whole))))
}
