#include "png_reading.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct png_reader {
    png_structp png;
    png_infop info;
    const uint8_t *bytes;
    size_t count, position;
    unsigned max_texts;
    png_failure failure;
    char message[160], warning[160];
};

// Behind the signature and a length.
enum { first_name = 12 };

// libpng tells its errors apart by their words only.
static const char unknown_chunk[] = "unhandled critical chunk", refused_header[] = "Invalid IHDR data";

/// Whether a warning means that a text is not kept, or that it will get memory of a length that may be made up.
static bool is_about_lost_text(const char *warning) {
    static const char *const about[] = {
        "tEXt: chunk data is too large", "zTXt: chunk data is too large", "iTXt: chunk data is too large",
        "tEXt: no space in chunk cache", "zTXt: no space in chunk cache", "iTXt: no space in chunk cache",
    };
    for (size_t index = 0; index < sizeof about / sizeof *about; index++)
        if (strcmp(warning, about[index]) == 0) return true;
    return false;
}

static void fail(png_structp png, png_const_charp message) {
    png_reader *reader = png_get_error_ptr(png);
    if (strstr(message, unknown_chunk)) reader->failure = png_failure_unknown_chunk;
    if (is_about_lost_text(message)) reader->failure = png_failure_texts;
    // What is wrong with a header is in the warning before the error.
    bool is_explained = reader->warning[0] && strcmp(message, refused_header) == 0;
    snprintf(reader->message, sizeof reader->message, "%s", is_explained ? reader->warning : message);
    png_longjmp(png, 1);
}

static void warn(png_structp png, png_const_charp message) {
    png_reader *reader = png_get_error_ptr(png);
    // Passed over, it might be the one that is asked for.
    if (reader->max_texts > 0 && is_about_lost_text(message)) png_error(png, message);
    snprintf(reader->warning, sizeof reader->warning, "%s", message);
}

static void read_bytes(png_structp png, png_bytep target, size_t count) {
    png_reader *reader = png_get_io_ptr(png);
    if (count > reader->count - reader->position) png_error(png, "the file ends too early");
    memcpy(target, reader->bytes + reader->position, count);
    reader->position += count;
}

static void prepare(png_reader *reader) {
    png_structp png = reader->png;
    png_set_read_fn(png, reader, read_bytes);
    // The caller has limits of its own, and looks at the size before anything is allocated for it.
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_chunk_malloc_max(png, png_text_limit);
    // libpng keeps two chunks fewer than this; 0 would be no limit.
    png_set_chunk_cache_max(png, reader->max_texts + 2);
    // Of any chunk: what is passed over is checked, too.
    png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    // A negative number: of all chunks but IHDR, PLTE, tRNS, IDAT and IEND.
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep)"tRNS", 1);
    if (reader->max_texts > 0)
        png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, (png_const_bytep)"tEXt\0zTXt\0iTXt", 3);
    // What libpng can pass over stays a warning.
    png_set_benign_errors(png, 1);
    // An index without a colour is black: libpng need not look for such ones.
    png_set_check_for_invalid_index(png, 0);
    // Some writers name a smaller window than they used. Other readers do not mind.
    png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
}

png_reader *png_reader_open(const void *bytes, size_t count, unsigned max_texts) {
    png_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    reader->bytes = bytes;
    reader->count = count;
    reader->max_texts = max_texts;
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, fail, warn);
    if (reader->png) reader->info = png_create_info_struct(reader->png);
    if (!reader->info || setjmp(png_jmpbuf(reader->png))) {
        png_reader_close(reader);
        return NULL;
    }
    prepare(reader);
    return reader;
}

void png_reader_close(png_reader *reader) {
    png_destroy_read_struct(&reader->png, &reader->info, NULL);
    free(reader);
}

bool png_reader_read_header(png_reader *reader, png_header *header) {
    png_structp png = reader->png;
    png_infop info = reader->info;
    if (setjmp(png_jmpbuf(png))) return false;
    png_read_info(png, info);
    // Chunks that libpng is told to pass over may stand before the header for it.
    if (memcmp(reader->bytes + first_name, "IHDR", 4) != 0) png_error(png, "the first chunk is not IHDR");
    *header = (png_header){
        .width = png_get_image_width(png, info),
        .height = png_get_image_height(png, info),
        .bits = png_get_bit_depth(png, info),
        .samples = png_get_channels(png, info),
        .is_palette = png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE,
        .is_interlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE,
        // The length and name of the first chunk of pixels have been read.
        .pixels_offset = reader->position - 8,
    };
    png_colorp colors = NULL;
    int count = 0;
    if (png_get_PLTE(png, info, &colors, &count) && count > 0) {
        header->first_color[0] = colors[0].red;
        header->first_color[1] = colors[0].green;
        header->first_color[2] = colors[0].blue;
    }
    return true;
}

const char *png_reader_text(const png_reader *reader, const char *keyword) {
    png_textp texts = NULL;
    int count = png_get_text(reader->png, reader->info, &texts, NULL);
    for (int index = 0; index < count; index++)
        if (strcmp(texts[index].key, keyword) == 0) return texts[index].text;
    return NULL;
}

static void become_stored(png_structp png) {
    png_set_packing(png);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    png_set_swap(png);
#endif
}

static void become_rgb(png_structp png, png_infop info) {
    png_byte type = png_get_color_type(png, info);
    if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
    if (type == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) png_set_expand_gray_1_2_4_to_8(png);
    if (!(type & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
    if (type & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
}

bool png_reader_read_pixels(png_reader *reader, png_form form, uint8_t *output, size_t row_bytes) {
    png_structp png = reader->png;
    if (setjmp(png_jmpbuf(png))) return false;
    if (form == png_rgb_pixels) {
        become_rgb(png, reader->info);
    } else {
        become_stored(png);
    }
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, reader->info);
    if (png_get_rowbytes(png, reader->info) != row_bytes) png_error(png, "a row's length is another than its header says");
    size_t height = png_get_image_height(png, reader->info);
    // With the last row libpng reads on to the stream's end, and checks the chunk that holds it. What comes behind does not count.
    for (int pass = 0; pass < passes; pass++)
        for (size_t row = 0; row < height; row++) png_read_row(png, output + row * row_bytes, NULL);
    return true;
}

png_failure png_reader_failure(const png_reader *reader) { return reader->failure; }

const char *png_reader_message(const png_reader *reader) { return reader->message; }
