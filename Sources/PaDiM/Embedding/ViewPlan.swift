/// How images lie in batches as the views that each of them gives: one sample after the other, or, where each tile place has Gaussians of its
/// own, as the tiles of one sample.
struct ViewPlan: Sendable {
    let views: ImageViews
    let viewsPerImage: Int
    let samplesPerImage: Int
    let imagesPerBatch: Int
    let cut: BatchCut

    /// Samples of a batch.
    var capacity: Int { imagesPerBatch * samplesPerImage }

    /// Where a view of an image of a batch lies.
    func slot(image: Int, view: Int) -> (sample: Int, tile: Int) {
        samplesPerImage == viewsPerImage ? (image * samplesPerImage + view, 0) : (image, view)
    }

    func samples(ofImage image: Int) -> Range<Int> { image * samplesPerImage..<(image + 1) * samplesPerImage }
}
