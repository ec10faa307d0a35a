/// How long tests wait for what must come.
public enum TestTimeout {
    /// What never comes is found after so long. Machines that run tests stand still for half a minute at times, when their disks do.
    public static let seconds = 300
}
