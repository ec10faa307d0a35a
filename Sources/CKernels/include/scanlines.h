#pragma once
#include <stddef.h>
#include <stdint.h>

// PNG stores each row of pixels, a scanline, as differences to what a filter predicts from its neighbours
// (PNG specification, section 9):
//
//     | c | b |   row above                  filter   prediction of x
//     | a | x |   row                        0 none   0
//                                            1 sub    a
//                                            2 up     b
//                                            3 mean   floor((a + b) / 2)
//                                            4 Paeth  whichever of a, b, c is nearest to a + b - c; ties in this order
//
// a, b and c are the same byte of the pixel to the left, above, and above left; 0 outside of the image. Sums are taken
// modulo 256.

/// Turns scanlines into pixels, in place.
///
/// - `scanlines`: `rows` times a filter's number and `row_bytes` bytes, without gaps.
/// - `pixel_bytes`: from one pixel to the next, 1 to 8.
///
/// Returns the number of rows done: less than `rows` where a filter is none of the five.
size_t scanlines_unfilter(uint8_t *scanlines, size_t rows, size_t row_bytes, size_t pixel_bytes);

/// Turns pixels into scanlines, all with one filter.
///
/// - `pixels`: `rows` times `row_bytes` bytes, without gaps.
/// - `filter`: 1, sub, or 2, up.
/// - `scanlines`: room for `rows` times a filter's number and `row_bytes` bytes.
void scanlines_filter(const uint8_t *pixels, size_t rows, size_t row_bytes, size_t pixel_bytes, uint8_t filter,
                      uint8_t *scanlines);

/// 16-bit samples as PNG has them, the high byte first: `unit` times each value, rounded to the nearest whole number, ties to even, held
/// within 0...65,535. What is not a number becomes 0.
void scanlines_samples(const float *values, size_t count, float unit, uint8_t *samples);

/// `count` pixels of RGB, each of a gray value three times.
void scanlines_replicate(const uint8_t *gray, size_t count, uint8_t *rgb);
