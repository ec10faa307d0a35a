/// What is done about the orientation that an image's file states for its pixels: cameras and telephones often store a picture as
/// the sensor lay, and say in the file how it is to be turned.
public enum OrientationRule: String, Codable, CaseIterable, Sendable {
    /// Pixels stay as they are stored.
    case ignore
    /// The image is turned or mirrored as its file says, and all places are in the turned image's pixels.
    case exif
}
