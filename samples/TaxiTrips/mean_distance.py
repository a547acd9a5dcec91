def read_trips(source, *columns):
    """Give the named columns of a month's trips as a dataframe, and the library that read it.

    `source` is a path or a URL that the worker can read, a Parquet file by its name and CSV otherwise, or the bytes of a CSV file.
    """
    import io

    try:
        import cudf as frames
    except Exception:
        # Not installed; or installed, but the worker has no GPU, which cuDF tells in several ways.
        import pandas as frames

    if isinstance(source, str) and source.partition("?")[0].endswith(".parquet"):
        return frames.read_parquet(source, columns=list(columns)), frames
    return frames.read_csv(io.BytesIO(source) if isinstance(source, bytes) else source, usecols=list(columns)), frames


def mean_distance(source):
    """Give the mean of a month's trip distances in miles, and what read them where."""
    from distributed import get_worker

    trips, frames = read_trips(source, "trip_distance")
    return {
        "mean": float(trips["trip_distance"].mean()),
        "trips": len(trips),
        "library": frames.__name__,
        "worker": get_worker().address,
    }


def mean_distance_by_hour(source):
    """Give a dataframe: the mean distance in miles and the number of trips for each hour of the day in which trips begin."""
    trips, frames = read_trips(source, "tpep_pickup_datetime", "trip_distance")
    hour = frames.to_datetime(trips["tpep_pickup_datetime"]).dt.hour.astype("int32")
    by_hour = trips.groupby(hour.rename("hour"))["trip_distance"].agg(["mean", "count"])
    return by_hour.rename(columns={"mean": "miles", "count": "trips"}).sort_index()
