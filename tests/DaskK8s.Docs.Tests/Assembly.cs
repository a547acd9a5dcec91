using Xunit.Sdk;
using Xunit.v3;

// The snippets take the process's own KUBECONFIG, current folder and console, as a reader's program does.
[assembly: Parallelization(Mode = ParallelMode.None)]
