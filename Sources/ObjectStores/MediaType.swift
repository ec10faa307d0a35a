/// What an object holds, as its header says it to browsers.
public enum MediaType {
    /// - Parameter name: of the object, whose ending tells.
    public static func named(_ name: String) -> String {
        switch name.split(separator: ".").last {
        case "png": "image/png"
        case "tiff": "image/tiff"
        case "svg": "image/svg+xml"
        case "html": "text/html; charset=utf-8"
        case "csv": "text/csv; charset=utf-8"
        case "json": "application/json"
        default: "application/octet-stream"
        }
    }
}
