import Cluster
import Foundation
import ImageAccess
import Storage
import TestSupport
import Testing
import WorkerService

/// Threads that wait for images that the coordinator sends.
@Suite struct ServedImagesTests {
    /// Images that are sent when they are asked for, by a thread of its own.
    private final class Sender: Sendable {
        let images = ServedImages()
        let asked = Locked<[ServedImage]>([])

        init(answer: @escaping @Sendable (ServedImages, ServedImage) -> Void) {
            images.ask = { [unowned self] image in
                asked.withLock { $0.append(image) }
                let images = images
                Thread { answer(images, image) }.start()
            }
            images.begin(isServing: true)
        }
    }

    private func tasks(_ numbers: ClosedRange<Int>) -> [ImageTask] {
        numbers.map {
            ImageTask(
                id: ImageID(rawValue: Int64($0)), location: .file("/nonexistent/\($0).png"), output: "\($0)",
                region: $0 % 2 == 0 ? .file("/nonexistent/mask-\($0).png") : nil)
        }
    }

    private func location(_ number: Int, isMask: Bool = false) -> ImageLocation {
        .file("/nonexistent/\(isMask ? "mask-" : "")\(number).png")
    }

    private static func content(_ image: ServedImage) -> [UInt8] {
        Array("\(image.part.rawValue) \(image.image)".utf8)
    }

    @Test func threadsGetWhatTheyWaitFor() throws {
        let sender = Sender { images, image in
            let bytes = Self.content(image)
            // In two pieces, the last one first.
            images.store(image, size: bytes.count, offset: 3, bytes: Array(bytes[3...]), isLast: false)
            images.store(image, size: bytes.count, offset: 0, bytes: Array(bytes[..<3]), isLast: true)
        }
        sender.images.add(7, tasks(1...60))
        let failures = Locked<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 60) { index in
            let number = index + 1
            for isMask in number % 2 == 0 ? [false, true] : [false] {
                let expected = "\(isMask ? "region" : "image") \(number)"
                let bytes = try? sender.images.fetch(location(number, isMask: isMask), limit: 100)
                if bytes.map({ String(decoding: $0, as: UTF8.self) }) != expected {
                    failures.withLock { $0.append(expected) }
                }
            }
        }
        #expect(failures.withLock { $0 } == [])
        // Each once, though they are asked for before they are needed.
        let asked = sender.asked.withLock { $0 }
        #expect(asked.count == 90 && Set(asked).count == 90)
        #expect(sender.images.waited > .zero)
    }

    @Test func nothingIsAskedForWhereNoImageIsMissing() throws {
        let sender = Sender { _, _ in }
        #expect(try sender.images.fetch(location(1), limit: 100) == nil)
        sender.images.add(7, tasks(1...3))
        // One that is no image of a shard in hand.
        #expect(try sender.images.fetch(.file("/nonexistent/other.png"), limit: 100) == nil)
        sender.images.begin(isServing: false)
        #expect(try sender.images.fetch(location(1), limit: 100) == nil)
        #expect(sender.asked.withLock { $0 } == [])
    }

    @Test func fewAreAskedForAhead() throws {
        let sender = Sender { images, image in
            if image.image == 1 {
                images.store(image, size: 1, offset: 0, bytes: [1], isLast: true)
            } else {
                images.store(image, size: 16 << 20, offset: 0, bytes: [2], isLast: false)
            }
        }
        sender.images.add(7, tasks(1...1_000))
        #expect(try sender.images.fetch(location(1), limit: 1) == [1])
        sender.images.void()
        sender.images.add(7, tasks(1...1_000))
        sender.asked.withLock { $0 = [] }
        #expect(try sender.images.fetch(location(1), limit: 1) == [1])
        #expect((2...32).contains(sender.asked.withLock { $0 }.count))
        // Larger ones are fewer.
        usleep(100_000)
        sender.images.void()
        sender.images.add(8, tasks(1...1_000))
        sender.asked.withLock { $0 = [] }
        #expect(try sender.images.fetch(location(1), limit: 1) == [1])
        #expect((2...5).contains(sender.asked.withLock { $0 }.count))
    }

    /// Images of a size that nobody knows yet might fill the memory.
    @Test func nothingIsAskedForAheadBeforeASizeIsKnown() throws {
        let size = 60 << 20
        let sender = Sender { images, image in
            images.store(image, size: size, offset: 0, bytes: [1], isLast: false)
            images.store(image, size: size, offset: 1, bytes: [2], isLast: true)
        }
        sender.images.add(7, tasks(1...64))
        for (number, asked) in [(1, 1), (3, 2)] {
            #expect(try sender.images.fetch(location(number), limit: size)?.count == size)
            #expect(sender.asked.withLock { $0 }.count == asked)
        }
    }

    @Test func whatCannotBeHadIsSaid() {
        let sender = Sender { images, image in
            if image.image == 1 {
                images.fail(image, reason: "the file is damaged")
            } else {
                images.store(image, size: 9, offset: 0, bytes: Array(repeating: 1, count: 9), isLast: true)
            }
        }
        sender.images.add(7, tasks(1...3))
        #expect(throws: ImageAccessError("/nonexistent/1.png", "the file is damaged")) {
            try sender.images.fetch(location(1), limit: 100)
        }
        #expect {
            try sender.images.fetch(location(3), limit: 8)
        } throws: { "\($0)".contains("too large") }
    }

    /// An image that is in two shards comes by the other where one of them is over.
    @Test func aThreadOutlivesTheShardByWhichItAsked() throws {
        let sender = Sender { images, image in
            if image.lease == 7 {
                images.remove(7)
            } else {
                images.store(image, size: 1, offset: 0, bytes: [8], isLast: true)
            }
        }
        sender.images.add(7, tasks(1...1))
        sender.images.add(8, tasks(1...1))
        #expect(try sender.images.fetch(location(1), limit: 1) == [8])
    }

    @Test func nobodyWaitsForASessionThatIsOver() {
        let sender = Sender { images, _ in images.void() }
        sender.images.add(7, tasks(1...1))
        #expect(throws: ImageAccessError.self) { try sender.images.fetch(location(1), limit: 1) }
    }

    /// Pieces that fit no image are passed over: none of them may be written beyond it.
    @Test func impossiblePiecesAreNotStored() throws {
        let sender = Sender { images, image in
            images.store(image, size: 4, offset: 3, bytes: [1, 2], isLast: false)
            images.store(image, size: 4, offset: -1, bytes: [1, 2], isLast: false)
            images.store(image, size: 4, offset: .max, bytes: [1, 2], isLast: false)
            images.store(image, size: 4, offset: 0, bytes: [1, 2, 3, 4], isLast: true)
        }
        sender.images.add(7, tasks(1...1))
        #expect(try sender.images.fetch(location(1), limit: 4) == [1, 2, 3, 4])
    }
}
