import Cluster
import Gaussian
import Inspection
import Journal
import PaDiM
import Settings
import Storage
import Thresholds

extension JobPlan {
    /// What the job's numbers depend on.
    package var record: JobRecord { record(of: ListDigests(of: lists).all) }

    /// The same, where the digests of the job's lists are known.
    func record(of digests: [ImageRole: Digest]) -> JobRecord {
        var settings: [String: String] = [:]
        if let fit {
            settings["backbone"] = fit.space.backbone
            settings["weights"] = fit.space.weights.hex
            settings["layers"] = fit.space.layers.joined(separator: ",")
            settings["channels"] = fit.space.channels.map(String.init).joined(separator: " ")
            settings["input-size"] = "\(fit.space.input.height)x\(fit.space.input.width)"
            settings["resize"] = fit.space.input.resize.map(String.init)
            settings["crop"] = fit.space.input.crop.map(String.init)
            if fit.space.input.scaledJPEG { settings["jpeg"] = "scaled" }
            if fit.space.input.whiteLevel != InputSettings.fullWhite {
                settings["white-level"] = "\(fit.space.input.whiteLevel)"
            }
            if fit.space.input.orientation != .ignore {
                settings["orientation"] = fit.space.input.orientation.rawValue
            }
            if fit.space.input.resizePrecision != .byte {
                settings["resize-precision"] = fit.space.input.resizePrecision.rawValue
            }
            if let normalization = fit.space.input.normalization {
                settings["mean"] = normalization.mean.map { "\($0)" }.joined(separator: ",")
                settings["deviation"] = normalization.deviation.map { "\($0)" }.joined(separator: ",")
            }
            if fit.space.input.fit != .stretch { settings[MapGeometry.fitName] = fit.space.input.fit.rawValue }
            settings[Augmentation.name] = fit.space.input.augmentation?.description
            settings[Tiling.name] = fit.space.input.tiling?.description
            if fit.space.patchGrid != .finest { settings["patch-grid"] = fit.space.patchGrid.rawValue }
            // A job that inspects too has one rule for both, and the record of its inspection says it: as earlier releases' do.
            settings.merge(inspect == nil ? fit.model.named : fit.model.namedWithoutRules) { $1 }
            settings["roi"] = fit.model.region?.digest.hex
            settings["continue"] = fit.continued?.digest.hex
            settings[JobRecord.calibrate] = fit.calibration.map { "\($0.images)" }
            settings["lots"] = fit.calibration.map(\.lots.word)
            settings[JobRecord.lotColumn] = fit.lots.columnDigest?.hex
            if !fit.lots.apart.isEmpty { settings[JobRecord.lotSums] = "\(fit.lots.apart.count)" }
            settings[JobRecord.gridExponent] = fit.space.grid.layers?.exponents.map(String.init).joined(separator: ",")
        }
        if let inspect {
            settings["model"] = inspect.model?.digest.hex
            if let region = inspect.region { settings["roi"] = region.given.digest.hex }
            settings.merge(inspect.settings.named) { $1 }
            settings.merge(inspect.falseAlarms?.named ?? [:]) { $1 }
            settings["drift"] = inspect.drift.map(String.init)
        }
        if let calibrate { settings.merge(calibrate.named) { $1 } }
        settings["instruction-set"] = cluster.instructionSet?.rawValue
        return JobRecord(kind: kind, settings: settings, lists: digests)
    }
}
