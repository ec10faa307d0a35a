/// What a relay asks of the core that its workers talk to.
extension CoordinatorCore {
    /// Nobody has anything of the stage under way, or of an earlier one, so that another stage may begin.
    var isAtRest: Bool { hasNoWorkInFlight && shards.uncommitted == 0 && committing.isEmpty && artifactsWaiting == 0 }

    /// No more workers than these hand over their sums at once.
    mutating func allowUploads(_ most: Int) { uploads.most = max(1, most) }

    /// Ends all sessions: workers begin anew, and what they have is nobody's.
    mutating func endSessions() -> [CoordinatorDirective] {
        directives = []
        fenceAll()
        return directives.filter { if case .send = $0 { true } else { false } }
    }

    /// Why no worker can do the stage, if there are workers and none can.
    var reasonOfAll: String? {
        guard let number = stage?.number, workers.count > 0,
            workers.values.allSatisfy({ $0.ineligibleFor == number && !$0.isUnconfirmed })
        else { return nil }
        return workers.values.lazy.compactMap(\.unfitReason).first ?? "no worker behind the relay can do it"
    }
}
