# Appended to transfers.py: Dask collections as streams, one partition after the other.

# Pieces that stay here in case a broken connection lost them: more than a client asks for at a time.
KEPT_PIECES = 8
# What takes longer is asked for again, so that no call lasts as long as a partition may take.
PATIENCE = 20


class Partitions:
    """The partitions of a Dask collection, computed as they are asked for: the cluster is a few ahead of the reader, no more."""

    def __init__(self, worker, collection, convert):
        self.worker, self.collection, self.convert = worker, collection, convert
        self.pieces, self.count, self.end = {}, 0, None
        self.making, self.source = None, self.produce()
        # All that lets the cluster keep something: futures that nobody refers to are released.
        self.coming, self.held = deque(), {}

    async def piece(self, index):
        """Give a piece; an empty list after the last one, None for one that is no longer here, else what to say instead of one."""
        patience = monotonic() + PATIENCE
        if self.count == 0 and index >= KEPT_PIECES:
            # A worker that was lost has given the pieces before this one.
            return None
        while index >= self.count and self.end is None:
            if self.making is None:
                self.making = asyncio.ensure_future(self.make())
            await asyncio.wait({self.making}, timeout=max(0, patience - monotonic()))
            if index >= self.count and self.end is None and monotonic() > patience:
                return ["later"]
        if index in self.pieces:
            return raw(self.pieces[index])
        return self.end[0] if index >= self.count else None

    def begins(self, index):
        """Tell whether a piece can be asked for only by who begins to read anew."""
        return index == 0 and self.count > KEPT_PIECES

    async def make(self):
        try:
            self.pieces[self.count] = await self.source.__anext__()
            self.count += 1
            self.pieces.pop(self.count - 1 - KEPT_PIECES, None)
        except StopAsyncIteration:
            self.end = ([],)
        except Refusal as refusal:
            self.end = refusal.args
        except Exception as error:
            self.end = (["task", repr(error), "".join(traceback.format_tb(error.__traceback__))],)
        self.making = None
        if self.end is not None:
            self.release()

    async def produce(self):
        run = asyncio.get_running_loop().run_in_executor
        await run(None, self.plan)
        like, given = None, False
        for position in range(len(self.keys)):
            while self.next < len(self.keys) and len(self.coming) < self.most:
                await run(None, self.submit)
            try:
                value = await self.coming[0]
            finally:
                self.coming.popleft().release()
            for key in [key for key in self.held if self.last[key] <= position]:
                self.held.pop(key).release()
            try:
                parts = await run(None, self.convert, value, like)
                # One without rows has types that mean nothing, and is given only where no other is.
                if getattr(parts, "empty", False) and (given or position + 1 < len(self.keys)):
                    continue
                for index in range(len(parts)):
                    yield await run(None, parts.piece, index)
            except Exception as error:
                kind = type(value)
                reason = "%s: %s" % (type(error).__name__, error)
                raise Refusal(["form", kind.__module__ + "." + kind.__qualname__, reason]) from error
            like, given = parts, True

    def plan(self):
        """Find out in which order to compute what, and what more than one partition needs."""
        import dask
        from dask.core import flatten, get_dependencies
        from dask.utils import ensure_dict

        self.client = self.worker._get_client()
        self.most = max(2, sum(self.client.nthreads().values()))
        (collection,) = dask.optimize(self.collection)
        self.graph = ensure_dict(collection.__dask_graph__())
        self.keys, self.next = list(flatten(collection.__dask_keys__())), 0
        # The first partition that needs a key, and for those that others need as well: the last one.
        first, self.last = {}, {}
        self.needs = {}
        for position, output in enumerate(self.keys):
            open = [output]
            while open:
                key = open.pop()
                if key in first:
                    if first[key] != position:
                        self.last[key] = position
                    continue
                first[key] = position
                self.needs[key] = [need for need in get_dependencies(self.graph, key) if need in self.graph]
                open.extend(self.needs[key])
        self.shared = defaultdict(list)
        for key in self.last:
            self.shared[first[key]].append(key)

    def submit(self):
        """Have the next partition computed, without what is held already."""
        output = self.keys[self.next]
        wanted = [output] + self.shared[self.next]
        graph, open = {}, list(wanted)
        while open:
            key = open.pop()
            if key not in graph:
                graph[key] = self.held.get(key)
                if graph[key] is None:
                    graph[key] = self.graph[key]
                    open.extend(self.needs[key])
        futures = self.client.get(graph, wanted, sync=False)
        self.coming.append(futures[0])
        self.held.update(zip(wanted[1:], futures[1:]))
        self.next += 1

    def close(self):
        """Let go of all that the cluster keeps or computes for this."""
        self.end = (None,)
        self.pieces.clear()
        if self.making is not None:
            self.making.cancel()
        self.source = None
        self.release()

    def release(self):
        # An error's traceback may refer to them for longer.
        for future in [*self.coming, *self.held.values()]:
            future.release()
        self.coming.clear()
        self.held.clear()


class Refusal(Exception):
    """Tells why there is no further piece."""
