/// How a worker ends its work: with a session, or for good.
extension WorkerCore {
    /// A shard that is being worked on when the worker is asked to stop is finished and reported; then the sums are
    /// fetched; then the coordinator says `done`. A worker that serves nobody just goes.
    mutating func leave() {
        guard leaving == nil else { return }
        leaving = now
        switch life {
        case .serving(let session): send(.leaving(session: session))
        case .joining, .over: end(.dismissed)
        }
    }

    mutating func jobIsDone() {
        if stays && leaving == nil { restart() } else { end(.dismissed) }
    }

    mutating func restart() {
        if leaving != nil { return end(.dismissed) }
        forget()
        incarnation &+= 1
        life = .joining(lastSent: stays ? now : nil)
        directives.append(.reset)
    }

    private mutating func forget() {
        stage = nil
        isPrepared = false
        writesSums = false
        ineligibleReason = nil
        awaited = []
        fetch = nil
        working = []
        reports = [:]
        upload = nil
        images = ImageFetches()
    }

    mutating func end(_ exit: WorkerExit) {
        forget()
        life = .over
        directives.append(.leave(exit))
    }
}
