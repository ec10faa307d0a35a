#pragma once
// What the cases of all kernels share: numbers that follow from their place, memory, and lines of results.
//
// A case fills its input from places alone, packs it as the variant under test wants it, runs a kernel, and prints a hash of what came of it
// in an order that no variant decides. So two variants, on two kinds of processor, have printed the same bits where their lines are the same.
#include "instruction_sets.h"
#include "integer_variants.h"
#include "statistics.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What a program for one kind of processor can run.
struct Variant {
    const char *name;
    bool (*runs_here)(void);
    /// Null, or the tables under test.
    const struct IntegerKernels *integers;
    const struct StatisticsKernels *statistics;
    /// Whether it is an instruction set of the backbone and of imaging, and which.
    bool is_set;
    enum InstructionSetCode set;
};

void backbone_cases(enum InstructionSetCode set);
void integer_cases(const struct IntegerKernels *kernels);
void statistics_cases(const struct StatisticsKernels *kernels);
void imaging_cases(enum InstructionSetCode set);

/// A number that follows from its place: a stream and an index.
uint64_t bits_at(uint64_t stream, uint64_t index);
/// Between -1 and 1, in steps of 2^-23.
float float_at(uint64_t stream, uint64_t index);
/// From low to high, both included.
int32_t whole_at(uint64_t stream, uint64_t index, int32_t low, int32_t high);

/// Zeroed memory at a multiple of 64 bytes; freed by `release_memory`. Ends the program where there is none.
void *zeroed(size_t count, size_t size);
/// Frees all that the case has taken.
void release_memory(void);

static inline ptrdiff_t rounded_up(ptrdiff_t count, ptrdiff_t multiple) { return (count + multiple - 1) / multiple * multiple; }

/// A hash under way.
struct Hash {
    uint64_t state;
};
void add_bytes(struct Hash *hash, const void *bytes, size_t count);
static inline void add_float(struct Hash *hash, float value) { add_bytes(hash, &value, sizeof value); }
static inline void add_whole(struct Hash *hash, int64_t value) { add_bytes(hash, &value, sizeof value); }

/// Whether a result may differ between variants that fuse multiply-adds and those that do not.
enum Promise { Exact, Rounded };
/// Prints a case's line, and frees its memory.
__attribute__((format(printf, 3, 4))) void report(enum Promise promise, const struct Hash *hash, const char *format, ...);
