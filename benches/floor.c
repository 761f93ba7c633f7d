/* What `mkservice apply` of new services costs at least: installs the unit files of a directory, enables them, reloads
 * systemd once and starts all of them by few jobs, without any check.
 *
 *     floor DIRECTORY
 *
 * cc -O2 -o floor floor.c -lsystemd
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define UNITS "/etc/systemd/system"
#define SYSTEMD "org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager"
/* Units per job: systemd takes longer than twice as long for twice as many. */
#define BATCH 250

static int pending;

static void check(int result, const char *what) {
        if (result < 0) {
                fprintf(stderr, "%s: %s\n", what, strerror(-result));
                exit(1);
        }
}

static void install(const char *from, const char *name) {
        static char text[1 << 20];
        char path[4096], link[4096];
        int in, out;
        ssize_t size;

        snprintf(path, sizeof path, "%s/%s", from, name);
        in = open(path, O_RDONLY | O_CLOEXEC);
        size = in < 0 ? -1 : read(in, text, sizeof text);
        snprintf(path, sizeof path, UNITS "/%s", name);
        snprintf(link, sizeof link, UNITS "/.%s.new", name);
        out = open(link, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (size < 0 || out < 0 || write(out, text, size) != size || rename(link, path) < 0)
                exit(1);
        close(in);
        close(out);
        snprintf(link, sizeof link, UNITS "/multi-user.target.wants/%s", name);
        if (symlink(path, link) < 0)
                exit(1);
}

static int finished(sd_bus_message *signal, void *data, sd_bus_error *error) {
        const char *unit;
        uint32_t id;

        (void) data, (void) error;
        if (sd_bus_message_read(signal, "uoss", &id, NULL, &unit, NULL) > 0 && strncmp(unit, "floor-", 6) == 0)
                pending--;
        return 0;
}

static void append_units(sd_bus_message *call, const char *property, char **names, int count) {
        sd_bus_message_open_container(call, 'r', "sv");
        sd_bus_message_append(call, "s", property);
        sd_bus_message_open_container(call, 'v', "as");
        sd_bus_message_open_container(call, 'a', "s");
        for (int i = 0; i < count; i++)
                sd_bus_message_append(call, "s", names[i]);
        sd_bus_message_close_container(call);
        sd_bus_message_close_container(call);
        sd_bus_message_close_container(call);
}

/* A unit that wants the others, is ordered after them, and never runs itself. */
static void start(sd_bus *bus, char **names, int count, int number) {
        sd_bus_message *call = NULL;
        char anchor[64];

        snprintf(anchor, sizeof anchor, "floor-%d-%d.service", getpid(), number);
        check(sd_bus_message_new_method_call(bus, &call, SYSTEMD, "StartTransientUnit"), "call");
        sd_bus_message_append(call, "ss", anchor, "replace");
        sd_bus_message_open_container(call, 'a', "(sv)");
        sd_bus_message_append(call, "(sv)(sv)(sv)(sv)(sv)(sv)", "DefaultDependencies", "b", 0, "CollectMode", "s",
                              "inactive-or-failed", "Type", "s", "oneshot", "LogLevelMax", "i", 4, "Conditions",
                              "a(sbbs)", 1, "ConditionPathExists", 0, 1, "/", "ExecStart", "a(sasb)", 1, "/bin/true",
                              1, "/bin/true", 0);
        append_units(call, "Wants", names, count);
        append_units(call, "After", names, count);
        sd_bus_message_close_container(call);
        sd_bus_message_append(call, "a(sa(sv))", 0);
        check(sd_bus_call(bus, call, 0, NULL, NULL), "StartTransientUnit");
        sd_bus_message_unref(call);
        for (pending++; pending > 0;) {
                int handled = sd_bus_process(bus, NULL);
                check(handled, "process");
                if (handled == 0)
                        check(sd_bus_wait(bus, UINT64_MAX), "wait");
        }
}

int main(int argc, char **argv) {
        static char *names[100000];
        int count = 0;
        sd_bus *bus = NULL;
        sd_bus_message *reload = NULL;
        struct dirent *entry;
        DIR *directory = argc == 2 ? opendir(argv[1]) : NULL;

        if (!directory)
                return 2;
        while ((entry = readdir(directory)))
                if (strstr(entry->d_name, ".service") && count < 100000)
                        names[count++] = strdup(entry->d_name);
        for (int i = 0; i < count; i++)
                install(argv[1], names[i]);
        check(sd_bus_open_system(&bus), "bus");
        check(sd_bus_match_signal(bus, NULL, SYSTEMD, "JobRemoved", finished, NULL), "match");
        check(sd_bus_message_new_method_call(bus, &reload, SYSTEMD, "Reload"), "call");
        check(sd_bus_call(bus, reload, 180 * UINT64_C(1000000), NULL, NULL), "Reload");
        for (int at = 0; at < count; at += BATCH)
                start(bus, names + at, count - at < BATCH ? count - at : BATCH, at);
        sd_bus_flush_close_unref(bus);
        return 0;
}
