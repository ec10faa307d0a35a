// Activations, and the exponential under them.
//
//     swish(x) = x / (1 + e^-x),  sigmoid(x) = 1 / (1 + e^-x),   e^-x = 2^t = 2^n 2^f,
//     t = -x / ln 2,   n = round(t),   f = t - n exactly,   |f| <= 1/2
//
// 2^f is the polynomial of degree 5 with the least relative error, 7.5e-8 (Remez); with the rounding of its own sums 2.2e-7.
// t's rounding moves e^-x by another |x| 6e-8. Both reach a sigmoid times e^-x / (1 + e^-x), so that it is right to 2e-7
// and a swish to 2e-7 of the larger of |x| and 1.
// n is rounded by adding 1.5 * 2^23, whose last mantissa bit is worth 1; the same sum's low bits, shifted to the exponent's
// place and added to the exponent of 2^f, multiply it by 2^n.
// An own exponential rather than libm's: vectors of it, and the same bits on every machine that fuses multiply-adds.

/// 1 + e^-x.
static inline floats V(one_plus_exponential)(floats x) {
    // Beyond, sigmoids are 0 or 1 as far as a float can tell, and 2^n would leave a float's range.
    const floats t = smaller(larger(x * splat(-0x1.715476p+0f), splat(-126.0f)), splat(126.0f));
    const floats shifted = t + splat(0x1.8p23f);
    const floats f = t - (shifted - splat(0x1.8p23f));
    floats sum = splat(0x1.5c08e6p-10f);
    sum = fused(sum, f, splat(0x1.3d0c52p-7f));
    sum = fused(sum, f, splat(0x1.c6b6e4p-5f));
    sum = fused(sum, f, splat(0x1.ebf918p-3f));
    sum = fused(sum, f, splat(0x1.62e428p-1f));
    sum = fused(sum, f, splat(1.0f));
    return splat(1.0f) + (floats)((integers)sum + ((integers)shifted << 23));
}

static inline floats V(activate)(const struct Activation *activation, floats x) {
    switch (activation->kind) {
    case ActivationSwish:
        return x / V(one_plus_exponential)(x);
    case ActivationSigmoid:
        return splat(1.0f) / V(one_plus_exponential)(x);
    case ActivationNone:
        return x;
    default:
        return smaller(larger(x, splat(activation->low)), splat(activation->high));
    }
}
