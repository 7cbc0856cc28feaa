using CrMonitor.Informers;

namespace CrMonitor.Controllers;

/// <summary>What a worker is busy with, and for how long.</summary>
internal readonly record struct BusyWorker(ObjectKey Key, TimeSpan For);
