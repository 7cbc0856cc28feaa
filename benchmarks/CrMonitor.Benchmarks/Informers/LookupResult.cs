namespace CrMonitor.Benchmarks.Informers;

/// <summary>The figures of one operation in one repetition.</summary>
/// <param name="Op">What was asked; <c>fill</c>: the objects were added one by one.</param>
/// <param name="Readers">How many threads asked.</param>
/// <param name="Writer">What went on meanwhile.</param>
/// <param name="N">How many objects there are.</param>
/// <param name="Rep">The number of the repetition.</param>
/// <param name="ReaderNsOp">How long one reader waited for one answer.</param>
/// <param name="CpuNsOp">CPU time of the process for an answer, that of the writer included.</param>
/// <param name="OpsS">Answers a second, of all readers.</param>
/// <param name="ItemsOp">Objects in an answer.</param>
/// <param name="BytesOp">Memory allocated for an answer, that of the writer included.</param>
/// <param name="WritesS">Updates a second.</param>
/// <param name="RetainedBytesOp">What the store keeps for an object, beside the object (fill).</param>
internal sealed record LookupResult(
    string Op,
    int Readers,
    LookupWriter Writer,
    int N,
    int Rep,
    double ReaderNsOp,
    double CpuNsOp,
    double OpsS,
    double ItemsOp,
    double BytesOp,
    double WritesS,
    double? RetainedBytesOp);
