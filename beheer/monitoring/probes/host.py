"""Host: processor, memory, disks, load and processes of the machine that the agent runs on."""

from __future__ import annotations

import os
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from pydantic import Field

from beheer.monitoring.contract import Kind, Observation, Settings, Surroundings, Value

PSEUDO = frozenset(
    {"squashfs", "tmpfs", "devtmpfs", "overlay", "iso9660", "proc", "sysfs", "cgroup2", "nsfs"}
)
FIRST_LOOK_S = 0.25


class HostSettings(Settings):
    """What to look at besides processor, memory and load."""

    mounts: tuple[str, ...] = Field((), description="Mount points to measure; empty: all real disks, and /.")
    processes: dict[str, str] = Field(
        {},
        description="Processes to count: a name of your own, and the program's name, optionally as 'user:program'.",
    )


@dataclass(frozen=True, slots=True)
class _Look:
    """What is counted from boot, at one instant: rates are the difference of two looks."""

    at: float
    busy_s: float
    waiting_s: float
    stolen_s: float
    all_s: float
    counters: dict[str, float]


_lock = threading.Lock()
_earlier: dict[int, _Look] = {}


def observe(settings: HostSettings, timeout_s: float, surroundings: Surroundings) -> Observation:
    """Look at this machine. Rates are over the time since the last look, or a quarter of a second the first time."""
    del timeout_s, surroundings
    metrics = _rates() | _memory() | _load()
    problems = _disks(settings.mounts, metrics)
    _processes(settings.processes, metrics)
    fullest = max(
        (value for name, value in metrics.items() if name.startswith("disk_used_ratio[")), default=0.0
    )
    message = (
        f"processor {metrics['cpu_used_ratio']:.0%}, memory {metrics['memory_used_ratio']:.0%}, "
        f"fullest disk {fullest:.0%}, load {metrics['load_1m']:.2f}"
    )
    return Observation(message, metrics, error="; ".join(problems))


def _rates() -> dict[str, float]:
    with _lock:
        before = _earlier.get(0)
        if before is None or time.monotonic() - before.at < FIRST_LOOK_S:
            before = _look()
            time.sleep(FIRST_LOOK_S)
        after = _earlier[0] = _look()
    spent = max(after.all_s - before.all_s, 1e-9)
    passed = max(after.at - before.at, 1e-9)
    rates = {
        "cpu_used_ratio": _ratio((after.busy_s - before.busy_s) / spent),
        "cpu_iowait_ratio": _ratio((after.waiting_s - before.waiting_s) / spent),
        "cpu_steal_ratio": _ratio((after.stolen_s - before.stolen_s) / spent),
    }
    for name, count in after.counters.items():
        rates[name] = max(count - before.counters.get(name, count), 0.0) / passed
    return rates


def _look() -> _Look:
    times = psutil.cpu_times()
    waiting, stolen = getattr(times, "iowait", 0.0), getattr(times, "steal", 0.0)
    everything = sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
    disk, net = psutil.disk_io_counters(), psutil.net_io_counters()
    counters: dict[str, float] = {}
    if disk is not None:
        counters |= {
            "disk_read_bytes_per_s": float(disk.read_bytes),
            "disk_written_bytes_per_s": float(disk.write_bytes),
        }
    if net is not None:
        counters |= {
            "net_received_bytes_per_s": float(net.bytes_recv),
            "net_sent_bytes_per_s": float(net.bytes_sent),
        }
    return _Look(time.monotonic(), everything - times.idle - waiting, waiting, stolen, everything, counters)


def _ratio(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _memory() -> dict[str, float]:
    memory, swap = psutil.virtual_memory(), psutil.swap_memory()
    return {
        "memory_used_ratio": _ratio(1 - memory.available / memory.total) if memory.total else 0.0,
        "memory_available_bytes": float(memory.available),
        "swap_used_ratio": swap.used / swap.total if swap.total else 0.0,
        "swap_used_bytes": float(swap.used),
    }


def _load() -> dict[str, float]:
    processors = psutil.cpu_count() or 1
    one, five, fifteen = os.getloadavg()
    return {
        "load_1m": one,
        "load_5m": five,
        "load_15m": fifteen,
        "load_per_cpu": five / processors,
        "cpus": float(processors),
        "uptime_s": max(time.time() - psutil.boot_time(), 0.0),
        "users": float(len({user.name for user in psutil.users()})),
    }


def _disks(wanted: tuple[str, ...], metrics: dict[str, float]) -> list[str]:
    """Put the figures of each disk into `metrics`; what is wrong with a mount that was asked for comes back."""
    problems = []
    for mount in wanted or _real_mounts():
        try:
            use, nodes = psutil.disk_usage(mount), os.statvfs(mount)
        except OSError as error:
            if wanted:
                problems.append(f"{mount} cannot be measured: {(error.strerror or str(error)).lower()}")
            continue
        metrics[f"disk_used_ratio[{mount}]"] = use.percent / 100
        metrics[f"disk_free_bytes[{mount}]"] = float(use.free)
        metrics[f"disk_size_bytes[{mount}]"] = float(use.total)
        if nodes.f_files:
            metrics[f"inodes_used_ratio[{mount}]"] = 1 - nodes.f_ffree / nodes.f_files
    return problems


def _real_mounts() -> list[str]:
    """Mount points of disks, each disk once, and the root in any case."""
    mounts = {"/": "/"}
    for part in psutil.disk_partitions(all=False):
        if part.fstype not in PSEUDO and not part.mountpoint.startswith(("/boot/efi", "/snap/")):
            mounts.setdefault(part.device, part.mountpoint)
    found = [mount for mount in dict.fromkeys(mounts.values()) if Path(mount).is_dir()]
    return found[:50]


def _processes(wanted: dict[str, str], metrics: dict[str, float]) -> None:
    metrics["processes_all"] = float(len(psutil.pids()))
    if not wanted:
        return
    running: list[tuple[str, str]] = []
    for process in psutil.process_iter(["name", "username"]):
        running.append((process.info["name"] or "", process.info["username"] or ""))
    for own_name, asked in wanted.items():
        user, _, program = asked.rpartition(":")
        count = sum(1 for name, owner in running if _same(name, program) and user in ("", owner))
        metrics[f"processes[{own_name}]"] = float(count)


def _same(name: str, program: str) -> bool:
    """Whether a process has this name; the kernel keeps 15 characters of it, and `*` stands for anything."""
    if "*" in program:
        return re.fullmatch(".*".join(map(re.escape, program.split("*"))), name) is not None
    return name == program or (len(name) == 15 and program.startswith(name))


def _declared(settings: HostSettings) -> dict[str, Any]:
    mounts = dict.fromkeys(DISK_FIGURES, settings.mounts) if settings.mounts else {}
    return {"processes": settings.processes.keys(), **mounts}


DISK_FIGURES = ("disk_used_ratio", "disk_free_bytes", "disk_size_bytes", "inodes_used_ratio")

KIND: Kind[Any] = Kind(
    key="host",
    title="This machine",
    summary="Measures processor, memory, disks, load and processes of the machine that the agent runs on.",
    settings=HostSettings,
    values=(
        Value("cpu_used_ratio", "ratio", "Share of processor time in use, since the last run"),
        Value("cpu_iowait_ratio", "ratio", "Share of processor time waiting for disks"),
        Value("cpu_steal_ratio", "ratio", "Share of processor time taken by other virtual machines"),
        Value("cpus", "count", "Processors"),
        Value("memory_used_ratio", "ratio", "Share of memory that is not available"),
        Value("memory_available_bytes", "bytes", "Memory that programs can still get"),
        Value("swap_used_ratio", "ratio", "Share of swap in use"),
        Value("swap_used_bytes", "bytes", "Swap in use"),
        Value("load_1m", "", "Load over one minute"),
        Value("load_5m", "", "Load over five minutes"),
        Value("load_15m", "", "Load over fifteen minutes"),
        Value("load_per_cpu", "", "Load over five minutes, by processor"),
        Value("uptime_s", "s", "Since the machine started"),
        Value("users", "count", "Users signed in"),
        Value("disk_used_ratio", "ratio", "Share of a disk in use", each="mount point"),
        Value("disk_free_bytes", "bytes", "Room on a disk", each="mount point"),
        Value("disk_size_bytes", "bytes", "Size of a disk", each="mount point"),
        Value("inodes_used_ratio", "ratio", "Share of a disk's inodes in use", each="mount point"),
        Value("disk_read_bytes_per_s", "bytes", "Read from disks, a second"),
        Value("disk_written_bytes_per_s", "bytes", "Written to disks, a second"),
        Value("net_received_bytes_per_s", "bytes", "Received from networks, a second"),
        Value("net_sent_bytes_per_s", "bytes", "Sent to networks, a second"),
        Value("processes_all", "count", "Processes"),
        Value("processes", "count", "Processes of a program", each="name of your own"),
    ),
    conditions={
        "down": ("disk_used_ratio > 98%", "memory_used_ratio > 98%"),
        "degraded": ("disk_used_ratio > 90%", "memory_used_ratio > 92%", "load_per_cpu > 4"),
    },
    observe=observe,
    declared=_declared,
)
