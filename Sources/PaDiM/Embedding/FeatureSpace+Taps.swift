import Backbone
import Gaussian

extension FeatureSpace {
    /// The tap that each kept channel belongs to, from the network's shapes alone.
    public func tapOfChannels() throws -> [Int] {
        let taps = try Engine.tapShapes(
            backbone: Backbone.named(backbone), layers: layers, inputHeight: inputHeight, inputWidth: inputWidth)
        var ends: [Int] = []
        for tap in taps { ends.append((ends.last ?? 0) + tap.channels) }
        return try channels.map { channel in
            guard let tap = ends.firstIndex(where: { channel < $0 }) else {
                throw PaDiMError("channel \(channel)", "the layers have only \(ends.last ?? 0) channels")
            }
            return tap
        }
    }
}
