import CKernels
import Compute
import PaDiM
import Testing

/// From taps to what is kept: which pixel, which channel, which whole number.
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
        func exact(_ y: Int, _ x: Int, _ c: Int) -> Float {
            pixels[y * rowStride + x * pixelStride + Int(channels[c])] * scales[c]
        }
        for y in 0..<height {
            for x in 0..<width {
                for c in 0..<count {
                    let expected = min(max(exact(y, x, c).rounded(.toNearestOrEven), -524_287), 524_287)
                    #expect(rows.values[(y * width + x) * count + c] == Int32(expected))
                }
            }
        }
        #expect(rows.values.suffix(2) == [-1, -1], "wrote past the end")
        // Scoring takes the same numbers as floats.
        let floats = try gathered(
            pixels, pixelStride, rowStride, height, width, channels, scales, steps: scales.map { 1 / $0 }, grid: grid,
            set: set)
        for (place, (float, whole)) in zip(floats.values, rows.values).dropLast(2).enumerated() {
            #expect(Float(bitPattern: UInt32(bitPattern: float)) == Float(whole) / scales[place % count])
        }
        #expect(floats.values.suffix(2) == [-1, -1], "wrote past the end")
        #expect(floats.tally.clamped == rows.tally.clamped)
        // Counted at each patch. Nearest repetition: floor(i * inputs / outputs).
        var clamped: Int64 = 0
        for patch in 0..<grid * grid {
            let (y, x) = (patch / grid * height / grid, patch % grid * width / grid)
            for c in 0..<count where abs(exact(y, x, c)) > 524_287 { clamped += 1 }
        }
        #expect(rows.tally.clamped == clamped)
        #expect(rows.tally.not_finite == 0)
    }

    @Test(arguments: InstructionSet.available)
    func pixelsThatNoPatchShowsAreLeftOut(set: InstructionSet) throws {
        // Four rows and columns to two: the even ones are shown. What is bad elsewhere is nobody's.
        var pixels = [Float](repeating: .nan, count: 16)
        for place in [0, 2, 8, 10] { pixels[place] = Float(place) }
        let rows = try gathered(pixels, 1, 4, 4, 4, [0], [1], grid: 2, set: set)
        #expect(rows.tally.not_finite == 0)
        #expect(rows.values.prefix(16) == [0, -1, 2, -1, -1, -1, -1, -1, 8, -1, 10, -1, -1, -1, -1, -1])
    }

    @Test(arguments: [(1, 3), (3, 5), (9, 17)])
    func spreadingRepeatsPixelsInRows(images: Int, count: Int) {
        let columns: [Int32] = [0, 0, 1, 3]
        let (imageStride, dimension, place) = (5 * count + 3, count + 4, 2)
        let values = (0..<Int32(images * imageStride)).map { $0 }
        var rows = [Int32](repeating: -1, count: columns.count * images * dimension)
        values.withUnsafeBufferPointer { values in
            var pixels = TapPixels(values: values.baseAddress, image_stride: imageStride, count: Int32(count))
            rows.withUnsafeMutableBufferPointer { rows in
                guard let start = rows.baseAddress else { return }
                statistics_spread(
                    &pixels, columns, Int32(columns.count), Int32(images), start + place, dimension)
            }
        }
        for (patch, column) in columns.enumerated() {
            for image in 0..<images {
                let row = rows[((patch * images + image) * dimension)...].prefix(dimension)
                let first = Int32(image * imageStride) + column * Int32(count)
                #expect(Array(row) == [-1, -1] + (first..<first + Int32(count)) + [-1, -1])
            }
        }
    }

    @Test(arguments: InstructionSet.available, [(1, 1), (5, 19), (16, 16), (31, 40), (64, 7), (65, 33)])
    func lanesAreRowsTurned(set: InstructionSet, shape: (images: Int, elements: Int)) throws {
        let kernels = try #require(statistics_kernels(set.code))
        let (images, elements, stride) = (shape.images, shape.elements, shape.elements + 3)
        let rows = (0..<images * stride).map { Float($0 + 1) }
        let lanes = statistics_lanes(Int32(images))
        #expect(lanes >= images && lanes % 32 == 0)
        var found = [Float](repeating: .nan, count: elements * lanes + 1)
        kernels.pointee.to_lanes(rows, stride, Int32(images), Int32(elements), &found)
        for element in 0..<elements {
            for lane in 0..<lanes {
                let expected = lane < images ? rows[lane * stride + element] : 0
                #expect(found[element * lanes + lane] == expected)
            }
        }
        #expect(found.last?.isNaN == true, "wrote past the end")
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
}

/// What the kernel keeps of a tap's pixels: `[pixel][channel]`, and two numbers behind them that it must not touch.
func gathered(
    _ pixels: [Float], _ pixelStride: Int, _ rowStride: Int, _ height: Int, _ width: Int, _ channels: [Int32],
    _ scales: [Float], steps: [Float] = [], grid: Int, set: InstructionSet
) throws -> (values: [Int32], tally: GatherTally) {
    let kernels = try #require(statistics_kernels(set.code))
    var values = [Int32](repeating: -1, count: height * width * channels.count + 2)
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
                            column_starts: columnStarts.baseAddress,
                            count: Int32(channels.count), channels: channels.baseAddress,
                            scales: scales.baseAddress, steps: nil)
                        return steps.withUnsafeBufferPointer { steps in
                            if !steps.isEmpty { tap.steps = steps.baseAddress }
                            return kernels.pointee.gather(&tap, &values)
                        }
                    }
                }
            }
        }
    }
    return (values, tally)
}
