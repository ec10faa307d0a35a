import Cluster
import JobPlanning
import JobRules
import Link
import Transport

/// What the core is told: messages that came, what the disk has done, the time that goes by.
extension Coordinator {
    func received(_ frames: Frames, from peer: Peer) {
        switch fromWorkers.hear(frames, from: peer, logger) {
        case .message(let message, let payload): hear(message, payload, from: peer)
        case .answer(let answer): _ = server?.send(answer, to: peer)
        case .nothing: break
        }
    }

    private func hear(_ message: WorkerMessage, _ payload: [UInt8], from peer: Peer) {
        let address = addresses.address(of: peer)
        feed(.received(message, payload: payload, from: address))
        // It was answered. A peer without a session need not be remembered.
        if !core.hasSession(address) { addresses.forget(peer) }
    }

    func heard(fromDisk result: Result<CoordinatorEvent, any Error>) {
        switch result {
        case .success(let event): feed(event)
        case .failure(let error):
            end(
                .failure(
                    JobError.failed("\(error). What was committed before is safe; the same command goes on with it")))
        }
    }

    /// Ends the job where a file that workers are served was changed. It is called before every commit: what was computed after a change
    /// comes after it.
    /// - Returns: whether all files are as they were.
    func checkServedFiles() -> Bool {
        guard stage != nil else { return true }
        do {
            try blobs.requireUnchanged()
            return true
        } catch {
            end(.failure(JobError.failed("\(error)")))
            return false
        }
    }

    func tick() {
        guard checkServedFiles() else { return }
        feed(.tick)
        // What they leave is one entry each, and thousands of them are looked at.
        if ticks % 8 == 0 { addresses.keep(where: core.hasSession) }
        let progress = core.progress
        reporter.update(done: progress.imagesDone, failures: progress.failures, workers: progress.workers)
        ticks &+= 1
        // Twice a second.
        if ticks % 2 == 0 { observe() }
        waitForWorkers(progress.workers)
    }

    private func waitForWorkers(_ workers: Int) {
        guard stage != nil, let endpoint = server?.boundEndpoint else { return }
        let reason = workerLog.ineligibleReason.map { "no worker can do this job: \($0)" } ?? "no worker is connected"
        let remedy = "start one with: padim-worker --connect \(endpoint)"
        let isReasonKnown = workerLog.ineligibleReason != nil
        switch wait.look(at: now, workers: workers, hasFit: core.hasFitWorker(), isReasonKnown: isReasonKnown) {
        case .goOn: break
        case .hint: logger.notice("\(reason); \(remedy)")
        case .hopeless: end(.failure(JobFailure.noWorker(reason)))
        case .tooLong:
            let hint = isClosed ? "look at the workers' messages above" : remedy
            end(
                .failure(
                    JobFailure.noWorker("\(reason). None came within \(workerTimeout.components.seconds) s; \(hint)")))
        }
    }
}
