import Backbone
import Gaussian
import JobPlanning
import Journal
import PaDiM
import Settings
import Storage

/// The model that is calibrated.
struct CalibratedModel {
    let path: String
    /// Nil where it is none yet.
    let digest: Digest?
    /// Whether the job made it, and can make it again.
    let isOfJob: Bool
    let space: FeatureSpace
    let settings: ModelSettings
    let weights: FoundWeights
    /// Which images it has; nil: all of the job's.
    let members: ImageMultiset?
}

extension CalibratedModel {
    /// A model that was given.
    init(_ plan: JobPlan.Calibrate) {
        self.init(
            path: plan.model.path, digest: plan.model.digest, isOfJob: false, space: plan.space,
            settings: plan.modelSettings, weights: plan.weights, members: plan.members)
    }

    /// The model that a fit made of its images.
    init(of fit: JobPlan.Fit, in journal: Journal) throws {
        self.init(
            path: journal.directory.uncalibratedModel, digest: try journal.value(.uncalibratedModel), isOfJob: true,
            space: fit.space, settings: fit.model, weights: fit.weights, members: nil)
    }
}
