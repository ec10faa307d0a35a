#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A PNG in memory that libpng reads, from its beginning to the last of its pixels.
///
/// C beside CKernels, since libpng reports errors by longjmp, which must not pass through Swift's frames: each function here that calls
/// libpng sets a jump of its own, and returns false where libpng jumped. Nothing is printed.
///
/// Chunks beside the header, the palette and the pixels are passed over unread, but for their CRC: they can pack no bombs and change no
/// sample. That holds for gAMA, iCCP, sBIT, tRNS and whatever later releases of libpng may know.
typedef struct png_reader png_reader;

typedef struct {
    size_t width, height;
    /// Of a sample: 1, 2, 4, 8 or 16.
    size_t bits;
    /// Of a pixel: 1 gray or a palette's index, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
    size_t samples;
    bool is_palette, is_interlaced;
    /// The colour of a palette's index 0; black without a palette.
    uint8_t first_color[3];
    /// Where the first chunk of pixels begins in the file.
    size_t pixels_offset;
} png_header;

typedef enum {
    /// Every sample as the file has it: of up to 8 bits a byte, not scaled; of 16 bits two bytes, in this machine's order.
    png_stored_samples,
    /// RGB of 8 bits, for files of up to 8 bits a sample: palettes are looked up, gray is scaled and replicated, alpha is dropped.
    png_rgb_pixels,
} png_form;

/// The bytes that a text may have, in the file and unpacked.
enum { png_text_limit = 1 << 20 };

/// - Parameters:
///   - bytes: must stay until `png_reader_close`.
///   - max_texts: how many texts may stand before the pixels; 0: any number, and they are passed over like other chunks.
/// - Returns: null where there is no memory.
png_reader *png_reader_open(const void *bytes, size_t count, unsigned max_texts);

void png_reader_close(png_reader *reader);

/// Reads what stands before the pixels; once. Allocates nothing that depends on the image's size.
bool png_reader_read_header(png_reader *reader, png_header *header);

/// The text of that keyword, after the header; null where there is none. Of several the first.
const char *png_reader_text(const png_reader *reader, const char *keyword);

/// Reads the pixels, after the header; once.
///
/// - Parameters:
///   - output: `height * row_bytes` bytes, in any state after a failure.
///   - row_bytes: of a row in that form.
bool png_reader_read_pixels(png_reader *reader, png_form form, uint8_t *output, size_t row_bytes);

typedef enum {
    /// The file is damaged or ends too early, or there is no memory.
    png_failure_damage,
    /// A chunk without which the pixels cannot be read is not known.
    png_failure_unknown_chunk,
    /// There are more texts than were allowed, or one is too long.
    png_failure_texts,
} png_failure;

/// Why the last call returned false.
png_failure png_reader_failure(const png_reader *reader);

/// The same as libpng says it.
const char *png_reader_message(const png_reader *reader);
