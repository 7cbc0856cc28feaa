namespace CrMonitor.SampleOperator;

/// <summary>What the schema of the custom resource cannot say, or an older schema in the cluster does not.</summary>
internal static class ApplicationValidation
{
    /// <summary>The longest value of a label, and so the longest name: the label <c>app</c> carries it.</summary>
    public const int MaxNameLength = 63;

    /// <summary>Why no Deployment can be made of the Application, with the remedy; <see langword="null"/> if one can.</summary>
    public static string? Problem(Application application)
    {
        var name = application.Metadata.Name;
        if (name.Length > MaxNameLength)
        {
            return $"metadata.name has {name.Length} characters; its Deployment and the label {DesiredDeployment.AppLabel} that carry it allow {MaxNameLength}. "
                + "Create the Application under a shorter name.";
        }

        var spec = application.Spec;
        if (string.IsNullOrWhiteSpace(spec.Image))
        {
            return "spec.image is empty. Give a container image.";
        }

        if (spec.Replicas is < 1 or > 10)
        {
            return $"spec.replicas is {spec.Replicas}. Give a number from 1 to 10.";
        }

        foreach (var port in spec.Ports ?? [])
        {
            if (port is < 1 or > 65535)
            {
                return $"spec.ports has {port}. Give numbers from 1 to 65535.";
            }
        }

        var twice = (spec.Ports ?? []).GroupBy(port => port).FirstOrDefault(same => same.Count() > 1);
        return twice is null ? null : $"spec.ports has {twice.Key} more than once. Give each port once.";
    }
}
