using System.Diagnostics;

namespace CrMonitor.Controllers;

/// <summary>Why a run happens.</summary>
/// <param name="Reasons">The reasons that were kept.</param>
/// <param name="Omitted">How often one came up that was not.</param>
/// <param name="Links">The spans in which the reasons came up: those of earlier runs.</param>
internal readonly record struct TakenReasons(IReadOnlyList<ReconcileReason> Reasons, int Omitted, IReadOnlyList<ActivityLink> Links);
