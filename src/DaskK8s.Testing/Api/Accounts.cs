using System.Collections.Concurrent;
using System.Security.Cryptography;

using DaskK8s.Testing.Storage;

namespace DaskK8s.Testing.Api;

/// <summary>The bearer tokens that the server accepts.</summary>
internal sealed class Accounts
{
    private readonly ConcurrentDictionary<string, RequestUser> _users = new(StringComparer.Ordinal);

    public string Add(RequestUser user)
    {
        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        _users[token] = user;
        return token;
    }

    public void RevokeUser(string name)
    {
        foreach ((string token, RequestUser user) in _users)
        {
            if (user.Name == name)
            {
                _users.TryRemove(token, out _);
            }
        }
    }

    /// <summary>Returns the user of an Authorization header; without a header, the anonymous user, as on the real server.</summary>
    public RequestUser Authenticate(string? header)
    {
        if (string.IsNullOrEmpty(header))
        {
            return RequestUser.Anonymous;
        }

        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && _users.TryGetValue(header[7..].Trim(), out RequestUser? user)
            ? user
            : throw ApiException.Unauthorized();
    }
}
