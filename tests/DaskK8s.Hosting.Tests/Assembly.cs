using Xunit.Sdk;
using Xunit.v3;

// Clusters, web servers and listeners of the whole process (activities, meters): one after the other.
[assembly: Parallelization(Mode = ParallelMode.None)]
