extension JobCore {
    /// - Returns: what does not hold, in words; nil where all does.
    package func checkInvariants() -> String? {
        guard (0...stages.count).contains(place) else { return "the stage in turn is none of the job's" }
        if course == .working, !hasBegunEpoch { return "work is done in no epoch" }
        if facts != nil, place == stages.count { return "a stage is prepared when all are done" }
        if isExported, place < stages.count { return "results are exported before all stages are done" }
        let ends = agenda.count { if case .end = $0 { true } else { false } }
        if ends != (course == .closing ? 1 : 0) { return "the job has \(ends) ends, and is \(course)" }
        for directive in agenda {
            guard case .run(let stage, let toDo) = directive else { continue }
            if toDo.shards.map(\.id) != standing?.next(of: stage).map(\.id) {
                return "a stage is run on other shards than are open, or on those of several lots"
            }
            if stage != stages[place] { return "a stage is run that is not in turn" }
        }
        return nil
    }
}
