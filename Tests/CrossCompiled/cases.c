#include "cases.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// SplitMix64 of Steele, Lea and Flood (2014), at any place of its sequence.
uint64_t bits_at(uint64_t stream, uint64_t index) {
    uint64_t x = stream * 0xd1342543de82ef95u + (index + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

float float_at(uint64_t stream, uint64_t index) {
    return (float)((int32_t)(bits_at(stream, index) >> 40) - (1 << 23)) * 0x1p-23f;
}

int32_t whole_at(uint64_t stream, uint64_t index, int32_t low, int32_t high) {
    return low + (int32_t)(bits_at(stream, index) % (uint64_t)((int64_t)high - low + 1));
}

enum { MostPieces = 64 };
static void *pieces[MostPieces];
static int piece_count;

void *zeroed(size_t count, size_t size) {
    const size_t bytes = (count * size + 64) / 64 * 64;
    void *memory = aligned_alloc(64, bytes);
    if (!memory || piece_count == MostPieces) {
        fprintf(stderr, "kernels: no memory for %zu bytes more\n", bytes);
        exit(2);
    }
    pieces[piece_count++] = memory;
    return memset(memory, 0, bytes);
}

void release_memory(void) {
    while (piece_count > 0) free(pieces[--piece_count]);
}

void add_bytes(struct Hash *hash, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    for (size_t i = 0; i < count; i++) hash->state = (hash->state ^ at[i]) * 0x100000001b3u + 1;
}

void report(enum Promise promise, const struct Hash *hash, const char *format, ...) {
    va_list values;
    va_start(values, format);
    printf("%s ", promise == Exact ? "exact" : "rounded");
    vprintf(format, values);
    printf(": %016llx\n", (unsigned long long)hash->state);
    va_end(values);
    release_memory();
}
