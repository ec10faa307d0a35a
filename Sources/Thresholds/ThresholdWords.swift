extension CalibratedThreshold {
    /// What the threshold promises, as a sentence without its full stop.
    public var words: String {
        let kind = basis == .image ? "new normal images like these" : "normal images of new lots like these"
        let rate = Percent.text(falseAlarmRate)
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

    private var intervalWords: String {
        guard let interval = rateInterval else { return "" }
        let (lower, upper) = (Percent.text(interval.lower, digits: 2), Percent.text(interval.upper, digits: 2))
        return "; for this calibration of \(images) images the rate is between \(lower) and \(upper) with "
            + "\(Percent.text(interval.confidence)) confidence"
    }
}

extension LotWarning {
    /// The warning as sentences.
    public var words: String {
        "the threshold by image would flag \(Percent.text(falseAlarmRate, digits: 2)) of the normal images when the model does not know "
            + "their lot; most of these are of lot \(worst.index) (counted from 0; \(worst.flagged) of its \(worst.images) images). If new "
            + "images come from other lots than those of the fit, take the threshold by lot; if lot \(worst.index) is not normal, "
            + "fit without it"
    }
}

extension ThresholdChoice {
    /// The choice in sentences, a line each: the threshold taken, the one that was not, and the warning.
    public var lines: [String] {
        var lines = ["threshold \(chosen.threshold) by \(chosen.basis.rawValue): \(chosen.words)"]
        for other in [byImage, byLot].compactMap({ $0 }) where other.basis != chosen.basis {
            lines.append("threshold \(other.threshold) by \(other.basis.rawValue), not taken: \(other.words)")
        }
        if let warning { lines.append("warning: \(warning.words)") }
        return lines
    }
}
