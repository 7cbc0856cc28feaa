using System.Globalization;
using System.Net;

namespace CrMonitor.Informers;

/// <content>The list in pages, and what lists have in common.</content>
internal sealed partial class Reflector<T>
{
    private async Task<Phase> ListAsync(Phase.Listing listing, CancellationToken cancellationToken)
    {
        using var activity = InformerInstruments.Activities.StartActivity("informer list");
        activity?.SetTag("k8s.resource", _resource.ToString());
        var started = _time.GetTimestamp();
        try
        {
            // From the watch cache a list comes whole, whatever the limit says. At an exact version a limit would send the server past it, to its database.
            var limit = listing.ResourceVersion is "0" or "" || _serverPages ? _options.PageSize : 0;
            var count = await ListAllAsync(listing.ResourceVersion, limit, cancellationToken);
            var elapsed = _time.GetElapsedTime(started);
            Listed(count, elapsed, "pages");
            return new Phase.Watching(_version ?? "");
        }
        catch (KubeApiException e) when (e.IsExpired || e.IsTooLargeResourceVersion)
        {
            // The version is gone, or is not there yet (the server was restored from a backup): whatever is newest will do.
            if (listing.ResourceVersion.Length == 0)
            {
                return BackOff(listing, ReflectorFailureReason.Expired, e);
            }

            return Retry(new Phase.Listing(""), ReflectorFailureReason.Expired, e, "listing the latest state now");
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            return AfterKindMissing(e);
        }
        catch (KubeApiException e) when (e.StatusCode == HttpStatusCode.TooManyRequests)
        {
            return BackOff(listing, ReflectorFailureReason.TooManyRequests, e);
        }
        catch (HttpRequestException e)
        {
            return BackOff(listing, ReflectorFailureReason.ConnectionFailed, e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return BackOff(Relist(), ReflectorFailureReason.ListFailed, e);
        }
    }

    private Phase.BackingOff AfterKindMissing(KubeApiException e)
    {
        // A server that is just starting may not know its kinds yet, and to forget all objects is a big step: it takes two such answers in a row.
        if (_isKindMissing)
        {
            _sink.KindGone();
            _version = null;
        }

        _isKindMissing = true;
        return BackOff(Relist(), ReflectorFailureReason.KindMissing, e);
    }

    private void Listed(int count, TimeSpan elapsed, string mode)
    {
        var tags = _tags;
        tags.Add("mode", mode);
        InformerInstruments.ListDuration.Record(elapsed.TotalSeconds, tags);
        LogListed(_name, count, _version, mode, elapsed);
    }

    private async Task<int> ListAllAsync(string version, int limit, CancellationToken cancellationToken)
    {
        var replacement = _sink.BeginReplace();
        Dictionary<ObjectKey, InvalidObject> invalid = [];
        ListParser? first = null;
        var next = "";
        do
        {
            var page = new ListParser(
                json => TakeItem(json, replacement, invalid),
                beginning => TakeDecoded(_decoder.RefuseTooLarge(beginning, _options.MaxObjectSize), replacement, invalid),
                _options.MaxObjectSize);
            try
            {
                await ReadPageAsync(page, version, limit, next, cancellationToken);
            }
            catch (KubeApiException e) when (e.IsExpired && next.Length > 0)
            {
                // The token is older than what the server keeps. One list without pages cannot run into that.
                Report(ReflectorFailureReason.Expired, e, "listing again without pages");
                return await ListAllAsync(version, 0, cancellationToken);
            }

            Health.Alive();
            _isKindMissing = false;
            _backoff.Well(_time.GetTimestamp());
            first ??= page;
            next = page.Continue;
            _serverPages |= version == "0" && next.Length > 0;
        }
        while (next.Length > 0);

        // All pages show the state of the first one.
        _version = first.ResourceVersion;
        _sink.Replace(replacement, first.ResourceVersion, invalid.Values);
        return replacement.Count;
    }

    private async Task ReadPageAsync(ListParser page, string version, int limit, string continueToken, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(ReflectorTimes.Answer, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            using var request = Get(
                _form.ListMediaType,
                ("limit", limit > 0 ? limit.ToString(CultureInfo.InvariantCulture) : ""),
                ("continue", continueToken),
                // A token carries its version; the server refuses both together.
                ("resourceVersion", continueToken.Length == 0 ? version : ""));
            using var response = await SendAsync(request, either.Token);
            Health.Heard();
            silence.CancelAfter(ReflectorTimes.ListSilence);
            await BodyReader.ReadAsync(
                response.Content,
                page,
                ListBufferSize,
                count =>
                {
                    CountBytes(count);
                    Health.Heard();
                    silence.CancelAfter(ReflectorTimes.ListSilence);
                },
                either.Token);
        }
        catch (OperationCanceledException e) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The server has gone silent in the middle of the list.", e);
        }
    }

    private void TakeItem(ReadOnlySpan<byte> json, IndexedStore<T>.Replacement replacement, Dictionary<ObjectKey, InvalidObject> invalid)
    {
        var header = ObjectHeader.Read(json);
        if (!replacement.TryKeep(header))
        {
            TakeDecoded(_sink.Prepare(_decoder.Decode(json, header)), replacement, invalid);
        }
    }

    private void TakeDecoded(DecodedObject<T> decoded, IndexedStore<T>.Replacement replacement, Dictionary<ObjectKey, InvalidObject> invalid)
    {
        if (decoded.Object is not null)
        {
            replacement.Add(decoded.Key!.Value, decoded.Object, decoded.Bytes);
            invalid.Remove(decoded.Key.Value);
            return;
        }

        ReportInvalid(decoded);
        if (decoded.Invalid is { } known)
        {
            replacement.AddUnreadable(known.Key);
            invalid[known.Key] = known;
        }
    }
}
