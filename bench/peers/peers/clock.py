"""Timing by alternation: each round runs every contender once, in rotating order."""

import os
import resource
import statistics
import time
from collections.abc import Callable

Milliseconds = Callable[[], float]


def timed(work: Callable[[], object]) -> Milliseconds:
    def run() -> float:
        start = time.perf_counter()
        work()
        return (time.perf_counter() - start) * 1e3

    return run


def alternate(contenders: dict[str, Milliseconds], rounds: int, warmups: int = 2) -> dict[str, list[float]]:
    """Milliseconds of every counted round; the pause lets the other world's threads go to sleep."""
    names = list(contenders)
    times = {name: [] for name in names}
    for round_ in range(-warmups, rounds):
        turn = round_ % len(names)
        for name in names[turn:] + names[:turn]:
            time.sleep(0.05)
            took = contenders[name]()
            if round_ >= 0:
                times[name].append(took)
    return times


def table(title: str, times: dict[str, list[float]]) -> str:
    """Median, fastest and slowest round, and the ratio to ours where ours ran."""
    ours = statistics.median(times["ours"]) if "ours" in times else None
    lines = [f"{title:<44} {'median ms':>10} {'fastest':>8} {'slowest':>8} {'theirs/ours':>12}"]
    for name, took in times.items():
        median = statistics.median(took)
        ratio = f"{median / ours:.2f}" if ours else "-"
        lines.append(f"  {name:<42} {median:>10.1f} {min(took):>8.1f} {max(took):>8.1f} {ratio:>12}")
    return "\n".join(lines)


def ratio(times: dict[str, list[float]], name: str) -> str:
    """Theirs over ours, of medians; `n/a` where one of the two did not run."""
    if "ours" not in times or name not in times:
        return "n/a"
    return f"{statistics.median(times[name]) / statistics.median(times['ours']):.2f}"


def quiet(limit: float = 0.5, patience: float = 300.0) -> float:
    """Waits until the load average has fallen below the limit, as after a build; what it is then."""
    end = time.monotonic() + patience
    while os.getloadavg()[0] > limit and time.monotonic() < end:
        time.sleep(5)
    return os.getloadavg()[0]


class LoadWatch:
    """How much of the machine others used while we measured, from the kernel's own accounts."""

    TICKS = os.sysconf("SC_CLK_TCK")

    def __init__(self, pids: Callable[[], list[int]], load: float):
        self.pids, self.load = pids, load
        self.wall, self.busy = time.monotonic(), self._busy()

    def warnings(self) -> list[str]:
        cores = os.cpu_count() or 1
        share = (self._busy() - self.busy) / ((time.monotonic() - self.wall) * cores)
        found = []
        if self.load > 0.5:
            found.append(f"WARNING: the load average was {self.load:.1f} at the start")
        if share > 0.03:
            found.append(f"WARNING: other processes used {share:.0%} of the machine during the run; do not quote these figures")
        return found

    def _busy(self) -> float:
        """Seconds of processor time used by everybody but us and our commands that have ended, since the machine started; the host's other machines
        among them."""
        with open("/proc/stat") as stat:
            user, nice, system, _idle, _wait, irq, softirq, steal, *_ = map(int, stat.readline().split()[1:])
        everybody = (user + nice + system + irq + softirq + steal) / self.TICKS
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return everybody - sum(u.ru_utime + u.ru_stime for u in used) - sum(map(self._seconds, self.pids()))

    def _seconds(self, pid: int) -> float:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / self.TICKS
