def mean_distance(source):
    """Give the mean of a month's trip distances in miles, and what read them where.

    `source` is a path or a URL that the worker can read, a Parquet file by its name and CSV otherwise, or the bytes of a CSV file.
    """
    import io

    from distributed import get_worker

    try:
        import cudf as frames
    except Exception:
        # Not installed; or installed, but the worker has no GPU, which cuDF tells in several ways.
        import pandas as frames

    if isinstance(source, str) and source.partition("?")[0].endswith(".parquet"):
        trips = frames.read_parquet(source, columns=["trip_distance"])
    else:
        trips = frames.read_csv(io.BytesIO(source) if isinstance(source, bytes) else source, usecols=["trip_distance"])
    return {
        "mean": float(trips["trip_distance"].mean()),
        "trips": len(trips),
        "library": frames.__name__,
        "worker": get_worker().address,
    }
