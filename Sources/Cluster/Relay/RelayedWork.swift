extension Work {
    /// The same for workers whose sums and artifacts go through a relay: leases and uploads have its own numbers there, and the coordinator
    /// would not find what is written under them.
    var withoutFolder: Work {
        switch self {
        case .accumulate(let space, let weights, _, _): return .accumulate(space: space, weights: weights)
        case .inspect(let model, let weights, var order):
            (order.directory, order.probe, order.probeValue) = ("", "", "")
            return .inspect(model: model, weights: weights, order: order)
        default: return self
        }
    }

    /// Why a relay takes no part in it; nil where it does.
    var obstacleToRelaying: String? {
        // What its workers say cannot be told apart by the coordinator, which knows the relay alone.
        if isAudited {
            return
                "a relay takes no part in an audit: have its workers connect to the coordinator, or leave --audit out"
        }
        return isMerge ? "a relay merges nothing: its workers need not see the job's directory" : nil
    }
}
