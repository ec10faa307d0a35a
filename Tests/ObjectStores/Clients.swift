import Foundation
import ObjectStores
import Storage

/// A client of a server on loopback, with a short timeout.
func client(
    of endpoint: String? = nil, timeout: Double = 5, stall: Int = 30, variables: [String: String] = [:],
    notice: @escaping @Sendable (String) -> Void = { _ in }
) throws -> ObjectClient {
    var environment = ["HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "hush"]
    environment.merge(variables) { $1 }
    if let endpoint { environment["AWS_ENDPOINT_URL"] = endpoint }
    var settings = try ObjectStoreSettings(EnvironmentVariables(environment))
    (settings.timeout, settings.stallSeconds, settings.noticePause) = (timeout, stall, 0.1)
    return try ObjectClient(settings, notice: notice)
}

/// The error of an object that cannot be had.
func failure<Value>(_ body: () throws -> Value) -> ObjectStoreError? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? ObjectStoreError
    }
}

/// Bytes that differ everywhere.
func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) } }
