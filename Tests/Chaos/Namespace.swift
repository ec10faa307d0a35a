import Foundation

/// A network namespace with a link to this one, made for a round and gone with it.
final class Namespace {
    private static let name = "padim-chaos-\(getpid())"
    private static let near = "pcn\(getpid())"
    private static let far = "pcf\(getpid())"
    /// Of the block that is set aside for benchmarks (RFC 2544): no network uses it.
    private static let network = "198.18.\(getpid() % 250)"

    /// The address of this side.
    let address = Namespace.network + ".1"

    static var isPossible: Bool {
        defer { remove() }
        return (try? Namespace()) != nil
    }

    /// - Throws: `RoundFailure` where it may not be made.
    init() throws {
        Self.remove()
        let (name, near, far) = (Self.name, Self.near, Self.far)
        let made =
            system("ip", "netns", "add", name)
            && system("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
            && system("ip", "address", "add", address + "/30", "dev", near)
            && system("ip", "link", "set", near, "up")
            && system("ip", "-n", name, "address", "add", Self.network + ".2/30", "dev", far)
            && system("ip", "-n", name, "link", "set", far, "up")
        guard made else { throw RoundFailure("no network namespace can be made") }
    }

    deinit { Self.remove() }

    /// What starts a program inside.
    var entering: [String] { ["ip", "netns", "exec", Self.name] }

    func setLink(up: Bool) { system("ip", "link", "set", Self.near, up ? "up" : "down") }

    /// Packets are lost and late, both ways, as the kernel's netem does it. Where the kernel has none, a narrow link with a short
    /// queue does too: what does not fit into the queue is lost, what is in it is late.
    func setLink(bad: Bool) {
        for (device, place) in [(Self.near, []), (Self.far, ["-n", Self.name])] {
            _ = system("tc", place + ["qdisc", "delete", "dev", device, "root"])
            guard bad else { continue }
            let worsened = ["qdisc", "add", "dev", device, "root"]
            if !system("tc", place + worsened + Self.lossAndDelay) { system("tc", place + worsened + Self.narrow) }
        }
    }

    private static let lossAndDelay = ["netem", "loss", "5%", "delay", "40ms", "20ms"]
    private static let narrow = ["tbf", "rate", "4mbit", "burst", "4kb", "latency", "40ms"]

    private static func remove() {
        system("ip", "link", "delete", near)
        system("ip", "netns", "delete", name)
    }
}
