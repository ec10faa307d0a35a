import Backbone
import Cluster
import Compute
import Foundation
import Gaussian
import ImageLists
import Journal
import Logging
import Settings
import Storage

extension JobPlan {
    /// A calibration of a model that is there: by images that its sums have, and by others.
    package struct Calibrate {
        /// Of its list's images.
        package static let role = ImageRole.normal

        package var list: ImageList
        package let trustsFolders: Bool
        package let model: (path: String, digest: Digest)
        package let space: FeatureSpace
        package let modelSettings: ModelSettings
        /// Of the content of the sums.
        package let sums: Digest
        /// The images of the model.
        package let members: ImageMultiset
        package let weights: FoundWeights
        package let settings: CalibrationSettings
        /// Which of the list's images are of which lot.
        package var lots: LotPlan

        /// What decides about the job's numbers, by the names of the job's record.
        var named: [String: String] {
            var named = [
                "model": model.digest.hex, "statistics": sums.hex, JobRecord.calibrate: "\(settings.images)",
                "lots": settings.lots.word,
            ]
            named[JobRecord.lotColumn] = lots.columnDigest?.hex
            return named
        }

        /// - Parameters:
        ///   - job: the job's directory.
        ///   - isNew: whether the job did not begin yet: then it is checked that the model follows from the sums, which takes seconds.
        init(_ request: CalibrateRequest, job: String, isNew: Bool, cache: CacheDirectory, logger: Logger) throws {
            list = try ListReader(job: job, logger: logger).read(
                request.images, split: request.split, role: Self.role, purpose: "calibrated on",
                lotColumn: request.calibration.lotColumn)
            (trustsFolders, settings) = (request.trustsFolders, request.calibration)
            // Nothing is folded, so no lot has sums.
            lots = try LotPlan(list, settings, bytesOfSums: 0).withoutSumsApart
            LotPlan.tellOfUnusedColumn(list, settings, logger)
            if settings.areLotsAskedFor, let lot = LotPlan.tooLarge(list, settings.lots) {
                logger.warning(
                    """
                    lot '\(lot.name)' has \(lot.images) images, and lots of more than \(CalibrationOrder.largestLot) need sums of their own, which \
                    only a fit keeps: no lot is left out, not even a small one. Fit with these lots, or divide the large ones
                    """)
            }
            if try JobPlan.isSame(request.model, JobDirectory(job).model) {
                throw JobError.wrongRequest(
                    "--model \(request.model) is the file that this job writes; name another directory for the job")
            }
            let fitted = try GaussianModel(path: request.model)
            let statistics = try StatisticsFile(path: request.statistics)
            try statistics.verify()
            members = try Self.members(of: statistics)
            if let warning = members.warningOfRepeated {
                logger.warning(
                    """
                    \(warning). Each image is scored by the model without one copy of it only: scores of images that are there more than \
                    once are too low
                    """)
            }
            if isNew {
                try Self.check(fitted, isOf: statistics)
                FirstLook(list: list, logger: logger).compare(with: fitted.space.input)
                try FirstLook.requireFit(of: fitted, among: list)
            }
            model = (request.model, fitted.digest())
            (space, modelSettings, sums) = (fitted.space, fitted.settings, statistics.contentDigest())
            let finder = WeightsFinder(cache: cache)
            let backbone = try Backbone.named(space.backbone)
            weights = try finder.find(
                request.weights, for: backbone.name, digest: space.weights, normalization: space.input.normalization)
            try finder.check(weights, fit: backbone, layers: space.layers, input: space.input)
        }

        private static func members(of statistics: StatisticsFile) throws -> ImageMultiset {
            guard let members = try statistics.images() else {
                throw JobError.wrongRequest(
                    """
                    --statistics \(statistics.path) does not say which images it has, since a release before 0.3 made it or a part of it: fit \
                    the images again, with a calibration
                    """)
            }
            return members
        }

        /// The model is made once more, in memory, and compared.
        private static func check(_ model: GaussianModel, isOf statistics: StatisticsFile) throws {
            guard model.count >= 3 else {
                throw JobError.wrongRequest(
                    "\(model.path) is of \(model.count) images: to leave one out, a model needs three")
            }
            let crew = ThreadCrew(threads: ProcessInfo.processInfo.activeProcessorCount)
            // The baseline set has no fused multiply-add, and so other bits.
            let sets: [InstructionSet] = InstructionSet.best == .baseline ? [.baseline] : [.best, .baseline]
            for set in sets {
                let difference = try ModelBuilder.firstDifference(
                    of: model, from: statistics, crew: crew, instructionSet: set)
                if difference == nil { return }
            }
            throw JobError.wrongRequest(
                """
                --model \(model.path) does not follow from --statistics \(statistics.path): with the model's own settings these sums give \
                another model. Give the sums that it was made of, or make a model of these: padim model build \(statistics.path) --output FILE
                """)
        }
    }
}
