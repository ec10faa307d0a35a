import Settings

/// By which augmentation an inspection turns and moves its images.
public enum AugmentationChoice: Equatable, Sendable {
    /// The model's, with another seed where one is given.
    case ofModel(seed: Int?)
    case steps(AugmentationSteps, seed: Int)

    /// - Throws: `JobError` where the model has none, or another input than the steps lead to.
    func augmentation(for input: InputSettings) throws -> Augmentation {
        var augmentation: Augmentation
        switch self {
        case .ofModel(let seed):
            guard let own = input.augmentation else {
                throw JobError.wrongRequest(
                    "--augment model: the model was fitted without --augment; say how images are to be turned, as --augment rotate:10"
                )
            }
            augmentation = own
            augmentation.seed = seed ?? own.seed
        case .steps(let steps, let seed):
            guard input.tiling == nil else {
                throw JobError.wrongRequest("--augment does not go with a model that cuts images into tiles")
            }
            guard steps.resize == input.resize || steps.crop == nil && steps.resize == nil,
                steps.crop == nil || steps.crop == input.crop
            else {
                throw JobError.wrongRequest(
                    "--augment must have the resize and crop of the model, which are \(input.resize.map(String.init) ?? "none") and "
                        + "\(input.crop.map(String.init) ?? "none")")
            }
            augmentation = Augmentation(
                rotation: steps.rotate ?? 0, cropsRandomly: steps.crop != nil, seed: seed, copies: 1)
        }
        augmentation.copies = 1
        if let fault = augmentation.fault { throw JobError.wrongRequest("--augment: \(fault)") }
        return augmentation
    }
}
