// What the integer kernels are made of where NEON has products of bytes: words of four bytes. The variant's file says by `dot_bytes` how
// an element, which has no sign, is multiplied by a weight, which has one.
#define LANES 4
#define FUSED 1
#define REGISTERS 32
#define ELEMENTS 4
#include "lanes.h"

static inline integers V(splat_integer)(int32_t x) { return (integers)vdupq_n_s32(x); }
static inline integers V(dot)(integers sum, integers x, integers w) {
    return (integers)dot_bytes((int32x4_t)sum, (uint8x16_t)x, (int8x16_t)w);
}
static inline integers V(round_to_integers)(floats x) { return (integers)vcvtnq_s32_f32((float32x4_t)x); }
static inline void V(interleave)(const integers rows[4], integers words[4]) {
    const uint8x16_t r0 = (uint8x16_t)rows[0], r1 = (uint8x16_t)rows[1], r2 = (uint8x16_t)rows[2], r3 = (uint8x16_t)rows[3];
    const uint16x8_t low01 = (uint16x8_t)vzip1q_u8(r0, r1), high01 = (uint16x8_t)vzip2q_u8(r0, r1);
    const uint16x8_t low23 = (uint16x8_t)vzip1q_u8(r2, r3), high23 = (uint16x8_t)vzip2q_u8(r2, r3);
    words[0] = (integers)vzip1q_u16(low01, low23);
    words[1] = (integers)vzip2q_u16(low01, low23);
    words[2] = (integers)vzip1q_u16(high01, high23);
    words[3] = (integers)vzip2q_u16(high01, high23);
}
static inline integers V(pack)(const integers q[4], int32_t zero, int32_t high) {
    const int16x8_t z = vdupq_n_s16((int16_t)zero);
    const int16x8_t low = vcombine_s16(vqmovn_s32((int32x4_t)q[0]), vqmovn_s32((int32x4_t)q[1]));
    const int16x8_t upper = vcombine_s16(vqmovn_s32((int32x4_t)q[2]), vqmovn_s32((int32x4_t)q[3]));
    const uint8x16_t bytes = vcombine_u8(vqmovun_s16(vqaddq_s16(low, z)), vqmovun_s16(vqaddq_s16(upper, z)));
    return (integers)vminq_u8(bytes, vdupq_n_u8((uint8_t)high));
}

// One instruction looks an index up in 64 bytes of the table. Where the index is larger it keeps the result of the instruction before.
static inline void V(look_up_row)(const uint8_t *table, uint8_t *bytes, ptrdiff_t count) {
    const uint8x16x4_t t0 = vld1q_u8_x4(table), t1 = vld1q_u8_x4(table + 64);
    const uint8x16x4_t t2 = vld1q_u8_x4(table + 128), t3 = vld1q_u8_x4(table + 192);
    ptrdiff_t i = 0;
    for (; i + 16 <= count; i += 16) {
        const uint8x16_t x = vld1q_u8(bytes + i);
        uint8x16_t result = vqtbl4q_u8(t0, x);
        result = vqtbx4q_u8(result, t1, vsubq_u8(x, vdupq_n_u8(64)));
        result = vqtbx4q_u8(result, t2, vsubq_u8(x, vdupq_n_u8(128)));
        result = vqtbx4q_u8(result, t3, vsubq_u8(x, vdupq_n_u8(192)));
        vst1q_u8(bytes + i, result);
    }
    for (; i < count; i++) bytes[i] = table[bytes[i]];
}
#define look_up_row V(look_up_row)
#define splat_integer V(splat_integer)
#define dot V(dot)
#define round_to_integers V(round_to_integers)
#define interleave V(interleave)
#define pack V(pack)
