/* The C library as far as the runtime uses it. Declared here, because bitcode
 * is made for every target family, not only for those whose headers are
 * installed. lib/Emit/Symbols.cpp allows these names in a model's object. */
#ifndef GRAPHOPT_LIB_RUNTIME_LIBC_H
#define GRAPHOPT_LIB_RUNTIME_LIBC_H

#include <stddef.h>

void *aligned_alloc(size_t alignment, size_t bytes);
void *calloc(size_t count, size_t bytes);
void free(void *data);
#ifdef __linux__
unsigned long getauxval(unsigned long type);
#endif
int memcmp(const void *a, const void *b, size_t bytes);
void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
int strcmp(const char *a, const char *b);
size_t strlen(const char *text);

#ifdef __linux__
#define RTLD_LOCAL 0
#define RTLD_NOW 2
void *dlopen(const char *path, int flags);
void *dlsym(void *library, const char *name);
int dlclose(void *library);
#else
#include <dlfcn.h>
#endif

#ifdef __linux__
#define O_RDONLY 0
#define O_CLOEXEC 02000000
#define SEEK_END 2
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 2
#ifdef __mips__
#define MAP_ANONYMOUS 0x800
#else
#define MAP_ANONYMOUS 0x20
#endif
#define MAP_FAILED ((void *)-1)
int open(const char *path, int flags, ...);
int close(int file);
long lseek(int file, long offset, int from);
void *mmap(void *address, size_t bytes, int protection, int flags, int file,
           long offset);
int munmap(void *data, size_t bytes);
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

#if defined(__linux__) && !defined(GRAPHOPT_PORTABLE_POOL)
#define GRAPHOPT_FUTEX 1
long syscall(long number, ...);
int sched_getaffinity(int process, size_t bytes, void *mask);
#if defined(__x86_64__)
#define GRAPHOPT_SYS_FUTEX 202
#else
#define GRAPHOPT_SYS_FUTEX 98 /* every architecture since aarch64 */
#endif
typedef unsigned long pthread_t; /* a word in glibc and in musl */
int pthread_create(pthread_t *thread, const void *attributes,
                   void *(*start)(void *), void *argument);
int pthread_join(pthread_t thread, void **result);
#else
#include <pthread.h>
#include <unistd.h>
#endif

#endif
