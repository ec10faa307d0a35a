/// How long tests wait for what must come.
public enum TestTimeout {
    /// What never comes is found after so long; a slow machine has the time that it needs.
    public static let seconds = 300
}
