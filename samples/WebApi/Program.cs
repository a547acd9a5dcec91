using WebApi;

// A web API that runs its work on a Dask cluster. Which cluster is in appsettings.json; an environment variable (ConnectionStrings__dask=my-dask.analytics)
// or an argument (--ConnectionStrings:dask tcp://127.0.0.1:8786) says otherwise. The cluster may be away when this starts, and go and come back later.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
// snippet: webapi-services
builder.Services.AddDaskCluster("dask");
builder.Services.AddHealthChecks().AddDask();
// end snippet
builder.Services.AddProblemDetails();
builder.Services.AddExceptionHandler<ClusterAwayHandler>();

WebApplication app = builder.Build();
app.UseExceptionHandler();
app.MapHealthChecks("/health", HealthReportWriter.Options);
app.MapGet("/squares/{number:long}", Squares.ComputeAsync);
app.MapGet("/sum-of-squares", Squares.SumAsync);
app.MapPost("/jobs", Jobs.StartAsync);
app.MapGet("/jobs", Jobs.ListAsync);
app.MapGet("/jobs/{id}", Jobs.GetAsync);
app.MapDelete("/jobs/{id}", Jobs.DeleteAsync);
await app.RunAsync();
