"""The workers' part of DaskK8s.Arrow: makes Arrow IPC of dataframes, and dataframes of it. PIECE is set by whoever loads it."""

HOW = (
    "this worker has no pyarrow, which tables need: add it to the image, or install it with "
    'client.InstallPackagesAsync(["pyarrow"])'
)


# Making the schema of a dataframe takes longer than to convert a small one: those of the last are kept.
LAYOUTS = {}
MOST_LAYOUTS = 64


def need():
    try:
        import pyarrow
    except ImportError:
        raise ImportError(HOW) from None
    return pyarrow


def encode(value, target, like=None):
    """Give the parts of a table; `like` those of the one before it in the same stream."""
    if target == "any" and not is_table(value):
        return NotImplemented
    pyarrow = need()
    table = to_table(pyarrow, value, like)
    return Parts(pyarrow, table, whole=target == "batch")


def is_table(value):
    kind = type(value).__module__.partition(".")[0]
    return hasattr(value, "__arrow_c_stream__") or (
        kind in ("pandas", "polars", "cudf") and (hasattr(value, "to_frame") or type(value).__name__ == "DataFrame")
    )


def to_table(pyarrow, value, like=None):
    """Give a table of what holds one: pyarrow, pandas, Polars, cuDF, maps by row, or anything that speaks Arrow's own protocol."""
    if isinstance(value, pyarrow.Table):
        return value
    if isinstance(value, pyarrow.RecordBatch):
        return pyarrow.Table.from_batches([value])
    kind = type(value).__module__.partition(".")[0]
    if kind == "pandas":
        import pandas

        if isinstance(value, pandas.Series):
            value = value.to_frame("value" if value.name is None else value.name)
        if isinstance(value, pandas.Index):
            value = value.to_frame(index=False)
        if isinstance(value, pandas.DataFrame):
            return from_pandas(pyarrow, value) if like is None else follow(pyarrow, value, like.table.schema)
    if kind in ("polars", "cudf"):
        if not hasattr(value, "columns"):
            value = value.to_frame()
        return value.to_arrow()
    if hasattr(value, "__dask_graph__"):
        raise TypeError("it is not computed yet: return value.compute(), or run it as a script")
    if hasattr(value, "__arrow_c_stream__") and hasattr(pyarrow, "table"):
        return pyarrow.table(value)
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return pyarrow.Table.from_pylist(value)
    raise TypeError("it is not a dataframe, series or table")


def follow(pyarrow, frame, schema):
    """Give the table of a partition that comes after others, whose index is a column or not as theirs, and null as a type means nothing yet."""
    described = (schema.pandas_metadata or {}).get("index_columns", ())
    table = from_pandas(pyarrow, frame, index=any(isinstance(column, str) for column in described))
    for at, field in enumerate(table.schema):
        if pyarrow.types.is_null(field.type) and at < len(schema) and schema[at].name == field.name:
            table = table.set_column(at, schema[at], pyarrow.nulls(len(table), schema[at].type))
    return table


def from_pandas(pyarrow, frame, index=None):
    try:
        # Threads cost more than small columns.
        threads = 1 if frame.size < 2**20 else None
        key = layout(frame) if index is None else None
        schema = LAYOUTS.get(key) if key else None
        if schema is not None:
            arrays = [pyarrow.array(column, from_pandas=True) for _, column in frame.items()]
            if [array.type for array in arrays] == schema.types:
                return pyarrow.Table.from_arrays(arrays, schema=schema)
        table = pyarrow.Table.from_pandas(frame, nthreads=threads, preserve_index=index)
        if key:
            if len(LAYOUTS) >= MOST_LAYOUTS:
                LAYOUTS.clear()
            LAYOUTS[key] = table.schema
        return table
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError) as error:
        # Which column it is stands among other things, if at all.
        for name in frame.columns:
            try:
                pyarrow.Array.from_pandas(frame[name])
            except Exception:
                kinds = sorted({type(item).__qualname__ for item in frame[name].head(1000)})
                raise TypeError(
                    "column %r of type %s holds %s, which Arrow has no type for: %s" % (name, frame[name].dtype, ", ".join(kinds), error)
                ) from None
        raise


def layout(frame):
    """Give what the schema of a small and plain dataframe depends on apart from the types of its objects; None for others."""
    index = frame.index
    if frame.size >= 2**20 or frame.attrs or type(index).__name__ != "RangeIndex" or type(frame.columns).__name__ != "Index":
        return None
    key = tuple(frame.columns), tuple(frame.dtypes), frame.columns.name, index.name, index.start, index.stop, index.step
    # What a category's dtype holds is large, and compares by its values.
    return key if all(type(kind).__module__ == "numpy.dtypes" or type(kind).__name__.startswith("dtype") for kind in key[1]) else None


class Parts:
    """A table as Arrow streams that stand alone: one for each run of rows, so that any of them can be asked for again."""

    def __init__(self, pyarrow, table, whole):
        self.pyarrow, self.table, self.nbytes = pyarrow, table, table.nbytes
        rows = table.num_rows
        self.empty = rows == 0
        self.rows = max(rows, 1) if whole else max(1, min(rows, PIECE * rows // max(table.nbytes, 1)))
        self.count = max(1, -(-rows // self.rows))

    def __len__(self):
        return self.count

    def piece(self, index):
        part = self.table if self.count == 1 else self.table.slice(index * self.rows, self.rows)
        if any(column.num_chunks > 1 for column in part.columns):
            part = part.combine_chunks()
        sink = self.pyarrow.BufferOutputStream()
        with self.pyarrow.ipc.new_stream(sink, part.schema) as writer:
            writer.write_table(part)
        return sink.getvalue()


def decode(data, target):
    pyarrow = need()
    with pyarrow.ipc.open_stream(pyarrow.py_buffer(data)) as reader:
        table = reader.read_all()
    if target == "pyarrow":
        return table
    if target == "polars":
        import polars

        return polars.from_arrow(table)
    return table.to_pandas()
