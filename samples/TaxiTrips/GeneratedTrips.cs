using System.Globalization;
using System.Text;

namespace TaxiTrips;

/// <summary>Creates a small month of trips in the column layout of the Taxi and Limousine Commission, the same one each time.</summary>
/// <remarks>As CSV, in which the commission published this month first: pandas reads it everywhere, Parquet only where pyarrow is.</remarks>
internal sealed record GeneratedTrips(byte[] Csv, decimal MeanDistance)
{
    public const int Count = 20_000;

    private const int Seed = 202004;

    private const string Header =
        "VendorID,tpep_pickup_datetime,tpep_dropoff_datetime,passenger_count,trip_distance,RatecodeID,store_and_fwd_flag,PULocationID,DOLocationID," +
        "payment_type,fare_amount,extra,mta_tax,tip_amount,tolls_amount,improvement_surcharge,total_amount,congestion_surcharge\n";

    public static GeneratedTrips Create()
    {
        Random random = new(Seed);
        DateTime month = new(2020, 4, 1, 0, 0, 0, DateTimeKind.Unspecified);
        StringBuilder csv = new(Header);
        long hundredths = 0;
        for (int i = 0; i < Count; i++)
        {
            // Most trips are short and a few are long; whole hundredths of a mile make the sum exact.
            int distance = 10 + (int)(-260 * Math.Log(1 - random.NextDouble()));
            hundredths += distance;
            DateTime pickup = month.AddSeconds(random.Next(30 * 24 * 3600));
            DateTime dropoff = pickup.AddSeconds(120 + (distance * 2));
            decimal fare = 2.5m + (distance * 0.025m);
            decimal tip = random.Next(4) == 0 ? 0 : Math.Round(fare * 0.2m, 2);
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{1 + random.Next(2)},{pickup:yyyy-MM-dd HH:mm:ss},{dropoff:yyyy-MM-dd HH:mm:ss},{1 + random.Next(4)},{distance / 100m:0.00},1,N,");
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{1 + random.Next(263)},{1 + random.Next(263)},{(tip > 0 ? 1 : 2)},{fare:0.00},0,0.5,{tip:0.00},0,0.3,{fare + tip + 3.3m:0.00},2.5\n");
        }

        return new GeneratedTrips(Encoding.ASCII.GetBytes(csv.ToString()), hundredths / 100m / Count);
    }
}
