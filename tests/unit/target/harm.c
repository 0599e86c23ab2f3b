/*
 * A process that notices harm: threads wait in all kinds of system calls,
 * compute, allocate, fork and take signals, and check every result.
 *
 * Runs until its stdin ends, then prints one JSON object: how often each
 * thread went round, and what was wrong.
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ll
#define WAIT_MS 40

static atomic_bool over;
static atomic_ulong n_wrong, n_signals, n_sent, n_forks, n_children_ended;
static pthread_mutex_t print_lock = PTHREAD_MUTEX_INITIALIZER;

static void wrong(const char *what, long value)
{
	n_wrong++;
	pthread_mutex_lock(&print_lock);
	fprintf(stderr, "harm: %s: %ld, errno %d\n", what, value, errno);
	pthread_mutex_unlock(&print_lock);
}

static int64_t now(void)
{
	struct timespec at;
	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000 * MS + at.tv_nsec;
}

static const struct timespec interval = {0, WAIT_MS *MS};

/* A wait must take as long as was asked for, within the precision of the kernel's timers. */
static void check_wait(const char *what, bool good, int64_t started)
{
	int64_t passed = now() - started;
	if (!good || passed < (WAIT_MS - 1) * MS)
		wrong(what, passed);
}

static void round_nanosleep(void)
{
	int64_t started = now();
	check_wait("nanosleep", nanosleep(&interval, NULL) == 0, started);
}

static void round_clock_nanosleep(void)
{
	int64_t started = now(), until = started + WAIT_MS * MS;
	struct timespec at = {until / (1000 * MS), until % (1000 * MS)};
	check_wait("clock_nanosleep",
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == 0, started);
}

static void round_poll(void)
{
	int64_t started = now();
	check_wait("poll", poll(NULL, 0, WAIT_MS) == 0, started);
}

static void round_select(void)
{
	int64_t started = now();
	struct timeval timeout = {0, WAIT_MS * 1000};
	check_wait("select", select(0, NULL, NULL, NULL, &timeout) == 0, started);
}

static void round_futex(void)
{
	static int word;
	int64_t started = now();
	long got = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &interval, NULL, 0);
	check_wait("futex", got < 0 && errno == ETIMEDOUT, started);
}

static void round_semaphore(void)
{
	static sem_t semaphore;
	struct timespec at;
	int64_t started = now();
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += WAIT_MS * MS;
	at.tv_sec += at.tv_nsec / (1000 * MS);
	at.tv_nsec %= 1000 * MS;
	check_wait(
		"sem_timedwait", sem_timedwait(&semaphore, &at) < 0 && errno == ETIMEDOUT, started);
}

static int numbers[2], packets[2], events, waiter;

static void round_send(void)
{
	static uint64_t next;
	uint64_t one = 1;
	next++;
	if (write(numbers[1], &next, sizeof(next)) != sizeof(next) ||
		send(packets[1], &next, sizeof(next), 0) != sizeof(next) ||
		write(events, &one, sizeof(one)) != sizeof(one))
		wrong("send", (long)next);
	nanosleep(&(struct timespec){0, 3 * MS}, NULL);
}

static void round_read(void)
{
	static uint64_t expected;
	uint64_t got = 0;
	ssize_t n = read(numbers[0], &got, sizeof(got));
	if (n != sizeof(got) || got != ++expected)
		wrong("read", (long)got);
}

static void round_recv(void)
{
	static uint64_t expected;
	uint64_t got = 0;
	ssize_t n = recv(packets[0], &got, sizeof(got), 0);
	if (n != sizeof(got) || got != ++expected)
		wrong("recv", (long)got);
}

static void round_epoll(void)
{
	struct epoll_event event;
	uint64_t n;
	int got = epoll_wait(waiter, &event, 1, -1);
	if (got != 1 || event.data.fd != events || read(events, &n, sizeof(n)) != sizeof(n))
		wrong("epoll_wait", got);
}

static void round_malloc(void)
{
	enum { N = 200 };
	uint64_t *blocks[N];
	for (size_t i = 0; i < N; i++) {
		size_t n_words = 1 + i * 37 % 500;
		blocks[i] = malloc(n_words * 8);
		for (size_t word = 0; word < n_words; word++)
			blocks[i][word] = (uintptr_t)&blocks[i][word];
	}
	for (size_t i = 0; i < N; i++) {
		for (size_t word = 0; word < 1 + i * 37 % 500; word++) {
			if (blocks[i][word] != (uintptr_t)&blocks[i][word])
				wrong("malloc", (long)i);
		}
		free(blocks[i]);
	}
}

/* Fills general and vector registers with sums whose result is known. */
static void round_compute(void)
{
	double a = 0, b = 0, c = 0, d = 0;
	uint64_t x = 1, y = 2, z = 3;
	for (int i = 1; i <= 20000; i++) {
		a += i, b += 2.0 * i, c += 0.5 * i, d -= i;
		x += (uint64_t)i, y += x, z ^= y;
	}
	static double first_sum;
	static uint64_t first_word;
	double total = a + b + c + d;
	if (!first_word)
		first_sum = total, first_word = z;
	if (total != first_sum || z != first_word || a != 20000.0 * 20001 / 2)
		wrong("compute", (long)a);
}

static void *nothing(void *arg)
{
	return arg;
}

static void round_threads(void)
{
	static char token;
	pthread_t thread;
	void *got = NULL;
	if (pthread_create(&thread, NULL, nothing, &token) || pthread_join(thread, &got) ||
		got != &token)
		wrong("thread", 0);
	usleep(500);
}

/* The far end of a pipe must see its end as soon as the near one is closed. */
static void round_close(void)
{
	int ends[2];
	char byte;
	if (pipe(ends) < 0) {
		wrong("pipe", 0);
		return;
	}
	close(ends[1]);
	struct pollfd event = {ends[0], POLLIN, 0};
	int got = poll(&event, 1, 5000); /* children of the fork churn hold the end as well */
	if (got != 1 || !(event.revents & POLLHUP) || read(ends[0], &byte, 1) != 0)
		wrong("end of file", got);
	close(ends[0]);
	usleep(300);
}

static void round_fork(void)
{
	static int code;
	int status = 0;
	code = (code + 1) % 100;
	pid_t child = fork();
	if (child == 0)
		_exit(code);
	n_forks++;
	pid_t got;
	while ((got = waitpid(child, &status, 0)) < 0 && errno == EINTR)
		;
	if (child < 0 || got != child || !WIFEXITED(status) || WEXITSTATUS(status) != code)
		wrong("fork", status);
	usleep(2000);
}

/* Sends itself queued signals by turns of 1/3 ms: none may be lost, none doubled. */
static void round_signal(void)
{
	union sigval value = {.sival_int = (int)n_sent + 1};
	if (sigqueue(getpid(), SIGRTMIN, value) == 0)
		n_sent++;
	nanosleep(&(struct timespec){0, MS / 3}, NULL);
}

static void take_signal(int number, siginfo_t *info, void *context)
{
	(void)number, (void)context;
	if (info->si_value.sival_int != (int)++n_signals)
		n_wrong++;
}

static void take_child(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info, (void)context;
	n_children_ended++;
}

struct worker {
	const char *name;
	void (*round)(void);
	bool waits_for_sender;
	atomic_ulong n_rounds;
	pthread_t thread;
};

#define WORKER(it)                                                                                 \
	{                                                                                          \
		.name = #it, .round = round_##it                                                   \
	}
#define RECEIVER(it)                                                                               \
	{                                                                                          \
		.name = #it, .round = round_##it, .waits_for_sender = true                         \
	}

static struct worker workers[] = {WORKER(nanosleep), WORKER(clock_nanosleep), WORKER(poll),
	WORKER(select), WORKER(futex), WORKER(semaphore), WORKER(send), RECEIVER(read),
	RECEIVER(recv), RECEIVER(epoll), WORKER(malloc), WORKER(compute), WORKER(threads),
	WORKER(close), WORKER(fork), WORKER(signal)};

#define N_WORKERS (sizeof(workers) / sizeof(workers[0]))

static void *work(void *arg)
{
	struct worker *worker = arg;
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN);
	if (strcmp(worker->name, "fork") != 0)
		sigaddset(&mask, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	while (!over) {
		worker->round();
		worker->n_rounds++;
	}
	return NULL;
}

/* Only this thread takes the queued signals. */
static void *receive_signals(void *arg)
{
	while (!over)
		usleep(1000);
	return arg;
}

static void prepare(void)
{
	struct sigaction action = {
		.sa_sigaction = take_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
	sigaction(SIGRTMIN, &action, NULL);
	action.sa_sigaction = take_child;
	sigaction(SIGCHLD, &action, NULL);
	events = eventfd(0, 0);
	waiter = epoll_create1(0);
	struct epoll_event event = {.events = EPOLLIN, .data.fd = events};
	if (pipe(numbers) < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, packets) < 0 ||
		epoll_ctl(waiter, EPOLL_CTL_ADD, events, &event) < 0)
		exit(1);
}

static void report(void)
{
	errno = 0;
	bool has_child = waitpid(-1, NULL, __WALL | WNOHANG) != -1 || errno != ECHILD;
	printf("{\"wrong\": %lu, \"signals_lost\": %ld, \"foreign_sigchld\": %ld, \"child_left\": "
	       "%s, "
	       "\"rounds\": {",
		n_wrong, (long)(n_sent - n_signals), (long)(n_children_ended - n_forks),
		has_child ? "true" : "false");
	for (size_t i = 0; i < N_WORKERS; i++)
		printf("%s\"%s\": %lu", i ? ", " : "", workers[i].name, workers[i].n_rounds);
	printf("}}\n");
	fflush(stdout);
}

int main(void)
{
	char byte;
	pthread_t receiver;
	prepare();
	pthread_create(&receiver, NULL, receive_signals, NULL);
	sigset_t mask;
	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN);
	sigaddset(&mask, SIGCHLD);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	for (size_t i = 0; i < N_WORKERS; i++) {
		sigset_t fork_mask;
		sigemptyset(&fork_mask);
		sigaddset(&fork_mask, SIGCHLD);
		bool forks = strcmp(workers[i].name, "fork") == 0;
		if (forks)
			pthread_sigmask(SIG_UNBLOCK, &fork_mask, NULL);
		pthread_create(&workers[i].thread, NULL, work, &workers[i]);
		pthread_sigmask(SIG_BLOCK, &fork_mask, NULL);
	}
	printf("ready\n");
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	usleep(100000);
	over = true;
	for (size_t i = 0; i < N_WORKERS; i++) {
		if (!workers[i].waits_for_sender)
			pthread_join(workers[i].thread, NULL);
	}
	usleep(50000);
	report();
	_exit(0);
}
