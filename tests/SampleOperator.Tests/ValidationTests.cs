namespace CrMonitor.SampleOperator.Tests;

public sealed class ValidationTests
{
    [Fact]
    public void A_name_that_fits_into_a_label_is_fine_and_one_more_character_is_not()
    {
        Assert.Null(ApplicationValidation.Problem(Applications.Application(name: new string('a', 63))));

        var problem = ApplicationValidation.Problem(Applications.Application(name: new string('a', 64)));

        Assert.Contains("64 characters", problem, StringComparison.Ordinal);
        Assert.Contains("shorter name", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_schema_would_refuse_is_named_with_its_field()
    {
        Assert.StartsWith("spec.image", ApplicationValidation.Problem(Applications.Application(image: " ")), StringComparison.Ordinal);
        Assert.StartsWith("spec.replicas is 0", ApplicationValidation.Problem(Applications.Application(replicas: 0)), StringComparison.Ordinal);
        Assert.StartsWith("spec.replicas is 11", ApplicationValidation.Problem(Applications.Application(replicas: 11)), StringComparison.Ordinal);
        Assert.StartsWith("spec.ports has 0", ApplicationValidation.Problem(Applications.Application(ports: [0])), StringComparison.Ordinal);
        Assert.StartsWith("spec.ports has 70000", ApplicationValidation.Problem(Applications.Application(ports: [70000])), StringComparison.Ordinal);
        Assert.StartsWith(
            "spec.ports has 80 more than once", ApplicationValidation.Problem(Applications.Application(ports: [80, 80])), StringComparison.Ordinal);
    }
}
