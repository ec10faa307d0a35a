import Cluster
import Foundation
import Gaussian
import Testing

/// What docs/PROTOCOL.md says of headers is what is written and read.
@Suite struct ProtocolPageTests {
    let page: ProtocolPage

    init() throws { page = try ProtocolPage() }

    enum WorkerName: String, CaseIterable {
        case hello, heartbeat, fetch, fetchImage, prepared, unfit, folded, audited, scored, calibrated, picture,
            identified, merged, gaveUp, lost, offer
        case chunk, filled, written, worked, leaving

        // A new message needs a name here, and with it an example on the page.
        init(_ message: WorkerMessage) {
            self =
                switch message {
                case .hello: .hello
                case .heartbeat: .heartbeat
                case .fetch: .fetch
                case .fetchImage: .fetchImage
                case .prepared: .prepared
                case .unfit: .unfit
                case .folded: .folded
                case .audited: .audited
                case .scored: .scored
                case .calibrated: .calibrated
                case .picture: .picture
                case .identified: .identified
                case .merged: .merged
                case .gaveUp: .gaveUp
                case .lost: .lost
                case .offer: .offer
                case .chunk: .chunk
                case .filled: .filled
                case .written: .written
                case .worked: .worked
                case .leaving: .leaving
                }
        }
    }

    enum CoordinatorName: String, CaseIterable {
        case welcome, refused, fenced, heartbeat, prepare, piece, imagePiece, imageUnavailable, deal, dealRange,
            acknowledged
        case checkpoint, send, committed, misunderstood, done

        init(_ message: CoordinatorMessage) {
            self =
                switch message {
                case .welcome: .welcome
                case .refused: .refused
                case .fenced: .fenced
                case .heartbeat: .heartbeat
                case .prepare: .prepare
                case .piece: .piece
                case .imagePiece: .imagePiece
                case .imageUnavailable: .imageUnavailable
                case .deal: .deal
                case .dealRange: .dealRange
                case .acknowledged: .acknowledged
                case .checkpoint: .checkpoint
                case .send: .send
                case .committed: .committed
                case .misunderstood: .misunderstood
                case .done: .done
                }
        }
    }

    enum WorkName: String, CaseIterable {
        case accumulate, audit, inspect, calibrate, identify, merge

        init(_ work: Work) {
            self =
                switch work {
                case .accumulate: .accumulate
                case .audit: .audit
                case .inspect: .inspect
                case .calibrate: .calibrate
                case .identify: .identify
                case .merge: .merge
                }
        }
    }

    /// Decodes an example, and sees to it that it is encoded again to the same bytes.
    private func read<Message: WireMessage>(_ example: String, as type: Message.Type) throws -> Message {
        let name = example.dropFirst(2).prefix { $0 != "\"" }
        let form = try #require(type.forms.all.first { $0.name == name }, "\(example)")
        let payload: [UInt8] = form.hasPayload ? [1] : []
        let message = try Wire.decode(Wire.frames(header: Array(example.utf8), payload: payload), as: type).message
        #expect(try String(decoding: Wire.encode(message, payload: payload)[0], as: UTF8.self) == example)
        return message
    }

    @Test func everyMessageHasAnExample() throws {
        let said = try page.examples(ProtocolPage.fromWorker).map { try read($0, as: WorkerMessage.self) }
        #expect(said.map { WorkerName($0) } == WorkerName.allCases)
        let answered = try page.examples(ProtocolPage.fromCoordinator).map {
            try read($0, as: CoordinatorMessage.self)
        }
        #expect(answered.map { CoordinatorName($0) } == CoordinatorName.allCases)
    }

    /// The example in "A message" is one as well.
    @Test func theFirstExampleIsOne() throws {
        let examples = page.examples("A message")
        #expect(examples.count == 1)
        for example in examples { _ = try read(example, as: CoordinatorMessage.self) }
    }

    @Test func everyWorkHasAnExample() throws {
        var names: Set<WorkName> = []
        for example in page.examples(ProtocolPage.objects) {
            let message = try read("{\"prepare\":{\"session\":1,\"stage\":\(example)}}", as: CoordinatorMessage.self)
            guard case .prepare(_, let stage) = message else { continue }
            names.insert(WorkName(stage.work))
        }
        #expect(names == Set(WorkName.allCases))
    }

    private func words(_ form: Form) -> String {
        switch form {
        case .whole: "whole"
        case .number: "number"
        case .boolean: "boolean"
        case .string: "string"
        case .digest: "digest"
        case .array(let element): "array of \(words(element))"
        case .object(let form): form.name
        case .choice(let name, _): name
        case .any: "any"
        }
    }

    private func words(_ form: ObjectForm) -> [String] {
        form.fields.map { "`\($0.name)`\($0.isOptional ? "?" : "") \(words($0.form))" }.sorted()
    }

    /// The objects that a form speaks of, with all in them.
    private func objects(in form: Form) -> [(name: String, form: ObjectForm)] {
        switch form {
        case .array(let element): objects(in: element)
        case .object(let form): [(form.name, form)] + form.fields.flatMap { objects(in: $0.form) }
        case .choice(let name, let choices):
            choices.flatMap { choice in
                [("\(name): \(choice.name)", choice)] + choice.fields.flatMap { objects(in: $0.form) }
            }
        case .whole, .number, .boolean, .string, .digest, .any: []
        }
    }

    @Test func theTablesHaveTheFieldsThatAreReadAndNoOthers() throws {
        var nested: [String: [String]] = [:]
        for (heading, forms) in [
            (ProtocolPage.fromWorker, WorkerMessage.forms), (ProtocolPage.fromCoordinator, CoordinatorMessage.forms),
        ] {
            let rows = page.rows(heading)
            #expect(rows.map(\.name) == forms.all.map(\.name))
            for (row, form) in zip(rows, forms.all) {
                #expect(row.fields == words(form.fields), "\(row.name)")
                #expect(row.payload?.isEmpty == !form.hasPayload, "\(row.name)")
                for field in form.fields.fields {
                    for object in objects(in: field.form) { nested[object.name] = words(object.form) }
                }
            }
        }
        let listed = page.rows(ProtocolPage.objects)
        #expect(Set(listed.map(\.name)) == Set(nested.keys))
        for row in listed { #expect(row.fields == nested[row.name], "\(row.name)") }
    }

    /// Adds the names of the fields that an example's objects have, by object.
    private func collect(_ value: Any, _ form: Form, _ seen: inout [String: Set<String>]) {
        switch form {
        case .array(let element): for value in value as? [Any] ?? [] { collect(value, element, &seen) }
        case .object(let form): collect(value, form.name, form, &seen)
        case .choice(let name, let choices):
            for choice in choices {
                guard let value = (value as? [String: Any])?[choice.name] else { continue }
                collect(value, "\(name): \(choice.name)", choice, &seen)
            }
        case .whole, .number, .boolean, .string, .digest, .any: break
        }
    }

    private func collect(_ value: Any, _ name: String, _ form: ObjectForm, _ seen: inout [String: Set<String>]) {
        for (key, value) in value as? [String: Any] ?? [:] {
            seen[name, default: []].insert(key)
            if let field = form.fields.first(where: { $0.name == key }) { collect(value, field.form, &seen) }
        }
    }

    /// A field that a type has and its form lacks would be refused; one that only the form has would be passed over. So each is in an
    /// example, which is written again as it was.
    @Test func everyFieldIsInAnExample() throws {
        var (seen, due): ([String: Set<String>], [String: Set<String>]) = ([:], [:])
        func read(_ examples: [String], _ prefix: String, _ forms: [MessageForm]) throws {
            let choice = Form.choice(name: prefix, forms.map(\.fields))
            for (name, form) in objects(in: choice) { due[name] = Set(form.fields.map(\.name)) }
            for example in examples {
                collect(try JSONSerialization.jsonObject(with: Data(example.utf8)), choice, &seen)
            }
        }
        let stages = page.examples(ProtocolPage.objects).map { "{\"prepare\":{\"session\":1,\"stage\":\($0)}}" }
        try read(page.examples(ProtocolPage.fromWorker), "worker", WorkerMessage.forms.all)
        try read(
            page.examples(ProtocolPage.fromCoordinator) + stages, "coordinator", CoordinatorMessage.forms.all)
        #expect(seen == due)
    }

    /// Files have spaces as messages have them: a field that is added there belongs into the form and onto the page as well.
    @Test func aSpaceHasTheFieldsOfFiles() {
        #expect(ObjectForm.space.fields.map(\.name) == FeatureSpace.fieldNames.sorted())
    }

    @Test func anOrderHasTheFieldsOfItsSettings() {
        #expect(ObjectForm.order.fields.map(\.name).sorted() == InspectionOrder.fieldNames.sorted())
    }
}
