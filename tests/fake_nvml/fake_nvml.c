/*
 * A libnvidia-ml.so.1 that shows whatever machine a text file describes.
 *
 * The file is named by $FAKE_NVML and read anew at every init. One statement a line, amounts in bytes:
 *
 *   driver 550.54.15          version texts of the system
 *   cuda 12040
 *   gpu NVIDIA L4             a card; the lines up to the next card or instance describe it
 *   instance NVIDIA A100 MIG 1g.5gb      a MIG instance of the card above
 *   uuid GPU-1234
 *   memory TOTAL RESERVED USED
 *   capability 8 9
 *   mig 1                     MIG mode; without this line the card does not support MIG
 *   process PID USED          USED "-" is "not available"
 *   fail FUNCTION CODE        the function returns CODE: for this card, or before the first card for every call
 *   sleep FUNCTION MS         the function takes that long, and then does what it does; only before the first card
 *
 * Without the file there is no driver. With $FAKE_NVML_LOG, init and shutdown append a line to that file.
 * -DOLD_DRIVER leaves out the functions that drivers before 510 lack.
 *
 * cc -shared -fPIC -Wl,-soname,libnvidia-ml.so.1 -o libnvidia-ml.so.1 fake_nvml.c
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6,
    INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9, ARGUMENT_VERSION_MISMATCH = 25
};

enum { MAX_DEVICES = 32, MAX_PROCESSES = 8, MAX_FAULTS = 16, TEXT = 128, MIG_SLOTS = 7 };

typedef struct { char function[TEXT]; int code; } Fault;
typedef struct { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; } Process;
typedef struct Device {
    char name[TEXT], uuid[TEXT];
    unsigned long long total, reserved, used;
    int major, minor, mig;          /* mig: -1 not supported, else the mode */
    struct Device *card;            /* of an instance: the card it is on; of a card: NULL */
    int processes, faults;
    Process process[MAX_PROCESSES];
    Fault fault[MAX_FAULTS];
} Device;

static struct {
    char driver[TEXT];
    int cuda, devices, faults, delays;
    Device device[MAX_DEVICES];
    Fault fault[MAX_FAULTS], delay[MAX_FAULTS];
} machine;

static int sessions;

static void note(const char *what) {
    const char *path = getenv("FAKE_NVML_LOG");
    FILE *log = path ? fopen(path, "a") : NULL;
    if (log) {
        fprintf(log, "%s\n", what);
        fclose(log);
    }
}

static Device *add_device(const char *name, Device *card) {
    Device *device = &machine.device[machine.devices++];
    snprintf(device->name, TEXT, "%s", name);
    device->card = card;
    device->mig = -1;
    return device;
}

static void add_fault(Device *device, const char *rest) {
    Fault *fault = device ? &device->fault[device->faults++] : &machine.fault[machine.faults++];
    sscanf(rest, "%127s %d", fault->function, &fault->code);
}

static void add_delay(const char *rest) {
    Fault *delay = &machine.delay[machine.delays++];
    sscanf(rest, "%127s %d", delay->function, &delay->code);
}

static void add_process(Device *device, const char *rest) {
    Process *process = &device->process[device->processes++];
    char used[TEXT] = "-";
    sscanf(rest, "%u %127s", &process->pid, used);
    process->used = used[0] == '-' ? ~0ULL : strtoull(used, NULL, 10);
    process->gpu_instance = process->compute_instance = ~0U;
}

static int read_machine(void) {
    const char *path = getenv("FAKE_NVML");
    FILE *file = path ? fopen(path, "r") : NULL;
    char line[512], word[TEXT];
    Device *card = NULL, *device = NULL;
    if (!file)
        return DRIVER_NOT_LOADED;
    memset(&machine, 0, sizeof machine);
    while (fgets(line, sizeof line, file)) {
        int start = 0;
        line[strcspn(line, "\n")] = 0;
        if (sscanf(line, "%127s %n", word, &start) != 1)
            continue;
        const char *rest = line + start;
        if (!strcmp(word, "driver")) snprintf(machine.driver, TEXT, "%s", rest);
        else if (!strcmp(word, "cuda")) machine.cuda = atoi(rest);
        else if (!strcmp(word, "gpu")) card = device = add_device(rest, NULL);
        else if (!strcmp(word, "instance")) device = add_device(rest, card);
        else if (!strcmp(word, "fail")) add_fault(device, rest);
        else if (!strcmp(word, "sleep")) add_delay(rest);
        else if (!strcmp(word, "uuid")) snprintf(device->uuid, TEXT, "%s", rest);
        else if (!strcmp(word, "memory")) sscanf(rest, "%llu %llu %llu", &device->total, &device->reserved, &device->used);
        else if (!strcmp(word, "capability")) sscanf(rest, "%d %d", &device->major, &device->minor);
        else if (!strcmp(word, "mig")) device->mig = atoi(rest);
        else if (!strcmp(word, "process")) add_process(device, rest);
        else abort();
    }
    fclose(file);
    return SUCCESS;
}

static int fault_in(const Fault *faults, int count, const char *function) {
    for (int i = 0; i < count; i++)
        if (!strcmp(faults[i].function, function))
            return faults[i].code;
    return SUCCESS;
}

static int status(const Device *device, const char *function) {
    int code = sessions ? fault_in(machine.fault, machine.faults, function) : UNINITIALIZED;
    usleep(1000 * (unsigned)fault_in(machine.delay, machine.delays, function));
    return code || !device ? code : fault_in(device->fault, device->faults, function);
}

/* Leave the function with the code it is told to fail with, if any. */
#define CHECK(device) do { int code_ = status(device, __func__); if (code_) return code_; } while (0)

static int give_text(char *buffer, unsigned size, const char *text) {
    if (strlen(text) >= size)
        return INSUFFICIENT_SIZE;
    strcpy(buffer, text);
    return SUCCESS;
}

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    int code = read_machine();
    usleep(1000 * (unsigned)fault_in(machine.delay, machine.delays, __func__));
    if (!code)
        code = fault_in(machine.fault, machine.faults, __func__);
    if (!code) {
        sessions++;
        note("init");
    }
    return code;
}

int nvmlShutdown(void) {
    if (!sessions)
        return UNINITIALIZED;
    sessions--;
    note("shutdown");
    return SUCCESS;
}

const char *nvmlErrorString(int code) {
    static char text[TEXT];
    snprintf(text, TEXT, "fake error %d", code);
    return text;
}

int nvmlSystemGetDriverVersion(char *buffer, unsigned size) {
    CHECK(NULL);
    return give_text(buffer, size, machine.driver);
}

int nvmlSystemGetCudaDriverVersion_v2(int *version) {
    CHECK(NULL);
    *version = machine.cuda;
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count) {
    CHECK(NULL);
    *count = 0;
    for (int i = 0; i < machine.devices; i++)
        *count += !machine.device[i].card;
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Device **handle) {
    CHECK(NULL);
    for (int i = 0; i < machine.devices; i++) {
        Device *device = &machine.device[i];
        if (!device->card && index-- == 0) {
            CHECK(device);
            *handle = device;
            return SUCCESS;
        }
    }
    return INVALID_ARGUMENT;
}

int nvmlDeviceGetName(Device *device, char *buffer, unsigned size) {
    CHECK(device);
    return give_text(buffer, size, device->name);
}

int nvmlDeviceGetUUID(Device *device, char *buffer, unsigned size) {
    CHECK(device);
    return give_text(buffer, size, device->uuid);
}

int nvmlDeviceGetCudaComputeCapability(Device *device, int *major, int *minor) {
    CHECK(device);
    if (device->card)
        return INVALID_ARGUMENT;
    *major = device->major;
    *minor = device->minor;
    return SUCCESS;
}

typedef struct { unsigned long long total, free, used; } Memory;

/* Version 1: used counts the reserved part; before 510 total leaves it out. */
int nvmlDeviceGetMemoryInfo(Device *device, Memory *memory) {
    CHECK(device);
    memory->total = device->total;
    memory->used = device->reserved + device->used;
    memory->free = memory->total - memory->used;
    return SUCCESS;
}

#ifndef OLD_DRIVER
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory2;

int nvmlDeviceGetMemoryInfo_v2(Device *device, Memory2 *memory) {
    CHECK(device);
    if (memory->version != (sizeof(Memory2) | 2U << 24))
        return ARGUMENT_VERSION_MISMATCH;
    memory->total = device->total;
    memory->reserved = device->reserved;
    memory->used = device->used;
    memory->free = memory->total - memory->reserved - memory->used;
    return SUCCESS;
}
#endif

int nvmlDeviceGetMigMode(Device *device, unsigned *current, unsigned *pending) {
    CHECK(device);
    if (device->mig < 0)
        return NOT_SUPPORTED;
    *current = *pending = (unsigned)device->mig;
    return SUCCESS;
}

int nvmlDeviceGetMaxMigDeviceCount(Device *device, unsigned *count) {
    CHECK(device);
    *count = device->mig > 0 ? MIG_SLOTS : 0;
    return SUCCESS;
}

int nvmlDeviceGetMigDeviceHandleByIndex(Device *card, unsigned slot, Device **handle) {
    CHECK(card);
    for (int i = 0; i < machine.devices; i++)
        if (machine.device[i].card == card && slot-- == 0) {
            *handle = &machine.device[i];
            return SUCCESS;
        }
    return NOT_FOUND;
}

int nvmlDeviceGetComputeRunningProcesses_v3(Device *device, unsigned *count, Process *processes) {
    CHECK(device);
    unsigned room = *count;
    *count = (unsigned)device->processes;
    if (!*count)
        return SUCCESS;
    if (!processes || room < *count)
        return INSUFFICIENT_SIZE;
    memcpy(processes, device->process, *count * sizeof *processes);
    return SUCCESS;
}
