"""A real scheduler with workers that are made up: each answers what a drain asks of it. Reads a JSON list of addresses a line, and adds a worker at each."""

import asyncio
import json
import logging
import sys

import dask
import distributed.versions
from distributed import Scheduler
from distributed.comm.core import Comm

logging.getLogger("distributed").setLevel(logging.ERROR)

# It compares each worker's versions with those of all others.
distributed.versions.error_message = lambda *_, **__: {}


METRICS = {
    "bandwidth": {"total": 1e8, "workers": {}, "types": {}},
    "executing": {},
    "memory": 0,
    "managed_bytes": 0,
    "spilled_bytes": {"memory": 0, "disk": 0},
    "spilled_nbytes": {"memory": 0, "disk": 0},
    "event_loop_interval": 0.02,
    "task_counts": {},
}


class Worker(Comm):
    def __init__(self):
        super().__init__()
        self._said = asyncio.Queue()
        self._closed = False

    async def read(self, deserializers=None):
        return await self._said.get()

    async def write(self, msg, serializers=None, on_error=None):
        for part in msg if isinstance(msg, (list, tuple)) else [msg]:
            if part.get("op") == "steal-request":
                self._said.put_nowait([{"op": "steal-response", "key": part["key"], "state": None, "stimulus_id": part["stimulus_id"]}])
            elif part.get("op") == "worker-status-change":
                self._said.put_nowait([{"op": "worker-status-change", "status": part["status"], "stimulus_id": "made-up"}])
        return 1

    async def close(self):
        self._closed = True

    def abort(self):
        self._closed = True

    def closed(self):
        return self._closed

    @property
    def local_address(self):
        return "tcp://made-up"

    @property
    def peer_address(self):
        return "tcp://made-up"


async def main():
    dask.config.set({"distributed.scheduler.worker-ttl": None, "distributed.scheduler.idle-timeout": None})
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0") as scheduler:
        print(scheduler.address, flush=True)
        serving = set()
        while line := await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline):
            for address in json.loads(line):
                serving.add(
                    asyncio.ensure_future(
                        scheduler.add_worker(
                            Worker(), address=address, status="running", server_id=address, name=address, nthreads=1,
                            memory_limit=2**30, metrics=METRICS, host_info={}, resolve_address=False, stimulus_id="made-up",
                        )
                    )
                )
                await asyncio.sleep(0)
            print("done", flush=True)


asyncio.run(main())
