extension Work {
    /// The same for workers whose sums go through a relay.
    var withoutFolderOfSums: Work {
        guard case .accumulate(let space, let weights, _, _) = self else { return self }
        return .accumulate(space: space, weights: weights)
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
