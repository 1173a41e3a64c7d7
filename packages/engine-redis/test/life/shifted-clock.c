/* Shifts the wall clock of a program by CLOCK_SHIFT_MS milliseconds, as a library that is loaded before all others.
 * libfaketime would do, but it allocates memory when it is first asked, and redis-server's allocator asks the time. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void shift(struct timespec *at) {
  const char *text = getenv("CLOCK_SHIFT_MS");
  long long shifted = at->tv_sec * 1000000000LL + at->tv_nsec + (text ? atoll(text) : 0) * 1000000LL;
  at->tv_sec = shifted / 1000000000LL;
  at->tv_nsec = shifted % 1000000000LL;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
  int failed = (int)syscall(SYS_clock_gettime, clock, at);
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) shift(at);
  return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  struct timespec now;
  (void)zone;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  at->tv_sec = now.tv_sec;
  at->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at) *at = now.tv_sec;
  return now.tv_sec;
}
