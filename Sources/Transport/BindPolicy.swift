/// Who may listen where.
public enum BindPolicy {
    /// Beyond this machine a server listens only with keys, unless its user has said that it shall not matter.
    /// - Throws: `TransportError` that says what to do instead.
    public static func check(_ endpoint: Endpoint, keys: Bool, insecure: Bool) throws {
        guard !endpoint.isLoopback, !keys, !insecure else { return }
        throw TransportError(
            "\(endpoint)", "other machines can reach it, and without keys any of them could join the job",
            remedy: "give --keys DIR (`padim keys new` makes them), or bind tcp://127.0.0.1:PORT, or say --insecure "
                + "where everybody on the network is trusted")
    }
}
