/// A patch whose covariance has no inverse.
public struct CovarianceFault: Error, CustomStringConvertible, Sendable {
    public let patch: Int
    public let description: String
}
