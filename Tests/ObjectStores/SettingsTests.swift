import ObjectStores
import TestSupport
import Testing

@Suite struct SettingsTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func settings(_ variables: [String: String]) throws -> ObjectStoreSettings {
        try ObjectStoreSettings(EnvironmentVariables(["HOME": folder.path].merging(variables) { $1 }))
    }

    @Test func theEnvironmentComesBeforeProfiles() throws {
        try folder.write(
            "[default]\naws_access_key_id = file\naws_secret_access_key=hush\n\n[other]\naws_access_key_id=o\naws_secret_access_key=p\naws_session_token=q\n",
            to: ".aws/credentials")
        try folder.write(
            "[default]\nregion = eu-north-1\n[profile other]\nregion=eu-west-2\nendpoint_url = http://h:1\ns3 =\n    region = no\n",
            to: ".aws/config")
        #expect(try settings([:]).credentials?.accessKey == "file")
        #expect(try settings([:]).region == "eu-north-1")
        let other = try settings(["AWS_PROFILE": "other"])
        #expect(other.credentials == Credentials(accessKey: "o", secret: "p", token: "q"))
        #expect(other.region == "eu-west-2" && other.endpoint?.text == "http://h:1/")
        let given = try settings([
            "AWS_PROFILE": "other", "AWS_ACCESS_KEY_ID": "e", "AWS_SECRET_ACCESS_KEY": "s", "AWS_REGION": "us-west-1",
            "AWS_ENDPOINT_URL": "https://two", "AWS_ENDPOINT_URL_S3": "https://one",
        ])
        #expect(given.credentials == Credentials(accessKey: "e", secret: "s", token: nil))
        #expect(given.region == "us-west-1" && given.endpoint?.text == "https://one/")
        #expect(try settings(["AWS_PROFILE": "other", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"]).endpoint == nil)
        let elsewhere = try folder.write("[default]\naws_access_key_id=x\naws_secret_access_key=y\n", to: "keys")
        #expect(try settings(["AWS_SHARED_CREDENTIALS_FILE": elsewhere]).credentials?.accessKey == "x")
    }

    @Test func withoutCredentialsRequestsAreAnonymous() throws {
        let none = try settings([:])
        #expect(none.credentials == nil && none.region == "us-east-1")
        #expect(none.account.contains("AWS_ACCESS_KEY_ID") && none.account.contains(folder.path + "/.aws/credentials"))
    }

    @Test func theTimeoutIsWhatTheEnvironmentSaysElseTheCallers() throws {
        for (variables, seconds) in [([:], 7.0), (["PADIM_STORE_TIMEOUT": "30"], 30)] {
            let variables = EnvironmentVariables(variables.merging(["HOME": folder.path]) { $1 })
            #expect(try ObjectStoreSettings(variables, timeout: 7).timeout == seconds)
        }
    }

    @Test(arguments: [
        (["AWS_ACCESS_KEY_ID": "hush"], "AWS_SECRET_ACCESS_KEY"),
        (["AWS_ACCESS_KEY_ID": "hush hush", "AWS_SECRET_ACCESS_KEY": "hush"], "spaces"),
        (["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "hush\r\nx-evil: 1"], "spaces"),
        (["AWS_PROFILE": "gone"], "no such profile"), (["AWS_ENDPOINT_URL": "http://u:hush@h"], "AWS_ENDPOINT_URL"),
        (["AWS_ENDPOINT_URL": "h:9000"], "https://HOST"), (["AWS_REGION": "eu west"], "AWS_REGION"),
        (["PADIM_STORE_TIMEOUT": "-1"], "86400"), (["PADIM_STORE_TIMEOUT": "soon"], "seconds"),
    ]) func whatCannotBeUsedIsNamed(variables: [String: String], says: String) {
        do {
            _ = try settings(variables)
            Issue.record("\(variables) were taken")
        } catch {
            #expect("\(error)".contains(says), "\(error)")
            #expect(!"\(error)".contains("hush"), "\(error)")
        }
    }

    @Test func profilesThatNeedAnotherProgramSayWhichOne() throws {
        try folder.write("[profile work]\nsso_session = corp\n", to: ".aws/config")
        do {
            _ = try settings(["AWS_PROFILE": "work"])
            Issue.record("it was taken")
        } catch {
            #expect("\(error)".contains("aws configure export-credentials --profile work"))
        }
    }

    /// However they are printed: logs print values, and tests and debuggers dump them.
    @Test func secretsAreNeverShown() throws {
        let settings = try settings([
            "AWS_ACCESS_KEY_ID": "hush1", "AWS_SECRET_ACCESS_KEY": "hush2", "AWS_SESSION_TOKEN": "hush3",
        ])
        let credentials = try #require(settings.credentials)
        var dumped = ""
        dump(settings, to: &dumped)
        dump(credentials, to: &dumped)
        let shown = [
            "\(settings)", "\(credentials)", String(reflecting: credentials), String(reflecting: settings), dumped,
        ]
        #expect(shown.allSatisfy { !$0.contains("hush") }, "\(shown)")
    }
}
