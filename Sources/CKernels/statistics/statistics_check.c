// Checks of records: 64 bits over a record's words, that tell torn and flipped ones.
//
//     state = seed ^ c                      for each word w of eight bytes, in order:
//     state = (state ^ w) * m               one to one in w and in state: a single wrong word always shows
//     state = state ^ (state >> 32)         high bits reach low ones, so that several wrong words do not cancel
//
// The chain of one record waits for a multiplication at every word (seven cycles). Other records' chains fill the wait:
//
//     word 0   word 1   word 2
//     a        a        a             four records that lie one after the other, a word of each in turn
//      b        b        b
//       c        c        c
//        d        d        d
#include "statistics.h"
#include <string.h>

#define CHAINS 4

static inline uint64_t first_state(uint64_t seed) { return seed ^ 0x9e3779b97f4a7c15u; }

static inline uint64_t next_state(uint64_t state, uint64_t word) {
    state = (state ^ word) * 0xff51afd7ed558ccdu;
    return state ^ state >> 32;
}

/// `chains` pieces at once; a constant wherever this is called, so that every state has its register.
static inline void check_together(const unsigned char *bytes, size_t size, int chains, uint64_t *checks) {
    uint64_t states[CHAINS];
    for (int k = 0; k < chains; k++) states[k] = first_state(checks[k]);
    size_t place = 0;
    for (; place + 8 <= size; place += 8) {
        for (int k = 0; k < chains; k++) {
            uint64_t word;
            memcpy(&word, bytes + (size_t)k * size + place, 8);
            states[k] = next_state(states[k], word);
        }
    }
    // The last word of a piece of another size is filled up with zeros.
    for (int k = 0; k < chains; k++) {
        uint64_t word = 0;
        memcpy(&word, bytes + (size_t)k * size + place, size - place);
        checks[k] = size > place ? next_state(states[k], word) : states[k];
    }
}

void statistics_checks(const void *bytes, size_t size, size_t count, uint64_t *checks) {
    const unsigned char *at = bytes;
    size_t piece = 0;
    for (; piece + CHAINS <= count; piece += CHAINS) check_together(at + piece * size, size, CHAINS, checks + piece);
    // One chain alone takes as long as four.
    switch (count - piece) {
    case 1: check_together(at + piece * size, size, 1, checks + piece); break;
    case 2: check_together(at + piece * size, size, 2, checks + piece); break;
    case 3: check_together(at + piece * size, size, 3, checks + piece); break;
    default: break;
    }
}
