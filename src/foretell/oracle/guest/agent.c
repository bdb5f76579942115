// The only program of a guest: it answers requests about the kernel that it runs on.
//
// A request is a line on the serial line, an answer is a line of JSON.  Words are divided by one
// space; what follows the path of a "write" is written as it is, but "\n" is a newline.
//
//   read PATH             {"text": "..."} or {"errno": N}
//   list PATH             {"names": ["...", ...]} or {"errno": N}
//   link PATH             {"text": "what a link says"} or {"errno": N}
//   tree PATH             {"files": {"path below PATH": "text" or errno, ...}}, links not followed
//   write PATH TEXT       {"errno": N}, 0 if the kernel took it
//   load PATH             {"errno": N}, 0 if the module was loaded
//   dmesg WORD|WORD|...   {"lines": ["...", ...]}: those with one of the words
//   place NAME=VALUE ...  {"start": page, "runs": [[node or -errno, pages], ...], "policy": "..."}
//                         or {"errno": N, "at": "..."} or {"signal": N}; see place()
//   off                   turns the machine off
//
// Compiled statically for each architecture; as process 1 it has nothing else to lean on.

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum {
    LINE_BYTES_MAX = 4096,
    FILE_BYTES_MAX = 65536,
    LOG_BYTES_MAX = 1 << 20,
    TREE_DEPTH_MAX = 8,
    QUERY_PAGES = 512,
    KLOG_READ_ALL = 3,
};

static FILE *out;

static void put_string(const char *text, size_t size)
{
    fputc('"', out);
    for (size_t at = 0; at < size; at++) {
        unsigned char byte = (unsigned char)text[at];
        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < 0x20 || byte > 0x7e)
            fprintf(out, "\\u%04x", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

static void put_errno(int number)
{
    fprintf(out, "{\"errno\": %d}\n", number);
}

// Return the bytes of a file in a buffer that the next call overwrites, or -1.
static ssize_t slurp(const char *path, const char **text)
{
    static char buffer[FILE_BYTES_MAX];
    ssize_t size = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return -1;
    while (size < FILE_BYTES_MAX) {
        ssize_t got = read(file, buffer + size, (size_t)(FILE_BYTES_MAX - size));
        if (got < 0) {
            int number = errno;
            close(file);
            errno = number;
            return -1;
        }
        if (got == 0)
            break;
        size += got;
    }
    close(file);
    *text = buffer;
    return size;
}

static void answer_read(const char *path)
{
    const char *text;
    ssize_t size = slurp(path, &text);
    if (size < 0) {
        put_errno(errno);
        return;
    }
    fputs("{\"text\": ", out);
    put_string(text, (size_t)size);
    fputs("}\n", out);
}

static void answer_link(const char *path)
{
    char text[LINE_BYTES_MAX];
    ssize_t size = readlink(path, text, sizeof text);
    if (size < 0) {
        put_errno(errno);
        return;
    }
    fputs("{\"text\": ", out);
    put_string(text, (size_t)size);
    fputs("}\n", out);
}

static void answer_list(const char *path)
{
    DIR *folder = opendir(path);
    const char *comma = "";
    if (folder == NULL) {
        put_errno(errno);
        return;
    }
    fputs("{\"names\": [", out);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        fputs(comma, out);
        put_string(entry->d_name, strlen(entry->d_name));
        comma = ", ";
    }
    closedir(folder);
    fputs("]}\n", out);
}

// Write what is below a folder; return whether a file was written.
static int put_tree(const char *path, const char *below, int depth, int any)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return any;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char inner[LINE_BYTES_MAX], name[LINE_BYTES_MAX];
        const char *text;
        struct stat facts;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        snprintf(name, sizeof name, "%s%s%s", below, *below ? "/" : "", entry->d_name);
        if (lstat(inner, &facts) != 0)
            continue;
        if (S_ISDIR(facts.st_mode) && depth < TREE_DEPTH_MAX) {
            any = put_tree(inner, name, depth + 1, any);
        } else if (S_ISREG(facts.st_mode) && (facts.st_mode & 0444)) {
            fputs(any ? ", " : "", out);
            put_string(name, strlen(name));
            fputs(": ", out);
            ssize_t size = slurp(inner, &text);
            if (size < 0)
                fprintf(out, "%d", errno);
            else
                put_string(text, (size_t)size);
            any = 1;
        }
    }
    closedir(folder);
    return any;
}

static void answer_tree(const char *path)
{
    fputs("{\"files\": {", out);
    put_tree(path, "", 0, 0);
    fputs("}}\n", out);
}

static void answer_write(const char *path, char *text)
{
    int number = 0;
    char *to = text;
    for (const char *from = text; *from; from++) {
        if (from[0] == '\\' && from[1] == 'n') {
            *to++ = '\n';
            from++;
        } else
            *to++ = *from;
    }
    *to = 0;
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) {
        put_errno(errno);
        return;
    }
    if (write(file, text, strlen(text)) < 0)
        number = errno;
    if (close(file) != 0 && number == 0)
        number = errno;
    put_errno(number);
}

static void answer_load(const char *path)
{
    int number = 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        put_errno(errno);
        return;
    }
    if (syscall(SYS_finit_module, file, "", 0) != 0)
        number = errno;
    close(file);
    put_errno(number);
}

// Say whether one of the words, divided by "|", is in the text.
static int has_word(const char *text, const char *words)
{
    char word[LINE_BYTES_MAX];
    while (*words) {
        size_t size = strcspn(words, "|");
        memcpy(word, words, size);
        word[size] = 0;
        if (strstr(text, word) != NULL)
            return 1;
        words += size + (words[size] == '|');
    }
    return 0;
}

static void answer_dmesg(const char *words)
{
    static char log[LOG_BYTES_MAX];
    const char *comma = "";
    int size = klogctl(KLOG_READ_ALL, log, LOG_BYTES_MAX - 1);
    if (size < 0) {
        put_errno(errno);
        return;
    }
    log[size] = 0;
    fputs("{\"lines\": [", out);
    for (char *rest = log, *line; (line = strsep(&rest, "\n")) != NULL;) {
        if (*line == 0 || (*words && !has_word(line, words)))
            continue;
        fputs(comma, out);
        put_string(line, strlen(line));
        comma = ", ";
    }
    fputs("]}\n", out);
}

struct wish {
    unsigned long pages;     // how many to map and touch
    unsigned long at;        // page number to map at, or 0: as the kernel likes
    unsigned long nodes;     // the policy's nodes, a mask
    unsigned long first;     // the first page that is touched
    unsigned long step;      // distance of the pages that are touched
    int mode;                // of set_mempolicy(2) with its flags; -1: no policy
    int task;                // the policy is the task's, else the mapping's
    int shared;              // the mapping is shared
    int huge;                // huge pages are allowed
    int cpu;                 // the processor to run on, or -1
};

static void put_failure(const char *at)
{
    fprintf(out, "{\"errno\": %d, \"at\": \"%s\"}\n", errno, at);
}

// Write the node of every page, equal neighbours together.
static int put_runs(char *start, unsigned long pages, unsigned long page_bytes)
{
    void *where[QUERY_PAGES];
    int nodes[QUERY_PAGES];
    int last = 0;
    unsigned long count = 0;
    const char *comma = "";
    for (unsigned long done = 0; done < pages; done += QUERY_PAGES) {
        unsigned long now = pages - done < QUERY_PAGES ? pages - done : QUERY_PAGES;
        for (unsigned long at = 0; at < now; at++)
            where[at] = start + (done + at) * page_bytes;
        if (syscall(SYS_move_pages, 0, now, where, NULL, nodes, 0) != 0)
            return -1;
        for (unsigned long at = 0; at < now; at++) {
            if (count > 0 && nodes[at] != last) {
                fprintf(out, "%s[%d, %lu]", comma, last, count);
                comma = ", ";
                count = 0;
            }
            last = nodes[at];
            count++;
        }
    }
    fprintf(out, "%s[%d, %lu]", comma, last, count);
    return 0;
}

// Write the kernel's own words about the policy of a mapping.
static void put_policy(unsigned long start)
{
    char wanted[32];
    const char *text;
    ssize_t size = slurp("/proc/self/numa_maps", &text);
    snprintf(wanted, sizeof wanted, "%lx ", start);
    while (size > 0) {
        const char *end = memchr(text, '\n', (size_t)size);
        size_t line = end == NULL ? (size_t)size : (size_t)(end - text);
        if (line > strlen(wanted) && !memcmp(text, wanted, strlen(wanted))) {
            put_string(text + strlen(wanted), line - strlen(wanted));
            return;
        }
        if (end == NULL)
            break;
        size -= (ssize_t)line + 1;
        text = end + 1;
    }
    fputs("\"\"", out);
}

static void place(const struct wish *wish)
{
    unsigned long page_bytes = (unsigned long)sysconf(_SC_PAGESIZE);
    unsigned long bytes = wish->pages * page_bytes;
    int flags = MAP_ANONYMOUS | (wish->shared ? MAP_SHARED : MAP_PRIVATE);
    const unsigned long *mask = wish->nodes ? &wish->nodes : NULL;
    unsigned long bits = mask ? 8 * sizeof wish->nodes + 1 : 0;
    char *start;
    if (wish->cpu >= 0) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET((size_t)wish->cpu, &set);
        if (sched_setaffinity(0, sizeof set, &set) != 0)
            return put_failure("sched_setaffinity");
    }
    if (wish->at)
        flags |= MAP_FIXED_NOREPLACE;
    start = mmap((void *)(wish->at * page_bytes), bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (start == MAP_FAILED)
        return put_failure("mmap");
    madvise(start, bytes, wish->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    if (wish->mode >= 0 && wish->task) {
        if (syscall(SYS_set_mempolicy, wish->mode, mask, bits) != 0)
            return put_failure("set_mempolicy");
    } else if (wish->mode >= 0) {
        if (syscall(SYS_mbind, start, bytes, wish->mode, mask, bits, 0) != 0)
            return put_failure("mbind");
    }
    for (unsigned long page = wish->first; page < wish->pages; page += wish->step)
        *(volatile char *)(start + page * page_bytes) = 1;
    fprintf(out, "{\"start\": %lu, \"runs\": [", (unsigned long)start / page_bytes);
    if (put_runs(start, wish->pages, page_bytes) != 0)
        fprintf(out, "], \"failed\": %d, \"policy\": ", errno);
    else
        fputs("], \"policy\": ", out);
    put_policy((unsigned long)start);
    fputs("}\n", out);
}

static long number_of(const char *words, const char *name, long otherwise)
{
    size_t size = strlen(name);
    for (const char *at = words; at != NULL && *at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (!strncmp(at, name, size) && at[size] == '=')
            return (long)strtoul(at + size + 1, NULL, 0);
    }
    return otherwise;
}

// Map pages as a child, so that what is killed is not process 1; see struct wish for the names.
static void answer_place(const char *words)
{
    struct wish wish = {
        .pages = (unsigned long)number_of(words, "pages", 1),
        .at = (unsigned long)number_of(words, "at", 0),
        .nodes = (unsigned long)number_of(words, "nodes", 0),
        .first = (unsigned long)number_of(words, "first", 0),
        .step = (unsigned long)number_of(words, "step", 1),
        .mode = (int)number_of(words, "mode", -1),
        .task = (int)number_of(words, "task", 0),
        .shared = (int)number_of(words, "shared", 0),
        .huge = (int)number_of(words, "huge", 0),
        .cpu = (int)number_of(words, "cpu", -1),
    };
    int status = 0;
    pid_t child;
    if (wish.step == 0)
        wish.step = 1;
    fflush(out);
    child = fork();
    if (child < 0)
        return put_failure("fork");
    if (child == 0) {
        place(&wish);
        fflush(out);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFSIGNALED(status))
        fprintf(out, "{\"signal\": %d}\n", WTERMSIG(status));
}

static void turn_off(void)
{
    fflush(out);
    tcdrain(fileno(out));
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

static void answer(char *line)
{
    char *rest = line;
    const char *verb = strsep(&rest, " ");
    if (rest == NULL)
        rest = line + strlen(line);
    if (!strcmp(verb, "read"))
        answer_read(rest);
    else if (!strcmp(verb, "list"))
        answer_list(rest);
    else if (!strcmp(verb, "link"))
        answer_link(rest);
    else if (!strcmp(verb, "tree"))
        answer_tree(rest);
    else if (!strcmp(verb, "load"))
        answer_load(rest);
    else if (!strcmp(verb, "dmesg"))
        answer_dmesg(rest);
    else if (!strcmp(verb, "place"))
        answer_place(rest);
    else if (!strcmp(verb, "off"))
        turn_off();
    else if (!strcmp(verb, "write")) {
        const char *path = strsep(&rest, " ");
        answer_write(path, rest == NULL ? line + strlen(line) : rest);
    } else
        put_errno(ENOSYS);
}

static void mount_all(void)
{
    static const char *const rows[][2] = {
        {"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"},
    };
    for (size_t at = 0; at < sizeof rows / sizeof *rows; at++) {
        mkdir(rows[at][1], 0755);
        if (mount(rows[at][0], rows[at][1], rows[at][0], 0, NULL) != 0)
            fprintf(stderr, "agent: %s: %s\n", rows[at][1], strerror(errno));
    }
}

int main(int count, char **words)
{
    static char line[LINE_BYTES_MAX];
    const char *port = "/dev/ttyS1";
    struct termios raw;
    struct utsname name;
    FILE *in;
    for (int at = 1; at < count; at++)
        if (!strncmp(words[at], "agent=", 6))
            port = words[at] + 6;
    mount_all();
    int file = open(port, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (file < 0) {
        fprintf(stderr, "agent: %s: %s\n", port, strerror(errno));
        reboot(RB_POWER_OFF);
        return 1;
    }
    tcgetattr(file, &raw);
    cfmakeraw(&raw);
    tcsetattr(file, TCSANOW, &raw);
    in = fdopen(file, "r");
    out = fdopen(dup(file), "w");
    setvbuf(out, NULL, _IOFBF, LOG_BYTES_MAX);
    uname(&name);
    fprintf(out, "\n{\"release\": \"%s\", \"page\": %ld}\n", name.release, sysconf(_SC_PAGESIZE));
    fflush(out);
    while (fgets(line, sizeof line, in) != NULL) {
        line[strcspn(line, "\n")] = 0;
        answer(line);
        fflush(out);
    }
    turn_off();
    return 0;
}
