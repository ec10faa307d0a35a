import Foundation

extension CalibrationSummary {
    /// The quantiles: a head, and a line for each rule and basis.
    public var scoreLines: [[String]] {
        let shares = scores.first?.quantiles.map { $0.share == 1 ? "highest" : "\(Int(($0.share * 100).rounded()))%" }
        return [["scores", "without"] + (shares ?? [])]
            + scores.map {
                [$0.rule, $0.basis == .image ? "the image" : "its lot"] + $0.quantiles.map { Self.text($0.score) }
            }
    }

    /// The lots: a head, and a line each; empty where there are none.
    public var lotLines: [[String]] {
        lots.isEmpty
            ? []
            : [["lot", "images", "drift"]]
                + lots.map {
                    [
                        "\($0.lot)", "\($0.images)",
                        $0.drift.map { String(format: "%.2f", $0) } ?? "none of it was scored",
                    ]
                }
    }

    /// The thresholds, sentences.
    public var thresholdLines: [String] {
        thresholds.flatMap { threshold in
            let head = String(format: "%g%% false alarms: ", threshold.falseAlarmRate * 100)
            return threshold.words.enumerated().map { ($0 == 0 ? head : "    ") + $1 }
        }
    }

    private static func text(_ score: Float) -> String { String(format: "%.3f", score) }
}

extension SampledSpectrum {
    /// A name and a value a line.
    public var lines: [[String]] {
        func line(_ name: String, _ range: Range, _ format: String, times factor: Double = 1) -> [String] {
            let (low, middle, high) = (range.lowest * factor, range.median * factor, range.highest * factor)
            return [name, String(format: "\(format), from \(format) to \(format)", middle, low, high)]
        }
        return [
            line("condition", condition, "%.3g"), line("effective rank", effectiveRank, "%.1f"),
            line("directions where epsilon decides", shareOfEpsilon, "%.0f%%", times: 100),
        ]
    }
}
