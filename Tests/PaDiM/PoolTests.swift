import CKernels
import Compute
import PaDiM
import Testing

/// From taps to a coarser grid: which pixels, in which order they are added, and which whole number comes of them.
@Suite struct PoolTests {
    @Test(
        arguments: InstructionSet.available, [(8, 8, 2, 2, 5), (7, 9, 3, 4, 37), (5, 3, 5, 3, 16), (6, 6, 1, 1, 700)])
    func meansAreThoseOfPlainArithmetic(set: InstructionSet, shape: (Int, Int, Int, Int, Int)) throws {
        let (height, width, rows, columns, count) = shape
        let tap = Tap(height: height, width: width, channels: count + 3, seed: UInt64(count))
        var random = TestRandom(state: UInt64(height))
        let channels = (0..<count).map { _ in Int32.random(in: 0..<Int32(count + 3), using: &random) }
        let scales = (0..<count).map { Float(1 << ($0 % 12)) }
        let found = try tap.pooled(rows, columns, channels, scales, set: set)
        var clamped: Int64 = 0
        for row in 0..<rows {
            for column in 0..<columns {
                let ys = row * height / rows..<((row + 1) * height + rows - 1) / rows
                let xs = column * width / columns..<((column + 1) * width + columns - 1) / columns
                for c in 0..<count {
                    var sum: Float = 0
                    for y in ys { for x in xs { sum += tap[y, x, Int(channels[c])] } }
                    let exact = sum / Float(ys.count * xs.count) * scales[c]
                    if abs(exact) > 524_287 { clamped += 1 }
                    let expected = min(max(exact.rounded(.toNearestOrEven), -524_287), 524_287)
                    #expect(found.values[(row * columns + column) * count + c] == Int32(expected))
                }
            }
        }
        #expect(found.tally.clamped == clamped && found.tally.not_finite == 0)
        #expect(found.values.suffix(2) == [-1, -1], "wrote past the end")
        let floats = try tap.pooled(rows, columns, channels, scales, steps: scales.map { 1 / $0 }, set: set)
        for (place, (float, whole)) in zip(floats.values, found.values).dropLast(2).enumerated() {
            #expect(Float(bitPattern: UInt32(bitPattern: float)) == Float(whole) / scales[place % count])
        }
    }

    /// The common network's windows are disjoint; others' overlap by a pixel, and none is left out.
    @Test func windowsCoverEveryPixel() {
        for inputs in 1...40 {
            for outputs in 1...inputs {
                let windows = TapLayout.windows(of: inputs, over: outputs)
                #expect(windows.count == 2 * outputs && windows.first == 0 && windows.last == Int32(inputs))
                for output in 0..<outputs {
                    #expect(windows[2 * output] < windows[2 * output + 1])
                    if output > 0 {
                        let gap = windows[2 * output] - windows[2 * output - 1]
                        #expect(inputs % outputs == 0 ? gap == 0 : gap == 0 || gap == -1)
                    }
                }
            }
        }
    }

    @Test(arguments: InstructionSet.available, [Float.nan, .infinity, -.infinity])
    func numbersThatAreNoneAreTold(set: InstructionSet, bad: Float) throws {
        for place in 0..<12 {
            var tap = Tap(height: 2, width: 2, channels: 3, seed: 1)
            tap.pixels[place] = bad
            #expect(try tap.pooled(1, 1, [0, 1, 2], [1, 1, 1], set: set).tally.not_finite != 0)
        }
    }
}

/// A tap without gaps between its pixels.
private struct Tap {
    let height: Int
    let width: Int
    let channels: Int
    var pixels: [Float]

    init(height: Int, width: Int, channels: Int, seed: UInt64) {
        (self.height, self.width, self.channels) = (height, width, channels)
        var random = TestRandom(state: seed)
        pixels = (0..<height * width * channels).map { _ in
            Float.random(in: -300...300, using: &random) * (Int.random(in: 0..<40, using: &random) == 0 ? 1e4 : 1)
        }
    }

    subscript(y: Int, x: Int, channel: Int) -> Float { pixels[(y * width + x) * channels + channel] }

    /// What the kernel keeps: `[row][column][channel]`, and two numbers behind them that it must not touch.
    func pooled(
        _ rows: Int, _ columns: Int, _ chosen: [Int32], _ scales: [Float], steps: [Float] = [], set: InstructionSet
    ) throws -> (values: [Int32], tally: GatherTally) {
        let kernels = try #require(statistics_kernels(set.code))
        var values = [Int32](repeating: -1, count: rows * columns * chosen.count + 2)
        let (rowWindows, columnWindows) = (
            TapLayout.windows(of: height, over: rows), TapLayout.windows(of: width, over: columns)
        )
        let tally = pixels.withUnsafeBufferPointer { pixels in
            rowWindows.withUnsafeBufferPointer { rowWindows in
                columnWindows.withUnsafeBufferPointer { columnWindows in
                    chosen.withUnsafeBufferPointer { chosen in
                        scales.withUnsafeBufferPointer { scales in
                            steps.withUnsafeBufferPointer { steps in
                                var pooling = TapPooling(
                                    pixels: pixels.baseAddress, pixel_stride: channels, row_stride: channels * width,
                                    rows: Int32(rows), columns: Int32(columns), row_windows: rowWindows.baseAddress,
                                    column_windows: columnWindows.baseAddress, count: Int32(chosen.count),
                                    channels: chosen.baseAddress, scales: scales.baseAddress,
                                    steps: steps.isEmpty ? nil : steps.baseAddress)
                                return kernels.pointee.pool(&pooling, &values)
                            }
                        }
                    }
                }
            }
        }
        return (values, tally)
    }
}
