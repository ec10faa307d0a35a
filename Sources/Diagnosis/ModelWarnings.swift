import Foundation
import Gaussian
import Settings

extension ModelDiagnosis {
    static func warnings(_ model: GaussianModel, _ spectrum: SampledSpectrum) -> [String] {
        [
            fewImages(model.samples, channels: model.space.dimension, model.settings.shrinkage),
            deadChannels(spectrum), deviantLots(model.calibration?.lots ?? []),
        ].compactMap { $0 }
    }

    /// n images span n - 1 directions: in the others a covariance has epsilon, or what shrinkage gives it.
    private static func fewImages(_ count: Int64, channels: Int, _ shrinkage: Shrinkage) -> String? {
        guard count <= channels else { return nil }
        let ratio = "\(count) images are no more than the \(channels) channels"
        return shrinkage == .none
            ? "\(ratio), so covariances follow from epsilon in part, and scores of normal images are high: fit more images, keep "
                + "fewer channels (--features), or have --shrinkage pooled:30"
            : "\(ratio), so covariances follow from shrinkage for the most part: more images make a better model"
    }

    private static func deadChannels(_ spectrum: SampledSpectrum) -> String? {
        let dead = spectrum.deadChannels
        guard !dead.isEmpty else { return nil }
        let named = dead.prefix(10).map(String.init).joined(separator: ", ") + (dead.count > 10 ? ", ..." : "")
        return
            "\(dead.count) channels do not vary at any of \(spectrum.positions.count) positions (\(named)): their features are constant or "
            + "smaller than the fixed-point grid's step; look at the images, or fit with another --grid-exponent"
    }

    private static func deviantLots(_ lots: [Calibration.Lot]) -> String? {
        guard let deviant = DeviantLots(lots) else { return nil }
        let named = deviant.lots.prefix(5).map { String(format: "%d (%.1f)", $0, lots[$0].drift) }
        let isOne = deviant.lots.count == 1
        return
            "\(isOne ? "lot" : "lots") \(named.joined(separator: ", ")) \(isOne ? "is" : "are") far from all others, whose drift is "
            + "about \(String(format: "%.1f", deviant.median)): look whether \(isOne ? "it shows" : "they show") another product, or "
            + "\(isOne ? "was" : "were") taken otherwise; if so, fit \(isOne ? "it by itself" : "them by themselves")"
    }
}
