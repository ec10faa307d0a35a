/// What training code puts before the names of all tensors of a network when it wraps it, in any nesting: `module.` is of
/// PyTorch's DataParallel, `_orig_mod.` of torch.compile, `model.` the usual name of a network in a LightningModule.
enum WrapperPrefix {
    private static let known = ["module.", "_orig_mod.", "model."].map { Array($0.utf8) }

    /// How many bytes of every name are wrappers' prefixes. A prefix counts only where all names have it, and none ends with it:
    /// a network may have a layer of that name.
    static func count(of names: [String]) -> Int {
        guard let first = names.first?.utf8 else { return 0 }
        var count = 0
        while let prefix = known.first(where: { first.dropFirst(count).starts(with: $0) }),
            names.allSatisfy({ $0.utf8.count > count + prefix.count && $0.utf8.dropFirst(count).starts(with: prefix) })
        {
            count += prefix.count
        }
        return count
    }
}
