/// How a server tells its clients from strangers.
public enum ServerSecurity: Sendable {
    /// No keys; only this machine can connect.
    case loopbackOnly
    /// CURVE: all is encrypted, and only clients whose key is listed are let in.
    case keys(ServerKeys)
    /// No keys, from anywhere.
    case insecure

    var serverKeys: ServerKeys? {
        if case .keys(let keys) = self { return keys }
        return nil
    }

    func check(_ endpoint: Endpoint) throws {
        if case .insecure = self { return }
        try BindPolicy.check(endpoint, keys: serverKeys != nil, insecure: false)
    }
}
