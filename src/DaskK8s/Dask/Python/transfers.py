# Appended to runtime.py: arrays, other forms, and what is too large for one message.

# Bytes that travel as frames of their own: neither packed, copied nor compressed on their way.
register_serialization_family("daskk8s", None, lambda header, frames: frames[0])

INLINE = 2**20
PIECE = 4 * 2**20
# What a client that died leaves here is dropped after so many seconds without a call.
IDLE = 120
FORMS = {}
OUTGOING = {}
INCOMING = {}
WATCHES = {}


def raw(data):
    return Serialized({"serializer": "daskk8s"}, [memoryview(data).cast("B")])


def form(id, source):
    """Give the module of a form: `encode(value, target)` gives parts with `nbytes`, a length and `piece(index)`, `decode(data, target)` a value."""
    found = FORMS.get(id)
    if found is None:
        found = types.ModuleType("daskk8s_form_" + id)
        found.PIECE = PIECE
        exec(compile(source, "<daskk8s form %s>" % id, "exec"), found.__dict__)
        FORMS[id] = found
    return found


def as_array(value):
    """Give an array of numpy in C order and little-endian, as a view where it can be one; None for what is not an array."""
    kind = type(value)
    if kind.__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
        value = value.detach().cpu().numpy()
    elif hasattr(value, "__cuda_array_interface__") and hasattr(value, "get"):
        value = value.get()
    elif kind.__module__ + "." + kind.__name__ != "array.array" and (
        not hasattr(value, "__array_interface__") or kind.__module__.startswith("numpy.ma")
    ):
        # An array that masks values would lose its mask.
        return None
    import numpy

    array = numpy.asarray(value)
    if array.ndim == 0:
        return None
    if array.dtype.kind == "c" and array.dtype.itemsize < 16:
        array = array.astype("<c16")
    if not is_plain(array):
        # Dates, texts and objects travel as lists.
        return array
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and sys.byteorder == "big"):
        array = array.astype(array.dtype.newbyteorder("<"))
    return numpy.ascontiguousarray(array)


def is_plain(array):
    return array.dtype.kind in "biufc" and array.dtype.itemsize <= (16 if array.dtype.kind == "c" else 8)


def pack_array(array):
    """Give an array as an item of msgpack."""
    if not is_plain(array):
        if array.dtype.kind in "mM":
            array = array.astype(array.dtype.str[:2] + "8[us]")
        return array.tolist()
    head = [array.dtype.str[1:], list(array.shape)]
    return msgpack.ExtType(2, msgpack.packb(head + [array.reshape(-1).view("u1").data], use_bin_type=True))


class ArrayParts:
    """The bytes of an array, which it keeps alive."""

    def __init__(self, array):
        self.data = array.reshape(-1).view("u1").data
        self.nbytes = array.nbytes
        self.head = {"dtype": array.dtype.str[1:], "shape": list(array.shape)}

    def __len__(self):
        return -(-self.nbytes // PIECE)

    def piece(self, index):
        return self.data[index * PIECE : (index + 1) * PIECE]


def open_parts(worker, value, id, source, target, lazily):
    if id is None:
        return ArrayParts(as_array(value))
    encode = form(id, source).encode
    if lazily and hasattr(value, "__dask_graph__"):
        follows = takes(encode, "like")
        return Partitions(worker, value, lambda part, like: encode(part, target, like=like) if follows else encode(part, target))
    return encode(value, target)


def sweep(worker):
    for kept in (OUTGOING, INCOMING):
        for key, (what, used) in list(kept.items()):
            # Partitions could not be given again from where their reader is.
            if monotonic() - used > IDLE and not isinstance(what, Partitions):
                kept.pop(key, None)
    for key in list(OUTGOING):
        # Released: whoever read it has read enough.
        if key[0] is worker and key[1] not in worker.data:
            parts, _ = OUTGOING.pop(key)
            if isinstance(parts, Partitions):
                parts.close()


def watch(worker):
    """Drop what nobody asks for any more, as long as there is something."""

    async def look():
        while OUTGOING or INCOMING:
            await asyncio.sleep(1)
            sweep(worker)
        del WATCHES[worker]

    if worker not in WATCHES and (OUTGOING or INCOMING):
        WATCHES[worker] = asyncio.ensure_future(look())


def offer(worker, key, value, id, source, target, large, lazily):
    """Give a value as `encode` does, or a map that tells how it comes: in itself, or in pieces."""
    try:
        if id is None:
            array = as_array(value) if large else None
            if array is None or array.nbytes <= INLINE or not is_plain(array):
                return encode(value)
        parts = open_parts(worker, value, id, source, target, lazily)
        if isinstance(parts, Partitions):
            OUTGOING[worker, key, id, target] = parts, monotonic()
            return {"bytes": 0, "pieces": -1}
        if parts is NotImplemented:
            # The form takes what others cannot, and leaves the rest.
            return encode(value)
        told = dict(getattr(parts, "head", ()), bytes=parts.nbytes, pieces=len(parts))
        if parts.nbytes <= INLINE:
            told["parts"] = [memoryview(parts.piece(index)) for index in range(len(parts))]
        else:
            OUTGOING[worker, key, id, target] = parts, monotonic()
        return told
    except Exception as error:
        kind = type(value)
        return [kind.__module__ + "." + kind.__qualname__, "%s: %s" % (type(error).__name__, error)]


def install_transfers(worker):
    """Let a worker give and take values in pieces."""
    run = asyncio.get_event_loop().run_in_executor

    async def results(keys, id=None, source=None, target=None, large=False, lazily=False):
        def make():
            out = []
            for key in keys:
                try:
                    value = worker.data[key]
                except KeyError:
                    out.append(None)
                else:
                    out.append(offer(worker, key, value, id, source, target, large, lazily))
            return msgpack.packb(out, use_bin_type=True)

        # Tables take their time to be converted, and a worker has more to do; all else is over at once.
        pack = await run(None, make) if id is not None else make()
        watch(worker)
        return raw(pack)

    async def piece(key, index, id=None, source=None, target=None, lazily=False):
        parts = OUTGOING.get((worker, key, id, target), (None,))[0]
        if isinstance(parts, Partitions) and parts.begins(index):
            OUTGOING.pop((worker, key, id, target))[0].close()
            parts = None
        if parts is None:
            if key not in worker.data:
                return None
            parts = await run(None, open_parts, worker, worker.data[key], id, source, target, lazily)
        if isinstance(parts, Partitions):
            # Several pieces may be the first that is asked for.
            parts = OUTGOING.setdefault((worker, key, id, target), (parts, monotonic()))[0]
            watch(worker)
            return await parts.piece(index)
        data = await run(None, parts.piece, index)
        if index + 1 < len(parts):
            OUTGOING[worker, key, id, target] = parts, monotonic()
            watch(worker)
        else:
            OUTGOING.pop((worker, key, id, target), None)
        return raw(data)

    async def put(token, index, data):
        """Take a piece; those of one token may overtake each other."""
        incoming = INCOMING.get(token, (None, 0))[0] or Incoming()
        INCOMING[token] = incoming, monotonic()
        incoming.add(index, data)
        watch(worker)
        return "OK"

    async def keep(token, key, pieces, how):
        """Make a value of the pieces of a token and hold it under a key; its size in memory."""
        incoming = INCOMING.pop(token, (None, 0))[0] or Incoming()
        if incoming.count != pieces:
            # They went to a worker that was here before.
            return None
        try:
            value = await run(None, make_value, how, incoming.data)
        except Exception as error:
            return {"text": "%s: %s" % (type(error).__name__, error)}
        arguments = {"report": False} if takes(worker.update_data, "report") else {}
        return worker.update_data(data={key: value}, **arguments)["nbytes"][key]

    worker.handlers["daskk8s_results_" + SUFFIX] = results
    worker.handlers["daskk8s_piece_" + SUFFIX] = piece
    worker.handlers["daskk8s_put_" + SUFFIX] = put
    worker.handlers["daskk8s_keep_" + SUFFIX] = keep


class Incoming:
    def __init__(self):
        self.data, self.count, self.early = bytearray(), 0, {}

    def add(self, index, data):
        if index >= self.count:
            # One that is sent again may be here already.
            self.early[index] = data
        while self.count in self.early:
            self.data += self.early.pop(self.count)
            self.count += 1


def make_value(how, data):
    if how["kind"] == "array":
        import numpy

        return numpy.ndarray(tuple(how["shape"]), numpy.dtype("<" + how["dtype"]), data)
    if how["kind"] == "pickle":
        return open_arguments(data, ())[0][0]
    return form(how["id"], how["source"]).decode(data, how["target"])


def open_arguments(arguments, dependencies):
    """Open a pickle of (args, kwargs)."""
    unpickler = pickle.Unpickler(io.BytesIO(arguments))

    def load(item):
        # Futures among the arguments are indexes of the results they stand for; all else is told by how it is made.
        return dependencies[item] if isinstance(item, int) else make_value(*item)

    unpickler.persistent_load = load
    return unpickler.load()
