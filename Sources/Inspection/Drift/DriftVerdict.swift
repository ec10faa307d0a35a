import Gaussian

/// What is said of a batch that was compared with a model, in words and as JSON.
public struct DriftVerdict: Codable, Equatable, Sendable {
    /// In the batch.
    public let images: Int64
    public let modelImages: Int64
    /// The mean over all positions of the squared distance of the batch's mean beside that of chance: about 1 where nothing has changed.
    public let drift: Double
    public let limit: Double
    public let isDrift: Bool
    /// The fit's own lots, those farthest from the others first.
    public let lots: [Drift.Lot]
    /// Images of the batch that are known to be images of the model.
    public let sharedImages: Int

    /// - Parameters:
    ///   - limit: what is asked for; nil: the one that follows from the fit's lots.
    ///   - shared: images of the batch that are known to be images of the model.
    public init(_ drift: Drift, limit: Double? = nil, shared: Int) {
        (images, modelImages, self.drift) = (drift.images, drift.modelImages, drift.value)
        self.limit = limit ?? drift.limit
        isDrift = drift.value > self.limit
        (lots, sharedImages) = (drift.lots, shared)
    }

    /// What is to be kept in mind, and the verdict: a sentence each.
    public var lines: [String] {
        var lines: [String] = []
        if sharedImages > 0 {
            lines.append(
                "note: \(sharedImages) images of the batch are images of the model: it looks more alike than new images are"
            )
        }
        if lots.isEmpty {
            lines.append("note: the model knows no lots; new lots may have drift that is usual for them")
        }
        if isDrift {
            lines.append("drift: the batch differs from the model's images by more than the limit")
        } else if drift > Drift.floor {
            lines.append("no drift: the batch differs more than by chance, and no more than the limit")
        } else {
            lines.append("no drift: the batch differs no more than images of the fit do by chance")
        }
        return lines
    }
}
