/// Workers that are relays, behind which are others.
extension CoordinatorCore {
    /// A heartbeat says which instruction sets the workers behind a relay have.
    mutating func heard(_ address: WorkerAddress, ofInstructionSets said: [String]) {
        let sets = Array(Set(said).sorted().prefix(Wire.mostInstructionSets))
        guard let worker = workers[address], worker.instructionSetsBehind != sets else { return }
        workers.update(address) { $0.instructionSetsBehind = sets }
        note(.relays(name: worker.name, instructionSets: sets))
    }

    /// In how long all that nobody has in hand will have been dealt, for relays; nil while it is not known, or longer than anybody plans for.
    var queueMilliseconds: Int64? {
        guard stage != nil, !isMerging, let time = dealingRule.queueTime, time < Self.longestQueue else { return nil }
        return Int64(time)
    }

    /// A day, in milliseconds.
    private static let longestQueue = 86_400_000.0

    /// Of an open-ended stage: as many images are still to come as the workers do while the queue above lasts.
    var imagesToCome: Int {
        guard let queueAboveEnds, let rate = fleet.rate else { return Int.max / 2 }
        let images = Double(max(0, queueAboveEnds.since(now))) * rate
        return images < 1e15 ? Int(images) : Int.max / 2
    }

    /// Those of all workers in session, and of the workers behind relays among them; ascending.
    var instructionSets: [String] {
        let all = workers.values.reduce(into: Set<String>()) { all, worker in
            if RelayCore.isInstructionSet(worker.instructionSet) {
                all.formUnion(worker.instructionSetsBehind)
            } else {
                all.insert(worker.instructionSet)
            }
        }
        return Array(all.sorted().prefix(Wire.mostInstructionSets))
    }
}
