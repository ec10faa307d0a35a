import JobRules

extension JobPlan {
    /// What the job does, one after the other. To be asked before the lists are let go.
    package var stages: [JobStage] {
        var stages: [JobStage] = []
        if let fit {
            let most = cluster.mostFailures(of: fit.list.entries.count)
            if !fit.excluded.isEmpty || fit.isTrimmed { stages.append(.exclude) }
            stages.append(
                .fit(
                    mostFailures: most, isCalibrated: fit.calibration != nil, isAudited: cluster.auditPercent > 0))
            if fit.calibration != nil { stages.append(.calibrate(isAudited: cluster.auditPercent > 0)) }
        }
        if let calibrate {
            stages += [
                .identify(mostFailures: cluster.mostFailures(of: calibrate.list.entries.count)),
                .calibrate(isAudited: cluster.auditPercent > 0),
            ]
        }
        if let inspect {
            stages.append(
                .inspect(
                    mostFailures: cluster.mostFailures(of: inspect.list.entries.count),
                    failsFast: inspect.failsFast, isAudited: cluster.auditPercent > 0))
            if inspect.drift != nil {
                stages.append(.findings(.drift, label: "drift", participle: "compared for drift"))
            }
        }
        return stages
    }
}
