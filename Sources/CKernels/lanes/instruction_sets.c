#include "instruction_sets.h"

bool instruction_set_runs_here(enum InstructionSetCode code) {
    switch (code) {
    case InstructionSetBaseline:
        return true;
#if defined(__x86_64__)
    case InstructionSetAVX2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case InstructionSetAVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
#elif defined(__aarch64__)
    case InstructionSetNEON:
        return true;
#endif
    default:
        return false;
    }
}
