/**
 * The discovery document, the same for OpenID Connect Discovery 1.0 §3 and RFC 8414 §2. It advertises what this server
 * answers, and the members without which Kinde's SDKs refuse it.
 * @param baseUrl also the issuer: it must equal, to the letter, the domain that clients are set up with
 */
export function discoveryDocument(baseUrl: string): string {
  return JSON.stringify({
    issuer: baseUrl,
    jwks_uri: `${baseUrl}/.well-known/jwks`,
    token_endpoint: `${baseUrl}/oauth2/token`,
    claims_supported: ['aud', 'exp', 'iat', 'iss', 'sub'],
    scopes_supported: ['address', 'email', 'offline', 'openid', 'phone', 'profile'],
    userinfo_endpoint: `${baseUrl}/oauth2/v2/user_profile`,
    revocation_endpoint: `${baseUrl}/oauth2/revoke`,
    end_session_endpoint: `${baseUrl}/logout`,
    authorization_endpoint: `${baseUrl}/oauth2/auth`,
    introspection_endpoint: `${baseUrl}/oauth2/introspect`,
    grant_types_supported: ['client_credentials'],
    subject_types_supported: ['public'],
    response_modes_supported: ['form_post', 'query', 'fragment'],
    response_types_supported: ['code'],
    request_uri_parameter_supported: false,
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
    introspection_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic', 'Bearer'],
    revocation_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
  })
}
