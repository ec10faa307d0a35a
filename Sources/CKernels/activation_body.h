// Activations, and the exponential under them.
//
//     exp(x) = 2^n * exp(r),   n = round(x / ln 2),   r = x - n ln 2,   |r| <= (ln 2) / 2
//
// exp(r) is its Taylor polynomial of degree 7 (the first term left out is below 6e-9). n is rounded by adding 1.5 * 2^23,
// whose last mantissa bit is worth 1; the same sum's low bits, shifted to the exponent's place, are 2^n. ln 2 is
// subtracted in two parts, the first with few enough bits that n times it is exact (Cody and Waite 1980).
// An own exponential rather than libm's: vectors of it, and the same bits on every machine that fuses multiply-adds.

static inline floats V(exponential)(floats x) {
    x = smaller(larger(x, splat(-87.0f)), splat(88.0f));
    const floats shifted = fused(x, splat(0x1.715476p+0f), splat(0x1.8p23f));
    const floats n = shifted - splat(0x1.8p23f);
    floats r = fused(n, splat(-0x1.62e4p-1f), x);
    r = fused(n, splat(-0x1.7f7d1cp-20f), r);
    floats sum = splat(1.0f / 5040);
    sum = fused(sum, r, splat(1.0f / 720));
    sum = fused(sum, r, splat(1.0f / 120));
    sum = fused(sum, r, splat(1.0f / 24));
    sum = fused(sum, r, splat(1.0f / 6));
    sum = fused(sum, r, splat(0.5f));
    sum = fused(sum, r, splat(1.0f));
    sum = fused(sum, r, splat(1.0f));
    const integers power = ((integers)shifted + 127) << 23;
    return sum * (floats)power;
}

static inline floats V(activate)(const struct Activation *activation, floats x) {
    switch (activation->kind) {
    case ActivationSwish:
        return x / (splat(1.0f) + V(exponential)(-x));
    case ActivationSigmoid:
        return splat(1.0f) / (splat(1.0f) + V(exponential)(-x));
    case ActivationNone:
        return x;
    default:
        return smaller(larger(x, splat(activation->low)), splat(activation->high));
    }
}
