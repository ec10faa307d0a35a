import LiveStatus
import Testing

@Suite struct PathVeilTests {
    @Test(arguments: [
        ("/mnt/lines/3/good/17.png: is no image", "…/17.png: is no image"),
        ("cannot read '/a/b'", "cannot read '…/b'"),
        ("open(/etc/passwd) failed.", "open(…/passwd) failed."),
        ("s3://bucket/key/17.png?X-Amz-Signature=abc is gone", "…/17.png is gone"),
        ("https://host/a/b.png#x, then", "…/b.png, then"),
        ("no answer from https://user:secret@host", "no answer from …/"),
        ("tcp://10.0.0.5:5570", "…/"),
        ("~/images/1.png", "…/1.png"),
        ("file:///home/me/1.png", "…/1.png"),
        ("good/17.png is cut off", "good/17.png is cut off"),
        ("12 images/s, 3/4", "12 images/s, 3/4"),
        ("", ""), ("/", "…/"), ("see /var/log.", "see …/log."),
    ])
    func whereSomethingLiesIsTakenOut(_ text: String, _ shown: String) {
        #expect(PathVeil.veiled(text) == shown)
    }

    /// Whatever stands before it, no absolute path of several parts stays.
    @Test func noRootStays() {
        for before in ["", " ", "(", "\"", ": ", "=", "ä", "\u{301}", "\n", "„", "a,", "[", "@"] {
            let shown = PathVeil.veiled("\(before)/secret-folder/inner/x.png rest")
            #expect(!shown.contains("secret-folder"), "\(shown)")
        }
    }
}
