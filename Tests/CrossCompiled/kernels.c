// Runs every kernel of CKernels over many shapes, and prints a line a case: what was promised of its bits, the kernel, the shape, a hash.
//
//     kernels --list      the variants that this processor runs
//     kernels --chosen    the variant of integers that programs would take here
//     kernels VARIANT     the cases of one of them
//
// scripts/test-arm compares the lines of variants, and of processors.
#include "cases.h"
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
/// The source of IntegerAVXVNNI, with the instruction as AVX-512 encodes it: so processors without AVX-VNNI run it too.
extern const struct IntegerKernels integer_kernels_avxvnni_by_avx512;
#endif
extern const struct StatisticsKernels statistics_kernels_baseline;
#if defined(__x86_64__)
extern const struct StatisticsKernels statistics_kernels_avx2, statistics_kernels_avx512, statistics_kernels_avx512_vnni;
#elif defined(__aarch64__)
extern const struct StatisticsKernels statistics_kernels_neon;
#endif

#define RUNS(NAME, VARIANT)                                                                                             \
    static bool NAME##_runs(void) { return integer_variant_runs_here(VARIANT); }
RUNS(baseline, IntegerBaseline)
#if defined(__x86_64__)
RUNS(avx2, IntegerAVX2)
RUNS(avxvnni, IntegerAVXVNNI)
RUNS(avx512, IntegerAVX512)
RUNS(vnni, IntegerVNNI)
RUNS(amx, IntegerAMX)
#elif defined(__aarch64__)
RUNS(neon, IntegerNEON)
RUNS(neon_dot, IntegerNEONDot)
RUNS(neon_i8mm, IntegerNEONI8MM)
#endif

static const struct Variant variants[] = {
    {"baseline", baseline_runs, &integer_kernels_baseline, &statistics_kernels_baseline, true, InstructionSetBaseline},
#if defined(__x86_64__)
    {"avx2", avx2_runs, &integer_kernels_avx2, &statistics_kernels_avx2, true, InstructionSetAVX2},
    {"avxvnni", avxvnni_runs, &integer_kernels_avxvnni, NULL, false, InstructionSetAVX2},
    {"avxvnni-by-avx512", vnni_runs, &integer_kernels_avxvnni_by_avx512, NULL, false, InstructionSetAVX2},
    {"avx512", avx512_runs, &integer_kernels_avx512, &statistics_kernels_avx512, true, InstructionSetAVX512},
    {"vnni", vnni_runs, &integer_kernels_vnni, &statistics_kernels_avx512_vnni, false, InstructionSetAVX512},
    {"amx", amx_runs, &integer_kernels_amx, NULL, false, InstructionSetAVX512},
#elif defined(__aarch64__)
    {"neon", neon_runs, &integer_kernels_neon, &statistics_kernels_neon, true, InstructionSetNEON},
    {"neon-dot", neon_dot_runs, &integer_kernels_neon_dot, NULL, false, InstructionSetNEON},
    {"neon-i8mm", neon_i8mm_runs, &integer_kernels_neon_i8mm, NULL, false, InstructionSetNEON},
#endif
};
enum { VariantCount = sizeof variants / sizeof variants[0] };

static int run(const struct Variant *variant) {
    if (!variant->runs_here()) {
        fprintf(stderr, "kernels: this processor does not run '%s'\n", variant->name);
        return 2;
    }
    if (variant->integers) integer_cases(variant->integers);
    if (variant->statistics) statistics_cases(variant->statistics);
    if (variant->is_set) {
        backbone_cases(variant->set);
        imaging_cases(variant->set);
    }
    return 0;
}

static const char *chosen(void) {
    enum InstructionSetCode best = InstructionSetBaseline;
    for (enum InstructionSetCode set = InstructionSetBaseline; set <= InstructionSetNEON; set++) {
        if (instruction_set_runs_here(set)) best = set;
    }
    switch (integer_variant(best)) {
    case IntegerBaseline: return "baseline";
    case IntegerAVX2: return "avx2";
    case IntegerAVXVNNI: return "avxvnni";
    case IntegerAVX512: return "avx512";
    case IntegerVNNI: return "vnni";
    case IntegerAMX: return "amx";
    case IntegerNEON: return "neon";
    case IntegerNEONDot: return "neon-dot";
    case IntegerNEONI8MM: return "neon-i8mm";
    }
    return "none";
}

int main(int count, char **words) {
    if (count == 2 && strcmp(words[1], "--list") == 0) {
        for (int i = 0; i < VariantCount; i++) {
            if (variants[i].runs_here()) puts(variants[i].name);
        }
        return 0;
    }
    if (count == 2 && strcmp(words[1], "--chosen") == 0) {
        puts(chosen());
        return 0;
    }
    for (int i = 0; count == 2 && i < VariantCount; i++) {
        if (strcmp(words[1], variants[i].name) == 0) return run(&variants[i]);
    }
    fprintf(stderr, "kernels: give --list, --chosen or the name of a variant\n");
    return 2;
}
