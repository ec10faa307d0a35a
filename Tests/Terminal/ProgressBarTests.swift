import Terminal
import Testing

@Suite struct ProgressBarTests {
    private func plain(_ columns: Int) -> TerminalStyle {
        TerminalStyle(redraws: true, hasColors: false, columns: columns)
    }

    /// A line that wraps cannot be written over.
    @Test func noLineIsWiderThanTheTerminal() {
        let notes = ["123456/400000 images", "1234.5 images/s", "3.4 h left", "128 workers", "17 unusable"]
        for columns in 1...200 {
            for label in ["fit", "calibrate", String(repeating: "long", count: 50)] {
                for count in 0...notes.count {
                    let bar = ProgressBar(label: label, done: 123_456, of: 400_000, notes: Array(notes.prefix(count)))
                    #expect(bar.line(on: plain(columns)).count < max(20, columns))
                }
            }
        }
    }

    @Test func theBarIsAsLongAsTheShare() throws {
        for done in 0...100 {
            let line = ProgressBar(label: "fit", done: done, of: 100, notes: []).line(on: plain(80))
            #expect(line.count { $0 == "=" } == done * 30 / 100 && line.contains(" \(done)%"))
        }
    }

    @Test(arguments: [(5, 0), (-1, 10), (20, 10), (0, 0)]) func impossibleNumbersAreShown(done: Int, total: Int) {
        let bar = ProgressBar(label: "fit", done: done, of: total, notes: [])
        #expect(bar.line(on: plain(80)).hasPrefix("fit [") && (0...max(0, total)).contains(bar.done))
    }

    @Test func coloursAreForTerminalsThatWantThem() {
        #expect(TerminalStyle(isTerminal: true, columns: 80, [:]).hasColors)
        for (isTerminal, environment) in [(false, [:]), (true, ["NO_COLOR": "1"]), (true, ["TERM": "dumb"])] {
            let style = TerminalStyle(isTerminal: isTerminal, columns: 80, environment)
            #expect(!style.hasColors && style.colored("text", .red) == "text")
        }
        // An empty variable is none.
        #expect(TerminalStyle(isTerminal: true, columns: 80, ["NO_COLOR": ""]).hasColors)
        #expect(!TerminalStyle(isTerminal: true, columns: 80, ["TERM": "dumb"]).redraws)
        #expect(TerminalStyle(isTerminal: true, columns: 80, ["NO_COLOR": "1"]).redraws)
    }
}
