/// Whether disks can be mounted for a test. It needs root; as another user the tests that want it are skipped, and said to be.
public enum Mounting {
    public static let isAllowed =
        (try? run("/usr/bin/unshare", ["--mount", "/bin/mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status) == 0
}
