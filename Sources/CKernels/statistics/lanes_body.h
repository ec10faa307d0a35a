// Rows into lanes: lanes[k][i] = rows[i][k], a transposition, in squares of LANES by LANES numbers.
//
// A square is LANES vectors, one a row. Interleaving vector i with vector i + LANES/2, for all i < LANES/2, is a perfect shuffle
// of the square's numbers: it turns the bits of a number's place (row bits, then column bits) round by one. After log2(LANES)
// rounds row bits and column bits have changed places:
//
//     a b c d      a i b j      a e i m
//     e f g h  ->  c k d l  ->  b f j n
//     i j k l      e m f n      c g k o
//     m n o p      g o h p      d h l p
//
// (W. J. Stone, "Parallel Processing with the Perfect Shuffle", IEEE Transactions on Computers C-20, 1971.)

#if LANES == 4
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#define ROUNDS 2
#elif LANES == 8
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define ROUNDS 3
#elif LANES == 16
#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define ROUNDS 4
#endif

/// Turns a square of `images` rows, at most LANES; the others' numbers become 0.
static inline void V(turn_square)(const float *rows, ptrdiff_t image_stride, int images, float *out, size_t lanes) {
    floats square[LANES], turned[LANES];
    UNROLL for (int i = 0; i < LANES; i++) square[i] = i < images ? load(rows + i * image_stride) : splat(0);
    UNROLL for (int round = 0; round < ROUNDS; round++) {
        UNROLL for (int i = 0; i < LANES / 2; i++) {
            turned[2 * i] = __builtin_shufflevector(square[i], square[i + LANES / 2], LOW);
            turned[2 * i + 1] = __builtin_shufflevector(square[i], square[i + LANES / 2], HIGH);
        }
        UNROLL for (int i = 0; i < LANES; i++) square[i] = turned[i];
    }
    UNROLL for (int i = 0; i < LANES; i++) store(out + i * lanes, square[i]);
}

static void V(to_lanes)(const float *rows, ptrdiff_t image_stride, int images, int elements, float *out) {
    assert(images > 0 && elements >= 0 && (images == 1 || image_stride >= elements));
    const size_t lanes = whole_lanes(images);
    const int whole = elements - elements % LANES;
    for (int first = 0; first < (int)lanes; first += LANES) {
        const float *from = rows + first * image_stride;
        int here = images - first < LANES ? images - first : LANES;
        if (here == LANES)
            for (int k = 0; k < whole; k += LANES) V(turn_square)(from + k, image_stride, LANES, out + k * lanes + first, lanes);
        else
            for (int k = 0; k < whole; k += LANES) V(turn_square)(from + k, image_stride, here, out + k * lanes + first, lanes);
        for (int k = whole; k < elements; k++)
            for (int i = 0; i < LANES; i++) out[k * lanes + first + i] = i < here ? from[i * image_stride + k] : 0;
    }
}

#undef LOW
#undef HIGH
#undef ROUNDS
