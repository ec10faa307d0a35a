extension CoordinatorMessage: WireMessage {
    public static let forms = MessageForms(
        MessageForm(
            ObjectForm(
                "welcome", .init("session", .whole), .init("incarnation", .whole),
                .init("heartbeatMilliseconds", .whole), .init("relays", .array(.object(.relay)), isOptional: true))),
        MessageForm(ObjectForm("refused", .init("reason", .string))),
        MessageForm(ObjectForm("fenced", .init("session", .whole))),
        MessageForm(
            ObjectForm(
                "heartbeat", .init("session", .whole), .init("heartbeatMilliseconds", .whole, isOptional: true),
                .init("queueMilliseconds", .whole, isOptional: true))),
        MessageForm(ObjectForm("prepare", .init("session", .whole), .init("stage", .object(.stage)))),
        MessageForm(
            ObjectForm("piece", .init("blob", .object(.blob)), .init("offset", .whole)), hasPayload: true),
        MessageForm(
            ObjectForm(
                "imagePiece", .init("session", .whole), .init("lease", .whole), .init("image", .whole),
                .init("part", .string), .init("offset", .whole), .init("size", .whole), .init("digest", .string)),
            hasPayload: true),
        MessageForm(
            ObjectForm(
                "imageUnavailable", .init("session", .whole), .init("lease", .whole), .init("image", .whole),
                .init("part", .string), .init("reason", .string))),
        MessageForm(
            ObjectForm(
                "deal", .init("session", .whole), .init("lease", .whole), .init("images", .array(.object(.image))),
                .init("alone", .boolean, isOptional: true))),
        MessageForm(
            ObjectForm(
                "dealRange", .init("session", .whole), .init("lease", .whole), .init("first", .whole),
                .init("count", .whole))),
        MessageForm(ObjectForm("acknowledged", .init("session", .whole), .init("lease", .whole))),
        MessageForm(
            ObjectForm(
                "checkpoint", .init("session", .whole), .init("upload", .whole), .init("chunkPatches", .whole))),
        MessageForm(
            ObjectForm(
                "send", .init("session", .whole), .init("upload", .whole), .init("chunks", .array(.whole)))),
        MessageForm(ObjectForm("committed", .init("session", .whole), .init("upload", .whole))),
        MessageForm(ObjectForm("misunderstood", .init("reason", .string))),
        MessageForm(ObjectForm("done", .init("session", .whole))))
}
