/// The headings of the help. Options of one heading stand together, whichever group they are of.
enum HelpSection {
    static let usual = "USUAL OPTIONS"
    static let images = "IMAGES"
    static let model = "MODEL"
    static let thresholds = "THRESHOLDS"
    static let maps = "MAPS AND OVERLAYS"
    static let workers = "WORKERS"
    static let limits = "LIMITS"
    static let watching = "WATCHING THE JOB"
}
