/// A mixture that chance alone would seldom stir.
package enum Theme {
    /// Workers die one after the other on the first shard, while the disk is slow: it is split before anything is safe.
    case deathsAtFirst
    /// Many small checkpoints of workers with one shard in hand, on a network that says everything again much later: a checkpoint
    /// comes once more when it is committed, and other images are in the sums.
    case lateCheckpoints
    /// An image takes coordinator and worker down at once, long before a slow disk knows that it is in hand.
    case fasterThanTheDisk

    /// Workers that stand still write maps anew when others' are committed, on a slow disk, and the power fails.
    case lateMaps

    init?(_ dice: Dice) {
        switch dice.draw(0...99) {
        case 0..<6: self = .deathsAtFirst
        case 6..<10: self = .lateCheckpoints
        case 10..<12: self = .fasterThanTheDisk
        case 12..<15: self = .lateMaps
        default: return nil
        }
    }
}
