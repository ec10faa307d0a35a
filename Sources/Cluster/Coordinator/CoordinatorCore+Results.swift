import Storage

/// Inspected shards: scores, and the artifacts that belong to them.
extension CoordinatorCore {
    mutating func scored(_ address: WorkerAddress, _ lease: LeaseID, _ outcomes: [ImageOutcome], _ artifacts: Int) {
        guard let held = workers[address]?.leases[lease] else { return acknowledge(lease, address) }
        guard case .inspect(_, _, let order)? = stage?.work else {
            return breach(address, "it reported scores in a stage that makes none")
        }
        let shard = held.shard
        guard outcomes.count == shard.count else {
            return breach(address, "it reported \(outcomes.count) outcomes for a shard of \(shard.count) images")
        }
        guard requireOwnImages(shard, outcomes.map(\.id), address) else { return }
        for outcome in outcomes {
            if let fault = outcome.fault(
                threshold: order.settings.threshold, bounds: mapBounds, tellsContents: order.tellsContents)
            {
                return breach(address, "of image \(outcome.id) it reported \(fault)")
            }
        }
        guard (0...shard.count * Artifact.allCases.count).contains(artifacts) else {
            return breach(address, "it says that it sent \(artifacts) artifacts of \(shard.count) images")
        }
        guard artifacts <= held.artifacts.count else {
            return artifactsLost(address, lease, artifacts, held.artifacts.count)
        }
        if isAuditing { return heard(address, lease, AuditStatement(outcomes: outcomes)) }
        workers.update(address) { $0.artifactsLost = 0 }
        let failures = outcomes.compactMap { outcome in
            outcome.failure.map { ImageFailure(id: outcome.id, reason: $0) }
        }
        let maker = workers[address].map(maker)
        guard close(lease, of: address, keepsArtifacts: true) != nil,
            confirmFailures(shard, lease, failures: failures, address)
        else { return }
        accept(shard, failures: failures, address)
        let artifacts = order.hasArtifacts ? WaitingArtifacts(lease: lease, of: order.artifacts(of: outcomes)) : nil
        shards.finishResults(shard.id, failures: failures)
        if let worker = workers[address] { reporters[shard.id] = (worker.session, worker.name) }
        directives.append(.commitResults(shard: shard.id, outcomes: outcomes, artifacts: artifacts, maker: maker))
    }

    /// A shard of calibration: an image that cannot be used again is no result, so that all have one.
    mutating func calibrated(
        _ address: WorkerAddress, _ lease: LeaseID, _ outcomes: [ImageOutcome], _ bytes: [UInt8]
    ) {
        guard let held = workers[address]?.leases[lease] else { return acknowledge(lease, address) }
        guard let work = stage?.work, case .calibrate(let space, _, _, let order, _) = work else {
            return breach(address, "it reported a calibration in a stage that makes none")
        }
        let shard = held.shard
        guard outcomes.count == shard.count else {
            return breach(address, "it reported \(outcomes.count) outcomes for a shard of \(shard.count) images")
        }
        // Rows of the payload are those of the shard's images, in their order.
        guard outcomes.map(\.id) == Array(shard.first..<shard.first.advanced(by: shard.count)) else {
            return breach(
                address,
                "it reported a calibration of other images than those of shard \(shard.id), or in another order")
        }
        for outcome in outcomes {
            if let fault = outcome.failure == nil
                ? outcome.fault(threshold: nil, bounds: mapBounds, tellsContents: false) : "a failure"
            {
                return breach(address, "of image \(outcome.id) it reported \(fault)")
            }
        }
        let payload = CalibrationPayload(
            bytes: bytes, images: shard.count, rules: order.rules.count, patches: space.patches,
            lots: work.lotsLeftOut)
        guard let payload else {
            return breach(address, "the calibration of shard \(shard.id) that it sent is not valid")
        }
        if isAuditing { return heard(address, lease, AuditStatement(outcomes: outcomes, payload)) }
        let maker = workers[address].map(maker)
        guard close(lease, of: address) != nil else { return }
        accept(shard, failures: [], address)
        shards.finishResults(shard.id, failures: [])
        if let worker = workers[address] { reporters[shard.id] = (worker.session, worker.name) }
        directives.append(
            .commitResults(shard: shard.id, outcomes: outcomes, artifacts: nil, payload: payload, maker: maker))
    }

    /// A shard whose images were read.
    mutating func identified(
        _ address: WorkerAddress, _ lease: LeaseID, _ failures: [ImageFailure], _ contents: [ContentDigest]
    ) {
        guard let shard = workers[address]?.leases[lease]?.shard else { return acknowledge(lease, address) }
        guard case .identify? = stage?.work else {
            return breach(address, "it identified images in a stage that does not ask for it")
        }
        guard contents.count == shard.count - failures.count else {
            return breach(
                address,
                "it told the contents of \(contents.count) images of a shard of \(shard.count), of which \(failures.count) failed"
            )
        }
        guard requireOwnImages(shard, failures.map(\.id), address), close(lease, of: address) != nil,
            confirmFailures(shard, lease, failures: failures, address)
        else { return }
        accept(shard, failures: failures, address)
        shards.finishResults(shard.id, failures: failures)
        if let worker = workers[address] { reporters[shard.id] = (worker.session, worker.name) }
        let failed = Set(failures.map(\.id))
        let usable = (shard.first..<shard.first.advanced(by: shard.count)).filter { !failed.contains($0) }
        directives.append(
            .commitContents(
                shard: shard.id, failures: failures,
                contents: Dictionary(zip(usable, contents)) { first, _ in first }))
    }

    /// Results without their artifacts are no results: the shard is dealt again. What was lost on the way once comes the next time; a
    /// worker whose artifacts never come does not send what it counts.
    private mutating func artifactsLost(_ address: WorkerAddress, _ lease: LeaseID, _ reported: Int, _ arrived: Int) {
        guard let worker = workers[address], let shard = worker.leases[lease]?.shard else { return }
        let times = worker.artifactsLost + 1
        guard times < limits.artifactsLostInARow else {
            return breach(
                address,
                "\(times) times in a row it sent fewer artifacts than it says, at last \(arrived) and not \(reported) of shard \(shard.id)"
            )
        }
        workers.update(address) { $0.artifactsLost = times }
        note(.artifactsLost(name: worker.name, shard: shard.id, reported: reported, arrived: arrived))
        if close(lease, of: address) != nil { shards.takeBack(shard.id, from: lease, died: false) }
    }

    mutating func artifact(
        _ address: WorkerAddress, _ lease: LeaseID, _ image: ImageID, _ kind: Artifact, _ bytes: [UInt8]
    ) {
        guard let shard = workers[address]?.leases[lease]?.shard else {
            // Another worker was faster: its own counts.
            if workers[address]?.superseded[lease] != nil { return }
            return drop("a \(kind.rawValue) of a shard that the worker does not hold")
        }
        guard case .inspect(_, _, let order)? = stage?.work, order.makes(kind), shard.contains(image) else {
            return breach(address, "it sent a \(kind.rawValue) that nobody asked for, of image \(image)")
        }
        let artifact = ArtifactOfImage(image: image, kind: kind)
        let isRelay = workers[address]?.isRelay ?? false
        let isStored = workers.updateLease(address, lease) { lease in
            // One that comes twice is stored once: nothing that waits for the disk grows with the network's mistakes.
            guard !lease.artifacts.insert(artifact).inserted else { return true }
            // Behind a relay another worker may have begun the shard anew: what it sends, the later one, belongs to what will be reported.
            guard isRelay, lease.replacedArtifacts < Self.mostReplaced * shard.count else { return false }
            lease.replacedArtifacts += 1
            return true
        }
        guard isStored == true else { return }
        workers.update(address) { $0.progressed = now }
        artifactsWaiting += 1
        directives.append(.storeArtifact(image: image, kind: kind, lease: lease, bytes: bytes))
    }

    /// What was written under a lease that ended without results that count is nobody's. Of a coordinator that stops nothing is removed: the
    /// next one does so before it begins.
    mutating func dropArtifacts(of number: LeaseID, _ lease: WorkerRecord.Lease, ofRelay isRelay: Bool) {
        guard case .inspect(_, _, let order)? = stage?.work, order.hasArtifacts, stopping == nil else { return }
        // Who was never told of a shard wrote nothing, and a relay sends what it has: of that it is known whether it came.
        guard lease.lastSent != nil, !isRelay || !lease.artifacts.isEmpty else { return }
        directives.append(.dropArtifacts(shard: lease.shard.id, lease: number))
    }

    /// A relay's artifacts are replaced so often for each image of a shard, at most.
    private static let mostReplaced = 16

    mutating func resultsCommitted(_ shard: ShardID) {
        reporters[shard] = nil
        breachesInARow = 0
        shards.commit(shard)
    }

    /// The artifacts are not where the worker says that it wrote them.
    mutating func resultsRefused(_ shard: ShardID, _ reason: String) {
        shards.giveBack(shard, died: false)
        // Nil where this session broke the protocol before: that was said, and counted, then.
        guard let (session, name) = reporters.removeValue(forKey: shard) else { return }
        breach(session: session, name: name, reason)
    }
}

extension ImageOutcome {
    /// What is wrong with it, in words; nil for a possible one.
    /// - Parameter tellsContents: whether the digest of the image's content is asked for.
    func fault(threshold: Float?, bounds: MapBounds?, tellsContents: Bool) -> String? {
        if failure != nil {
            let isAlone =
                [maxRow, maxColumn, imageRow, imageColumn].allSatisfy { $0 == nil } && score == nil && flagged == nil
                && digest == nil
            return isAlone ? nil : "a failure and a score at once"
        }
        guard let score, let maxRow, let maxColumn else { return "neither a score with its place nor a failure" }
        // A score is a distance.
        guard score.isFinite, score >= 0 else { return "the impossible score \(score)" }
        guard maxRow >= 0, maxColumn >= 0, bounds.map({ maxRow < $0.height && maxColumn < $0.width }) ?? true else {
            return "its highest score at row \(maxRow), column \(maxColumn), which is beyond its map"
        }
        guard (digest != nil) == tellsContents else {
            return tellsContents ? "nothing of its content" : "a digest of its content, which nobody asked for"
        }
        let sides = 0..<Self.longestSide
        switch (imageRow, imageColumn) {
        case (nil, nil): break
        case (let row?, let column?):
            guard sides.contains(row), sides.contains(column) else {
                return "a place at row \(row), column \(column), which no image has"
            }
        default: return "a row without a column, or a column without a row, in its image"
        }
        guard flagged == threshold.map({ score >= $0 }) else {
            let words =
                flagged.map { $0 ? "that it is flagged" : "that it is not flagged" } ?? "nothing of being flagged"
            return "\(words), with score \(score) and \(threshold.map { "threshold \($0)" } ?? "no threshold")"
        }
        return nil
    }
}

extension InspectionOrder {
    /// The artifacts that belong to outcomes.
    func artifacts(of outcomes: [ImageOutcome]) -> [ArtifactOfImage] {
        outcomes.filter { $0.failure == nil }.flatMap { outcome in
            artifacts(flagged: outcome.flagged == true).map { ArtifactOfImage(image: outcome.id, kind: $0) }
        }
    }
}
