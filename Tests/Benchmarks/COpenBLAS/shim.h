// What a plain implementation would call, to be timed against. The prototypes are written out because the distribution's
// lapack.h drags complex types in.
#pragma once

enum { CblasRowMajor = 101, CblasTrans = 112, CblasLower = 122 };
void cblas_dsyrk(int order, int triangle, int transpose, int n, int k, double alpha, const double *a, int lda,
                 double beta, double *c, int ldc);
void dpotrf_(const char *triangle, const int *n, double *a, const int *lda, int *info);
void dtrtri_(const char *triangle, const char *diagonal, const int *n, double *a, const int *lda, int *info);
void openblas_set_num_threads(int count);
char *openblas_get_config(void);
