import Foundation

/// Numbers as people read them.
enum Words {
    /// 73 s, 12 min, 3.4 h.
    static func time(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
        return switch seconds {
        case ..<90: "\(Int(seconds.rounded())) s"
        case ..<5_400: "\(Int((seconds / 60).rounded())) min"
        default: String(format: "%.1f h", seconds / 3_600)
        }
    }

    static func rate(_ rate: Double) -> String {
        guard rate.isFinite else { return "?" }
        return String(format: rate < 100 ? "%.1f" : "%.0f", rate)
    }

    static func percent(_ share: Double) -> String { share.isFinite ? String(format: "%.0f %%", 100 * share) : "?" }

    static func score(_ score: Float) -> String { String(format: "%.4g", score) }

    /// 400,000
    static func count(_ number: Int) -> String {
        var digits = Array(String(number.magnitude))
        for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
        return (number < 0 ? "-" : "") + String(digits)
    }

    /// Of the day, in UTC.
    static func clock(_ time: Double) -> String {
        guard time.isFinite, time >= 0, time < 1e12 else { return "?" }
        let seconds = Int(time) % 86_400
        return String(format: "%02d:%02d:%02d", seconds / 3_600, seconds / 60 % 60, seconds % 60)
    }
}
