using System.Text.Json.Nodes;
using CrMonitor.ApiServer.Storage;
using Microsoft.Extensions.Time.Testing;

namespace CrMonitor.ApiServer.Tests;

public sealed class StoreCursorTests
{
    private readonly ObjectStore _store = new(new FakeTimeProvider(), maximumLogLength: 10, maximumLogAge: TimeSpan.FromMinutes(5));

    [Fact]
    public async Task A_follower_of_the_store_is_given_the_changes_that_concern_it_in_their_order_and_no_other()
    {
        var wanted = _store.Table("wanted");
        var (_, cursor) = _store.FollowAll(change => change.Table == wanted);
        using (cursor)
        {
            var reading = cursor.ReadAsync(TestContext.Current.CancellationToken).AsTask();
            for (var i = 0; i < 3000; i++)
            {
                Write(_store.Table("others"), $"o{i}");
            }

            Assert.False(reading.IsCompleted);
            var first = Write(wanted, "a");
            Write(_store.Table("others"), "last");
            var second = Write(wanted, "b");

            Assert.Same(first, (await reading).Current);
            Assert.Same(second, (await cursor.ReadAsync(TestContext.Current.CancellationToken)).Current);
            Assert.False(cursor.ReadAsync(TestContext.Current.CancellationToken).AsTask().IsCompleted);
        }
    }

    private StoredObject Write(ResourceTable table, string name)
    {
        var obj = new JsonObject { ["apiVersion"] = "v1", ["metadata"] = new JsonObject { ["name"] = name, ["uid"] = name } };
        return _store.TryWrite(table, null, ObjectEncoder.Encode(obj, former: null, likelyRevision: 1))!;
    }
}
