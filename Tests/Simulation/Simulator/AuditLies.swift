import Cluster
import Gaussian
import JobRules
import Storage

/// A worker that computes something wrong, always and in one way, though all that it says is possible. Only an audit finds it.
package struct AuditLies {
    package enum Kind: CaseIterable {
        /// Sums of zeros, beside the fingerprints of the features.
        case zeroSums
        /// All features are zeros.
        case zeroFeatures
        /// A channel has other numbers.
        case wrongFeature
        /// Half of the images, called all of them.
        case halfOfImages
        /// Patches are in the opposite order.
        case swappedPatches
        /// Scores, and maps, are too high.
        case wrongScore
        /// An image has the score of another one.
        case otherImage
        /// Scores of a calibration are too high.
        case wrongCalibration

        /// What it is of.
        var work: JobStage.Work {
            switch self {
            case .wrongScore, .otherImage: .scores
            case .wrongCalibration: .heldOutScores
            default: .sums
            }
        }
    }

    let kind: Kind
    /// The number of the worker.
    let worker: Int

    /// - Parameters:
    ///   - dice: of its own, so that what the other faults are does not depend on these.
    ///   - workers: how many there are. Two that are right tell who is wrong.
    init?(_ dice: Dice, workers: [WorkerSpec], jobs: [JobSpec], images: ImageFaults) {
        let works = Set(jobs.flatMap { $0.stages.filter(\.isAudited).map(\.work) })
        let isFound = workers.count > 2 && !workers.contains(where: \.isBlind) && !works.isEmpty
        let isSound = jobs.allSatisfy {
            $0.unreadable.isEmpty && $0.poison.isEmpty && images.vanishing(of: $0.number).isEmpty
        }
        guard isFound, isSound, dice.percent(60) else { return nil }
        let kinds = Kind.allCases.filter { works.contains($0.work) }
        (kind, worker) = (dice.pick(kinds), dice.draw(0...workers.count - 1))
    }
}

extension Sums {
    /// Folds an image as a worker does that lies.
    mutating func fold(_ image: ImageID, ofJob job: Int, lying kind: AuditLies.Kind, isSecond: Bool) {
        switch kind {
        case .zeroSums, .zeroFeatures: count()
        case .wrongFeature:
            fold { Truth.value(job, image, patch: $0, channel: $1) + ($1 == 0 ? 1 : 0) }
        case .halfOfImages:
            if isSecond { count() } else { fold(image, ofJob: job) }
        case .swappedPatches:
            let last = patches - 1
            // Where there is one patch alone, its order tells nothing.
            fold { Truth.value(job, image, patch: last - $0, channel: $1) + (last == 0 ? 1 : 0) }
        case .wrongScore, .otherImage, .wrongCalibration: fold(image, ofJob: job)
        }
    }
}

extension SimulatedExecutor {
    /// The fingerprint that a worker tells of images.
    static func fingerprint(
        of images: [(folder: JobFolder, id: ImageID)], _ space: FeatureSpace, _ audit: AuditOrder,
        lying kind: AuditLies.Kind?
    ) -> Fingerprint {
        var sums = Sums(patches: space.patches, dimension: space.dimension)
        for (place, image) in images.enumerated() {
            if let kind, kind != .zeroSums {
                sums.fold(image.id, ofJob: image.folder.spec.number, lying: kind, isSecond: place % 2 == 1)
            } else {
                sums.fold(image.id, ofJob: image.folder.spec.number)
            }
        }
        return sums.fingerprint(audit) ?? .zero
    }
}

extension Sums {
    func fingerprint(_ audit: AuditOrder) -> Fingerprint? {
        guard let weights = try? FingerprintWeights(seed: audit.seed, patches: patches, dimension: dimension) else {
            return nil
        }
        return words.withUnsafeBufferPointer { words in
            words.baseAddress.flatMap { try? weights.fingerprint(ofRecords: $0, patches: 0..<patches) }
        }
    }
}
