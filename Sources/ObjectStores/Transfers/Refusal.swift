/// Why a server refused a request, in words, with what to do about it.
struct Refusal {
    let kind: ObjectStoreError.Kind
    let reason: String
    /// Whether the same request may be answered in a moment.
    let isPassing: Bool

    /// S3's codes that come with a status of 400 and are over in a moment.
    private static let passing: Set<String> = ["RequestTimeout", "SlowDown", "InternalError"]

    init(_ reply: Reply, _ request: ObjectRequest, _ settings: ObjectStoreSettings) {
        let said = ServerRefusal(reply.bytes)
        let status = "status \(reply.status)" + (said.code.isEmpty ? "" : " \(said.code)")
        let words = said.message.isEmpty ? "" : ": \(said.message)"
        isPassing = Self.passing.contains(said.code)
        switch (reply.status, said.code) {
        case (_, "NoSuchBucket"): (kind, reason) = (.absent, "there is no such bucket (\(status))")
        case (404, _), (410, _): (kind, reason) = (.absent, "there is no such object (\(status))")
        case (412, _), (304, _): (kind, reason) = (.changed, "the object has changed since it was listed (\(status))")
        case (416, _): (kind, reason) = (.size, "the object ends before the range that was asked for (\(status))")
        case (_, "RequestTimeTooSkewed"):
            (kind, reason) = (
                .denied,
                "this machine's clock is wrong by many minutes, so that its signatures do not count (\(status))"
            )
        case (401, _), (403, _): (kind, reason) = (.denied, Self.denial(request, settings, status, words))
        case (301, _), (307, _), (400, _):
            kind = .refused
            if case .bucket = request.address, let region = reply.region ?? said.region, region != settings.region {
                reason =
                    "the bucket is in the region '\(region)', and '\(settings.region)' was asked (\(status)); set AWS_REGION=\(region)"
            } else {
                reason = "the server refuses the request (\(status))\(words)"
            }
        default: (kind, reason) = (.refused, "the server refuses the request (\(status))\(words)")
        }
    }

    private static func denial(
        _ request: ObjectRequest, _ settings: ObjectStoreSettings, _ status: String, _ words: String
    ) -> String {
        guard case .bucket = request.address else {
            return "the server gives no access (\(status)); a user's name and password for it go into ~/.netrc"
        }
        guard settings.credentials != nil else {
            return
                "access is denied (\(status)), and there are \(settings.account); set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
                + "or AWS_PROFILE"
        }
        return
            "access is denied to \(settings.account) (\(status))\(words); or there is no such object, and they may not list the bucket"
    }
}
