import Foundation
import HTML
import ReportPage
import Storage
import Testing

/// The report's page as text. What it does in a browser is in `Tests/Inspection/ReportBrowserTests.swift`.
@Suite struct ReportPageTests {
    private func page(_ data: String = "{}", title: String = "Report") -> String {
        String(decoding: ReportPage.render(title: title, data: Data(data.utf8)), as: UTF8.self)
    }

    private func source(_ text: some StringProtocol) -> String {
        "'sha256-\(Data(Digest(of: text.utf8).bytes).base64EncodedString())'"
    }

    /// The policy names what is in the page, and nothing else.
    @Test func thePolicyNamesEveryScriptAndStyle() throws {
        let page = page()
        let policy = try #require(page.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/)).1
        let scripts = page.matches(of: /<script>([\s\S]*?)<\/script>/).map { source($0.1) }
        let styles = page.matches(of: /<style>([\s\S]*?)<\/style>/).map { source($0.1) }
        #expect(scripts.count == ReportPage.scripts.count && styles.count == 1)
        #expect(
            policy
                == "default-src 'none'; script-src \(scripts.joined(separator: " ")); style-src \(styles[0]); "
                + "img-src 'self' file: data:; base-uri 'none'; form-action 'none'")
        #expect(ReportPage.head(title: "x").contains("script-src 'none'"))
    }

    /// Names become text by one way only, and nothing is loaded, stored or run from text.
    @Test(arguments: [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "fetch(",
        "XMLHttpRequest", "WebSocket",
        "import(", "localStorage", "document.cookie", "http:", "https:", " style=", "@import", "url(h",
    ])
    func scriptsDoNotUse(_ what: String) {
        // The name of SVG's namespace is an address that nobody asks for.
        let page = page().replacing("http://www.w3.org/2000/svg", with: "")
        #expect(!page.contains(what))
    }

    @Test func noElementHasAHandlerOfItsOwn() {
        #expect(page().replacing(/<script[\s\S]*?<\/script>/, with: "").firstMatch(of: /<[^>]*\son[a-z]+\s*=/) == nil)
    }

    @Test(arguments: ["</script>", "<!--<script>", "<", "<<", "a<b>c</b>", ""])
    func dataStayData(_ text: String) throws {
        let json = try JSONEncoder().encode(["text": text, "more": "x"])
        let page = String(decoding: ReportPage.render(title: text, data: json), as: UTF8.self)
        let found = try #require(page.firstMatch(of: /id="data">([^<]*)<\/script>/)).1
        let back = try JSONDecoder().decode([String: String].self, from: Data(found.utf8))
        #expect(back == ["text": text, "more": "x"])
        #expect(page.matches(of: /<script/).count == ReportPage.scripts.count + 1)
    }

    @Test func hiddenCharactersAreSeen() {
        #expect(HTMLText.visible("a\u{202E}b\n\u{2028}\u{200F}\u{7}") == "a⟨U+202E⟩b⟨U+000A⟩⟨U+2028⟩⟨U+200F⟩⟨U+0007⟩")
        for plain in ["", "é", "e\u{301}", "日本", "שלום", "🙂", "a b-c/1.png"] {
            #expect(HTMLText.visible(plain) == plain)
        }
    }

    /// A quote before a combining mark is one character with it, and still ends an attribute.
    @Test func everyScalarIsEscaped() {
        #expect(HTMLText.escape("\"\u{301}<\u{338}>&'") == "&quot;\u{301}&lt;\u{338}&gt;&amp;&#39;")
    }
}
