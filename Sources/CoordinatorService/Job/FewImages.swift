/// Whether a model was fitted on too few images for its channels: its covariances then say nothing of most directions.
struct FewImages {
    let images: Int64
    let channels: Int

    /// Nil where there are enough.
    var warning: String? {
        guard images <= Int64(channels) else { return nil }
        return """
            the model is of \(images) images, and has \(channels) channels: with no more images than channels, distances are large and \
            find less. Fit on more images, or keep fewer channels (--features)
            """
    }
}
