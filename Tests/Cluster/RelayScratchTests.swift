import Cluster
import Storage
import Testing

/// A relay whose disk is full, or fails.
@Suite struct RelayScratchTests {
    let here = WorkerAddress(bytes: [1])
    let above = RelayScene.above
    let full = "cannot write into /scratch: no space"

    private func isUnfit(_ said: [RelayDirective], _ scene: RelayScene) -> Bool {
        RelayScene.toParent(said).contains(.unfit(session: above, stage: scene.stage.number, reason: full))
    }

    private func looks(_ said: [RelayDirective]) -> Int {
        said.count { if case .examineScratch = $0 { true } else { false } }
    }

    private func beginsAnew(_ said: [RelayDirective]) -> Bool {
        said.contains { if case .beginsAnew = $0 { true } else { false } }
    }

    /// With nothing in hand it says at once that others are to do the stage, and its workers have nothing to do.
    @Test func aDiskThatIsFullWhenAStageBeginsIsSaid() throws {
        var scene = try RelayScene()
        _ = try scene.join(here)
        let session = try #require(scene.sessions[here])
        let said = scene.handle(.scratchFailed(reason: full))
        #expect(isUnfit(said, scene) && !beginsAnew(said))
        #expect(said.contains(.tellWorker(.fenced(session: session), to: here)))
        #expect(scene.deal(41, 1...4).isEmpty)
    }

    /// The parent hears first that what was reported is lost: else it would wait for these sums.
    @Test func whatWasKeptIsLostWithoutBlame() throws {
        var scene = try RelayScene()
        _ = try scene.join(here)
        _ = scene.deal(41, 1...4)
        _ = try scene.fold(here)
        let said = scene.handle(.scratchFailed(reason: full))
        #expect(beginsAnew(said) && said.contains(.reset) && !isUnfit(said, scene))
        let messages = RelayScene.toParent(said)
        #expect(messages.contains { if case .hello(_, 6, _, _, _) = $0 { true } else { false } })
        #expect(!messages.contains { if case .lost = $0 { true } else { false } })
        let next = scene.begin(incarnation: 6)
        #expect(isUnfit(next, scene))
        #expect(!next.contains { if case .begin = $0 { true } else { false } })
    }

    /// It looks again, and comes back when there is room; less often where a disk that looked well has failed.
    @Test func itComesBackWhenThereIsRoom() throws {
        var scene = try RelayScene()
        _ = scene.handle(.scratchFailed(reason: full))
        #expect(looks(try scene.pass(seconds: 9, [])) == 0)
        #expect(looks(try scene.pass(seconds: 21, [])) == 3)
        #expect(beginsAnew(scene.handle(.scratchUsable(files: 12))))
        _ = scene.begin(incarnation: 6)
        let ready = RelayScene.toParent(try scene.join(here))
        #expect(ready.contains(.prepared(session: above, stage: scene.stage.number)))
        _ = scene.deal(42, 1...4)
        _ = try scene.fold(here)
        _ = scene.handle(.scratchFailed(reason: full))
        _ = scene.begin(incarnation: 7)
        #expect(looks(try scene.pass(seconds: 39, [])) <= 2)
    }

    /// Stages without sums need no disk.
    @Test func itInspectsAllTheSame() throws {
        var scene = try RelayScene(inspects: true)
        _ = scene.handle(.scratchFailed(reason: full))
        #expect(
            RelayScene.toParent(try scene.join(here)).contains(
                .prepared(session: above, stage: scene.stage.number)))
    }

    @Test(arguments: [(1, 1), (3, 1), (5, 1), (6, 2), (9, 3), (12, 4), (100, 4)])
    func fewerHandOverAtOnceWhereThereIsLessRoom(files: Int, uploads: Int) {
        #expect(RelayCore.uploads(files: files, most: 4) == uploads)
    }

    /// As many workers are asked for their sums at once as there is room for.
    @Test(arguments: [3, 6, 12]) func sumsComeAsThereIsRoom(files: Int) throws {
        var scene = try RelayScene()
        _ = scene.handle(.scratchUsable(files: files))
        let workers = (1...5).map { WorkerAddress(bytes: [UInt8($0)]) }
        for worker in workers { _ = try scene.join(worker) }
        for (place, worker) in workers.enumerated() {
            let first = ImageID(rawValue: Int64(4 * place + 1))
            _ = scene.deal(LeaseID(rawValue: Int64(41 + place)), first...first.advanced(by: 3))
            // Whoever got it.
            for other in workers where scene.leases[other]?.isEmpty == false { _ = try scene.fold(other) }
            _ = worker
        }
        let said = scene.hear(.checkpoint(session: above, upload: 60, chunkPatches: 2))
        let asked = said.count { if case .tellWorker(.checkpoint, _) = $0 { true } else { false } }
        #expect(asked <= files / 3 && asked >= 1)
    }
}
