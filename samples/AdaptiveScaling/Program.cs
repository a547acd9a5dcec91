using AdaptiveScalingSample;

// Shows adaptive scaling on a cluster embedded in this process, and draws what happened: dotnet run --project samples/AdaptiveScaling -- docs/adaptive.svg
// What runs beside a release all the time is samples/AdaptiveService.
return await Demonstration.RunAsync(args is [string file] ? file : "adaptive.svg");
