namespace CrMonitor.ApiServer.Faults;

/// <summary>Says of an answer that is being written how much of it may go out.</summary>
internal abstract class AnswerLimit
{
    /// <summary>Takes the next bytes.</summary>
    /// <returns>How many of them may go out; fewer than there are when the limit is reached.</returns>
    public abstract int Take(ReadOnlySpan<byte> bytes);

    /// <summary>So many bytes.</summary>
    public sealed class OfBytes(long count) : AnswerLimit
    {
        private long _left = count;

        public override int Take(ReadOnlySpan<byte> bytes)
        {
            var taken = (int)Math.Min(_left, bytes.Length);
            _left -= taken;
            return taken;
        }
    }

    /// <summary>
    /// So many whole objects and all but the last byte of the next one: a reader that trusts the end of the stream sees an object that is not closed.
    /// </summary>
    /// <param name="count">How many whole objects.</param>
    /// <param name="depth">At which depth of nesting they stand: 1 for events of watches and single objects, 3 for the items of lists.</param>
    public sealed class OfObjects(int count, int depth) : AnswerLimit
    {
        private int _whole;
        private int _depth;
        private bool _isInString;
        private bool _isEscaped;

        public override int Take(ReadOnlySpan<byte> bytes)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                if (Closes(bytes[i]))
                {
                    return i;
                }
            }

            return bytes.Length;
        }

        // Whether this byte must not go out any more. An answer with fewer objects than that ends before its own last byte.
        private bool Closes(byte next)
        {
            if (_isInString)
            {
                (_isInString, _isEscaped) = (_isEscaped || next != (byte)'"', !_isEscaped && next == (byte)'\\');
                return false;
            }

            switch (next)
            {
                case (byte)'"':
                    _isInString = true;
                    return false;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    return false;
                case (byte)'}' when _depth == depth:
                    if (_whole == count)
                    {
                        return true;
                    }

                    _whole++;
                    _depth--;
                    return false;
                case (byte)'}' or (byte)']' when _depth == 1:
                    return true;
                case (byte)'}' or (byte)']':
                    _depth--;
                    return false;
                default:
                    return false;
            }
        }
    }
}
