"""The machine: what it has left, read when metrics are asked for. psutil is imported then."""

from pathlib import Path

__all__ = ["read_machine"]


def read_machine(folder: str) -> dict[str, float]:
    """Return gauges of this machine and this process; the disk is that of `folder`. Blocks a little."""
    import psutil  # 5 MB that most processes never need

    memory, process = psutil.virtual_memory(), psutil.Process()
    there = Path(folder)
    disk = psutil.disk_usage(str(there if there.exists() else "."))
    return {
        # Since the time before; the first time says nothing yet.
        "system_cpu_percent": psutil.cpu_percent(interval=None),
        "system_memory_percent": memory.percent,
        "system_memory_used_bytes": float(memory.used),
        "system_memory_available_bytes": float(memory.available),
        "system_disk_percent": disk.percent,
        "process_resident_memory_bytes": float(process.memory_info().rss),
        "process_open_fds": float(process.num_fds()),
    }
