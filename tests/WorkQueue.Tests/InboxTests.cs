namespace CrMonitor.WorkQueue.Tests;

public sealed class InboxTests
{
    private readonly Inbox<string> _inbox = new();

    [Fact]
    public void Messages_are_read_in_the_order_in_which_they_were_posted()
    {
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < Inbox<string>.Capacity; i++)
            {
                Assert.True(TryPost(_inbox, $"{round}-{i}"));
            }

            for (var i = 0; i < Inbox<string>.Capacity; i++)
            {
                Assert.Equal($"{round}-{i}", Read(_inbox).Key);
            }

            Assert.Equal(_inbox.End, _inbox.Position);
        }
    }

    [Fact]
    public void A_full_inbox_refuses_a_message_until_one_was_read()
    {
        for (var i = 0; i < Inbox<string>.Capacity; i++)
        {
            TryPost(_inbox, "key");
        }

        Assert.False(TryPost(_inbox, "one too many"));

        Read(_inbox);
        Assert.True(TryPost(_inbox, "key"));
    }

    [Fact]
    public void A_closed_inbox_refuses_messages_and_keeps_those_it_has()
    {
        TryPost(_inbox, "before");

        _inbox.Close();

        Assert.False(TryPost(_inbox, "after"));
        Assert.Equal("before", Read(_inbox).Key);
        _inbox.Open();
        Assert.True(TryPost(_inbox, "after"));
    }

    [Fact]
    public void An_inbox_that_is_closed_to_additions_takes_ends_of_work_unless_it_is_closed_altogether()
    {
        _inbox.CloseToAdditions();

        Assert.Equal(-1, _inbox.TryReserveForAddition());
        Assert.True(TryPost(_inbox, "end"));
        _inbox.Close();
        Assert.False(TryPost(_inbox, "end"));
        _inbox.Open();
        Assert.Equal(-1, _inbox.TryReserveForAddition());
        Assert.True(TryPost(_inbox, "end"));
    }

    [Fact]
    public async Task Messages_of_many_threads_are_read_once_each_and_those_of_one_thread_in_order()
    {
        const int Posters = 4;
        const int Each = 50_000;
        var inbox = new Inbox<(int Poster, int Number)>();
        var posters = Enumerable.Range(0, Posters).Select(poster => Task.Run(
            () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    while (!TryPost(inbox, (poster, i)))
                    {
                        Thread.Yield();
                    }
                }
            },
            TestContext.Current.CancellationToken)).ToArray();

        var next = new int[Posters];
        for (var read = 0; read < Posters * Each;)
        {
            if (inbox.Position < inbox.End)
            {
                var (poster, number) = Read(inbox).Key;
                Assert.Equal(next[poster]++, number);
                read++;
            }
            else
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                Thread.Yield();
            }
        }

        await Task.WhenAll(posters);
        Assert.Equal(inbox.End, inbox.Position);
    }

    private static Message<TKey> Read<TKey>(Inbox<TKey> inbox) where TKey : notnull
    {
        var place = inbox.Peek();
        var message = inbox.Read(place);
        inbox.Free(place);
        return message;
    }

    private static bool TryPost<TKey>(Inbox<TKey> inbox, TKey key) where TKey : notnull
    {
        var position = inbox.TryReserve();
        if (position < 0)
        {
            return false;
        }

        inbox.Publish(position, new Message<TKey> { Key = key });
        return true;
    }
}
