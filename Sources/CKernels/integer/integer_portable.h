// What the integer kernels are made of, for vectors of four sums on any processor: words of two numbers of 16 bits.

typedef uint32_t V(words) __attribute__((ext_vector_type(LANES)));
typedef int16_t V(shorts) __attribute__((ext_vector_type(2 * LANES)));
#define shorts V(shorts)

static inline integers V(splat_integer)(int32_t x) { return (integers){x, x, x, x}; }
static inline integers V(dot)(integers sum, integers x, integers w) {
    // Shifts of negative numbers keep their sign; those to the left are done without one.
    const integers low_x = (integers)((V(words))x << 16) >> 16, low_w = (integers)((V(words))w << 16) >> 16;
    return sum + low_x * low_w + (x >> 16) * (w >> 16);
}
static inline integers V(round_to_integers)(floats x) {
    return __builtin_convertvector(__builtin_elementwise_rint(x), integers);
}
static inline void V(interleave)(const integers rows[2], integers words[2]) {
    const shorts a = (shorts)rows[0], b = (shorts)rows[1];
    words[0] = (integers)__builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    words[1] = (integers)__builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
static inline integers V(pack)(const integers q[2], int32_t zero, int32_t high) {
    integers clamped[2];
    UNROLL for (int i = 0; i < 2; i++) {
        const integers sum = q[i] + V(splat_integer)(zero), none = V(splat_integer)(0), most = V(splat_integer)(high);
        const integers positive = sum > none ? sum : none;
        clamped[i] = positive < most ? positive : most;
    }
    return (integers)__builtin_shufflevector((shorts)clamped[0], (shorts)clamped[1], 0, 2, 4, 6, 8, 10, 12, 14);
}
#undef shorts
