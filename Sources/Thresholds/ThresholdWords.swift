extension CalibratedThreshold {
    /// What the threshold promises, as a sentence without its full stop.
    public var words: String {
        let kind = basis == .image ? "new normal images like these" : "normal images of new lots like these"
        return promise(kind, Percent.text(falseAlarmRate)) + lotWords
    }

    private func promise(_ kind: String, _ rate: String) -> String {
        switch rule {
        case .extrapolated:
            return
                "of \(kind) about \(rate) will be flagged: this is extrapolated from the highest \(tail ?? 0) of \(images) scores, "
                + "since \(images) images are too few to show so low a rate"
        case .conformal:
            return "of \(kind) at most \(rate) will be flagged on average" + intervalWords
        case .tolerance:
            return "of \(kind) at most \(rate) will be flagged, with \(Percent.text(confidence ?? 0)) confidence"
                + (basis == .lot ? " as far as images of one lot are independent of one another" : "") + intervalWords
        }
    }

    /// Of fewer lots a promise for new ones is a guess: what counts is how many lots there are, not how many images.
    private static let fewestLots = 5

    private var lotWords: String {
        guard let lots else { return "" }
        return lots < Self.fewestLots ? "; this is a guess from \(lots) lots only" : "; this is from \(lots) lots"
    }

    private var intervalWords: String {
        guard let interval = rateInterval else { return "" }
        let (lower, upper) = (Percent.text(interval.lower, digits: 2), Percent.text(interval.upper, digits: 2))
        return "; for this calibration of \(images) images the rate is between \(lower) and \(upper) with "
            + "\(Percent.text(interval.confidence)) confidence"
    }
}

extension LotWarning.Lot {
    fileprivate var words: String {
        "lot \(index) (counted from 0) stands out, with \(flagged) of its \(images) images; if it is not normal, fit without it"
    }
}

extension ThresholdChoice {
    /// The choice in sentences, a line each: the threshold taken, and the one that was not.
    public var promises: [String] {
        var lines = ["threshold \(chosen.threshold) by \(chosen.basis.rawValue): \(chosen.words)"]
        for other in [byImage, byLot].compactMap({ $0 }) where other.basis != chosen.basis {
            lines.append("threshold \(other.threshold) by \(other.basis.rawValue), not taken: \(other.words)")
        }
        return lines
    }

    /// What lots that differ mean for the choice, as a sentence: nil where there is nothing to do about them.
    public var caution: String? {
        guard let warning else { return nil }
        let found =
            "the threshold by image would flag \(Percent.text(warning.falseAlarmRate, digits: 2)) of the normal images when the model "
            + "does not know their lot"
        // Who has taken the threshold by lot is told of a lot that may be wrong, and of nothing else.
        if chosen.basis == .lot { return warning.worst.map { "\(found): \($0.words)" } }
        return found + (warning.worst.map { "; \($0.words)" } ?? "")
            + "; if new images come from other lots than those of the fit, take the threshold by lot"
    }

    /// The promises and the caution.
    public var lines: [String] { promises + (caution.map { ["note: \($0)"] } ?? []) }
}
