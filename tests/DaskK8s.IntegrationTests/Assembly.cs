using Xunit.Sdk;
using Xunit.v3;

// One cluster, one machine: releases that start at once would wait for each other's processors and GPUs.
[assembly: Parallelization(Mode = ParallelMode.None)]
