"""Takes values to workers and from them, in pieces that only pass the scheduler."""


class Data:
    def __init__(self, scheduler, runtimes):
        self.scheduler, self.call = scheduler, runtimes.call
        self.turn = 0

    async def piece(self, key, **arguments):
        task = self.scheduler.tasks.get(key)
        if task is None or not task.who_has:
            return {"piece": None}
        # The same one for all pieces: it keeps what it has encoded.
        address = min(holder.address for holder in task.who_has)
        return {"piece": await self.call(address, "piece", key=key, **arguments)}

    def place(self, key, workers):
        """Choose a worker for a value; none if its key is there already."""
        task = self.scheduler.tasks.get(key)
        if task is not None and task.state == "memory":
            return {"known": True}
        running = sorted(self.running(workers))
        if not running:
            return {"worker": None}
        self.turn += 1
        return {"worker": running[self.turn % len(running)]}

    def running(self, workers):
        """Give the addresses of running workers: of all, or of those that are named."""
        addresses = [worker.address for worker in self.scheduler.running]
        if workers is None:
            return addresses
        chosen = {self.scheduler.aliases.get(name, name) for name in workers}
        return [address for address in addresses if address in chosen]

    async def put(self, worker, **arguments):
        if worker not in self.scheduler.workers:
            return {"outcome": "gone"}
        return {"outcome": await self.call(worker, "put", **arguments) or "gone"}

    async def keep(self, session, key, worker, token, pieces, how, workers, broadcast):
        """Hold what was put, for a session."""
        nbytes = None
        if worker is not None:
            nbytes = await self.call(worker, "keep", token=token, key=key, pieces=pieces, how=how)
            if nbytes is None or worker not in self.scheduler.workers:
                return {"outcome": "gone"}
            if isinstance(nbytes, dict):
                return {"outcome": "failed", "text": nbytes["text"]}
            self.scheduler.update_data(who_has={key: [worker]}, nbytes={key: nbytes}, client=session)
        else:
            self.scheduler.client_desires_keys(keys=[key], client=session)
        if broadcast:
            addresses = self.running(workers)
            await self.scheduler.replicate(keys=[key], workers=addresses, n=len(addresses))
        return {"outcome": "OK"}
