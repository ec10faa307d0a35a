import Cluster
import Storage

/// The promise, checked: at the moments where something becomes final, and at a job's end.
extension JobFolder {
    /// The tag of the model that inspection uses: of the job's own sums, or a given one.
    var model: UInt64 { journal.value(.model).flatMap { models[$0] } ?? spec.givenModel }

    /// The merged sums are those of the images that count, each once.
    func check(_ sums: Sums) {
        // It was said of whom nobody knows whether they are right.
        if hasUnaudited { return }
        var expected = Sums(patches: spec.patches, dimension: spec.dimension)
        for image in journal.images.indices
        where journal.images[image].role == .normal && journal.images[image].status == .ok {
            expected.fold(ImageID(1).advanced(by: image), ofJob: spec.number)
        }
        if sums != expected {
            violate("the merged sums of \(sums.images) images are not those of the \(expected.images) that count")
        }
        for lot in [0, 1] where spec.hasLots { checkSums(ofLot: lot) }
    }

    /// The sums of a lot that is kept apart are those of its images that count, and of no other.
    private func checkSums(ofLot lot: Int) {
        var expected = Sums(patches: spec.patches, dimension: spec.dimension)
        for image in 1...ImageID(0).advanced(by: spec.normal)
        where spec.lot(image) == lot && journal[image].status == .ok { expected.fold(image, ofJob: spec.number) }
        guard let sums = sum(of: journal.partials(.normal).filter { $0.lot == lot }.map(\.record)) else { return }
        if sums != expected {
            violate("the sums of lot \(lot) are not those of its \(expected.images) images that count")
        }
    }

    /// Every image counts once or has its reason; results are there, also after a power cut.
    /// - Parameters:
    ///   - suspects: how often workers died on a shard often enough to blame it.
    ///   - blind: whether a worker sees no image at all.
    ///   - calm: whether nobody dies but of poison.
    ///   - vanished: images that went away at some time.
    func check(suspects: Int, blind: Bool, calm: Bool, vanished: Set<ImageID>) {
        for image in 1...ImageID(0).advanced(by: spec.images) {
            let entry = journal[image]
            switch entry.status {
            case nil: violate("image \(image) is lost")
            case .excluded where !excludes || !spec.wrong.contains(image.place):
                violate("image \(image) was taken out, and nobody asked for it")
            case let status where status != .excluded && excludes && spec.wrong.contains(image.place):
                violate("image \(image) was to be taken out, and is not")
            case .ok where spec.calibratesGiven && entry.digest != Self.content(of: image):
                violate("image \(image) is taken for another")
            case .ok where spec.poison.contains(image): violate("image \(image) is poison, and counts")
            case .ok where spec.unreadable.contains(image): violate("image \(image) is unreadable, and counts")
            case .unreadable where !spec.unreadable.contains(image) && !blind && !vanished.contains(image):
                violate("image \(image) is recorded as unreadable, and is not")
            case .poison where !spec.poison.contains(image) && (suspects == 0 || calm):
                violate("image \(image) is recorded as poison, and nobody died of it")
            default: break
            }
        }
        let inspected = journal.counts(.inspect).total
        if inspected != spec.inspected {
            violate("the job has \(inspected) images to inspect, and its list \(spec.inspected)")
        }
        // Partials that went bad after the merge are not read again.
        if spec.normal > 0, rotten.isEmpty, journal.images.contains(where: { $0.role == .normal && $0.status == .ok }) {
            if !spec.calibratesGiven, let sums = merged() { check(sums) }
            if expectedModel != model, !hasUnaudited { violate("the model is not that of the merged sums") }
        }
        // A bad disk may put right what it has changed before.
        if let made = journal.value(.model), disk.read("model", in: "results").map({ Digest(of: $0) }) != made {
            violate("the model is damaged, and nobody has looked")
        }
        checkPictures("")
        isDone = true
    }

    /// The tag of the model that an undisturbed run would have made of the images that count.
    private var expectedModel: UInt64? {
        let ofSums = spec.calibratesGiven ? spec.givenModel : merged()?.tag
        guard let tag = ofSums, spec.isCalibrated else { return ofSums }
        let images = journal.images.indices.filter {
            journal.images[$0].role == .normal && journal.images[$0].status == .ok
        }.map { ImageID(1).advanced(by: $0) }
        let sums = (0..<spec.patches).map { patch in
            images.reduce(Int64(0)) { $0 + Truth.square(tag, $1, patch: patch) }
        }
        let lotScores = images.compactMap { image in
            spec.lot(image).flatMap { model(tag, withoutLot: $0) }.map { Truth.score($0, image) }
        }
        return Truth.calibrated(tag, scores: images.map { Truth.score(tag, $0) } + lotScores, sums: sums)
    }

    /// The tag of the model without a lot whose sums are kept apart.
    /// - Returns: nil where a partial of the lot is damaged.
    func model(_ tag: UInt64, withoutLot lot: Int) -> UInt64? {
        sum(of: journal.partials(.normal).filter { $0.lot == lot }.map(\.record)).map { Truth.mix(tag, $0.tag, 5) }
    }

    /// What was finished is there after a power cut, whenever that comes.
    func checkAfterPowerCut(_ dice: Dice, machines: Range<Int>) {
        guard isDone else { return }
        for machine in machines { disk.losePower(dice, on: machine) }
        checkPictures(" after a power cut")
    }

    /// Committed results have their scores, maps and overlays, whole.
    private func checkPictures(_ when: String) {
        // It was said of whom nobody knows whether they are right.
        if hasUnaudited { return }
        let tag = model
        for (index, entry) in journal.images.enumerated() where entry.role == .inspect && entry.status == .ok {
            let image = ImageID(1).advanced(by: index)
            if entry.score != Truth.score(tag, image) { violate("image \(image) has the score of another model") }
            for kind in spec.kinds {
                guard let name = spec.order.path(of: kind, output: "\(image)") else { continue }
                if disk.read(name, in: "pictures") != Truth.artifact(tag, image, kind) {
                    violate("the \(kind.rawValue) of image \(image), which counts, is damaged\(when)")
                }
            }
        }
    }

}
