<?php

// Asks for an access token with an application's credentials, then lists the users with it.
// SSL_CERT_FILE names the CA file of a server whose certificate comes from a CA of its own.

declare(strict_types=1);

try {
    $url = setting('KINDRED_URL');

    $token = call("$url/oauth2/token", [
        CURLOPT_POSTFIELDS => http_build_query([
            'grant_type' => 'client_credentials',
            'client_id' => setting('KINDRED_CLIENT_ID'),
            'client_secret' => setting('KINDRED_CLIENT_SECRET'),
            'audience' => getenv('KINDRED_AUDIENCE') ?: "$url/api",
        ]),
    ]);
    $accessToken = json_decode($token, flags: JSON_THROW_ON_ERROR)->access_token;

    echo call("$url/api/v1/users", [CURLOPT_HTTPHEADER => ["Authorization: Bearer $accessToken"]]), PHP_EOL;
} catch (RuntimeException | JsonException $failure) {
    fwrite(STDERR, $failure->getMessage() . PHP_EOL);
    exit(1);
}

/** Returns the body of a good reply; throws what the server complained of in any other. */
function call(string $url, array $options): string
{
    $curl = curl_init($url);
    curl_setopt_array($curl, $options + [CURLOPT_RETURNTRANSFER => true]);
    // PHP's curl reads a CA from php.ini only.
    if ($ca = getenv('SSL_CERT_FILE')) {
        curl_setopt($curl, CURLOPT_CAINFO, $ca);
    }

    $method = isset($options[CURLOPT_POSTFIELDS]) ? 'POST' : 'GET';
    $body = curl_exec($curl);
    if ($body === false) {
        throw new RuntimeException("$method $url: " . curl_error($curl));
    }
    $status = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
    if ($status < 200 || $status > 299) {
        throw new RuntimeException("$method $url: $status " . complaint($body));
    }
    return $body;
}

/** The token endpoint answers {error, error_description}, the API {errors: [{code, message}]}. */
function complaint(string $body): string
{
    $reply = json_decode($body, associative: true);
    $first = $reply['errors'][0] ?? null;
    return match (true) {
        isset($reply['error']) => "{$reply['error']}: {$reply['error_description']}",
        isset($first['code']) => "{$first['code']}: {$first['message']}",
        default => $body, // neither of the two: a proxy's page, for example
    };
}

function setting(string $name): string
{
    return getenv($name) ?: throw new RuntimeException("$name is not set");
}
