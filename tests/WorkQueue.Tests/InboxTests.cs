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
                Assert.Equal($"{round}-{i}", _inbox.Read(_inbox.Peek()).Key);
            }

            Assert.Equal(-1, _inbox.Peek());
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

        _inbox.Read(_inbox.Peek());
        Assert.True(TryPost(_inbox, "key"));
    }

    [Fact]
    public void A_closed_inbox_refuses_messages_and_keeps_those_it_has()
    {
        TryPost(_inbox, "before");

        _inbox.Close();

        Assert.False(TryPost(_inbox, "after"));
        Assert.Equal("before", _inbox.Read(_inbox.Peek()).Key);
        _inbox.Open();
        Assert.True(TryPost(_inbox, "after"));
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
            if (inbox.Peek() is >= 0 and var index)
            {
                var (poster, number) = inbox.Read(index).Key;
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
        Assert.Equal(-1, inbox.Peek());
    }

    private static bool TryPost<TKey>(Inbox<TKey> inbox, TKey key) where TKey : notnull
    {
        var index = inbox.TryReserve();
        if (index < 0)
        {
            return false;
        }

        inbox.Publish(index, new Message<TKey> { Key = key });
        return true;
    }
}
