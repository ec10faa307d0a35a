import Cluster
import Compute
import Foundation
import Gaussian
import JobPlanning
import Journal
import Settings
import Storage

/// Makes the models without lots whose sums are kept apart: a lot's sums are taken out of the job's, exactly, and a model is made of the
/// rest as it was of all. With shrinkage it is drawn towards what the model of all images is drawn towards, as where small lots are left out.
struct LotModel {
    let journal: Journal
    let settings: ModelSettings
    let instructionSet: InstructionSet

    private var directory: JobDirectory { journal.directory }

    /// - Returns: where the model is, and its digest. The squared distances of the lot's mean from it are in the journal.
    /// - Throws: `GaussianError` where the sums are damaged, or no model can be made of the other images; `StorageError`.
    func make(without lot: Int, crew: ThreadCrew) throws -> (path: String, digest: Digest) {
        let (model, rest) = (Self.path(lot, in: directory), Self.temporary(directory))
        defer { unlink(rest) }
        let total = try StatisticsFile(path: directory.statistics)
        let sums = try sums(of: lot, crew)
        try StatisticsMerge.subtract(ownPart: sums, from: total, to: rest, crew: crew)
        let digest = try ModelBuilder.build(
            from: StatisticsFile(path: rest), settings, to: model, towards: total, crew: crew,
            instructionSet: instructionSet, syncing: false)
        try journal.set(.lotMean(lot), to: Drift.squares(of: sums, from: GaussianModel(path: model)))
        return (model, digest)
    }

    /// The sums of a lot's images.
    private func sums(of lot: Int, _ crew: ThreadCrew) throws -> StatisticsFile {
        let files = try journal.partials(JobPlan.Fit.role).filter { $0.lot == lot }
            .map { try directory.openSums($0.record) }
        if files.count == 1 { return files[0] }
        let path = Self.temporary(directory)
        try StatisticsMerge.add(files, to: path, syncing: false, crew: crew)
        // The open file outlives its name, which the difference will have.
        return try StatisticsFile(path: path)
    }

    private static func path(_ lot: Int, in directory: JobDirectory) -> String {
        directory.inside("\(JobLayout.withoutLot)-\(lot).safetensors")
    }

    private static func temporary(_ directory: JobDirectory) -> String {
        directory.inside("\(JobLayout.withoutLot)-sums.safetensors")
    }
}

extension JournalKey where Value == [Double] {
    /// At each position the squared distance of a lot's mean from the model without the lot.
    static func lotMean(_ lot: Int) -> Self { Self("lot-mean-\(lot)") }
}
