import CKernels
import Compute
import PaDiM
import Testing

/// From taps to rows: which pixel, which channel, which whole number.
@Suite struct GatherTests {
    @Test(arguments: InstructionSet.available, [1, 5, 16, 37, 700])
    func takesTheRightNumbersAndRoundsTiesToEven(set: InstructionSet, count: Int) throws {
        let (height, width, grid) = (3, 2, 7)
        let (pixelStride, rowStride) = (count + 3, (count + 3) * width + 5)
        var random = TestRandom(state: UInt64(count))
        var pixels = (0..<height * rowStride).map { _ in Float.random(in: -40...40, using: &random) }
        // Halves, and numbers beyond the limit.
        for place in stride(from: 0, to: pixels.count, by: 3) { pixels[place] = (pixels[place] * 4).rounded() + 0.5 }
        for place in stride(from: 7, to: pixels.count, by: 31) { pixels[place] *= 1e6 }
        let channels = (0..<count).map { _ in Int32.random(in: 0..<Int32(count + 3), using: &random) }
        let scales = (0..<count).map { Float(1 << ($0 % 12)) }
        let rows = try gathered(
            pixels, pixelStride, rowStride, height, width, channels, scales, grid: grid, set: set)
        var clamped: Int64 = 0
        for y in 0..<grid {
            for x in 0..<grid {
                // Nearest repetition: floor(i * inputs / outputs).
                let start = (y * height / grid) * rowStride + (x * width / grid) * pixelStride
                for c in 0..<count {
                    let exact = pixels[start + Int(channels[c])] * scales[c]
                    let expected = min(max(exact.rounded(.toNearestOrEven), -524_287), 524_287)
                    #expect(rows.values[(y * grid + x) * (count + 2) + c] == Int32(expected))
                    if abs(exact) > 524_287 { clamped += 1 }
                }
                #expect(rows.values[(y * grid + x) * (count + 2) + count] == -1, "wrote past its part")
            }
        }
        #expect(rows.tally.clamped == clamped)
        #expect(rows.tally.not_finite == 0)
    }

    @Test(arguments: InstructionSet.available, [Float.nan, .infinity, -.infinity])
    func numbersThatAreNoneAreTold(set: InstructionSet, bad: Float) throws {
        for place in 0..<19 {
            var pixels = [Float](repeating: 1, count: 19)
            pixels[place] = bad
            let rows = try gathered(
                pixels, 19, 19, 1, 1, (0..<19).map { Int32($0) }, [Float](repeating: 2, count: 19), grid: 1, set: set)
            #expect(rows.tally.not_finite != 0)
        }
    }

    @Test func startsFollowTheFloorRule() {
        for inputs in 1...30 {
            for outputs in 1...60 {
                let starts = TapLayout.starts(of: inputs, over: outputs)
                for output in 0..<outputs {
                    let input = output * inputs / outputs
                    #expect(starts[input] <= output && output < starts[input + 1])
                }
                #expect(starts.first == 0 && starts.last == Int32(outputs))
            }
        }
    }

    private func gathered(
        _ pixels: [Float], _ pixelStride: Int, _ rowStride: Int, _ height: Int, _ width: Int, _ channels: [Int32],
        _ scales: [Float], grid: Int, set: InstructionSet
    ) throws -> (values: [Int32], tally: GatherTally) {
        let kernels = try #require(statistics_kernels(set.code))
        let stride = channels.count + 2
        var values = [Int32](repeating: -1, count: grid * grid * stride)
        let (rowStarts, columnStarts) = (
            TapLayout.starts(of: height, over: grid), TapLayout.starts(of: width, over: grid)
        )
        let tally = pixels.withUnsafeBufferPointer { pixels in
            channels.withUnsafeBufferPointer { channels in
                scales.withUnsafeBufferPointer { scales in
                    rowStarts.withUnsafeBufferPointer { rowStarts in
                        columnStarts.withUnsafeBufferPointer { columnStarts in
                            var tap = TapGather(
                                pixels: pixels.baseAddress, pixel_stride: pixelStride, row_stride: rowStride,
                                height: Int32(height), width: Int32(width), row_starts: rowStarts.baseAddress,
                                column_starts: columnStarts.baseAddress, grid_width: Int32(grid),
                                count: Int32(channels.count), channels: channels.baseAddress,
                                scales: scales.baseAddress)
                            return kernels.pointee.gather(&tap, &values, stride)
                        }
                    }
                }
            }
        }
        return (values, tally)
    }
}
